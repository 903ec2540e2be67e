"""A table of activities by DuckDB, for files too large to go through in Python.

What cells mean is not said a second time here. Columns fall into groups that have nothing to do with
each other: who, when, what, the result, when it was stored. DuckDB finds the *different* cells of each
group, of which there are few, and `RowMapper` reads each of those once, in a row whose other cells are
good. Of times only what decides on the day is looked at. By the reader go

* rows of which it cannot read a group, and those that take something back;
* ids in other signs than plain ones, and ids with two contents, for which of them counts is decided
  by a digest.

A table without ids is read row by row, for an id is then made of all that a row says.
"""

# ruff: noqa: S608 - names of tables are our own
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import frozen

from leercultuur_core import Activity, identity
from leercultuur_core.extension import Bulk, Page

from .cells import Cell, Unfit, text, text_of
from .mapping import ActivityMapping, RowMapper
from .occurrences import Occurrences
from .pages import read_pages
from .sheets import Sheet, open_sheet
from .table import Row
from .who import IDENTITIES, Unusable

_THING = "verb, object_type, object_id, context_types, required, answer, topic"
_GROUPS: Mapping[str, Sequence[str]] = {
    "who": IDENTITIES,
    "moment": ("occurred_at", "time"),
    "what": ("source", *_THING.split(", ")),
    "result": ("revision", "retracted", "completion", "success", "score"),
    "stored": ("stored_at",),
}
_READ: Mapping[str, Mapping[str, str]] = {
    "who": {"learner": "VARCHAR", "label_of": "VARCHAR", "label": "VARCHAR"},
    "moment": {"day": "INTEGER"},
    "what": {
        "source": "VARCHAR",
        "verb": "VARCHAR",
        "object_type": "VARCHAR",
        "object_id": "VARCHAR",
        "context_types": "VARCHAR[]",
        "required": "BOOLEAN",
        "answer": "VARCHAR",
        "topic": "VARCHAR",
    },
    "result": {"revision": "BIGINT"},
    "stored": {},
}
"""Group → what is read of it, beside whether all is ``well`` and whether the row is passed ``over``."""

_TIMES = ("occurred_at", "time", "stored_at")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GOOD: Mapping[str, Cell] = {
    "id": "x",
    "identity": identity.employee("x", "x"),
    "occurred_at": datetime(2000, 1, 1, tzinfo=UTC),
}
_PLAIN = "[!-~]{1,500}"

# Of a time with an offset of whole hours only the hour decides on the day, of another the minute does:
# some clocks are put forward at one minute past midnight.
_TEXT_FOR_A_DAY = (
    r"CASE WHEN regexp_matches({cell}, '([zZ]|[+-][0-9]{{2}}:?00)[ \t]*$') THEN "
    r"regexp_replace({cell}, '([0-9]):[0-5][0-9]:[0-5][0-9]([.,][0-9]{{1,9}})?([^0-9:.,]+[0-9:]*[ \t]*)$', "
    r"'\1:00:00\3') ELSE regexp_replace({cell}, '([0-9]:[0-5][0-9]):[0-5][0-9]([.,][0-9]{{1,9}})?"
    r"([ \t]*([+-][0-9]{{2}}:?[0-9]{{2}})?[ \t]*)$', '\1:00\3') END"
)
# Since 1973 all clocks on earth are whole minutes apart.
_TIME_FOR_A_DAY = (
    "CASE WHEN {cell} >= TIMESTAMP '1973-01-01' THEN date_trunc('minute', {cell}) ELSE {cell} END"
)
_INSTANT_FOR_A_DAY = "to_timestamp(floor(epoch({cell}) / 3600) * 3600)"


