"""What DuckDB makes of exports of the log equals what the reader gives, row by row."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, field, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leercultuur_core import SourceUnavailable, default_parameters, default_rules, estimate
from leercultuur_core.activity.ledger import Fold
from leercultuur_core.extension import Page
from leercultuur_moodle.evidence import moodle_rules
from leercultuur_moodle.facts import Names
from leercultuur_moodle.log_events import READERS, TELLING, LogRow
from leercultuur_moodle.log_file import FOLDER_SETTINGS, MoodleLogFile

duckdb = pytest.importorskip("duckdb")
pytest.importorskip("ibis")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

# Ibis 12 calls DuckDB 2 by a name that is going away.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")

URL = "https://leren.example"
AT = datetime(2026, 12, 7, tzinfo=UTC)
LOG = Path(__file__).parent / "log" / "logstore_standard_log.json"
RECORDED: list[dict[str, Any]] = json.loads(LOG.read_text("utf-8"))["rows"]
"""Of a live Moodle 4.5.6."""

Row = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]
RULES = default_rules() + moodle_rules()


@frozen
class Outcome:
    """All that a user can see of a run."""

    counts: Mapping[Any, int]
    conflicts: tuple[str, ...]
    unknown: Mapping[Any, int]
    activities: int
    after: int
    rejects: list[tuple[str, int | None, str, bytes]]
    labels: Mapping[str, str]
    unreadable: list[str]
    estimates: list[str]
    by_sql: int = field(default=0, eq=False)


def streamed(*paths: Path) -> Outcome:
    """By one pass."""
    fold = Fold(RULES)
    pages: list[Page] = []
    unreadable = []
    for path in paths:
        try:
            for page in MoodleLogFile(path).pages():
                fold.add(page.records)
                pages.append(page)
        except SourceUnavailable as error:
            unreadable.append(str(error))
    found = estimate(fold.ledger, at=AT, parameters=default_parameters())
    return Outcome(
        dict(fold.ledger.counts),
        fold.conflicts,
        dict(fold.unknown_verbs),
        fold.activities,
        fold.after(AT),
        *kept(pages),
        unreadable,
        sorted(map(repr, found.values())),
    )


def in_bulk(*paths: Path) -> Outcome:
    """By DuckDB."""
    from leercultuur_core.bulk.engines import open_engine

    with open_engine("duckdb") as engine:
        pages = list(engine.pages([MoodleLogFile(path) for path in paths]))
        folded = engine.fold(RULES)
        found = engine.lines(folded, repr, at=AT, parameters=default_parameters())
        by_python = {one.id for page in pages for one in page.records}
        return Outcome(
            dict(folded.ledger.counts),
            folded.conflicts,
            dict(folded.unknown_verbs),
            folded.activities,
            folded.after(AT),
            *kept(pages),
            [str(error) for error in engine.unreadable],
            sorted(found),
            folded.activities - len(by_python),
        )


def kept(pages: Sequence[Page]) -> tuple[list[Any], dict[str, str]]:
    rejects = [(one.place, one.line, one.reason, one.raw) for page in pages for one in page.rejects]
    return rejects, {name: label for page in pages for name, label in page.labels.items()}


def same(*paths: Path) -> Outcome:
    """What came of ``paths`` by DuckDB, which is what comes by one pass."""
    found = in_bulk(*paths)
    assert found == streamed(*paths)
    return found


def row(number: int, eventname: str = "\\core\\event\\course_viewed", **more: Any) -> Row:
    """A row in the recorded shape."""
    return {
        "id": number, "eventname": eventname, "component": eventname.split("\\")[1], "objectid": None,
        "contextlevel": 50, "contextinstanceid": 2, "userid": 3, "courseid": 2, "relateduserid": None,
        "anonymous": 0, "other": "null", "timecreated": 1_795_500_000 + number * 1000, "origin": "web",
        "realuserid": None, "modname": None, "username": "sanne", **more,
    }  # fmt: skip


def quiz(number: int, what: str, attempt: int, **more: Any) -> Row:
    place = {"contextlevel": 70, "contextinstanceid": 9, "objectid": attempt}
    return row(number, f"\\mod_quiz\\event\\attempt_{what}", **{**place, **more})


def completion(number: int, state: object, **more: Any) -> Row:
    place = {"contextlevel": 70, "contextinstanceid": 8, "modname": "page", "relateduserid": 4}
    other = json.dumps({"relateduserid": 4, "completionstate": state})
    event = "\\core\\event\\course_module_completion_updated"
    return row(number, event, **{**place, "other": other, **more})


WELL = [*map(row, range(1, 5)), completion(5, 1), quiz(6, "started", 1), quiz(7, "submitted", 1)]


def as_csv(rows: Rows, **how: Any) -> bytes:
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, rows[0], **how)
    table.writeheader()
    table.writerows(rows)
    return text.getvalue().encode()


def as_lines(rows: Rows) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def as_parquet(rows: Rows) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), out)
    return out.getvalue()


FORMS: dict[str, Callable[[Rows], bytes]] = {
    "csv": as_csv,
    "csv, quoted": lambda rows: as_csv(rows, quoting=csv.QUOTE_ALL, lineterminator="\n"),
    "lines": as_lines,
    "lines of texts": lambda rows: as_lines([
        {name: None if value is None else str(value) for name, value in one.items()} for one in rows
    ]),
    "parquet": as_parquet,
    "csv, gzip": lambda rows: gzip.compress(as_csv(rows)),
    "lines, gzip": lambda rows: gzip.compress(as_lines(rows)),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / FOLDER_SETTINGS).write_text(f'url = "{URL}"\n')
    return tmp_path


def write(path: Path, *raw: bytes) -> Path:
    path.write_bytes(b"".join(raw))
    return path


def takes(path: Path) -> bool:
    """Whether SQL reads ``path``, and not only the reader."""
    with duckdb.connect() as connection:
        return MoodleLogFile(path).bulk(connection, "one") is not None


@pytest.mark.parametrize("form", FORMS)
def test_the_recorded_log(form: str, folder: Path) -> None:
    found = same(write(folder / "log", FORMS[form](RECORDED)))
    assert found.by_sql == found.activities > 20
    assert not found.rejects


@pytest.mark.parametrize(
    "asked",
    [
        "service_user = 3",
        "service_user = 2\ncourses = [2, 1]",
        "courses = [3]",
        'account = "username"',
    ],
)
def test_settings(asked: str, folder: Path) -> None:
    (folder / FOLDER_SETTINGS).write_text(f'url = "{URL}/"\n{asked}\n')
    rows = [*RECORDED, *(row(500 + number, courseid=number, userid=number) for number in range(4))]
    rows.append(row(510, username=""))
    found = same(
        write(folder / "log", as_csv([{**row(1), **one} for one in rows], extrasaction="ignore"))
    )
    assert 0 < found.by_sql < 90


# Odd rows. Each of these is among rows that are well, and changes nothing about those.

UNFIT: dict[str, Row] = {
    "a state that is none": completion(20, 7),
    "a state that is no number": completion(21, "x"),
    "no state": completion(22, 1, other="null"),
    "no JSON": completion(23, 1, other="{"),
    "PHP": completion(24, 1, other='a:1:{s:15:"completionstate";i:1;}'),
    "no kind of activity": completion(25, 1, modname="", component="core"),
    "not in an activity": quiz(26, "started", 9, contextlevel=50),
    "no number": quiz(27, "started", 0),
    "nobody": row(28, "\\core\\event\\course_completed"),
    "nobody either": row(29, userid=0),
    "a time that is in no calendar": row(30, timecreated=300_000_000_000),
    "a time that no computer has": row(31, timecreated=10**17),
    "a course that is not known": row(
        32, "\\core\\event\\user_graded", relateduserid=4, other="[]"
    ),
    "a mark of our own": row(33, component="mod_\0userid\0", contextlevel=70),
    "a mark that is escaped": completion(34, 1, other='{"completionstate": "\\u0000id\\u0000"}'),
    "deep": completion(35, 1, other="[" * 5000),
    "deep in what is read": row(
        36,
        "\\mod_h5pactivity\\event\\statement_received",
        contextlevel=70,
        other='{"verb":{"id":"x"},"result":' + "[" * 900 + "]" * 900 + "}",
    ),
}
"""Rows that the mapper refuses, or reads by itself."""

FIT: dict[str, Row] = {
    "before 1970": row(40, timecreated=-5),
    "a user below zero": row(41, userid=-1, courseid=-7),
    "anonymous": row(42, anonymous=1),
    "in disguise": row(43, realuserid=2),
    "not in disguise": row(44, realuserid=0),
    "an event that tells nothing": row(45, "\\core\\event\\dashboard_viewed", component="core"),
    "the front page": row(46, courseid=1),
    "no course": row(47, courseid=None, contextlevel=10),
    "a rating that is none": row(
        48, "\\core\\event\\competency_evidence_created", objectid=3, relateduserid=4,
        other='{"action":0}',
    ),
    "a state twice": completion(49, 1, other='{"completionstate":7,"completionstate":1}'),
    "a number as text": completion(50, 1, other='{"completionstate":" 1 "}'),
    "texts with signs": row(51, "\\mod_forum\\event\\course_searched", other='{"q":"a, ""b"" ë \\n"}'),
    "the other way of writing nothing": row(52, component="\\N", other="NULL"),
    "deleted": row(53, "\\core\\event\\badge_revoked", objectid=3, relateduserid=4),
    "an enrolment that goes on": row(
        54, "\\core\\event\\user_enrolment_deleted", relateduserid=4,
        other='{"userenrolment":{"lastenrol":false}}',
    ),
    "an enrolment that ends": row(
        55, "\\core\\event\\user_enrolment_deleted", relateduserid=4,
        other='{"userenrolment":{"lastenrol":true}}',
    ),
    "no longer completed": completion(56, 0),
}  # fmt: skip
"""Rows that say something, or nothing, and are no mistake."""

ODD: dict[str, Row] = {
    "no event": {**row(60), "eventname": ""},
    "no id": row(61, id=None),
    "an id that is no number": row(62, id="x"),
    "an id of 0": row(0),
    "an id below zero": row(-64),
    "no time": row(65, timecreated=""),
    "a user that is no number": row(66, userid="sanne"),
    "half a number": row(67, userid="3.5"),
    "a number with room": row(68, userid=" 3 "),
    "a number with a plus": row(69, userid="+3"),
    "a number in thousands": row(70, userid="1_000"),
    "a number in other digits": row(71, userid="٣"),
    "zeros before": row(72, userid="007"),
    "minus zero": row(73, userid="-0"),
    "a huge number": row(74, userid=str(10**30)),
    "a huge id": row(75, id=str(10**18)),
    "a number that is too long to read": row(76, userid="9" * 5000),
    "a course that is a text": row(77, courseid="x"),
    "nothing where a number must be": row(78, contextlevel="\\N"),
    "nothing where there may be nothing": row(79, objectid="\\N", relateduserid="NULL"),
}
"""Rows whose numbers or event are written in an odd way."""


def among(rows: Rows, odd: Rows) -> list[Mapping[str, Any]]:
    return [*rows[:3], *odd, *rows[3:]]


@pytest.mark.parametrize(("odd", "refused"), [(UNFIT, 15), (FIT, 0)], ids=["unfit", "fit"])
@pytest.mark.parametrize("form", ["csv", "lines", "parquet"])
def test_rows_that_say_something_odd(
    form: str, odd: dict[str, Row], refused: int, folder: Path
) -> None:
    found = same(write(folder / "log", FORMS[form](among(WELL, list(odd.values())))))
    assert found.by_sql >= 6
    assert len(found.rejects) == refused


@pytest.mark.parametrize("form", ["csv", "csv, quoted", "lines"])
def test_rows_that_are_written_oddly(form: str, folder: Path) -> None:
    found = same(write(folder / "log", FORMS[form](among(WELL, list(ODD.values())))))
    assert found.by_sql >= 6
    assert len(found.rejects) == 12


CSV_LINES: dict[str, bytes] = {
    "nothing on it": b"\n",
    "blank": b"  \n",
    "too few": b"80,x\n",
    "a quote inside": as_csv([row(81, component='a"b')], quoting=csv.QUOTE_NONE, escapechar="~", lineterminator="\n")
    .split(b"\n")[1].replace(b"~", b"") + b"\n",
    "too many": as_csv([row(82)]).split(b"\r\n")[1] + b",more,and more\n",
    "quoted and on": as_csv([row(83)]).split(b"\r\n")[1].replace(b"web", b'"we"b') + b"\n",
    "room before a quote": as_csv([row(84)]).split(b"\r\n")[1].replace(b"web", b' "web"') + b"\n",
    "a zero byte": as_csv([row(85)]).split(b"\r\n")[1].replace(b"web", b"w\0b") + b"\n",
    "a quoted comma": as_csv([row(86)]).split(b"\r\n")[1].replace(b"web", b'"a, ""b"""') + b"\n",
    "another line end": as_csv([row(87)]).split(b"\r\n")[1] + b"\r\n",
    "a line of JSON": as_lines([row(88)]),
}  # fmt: skip


