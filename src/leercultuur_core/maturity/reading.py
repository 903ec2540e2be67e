"""From a directory of tables to the maturity model, with every problem at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from ..errors import ConfigError, Problem
from .interventions import Intervention, Texts, contradictions
from .model import MaturityModel, Term
from .preconditions import Precondition, PreconditionItem, PreconditionRule
from .schemas import (
    ALL,
    AXES,
    HEAD,
    INTERVENTIONS,
    ITEMS,
    LABELS,
    OF_INTERVENTIONS,
    PRECONDITIONS,
    RULES,
    SCHEMA,
)
from .tables import (
    Row,
    Schema,
    Table,
    check_references,
    check_same_ids,
    did_you_mean,
    read_table,
    shown,
)
from .vocabulary import CONDITIONS, LANGUAGES


def maturity_model(directory: Path | str | None = None) -> MaturityModel:
    """The maturity model: the shipped one, or one from a ``directory`` with tables of your own.

    Such a directory holds a copy of all tables (`copy_catalogue` makes one). Raises `ConfigError`
    with every problem in all tables at once, each with file, row and field.
    """
    return _shipped() if directory is None else _read_model(Path(directory))


@cache
def _shipped() -> MaturityModel:
    return _read_model(_shipped_tables())


def _shipped_tables() -> Traversable:
    return resources.files("leercultuur_core.data") / "catalogue"


def read_interventions(directory: Traversable) -> tuple[Intervention, ...]:
    """Interventions of your own, for `MaturityModel.extended`.

    ``directory`` (a path, or a directory in a package) holds *catalogue.toml*, *interventions.tsv*,
    *texts.tsv* and *conditions.tsv*. Raises `ConfigError` with every problem.
    """
    problems: list[Problem] = []
    _read_head(directory, problems)
    tables = {schema.file: _read(directory, schema, problems) for schema in OF_INTERVENTIONS}
    interventions = _interventions(tables, problems)
    if problems:
        raise ConfigError(f"the catalogue in {directory}", problems)
    return interventions


def copy_catalogue(directory: Path) -> tuple[Path, ...]:
    """Copies the shipped tables into ``directory``, to edit them there; gives what was written.

    Raises `ConfigError`, and writes nothing, where one of the files is already there.
    """
    files = [HEAD, *(schema.file for schema in ALL)]
    taken = [name for name in files if (directory / name).exists()]
    if taken:
        raise ConfigError(
            f"the directory {directory}",
            [
                Problem(name, "no such file yet", "a file", "choose an empty directory")
                for name in taken
            ],
        )
    directory.mkdir(parents=True, exist_ok=True)
    for name in files:
        (directory / name).write_bytes((_shipped_tables() / name).read_bytes())
    return tuple(directory / name for name in files)


def _read_model(directory: Traversable) -> MaturityModel:
    problems: list[Problem] = []
    version, source = _read_head(directory, problems)
    tables = {schema.file: _read(directory, schema, problems) for schema in ALL}
    interventions = _interventions(tables, problems)
    _check_preconditions(tables, problems)
    _check_labels(tables[LABELS.file], problems)
    if problems:
        raise ConfigError(f"the catalogue in {directory}", problems)
    return MaturityModel(
        version=version,
        source=source,
        all=interventions,
        preconditions=tuple(
            Precondition(
                id=row["id"],
                labels=_texts(row, "label"),
                without=_texts(row, "without"),
                ground=row["ground"],
                repaired_by=row["repaired_by"],
                seed_line=row["seed_line"],
            )
            for row in tables[PRECONDITIONS.file].rows
        ),
        items=tuple(
            PreconditionItem(
                id=row["id"],
                precondition=row["precondition"],
                facet=row["facet"],
                texts=_texts(row, "item"),
                keying=row["keying"],
            )
            for row in tables[ITEMS.file].rows
        ),
        rules=tuple(PreconditionRule(**row.values) for row in tables[RULES.file].rows),
        terms={
            axis: {
                row["id"]: Term(
                    id=row["id"],
                    labels=_texts(row, "label"),
                    descriptions=_texts(row, "description"),
                )
                for row in tables[LABELS.file].rows
                if row["axis"] == axis
            }
            for axis in AXES
        },
    )


def _read_head(directory: Traversable, problems: list[Problem]) -> tuple[str, str]:
    """Version and source from *catalogue.toml*."""
    content = _content(directory, HEAD, problems)
    if content is None:
        return "", ""
    try:
        head = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        problems.append(Problem(HEAD, "UTF-8", "other bytes", "save the file as UTF-8"))
        return "", ""
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problems.append(Problem(HEAD, "TOML", str(error) or "something nested too deep"))
        return "", ""
    known = ("schema", "version", "source")
    problems.extend(
        Problem(
            f"{HEAD}, {key}",
            f"only {', '.join(known)}",
            "an unknown key",
            did_you_mean(key, known),
        )
        for key in head
        if key not in known
    )
    schema = head.get("schema", "nothing")
    if schema is True or schema != SCHEMA:
        problems.append(Problem(f"{HEAD}, schema", f"{SCHEMA}", str(schema)))
    problems.extend(
        Problem(f"{HEAD}, {key}", "a text", str(head.get(key, "nothing")))
        for key in ("version", "source")
        if not isinstance(head.get(key), str) or not head[key]
    )
    return str(head.get("version", "")), str(head.get("source", ""))


def _content(directory: Traversable, name: str, problems: list[Problem]) -> bytes | None:
    try:
        return (directory / name).read_bytes()
    except FileNotFoundError:
        problems.append(
            Problem(name, "a file", "nothing", "copy the shipped tables and edit those")
        )
    except OSError as error:
        problems.append(Problem(name, "a file that can be read", error.strerror or "an error"))
    return None


def _read(directory: Traversable, schema: Schema, problems: list[Problem]) -> Table:
    content = _content(directory, schema.file, problems)
    if content is None:
        return Table(schema.file, readable=False)
    return read_table(content, schema, problems)


def _interventions(tables: dict[str, Table], problems: list[Problem]) -> tuple[Intervention, ...]:
    """Joins the three tables by id; rows with a mistake are left out, their problem is told."""
    main, texts, conditions = (tables[schema.file] for schema in OF_INTERVENTIONS)
    check_same_ids(main, texts, problems)
    check_same_ids(main, conditions, problems)
    made = []
    for name, row in main.by_id.items():
        words, why = texts.by_id.get(name), conditions.by_id.get(name)
        if words is None or why is None or not _whole(row, words, why):
            continue
        intervention = Intervention(
            **row.values,
            labels=_texts(words, "label"),
            summaries=_texts(words, "summary"),
            steps=_texts(words, "step"),
            asks=_texts(words, "ask"),
            group_programme=why["group_programme"],
            exposes_people=why["exposes_people"],
            fits_inside_work=why["fits_inside_work"],
            grounds={condition: why[f"{condition}_ground"] for condition in CONDITIONS},
        )
        for column, expected, found in contradictions(intervention):
            problems.append(Problem(row.place(column), expected, found))
        made.append(intervention)
    return tuple(made)


def _whole(row: Row, words: Row, why: Row) -> bool:
    return all(
        column.name in part.values
        for part, schema in zip((row, words, why), OF_INTERVENTIONS, strict=True)
        for column in schema.columns
    )


def _texts(row: Row, stem: str) -> Texts:
    return {language: row[f"{stem}_{language}"] for language in LANGUAGES}


def _check_preconditions(tables: dict[str, Table], problems: list[Problem]) -> None:
    preconditions, items, rules = (tables[schema.file] for schema in (PRECONDITIONS, ITEMS, RULES))
    if tables[INTERVENTIONS.file].readable:
        known = tables[INTERVENTIONS.file].by_id
        check_references(preconditions, "repaired_by", known, "an intervention's id", problems)
        check_references(rules, "favours", known, "an intervention's id", problems)
    if preconditions.readable:
        for table in (items, rules):
            check_references(
                table, "precondition", preconditions.by_id, "a precondition's id", problems
            )
    if items.readable:
        _check_facets(items, rules, problems)


def _check_facets(items: Table, rules: Table, problems: list[Problem]) -> None:
    """A facet belongs to one precondition, and a rule names facets of its own precondition."""
    home: dict[str, str] = {}
    for row in items.rows:
        if "facet" in row.values and "precondition" in row.values:
            first = home.setdefault(row["facet"], row["precondition"])
            if first != row["precondition"]:
                problems.append(
                    Problem(row.place("facet"), f"a facet of {first} only", shown(row["facet"]))
                )
    for row in rules.rows:
        if "low_facets" in row.values and "precondition" in row.values:
            own = [
                facet for facet, precondition in home.items() if precondition == row["precondition"]
            ]
            _check_low_facets(row, own, problems)


def _check_low_facets(row: Row, own: Iterable[str], problems: list[Problem]) -> None:
    if not row["low_facets"]:
        problems.append(Problem(row.place("low_facets"), "at least one facet", "an empty cell"))
    problems.extend(
        Problem(
            row.place("low_facets"),
            f"facets of {row['precondition']}",
            shown(facet),
            did_you_mean(facet, own),
        )
        for facet in row["low_facets"]
        if facet not in own
    )


def _check_labels(labels: Table, problems: list[Problem]) -> None:
    """Each term of each axis has its row, and no other."""
    if not labels.readable:
        return
    have = {(row.values.get("axis"), row.values.get("id")) for row in labels.rows}
    problems.extend(
        Problem(labels.file, f"a row for {axis} {name}", "none")
        for axis, ids in AXES.items()
        for name in ids
        if (axis, name) not in have
    )
    for row in labels.rows:
        if "axis" in row.values and "id" in row.values and row["id"] not in AXES[row["axis"]]:
            known = AXES[row["axis"]]
            problems.append(
                Problem(
                    row.place("id"),
                    f"a {row['axis']}",
                    shown(row["id"]),
                    did_you_mean(row["id"], known),
                )
            )