def bulk_table(connection: Any, table: str, path: Path, mapping: ActivityMapping) -> Bulk | None:
    """`Bulk` of the file at ``path``. ``None`` where it has no ids, is no table that DuckDB and the
    reader surely see alike, or cannot be read, for which the reader says why."""
    if "id" not in mapping.wanted.headings:
        return None
    sheet = open_sheet(connection, table, path, mapping)
    if sheet is None or "id" not in sheet.columns:
        return None
    import duckdb  # noqa: PLC0415 - who asks for this has it

    try:
        return _Reading(connection, table, mapping, sheet).bulk(path)
    except duckdb.Error:
        return None


@frozen
class _Reading:
    """One file on its way to facts and things."""

    connection: Any
    table: str
    mapping: ActivityMapping
    sheet: Sheet

    def bulk(self, path: Path) -> Bulk | None:
        table = self.table
        groups = {
            name: [one for one in columns if one in self.sheet.columns]
            for name, columns in _GROUPS.items()
        }
        with Occurrences() as seen:
            mapper = RowMapper(self.mapping, seen)
            if not all(self._read(mapper, name, columns) for name, columns in groups.items()):
                return None
        self._facts(groups)
        self._run(
            f"CREATE TEMP TABLE {table}_things AS SELECT DISTINCT hash({_THING}) AS thing, {_THING} "
            f"FROM {table}_what WHERE well AND NOT over"
        )
        kept = self._rows(
            f"SELECT label_of, label FROM {table}_who WHERE label IS NOT NULL "
            f"AND code IN (SELECT who FROM {table}_facts WHERE well)"
        )
        beside = self._rows(f"SELECT DISTINCT name, line FROM {table}_facts WHERE NOT well")
        self._run(f"DELETE FROM {table}_facts WHERE NOT well")
        for name in groups:
            self._run(f"DROP TABLE {table}_{name}")
        names = {None if name is None else name.strip() for name, _ in beside}
        doubtful = frozenset(line for _, line in beside if line is not None)

        def rest(ids: Set[str]) -> Iterator[Page]:
            if not (names or ids):
                return iter(())
            return read_pages(path, self.mapping, lambda row: self._asked(row, names, ids))

        return Bulk(f"{table}_facts", f"{table}_things", doubtful, rest, dict(kept))

    def _read(self, mapper: RowMapper, name: str, columns: Sequence[str]) -> bool:
        """Makes a table of what the different cells of ``columns`` mean; ``False`` where two have one
        hash."""
        import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415

        cells = [f"{self._cell(one, columns)} AS {one}" for one in columns]
        self._run(
            f"CREATE OR REPLACE TEMP TABLE {self.table}_cells_of AS SELECT DISTINCT "
            f"{', '.join([f'{self._code(columns)} AS code', *cells])} FROM {self.sheet.rows}",
            self.sheet.named,
        )
        found = self.connection.sql(f"FROM {self.table}_cells_of").to_arrow_table()
        codes = found.column("code")
        if len(codes.unique()) != len(codes):
            return False
        given = {one: cell for one, cell in self._good.items() if one not in _GROUPS[name]}
        rows = found.drop_columns("code")
        read = (
            [self._meaning(mapper, name, row, given) for row in self.sheet.read(rows)]
            if columns
            else [self._meaning(mapper, name, Row(None), given)] * len(codes)
        )
        types = {
            "VARCHAR": pa.string(),
            "VARCHAR[]": pa.list_(pa.string()),
            "BOOLEAN": pa.bool_(),
            "INTEGER": pa.int32(),
            "BIGINT": pa.int64(),
        }
        fields = {**_READ[name], "well": "BOOLEAN", "over": "BOOLEAN"}
        made = {
            field: pa.array([one.get(field) for one in read], types[kind])
            for field, kind in fields.items()
        }
        view = f"{self.table}_view"
        self.connection.register(view, pa.table({"code": codes, **made}))
        self._run(f"CREATE OR REPLACE TEMP TABLE {self.table}_{name} AS FROM {view}")
        self.connection.unregister(view)
        return True

    def _meaning(
        self, mapper: RowMapper, name: str, row: Row, given: Mapping[str, Cell]
    ) -> dict[str, object]:
        """What the reader makes of some cells among good ones."""
        found: dict[str, object] = {"well": False, "over": False}
        try:
            record = None if row.reason else mapper.record({**given, **row.cells})
        except Unusable:
            return found
        if isinstance(record, Activity):
            found["well"] = True
            found |= {field: getattr(record, field, None) for field in _READ[name]}
            found |= {
                "learner": record.identities[0],
                "day": (record.occurred_at - _EPOCH).days,
            }
        elif record is None and not row.reason:
            found |= {"well": True, "over": True}  # for its verb
        if "mail" in row.cells and found["well"]:
            address = text_of(row.cells["mail"])
            found["label_of"] = self.mapping.canonical("mail", address)
            found["label"] = address.removeprefix("mailto:")
        return found

    @property
    def _good(self) -> dict[str, Cell]:
        """Cells of a row in which nothing is wrong."""
        word = next((word for word, verb in self.mapping.verbs.items() if verb), "x:x")
        return {**_GOOD, **({} if self.mapping.verb else {"verb": word})}

    def _facts(self, groups: Mapping[str, Sequence[str]]) -> None:
        """One row for each that counts or that the reader must see."""
        table, columns = self.table, self.sheet.columns
        codes = ", ".join(f"{self._code(group)} AS {name}" for name, group in groups.items())
        joins = " ".join(
            f"LEFT JOIN {table}_{name} AS {name}_read ON {name}_read.code = r.{name}"
            for name in groups
        )
        well = " AND ".join(f"{name}_read.well" for name in groups)
        cells = ", ".join(columns.values())
        self._run(
            f"CREATE TEMP TABLE {table}_facts AS SELECT line AS id, * FROM (SELECT "
            "CASE WHEN plain THEN 'csv|' || source || $table || name END AS line, "
            f"CASE WHEN NOT (plain AND {well}) THEN name END AS name, (plain AND {well}) IS TRUE AS well, "
            "learner, NULL::VARCHAR[] AS others, source, "
            f"hash({_THING}) AS thing, day, revision, false AS retracts, NULL::VARCHAR AS digest, "
            f"content, r.who AS who FROM (SELECT {columns['id']}::VARCHAR AS name, "
            f"regexp_full_match({columns['id']}::VARCHAR, '{_PLAIN}') AS plain, "
            f"hash($salt, {cells}) AS content, {codes} FROM {self.sheet.rows}) AS r {joins} "
            "WHERE NOT (plain AND result_read.well AND what_read.well AND what_read.over) IS TRUE)",
            {
                **self.sheet.named,
                "table": f"|{self.mapping.table}|",
                "salt": repr((self.mapping, [*columns])),
            },
        )

    def _cell(self, column: str, group: Sequence[str]) -> str:
        """A cell in SQL; of a time, what decides on the day."""
        cell = self.sheet.columns[column]
        if column not in _TIMES or (column == "occurred_at" and "time" in group):
            return cell
        form = {"text": _TEXT_FOR_A_DAY, "time": _TIME_FOR_A_DAY, "instant": _INSTANT_FOR_A_DAY}
        return form.get(self.sheet.forms[column], "{cell}").format(cell=cell)

    def _code(self, columns: Sequence[str]) -> str:
        cells = ", ".join(self._cell(one, columns) for one in columns)
        return f"hash({cells})" if columns else "0::UBIGINT"

    def _asked(self, row: Row, names: Set[str | None], ids: Set[str]) -> bool:
        """Whether a row goes by the reader."""
        if row.reason or "id" not in row.cells:
            return True
        name = text_of(row.cells["id"])
        if name in names:
            return True
        try:
            source = text(row.cells.get("source", self.mapping.source))
        except Unfit:
            return True
        return f"csv|{source}|{self.mapping.table}|{name}" in ids

    def _run(self, sql: str, named: Mapping[str, object] | None = None) -> Any:
        return self.connection.execute(sql, named)

    def _rows(self, sql: str) -> list[Any]:
        found: list[Any] = self._run(sql).fetchall()
        return found