def test_lines_of_csv_that_are_odd(folder: Path) -> None:
    lines = as_csv(WELL, lineterminator="\n").splitlines(keepends=True)
    path = write(folder / "log.csv", *lines[:4], *CSV_LINES.values(), *lines[4:])
    found = same(path)
    assert found.by_sql >= 6
    assert [one[1] for one in found.rejects] == [6, 7, 15]


JSON_LINES: dict[str, bytes] = {
    "nothing on it": b"\n",
    "blank": b" \t\n",
    "no JSON": b"{\n",
    "no object": b"[1]\n",
    "null": b"null\n",
    "a key twice": as_lines([row(80)]).replace(b"{", b'{"id": 79, '),
    "a number with a point": as_lines([row(81, userid=3.0)]),
    "true": as_lines([row(82, userid=True)]),
    "false": as_lines([row(83, anonymous=False)]),
    "an event that is a number": as_lines([{**row(84), "eventname": 5}]),
    "what it tells as an object": as_lines([completion(85, 1, other={"completionstate": 1})]),
    "a comma too many": as_lines([row(86)]).replace(b"}", b",}"),
    "not a number": as_lines([row(87, origin=float("nan"))]),
    "half a character": as_lines([row(88, component="\ud800")]),
    "missing keys": b'{"id": 89, "eventname": "x"}\n',
    "keys that may be missing": as_lines([{k: v for k, v in row(90).items() if k not in {"objectid", "other"}}]),
    "more keys": as_lines([row(91, more={"a": [1]})]),
    "a huge number": as_lines([row(92, userid=10**30)]),
    "an escaped key": as_lines([row(93)]).replace(b'"userid"', b'"user\\u0069d"'),
    "another line end": as_lines([row(94)]).replace(b"\n", b"\r\n"),
    "CSV": b"95,x\n",
}  # fmt: skip


def test_lines_of_json_that_are_odd(folder: Path) -> None:
    lines = as_lines(WELL).splitlines(keepends=True)
    found = same(write(folder / "log.jsonl", *lines[:4], *JSON_LINES.values(), *lines[4:]))
    assert found.by_sql >= 6
    assert len(found.rejects) == 13


COLUMNS: dict[str, tuple[str, Any]] = {
    "small numbers": ("userid", pa.array([3] * 7, pa.int16())),
    "numbers without sign": ("userid", pa.array([3] * 6 + [2**64 - 1], pa.uint64())),
    "numbers as texts": ("userid", pa.array(["3", " 3", "x", None, "NULL", "4", "5"])),
    "numbers with a point": ("relateduserid", pa.array([None, 4.0] + [None] * 5)),
    "decimals": ("courseid", pa.array([Decimal(2)] * 7)),
    "truths": ("anonymous", pa.array([False] * 3 + [None] * 4)),
    "nothing at all": ("userid", pa.nulls(7)),
    "a dictionary": ("eventname", pa.array([one["eventname"] for one in WELL]).dictionary_encode()),
    "large texts": ("eventname", pa.array([one["eventname"] for one in WELL], pa.large_string())),
    "bytes": ("eventname", pa.array([one["eventname"].encode() for one in WELL])),
    "an object": ("other", pa.array([{"a": 1}] + [None] * 6)),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_parquet(name: str, folder: Path) -> None:
    column, values = COLUMNS[name]
    table = pa.Table.from_pylist(WELL)
    table = table.set_column(table.schema.names.index(column), column, values)
    pq.write_table(table, folder / "log.parquet")
    assert takes(folder / "log.parquet")
    same(folder / "log.parquet")


def test_a_reject_of_parquet_has_the_number_of_its_row(folder: Path) -> None:
    rows = [row(number) for number in range(1, 2500)]
    rows[2200]["timecreated"] = None
    found = same(write(folder / "log", as_parquet(rows)))
    assert [one[1] for one in found.rejects] == [2201]


@pytest.mark.parametrize("form", ["csv", "lines", "parquet"])
def test_a_little_at_a_time(form: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a large file is read: in blocks, with kinds that were met before and new ones."""
    monkeypatch.setattr("leercultuur_moodle.log_columns._BLOCK", 1500)
    monkeypatch.setattr("leercultuur_moodle.log_columns._ROWS", 4)
    monkeypatch.setattr("leercultuur_moodle.log_bulk._ROWS", 7)
    monkeypatch.setattr("leercultuur_moodle.log_bulk._KINDS", 2)
    monkeypatch.setattr("leercultuur_moodle.log_kinds._REMEMBERED", 1)
    odd = [*FIT.values(), completion(20, 7), row(30, timecreated=10**17)]
    path = write(
        folder / "log", FORMS[form]([*WELL, *odd, *WELL[:3], row(100), completion(101, 3)])
    )
    assert takes(path)
    assert len(same(path).rejects) == 2


def test_too_many_odd_rows_to_remember(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(folder / "log", as_csv([*WELL, completion(20, 7), completion(21, 7)]))
    for most, by_sql in ((2, True), (1, False)):
        monkeypatch.setattr("leercultuur_moodle.log_bulk._MOST_ODD", most)
        assert takes(path) is by_sql
        same(path)


# Files that are odd as a whole

CSV = as_csv(WELL)
WHOLE: dict[str, tuple[bytes, bool]] = {
    "nothing in it": (b"", False),
    "a line break": (b"\n", False),
    "names only": (CSV.split(b"\n")[0] + b"\n", True),
    "names without a line break": (CSV.split(b"\r")[0], True),
    "no line break at the end": (CSV.removesuffix(b"\r\n"), True),
    "a byte order mark": (b"\xef\xbb\xbf" + CSV, True),
    "a byte order mark before JSON": (b"\xef\xbb\xbf" + as_lines(WELL), True),
    "old line ends": (CSV.replace(b"\r\n", b"\r"), False),
    "a text of several lines": (as_csv([*WELL, row(9, origin="a\nb"), row(10)]), False),
    "a text that does not end": (CSV.replace(b"web", b'"web', 1), False),
    "missing columns": (b"id,eventname\n1,x\n", False),
    "columns that may be missing": (
        as_csv([{k: v for k, v in one.items() if k not in {"anonymous", "realuserid", "modname"}} for one in WELL[:4]]),
        True,
    ),
    "more columns": (as_csv([{"more, and": 'a "b"', **one} for one in WELL]), True),
    "a column twice": (CSV.replace(b"origin", b"userid", 1), False),
    "no UTF-8": (CSV.replace(b"web", b"\xff", 1), False),
    "half a character in UTF-8": (as_lines(WELL).replace(b"web", b"\xed\xa0\x80", 1), False),
    "cut short": (gzip.compress(CSV)[:-20], False),
    "no Parquet": (b"PAR1 and no more", False),
    "a text that is too long": (as_csv([*WELL, row(9, origin="x" * 200_000)]), False),
    "several files in one": (gzip.compress(CSV) + gzip.compress(CSV.split(b"\n", 1)[1]), True),
    "semicolons": (as_csv(WELL, delimiter=";"), False),
    "another order": (as_csv([dict(reversed(one.items())) for one in WELL]), True),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_is_odd(name: str, folder: Path) -> None:
    raw, by_sql = WHOLE[name]
    path = write(folder / "log", raw)
    assert takes(path) is by_sql
    if by_sql:  # else it is the reader's, whatever is in it
        same(path)


def test_a_file_that_is_not_there_or_has_no_settings(tmp_path: Path) -> None:
    found = same(tmp_path / "log.csv", write(tmp_path / "other.csv", CSV))
    assert len(found.unreadable) == 2


# Ids that come more than once


def test_of_one_id_the_last_revision_counts_by_sql(folder: Path) -> None:
    rows = [
        *WELL,
        *WELL[:2],
        completion(10, 0),
        completion(11, 1),
        quiz(12, "started", 2),
        quiz(13, "deleted", 2),
    ]
    found = same(write(folder / "log", as_csv(rows)))
    assert found.by_sql == found.activities == 6
    assert not found.conflicts


def test_two_contents_of_one_id_and_revision_go_by_the_reader(folder: Path) -> None:
    rows = [*WELL, row(2, userid=8), row(3, courseid=9, userid=9), completion(5, 1, courseid=7)]
    found = same(write(folder / "log", as_csv(rows)))
    assert len(found.conflicts) == 3
    assert found.by_sql == 3


@pytest.mark.parametrize("form", ["csv", "lines", "parquet"])
def test_files_that_overlap(form: str, folder: Path) -> None:
    first = write(folder / "1", as_csv([*WELL, quiz(20, "started", 5), quiz(22, "started", 6)]))
    others = [
        *WELL[2:],
        row(1, userid=9),
        quiz(21, "submitted", 5),
        completion(30, 0),
        quiz(31, "deleted", 6),
        row(2, timecreated="later" if form != "parquet" else None),
        completion(5, 7),
    ]
    second = write(folder / "2", FORMS[form](others))
    found = same(first, second)
    assert len(found.conflicts) == 1
    assert len(found.rejects) == 2
    assert evolve(same(second, first), rejects=[]) == evolve(found, rejects=[])


def test_a_file_by_sql_and_one_by_the_reader(folder: Path) -> None:
    first = write(folder / "1", CSV)
    second = write(folder / "2", as_csv([row(1, userid=8, origin="a\nb"), row(2), row(50)]))
    found = same(first, second)
    assert (takes(first), takes(second)) == (True, False)
    assert len(found.conflicts) == 1


# Any log

_SMALL = st.sampled_from([None, 0, 1, 2, 3, 4, "", "5", "x", 10**20])
_TELLS = st.sampled_from([
    "", "null", "{", "[]", '{"completionstate":1}', '{"completionstate":0}', '{"itemid":"4"}',
    '{"discussionid":3}', '{"action":2,"competencyid":6}', '{"userenrolment":{"lastenrol":true}}',
    '{"verb":{"id":"http://adlnet.gov/expapi/verbs/completed"},"result":{"score":{"scaled":0.5}}}',
])  # fmt: skip
_ROWS = st.fixed_dictionaries({
    "id": st.integers(1, 8) | _SMALL,
    "eventname": st.sampled_from([*sorted(READERS), "\\core\\event\\dashboard_viewed"]),
    "timecreated": st.integers(1_795_500_000, 1_795_500_003) | st.integers(0, 2_000_000_000) | _SMALL,
    "userid": st.integers(2, 4) | _SMALL,
    "relateduserid": _SMALL,
    "objectid": _SMALL,
    "courseid": _SMALL,
    "contextlevel": st.sampled_from([10, 50, 70]),
    "contextinstanceid": st.integers(1, 3),
    "component": st.sampled_from(["core", "mod_page", "", "a,b"]),
    "anonymous": st.sampled_from([0, 0, 0, 1, None]),
    "realuserid": st.sampled_from([None, None, 0, 2]),
    "other": _TELLS,
    "modname": st.sampled_from([None, "quiz", 'a"b']),
    "username": st.sampled_from(["sanne", "mehmet", ""]),
})  # fmt: skip
_FILES = st.lists(
    st.tuples(st.sampled_from(["csv", "csv, quoted", "lines", "lines of texts"]), st.lists(_ROWS, max_size=60)),
    min_size=1, max_size=2,
)  # fmt: skip


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files=_FILES, account=st.sampled_from(["id", "username"]))
def test_any_log(files: list[tuple[str, Rows]], account: str, folder: Path) -> None:
    (folder / FOLDER_SETTINGS).write_text(
        f'url = "{URL}"\nservice_user = 4\ncourses = [3, 5]\naccount = "{account}"\n'
    )
    same(
        *(
            write(folder / str(n), FORMS[form]([*WELL, *rows]))
            for n, (form, rows) in enumerate(files)
        )
    )


# What it rests on


ASKED: list[str] = []


class Told(dict[str, Any]):
    """What an event tells; keeps what of it is asked for."""

    def __getitem__(self, key: str) -> Any:
        ASKED.append(key)
        return super().__getitem__(key)

    def get(self, key: str, instead: Any = None) -> Any:
        ASKED.append(key)
        return super().get(key, instead)


class Curious(LogRow):
    """A row that tells all that any event tells."""

    @property
    def said(self) -> Mapping[str, Any]:
        verb = {"id": "http://adlnet.gov/expapi/verbs/completed"}
        numbers = ("completionstate", "itemid", "action", "competencyid", "discussionid")
        return Told({**dict.fromkeys(numbers, 2), "verb": verb, "result": {}, "userenrolment": {}})


@pytest.mark.parametrize("eventname", sorted(READERS))
def test_what_events_tell_is_declared(eventname: str) -> None:
    ASKED.clear()
    one = Curious(
        1, eventname, 1_795_500_000, 3, relateduserid=4, objectid=5, courseid=2, contextlevel=70,
        contextinstanceid=8, modname="page",
    )  # fmt: skip
    assert READERS[eventname](one, Names(URL)) is not None
    assert set(ASKED) == set(TELLING.get(eventname, ()))


def test_the_plugin_loads_no_engine() -> None:
    loads = (
        "import sys, leercultuur_moodle, leercultuur_moodle.log_file as one; one.MoodleLogFile.bulk"
    )
    asked = f"{loads}; print({{'duckdb', 'ibis', 'pyarrow', 'numpy'}} & set(sys.modules))"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", asked], check=True, capture_output=True, text=True
    )
    assert done.stdout == "set()\n"
