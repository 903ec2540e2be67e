"""What DuckDB makes of tables of activities, text and Parquet, equals what their reader makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leercultuur_core.cli.reading import choose_reader

from .both import Outcome, by_duckdb, streamed, took_over

# Ibis 12 calls DuckDB 2 by a name that is going away.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")

_, CSV = choose_reader("csv")
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
QUESTION = "https://w3id.org/leercultuur/phase-question"
MAPPING = f"""
home_page = "https://leren.example"
organisation = "korenaar"
source = "https://hr.example"
score_max = 10
[columns]
id = "nr"
revision = "versie"
account = "wie"
mail = "adres"
verb = "status"
occurred_at = "op"
topic = "cursus"
object_id = "wat"
required = "verplicht"
score = "cijfer"
retracted = "terug"
[verbs]
Afgerond = "{COMPLETED}"
Gedeeld = "http://adlnet.gov/expapi/verbs/shared"
Geannuleerd = ""
"""
HEADINGS = "nr;versie;wie;adres;status;op;cursus;wat;verplicht;cijfer;terug"
WELL = [
    f"a{number};;u{number % 3};;Afgerond;{1 + number}-2-2026 10:{number:02}:17;Brood;;nee;7,5;"
    for number in range(12)
]
ODD = {
    "the same again": WELL[1],
    "another content": WELL[2].replace("Brood", "Banket"),
    "another moment": WELL[3].replace(":17", ":18"),
    "a newer revision": WELL[4].replace(";;", ";2;", 1),
    "taken back": "a5;;;;;;;;;;ja",
    "taken back before": "b5;;;;;;;;;;ja",
    "passed over": "c1;;u1;;Geannuleerd;1-2-2026;Brood;;nee;7,5;",
    "passed over, and nothing else right": "c2;;;;geannuleerd;niet;;;misschien;99;",
    "passed over with a wrong revision": "c3;x;u1;;Geannuleerd;1-2-2026;;;;;",
    "nobody": "d1;;;;Afgerond;1-2-2026;Brood;;;;",
    "no moment": "d2;;u1;;Afgerond;;Brood;;;;",
    "no such day": "d3;;u1;;Afgerond;31-2-2026;Brood;;;;",
    "no such second": "d4;;u1;;Afgerond;1-2-2026 10:00:75;Brood;;;;",
    "the hour that is skipped": "d5;;u1;;Afgerond;29-3-2026 02:30:10;Brood;;;;",
    "the hour that comes twice": "d6;;u1;;Afgerond;25-10-2025 02:30:10;Brood;;;;",
    "an offset": "d7;;u1;;Afgerond;2026-02-01T23:59:59.9-03:00;Brood;;;;",
    "a Z": "d8;;u1;;Afgerond;2026-02-01 23:59:59Z;Brood;;;;",
    "a score too high": "d9;;u1;;Afgerond;1-2-2026;Brood;;;99;",
    "no verb that is known": "e1;;u1;;Begonnen;1-2-2026;Brood;;;;",
    "no verb": "e2;;u1;;;1-2-2026;Brood;;;;",
    "no id": ";;u1;;Afgerond;1-2-2026;Brood;;;;",
    "no id again": ";;u1;;Afgerond;1-2-2026;Brood;;;;",
    "spaces around an id": " f1 ;;u1;;Afgerond;1-2-2026;Brood;;;;",
    "spaces around all": " f2 ; ; u1 ;; Afgerond ; 1-2-2026 ; Brood ;;;;",
    "a hard space around an id": "\u00a0f3;;u1;;Afgerond;1-2-2026;Brood;;;;",
    "an id with a space": "f 4;;u1;;Afgerond;1-2-2026;Brood;;;;",
    "an id with a bar": "f|5;;u1;;Afgerond;1-2-2026;Brood;;;;",
    "a long id": f"{'f' * 600};;u1;;Afgerond;1-2-2026;Brood;;;;",
    "an id in other signs": "é1;;u1;;Afgerond;1-2-2026;Crème;;;;",
    "a mailbox": "g1;;;Sanne@Leren.example;Afgerond;1-2-2026;Brood;;;;",
    "a mailbox that is none": "g2;;;sanne;Afgerond;1-2-2026;Brood;;;;",
    "both": "g3;;u2;mailto:karim@leren.example;Afgerond;1-2-2026;Brood;;;;",
    "an answer": f"g4;;u2;;Gedeeld;1-2-2026;;{QUESTION};;;",
    "only some cells": "g5;;u2;;Gedeeld;1-2-2026",
    "nothing": "",
    "nothing but signs": ";;;;;",
    "a tab": "g6;;u\t2;;Gedeeld;1-2-2026;;;;;",
    "an apostrophe": "g7;;u'2;;Gedeeld;1-2-2026;Jo's;;;;",
    "a backslash": "g8;;u\\2;;Gedeeld;1-2-2026;\\n;;;;",
    "a word in capitals": "g9;;u2;;GEDEELD;1-2-2026;;;JA;;",
}


def table(
    folder: Path, rows: Sequence[str], name: str = "a.csv", mapping: str = MAPPING, ends: str = "\n"
) -> Path:
    path = folder / name
    path.write_bytes("".join(row + ends for row in (HEADINGS, *rows)).encode())
    path.with_name(f"{name}.toml").write_text(mapping, "utf-8")
    return path


def both(*paths: Path) -> Outcome:
    """What one pass gives, which is what DuckDB gives."""
    once = streamed(paths, "csv")
    assert by_duckdb(paths, "csv") == once
    return once


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_plain_rows_are_read_by_sql(ends: str, tmp_path: Path) -> None:
    path = table(tmp_path, WELL, ends=ends)
    assert took_over(path, CSV)
    found = both(path)
    assert (found.activities, found.rejects) == (12, [])


def test_odd_rows_change_nothing_else(tmp_path: Path) -> None:
    path = table(tmp_path, [*WELL[:6], *ODD.values(), *WELL[6:]])
    assert took_over(path, CSV)
    found = both(path)
    assert len(found.rejects) == 10
    assert len(found.conflicts) == 2


@pytest.mark.parametrize(
    "row",
    [
        'h1;;u1;;Afgerond;1-2-2026;"Brood; banket";;;;',
        "h2;;u1;;Afgerond;1-2-2026;Brood;;;;;;;te veel",
        "h3;;u1;;Afgerond;1-2-2026;Bro\rod;;;;",
        "h4;;u1;;Afgerond;1-2-2026;Bro\x01od;;;;",
        f"h5;;u1;;Afgerond;1-2-2026;{'x' * 130_000};;;;",
    ],
)
def test_a_row_that_ends_elsewhere_for_one_than_for_the_other(row: str, tmp_path: Path) -> None:
    path = table(tmp_path, [*WELL, row])
    assert not took_over(path, CSV)
    both(path)


def test_a_file_that_is_cut_short(tmp_path: Path) -> None:
    path = table(tmp_path, WELL)
    whole = path.read_bytes()
    for cut in (1, 2, 20):
        path.write_bytes(whole[:-cut])
        both(path)


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-8-sig", "utf-16"])
def test_other_encodings(encoding: str, tmp_path: Path) -> None:
    path = table(tmp_path, [*WELL, ODD["an id in other signs"]])
    path.write_bytes(path.read_bytes().decode().encode(encoding))
    assert took_over(path, CSV) is (encoding == "utf-8-sig")
    assert both(path).activities == 13


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = table(tmp_path, WELL)
    for raw in (b"\xff", b"\xed\xa0\x80", b"\xc3"):
        path.write_bytes(path.read_bytes().replace(b"Brood", raw, 1))
        assert not took_over(path, CSV)
        both(path)


@pytest.mark.parametrize("rows", [[], [""], ["niets"]])
def test_a_file_with_little_in_it(rows: list[str], tmp_path: Path) -> None:
    both(table(tmp_path, rows))
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    assert both(empty, tmp_path / "missing.csv").unreadable


def test_a_table_without_ids_goes_by_its_reader(tmp_path: Path) -> None:
    path = table(
        tmp_path, WELL, mapping=MAPPING.replace('id = "nr"', "").replace('retracted = "terug"', "")
    )
    assert not took_over(path, CSV)
    both(path)


def test_several_files_with_the_same_ids(tmp_path: Path) -> None:
    first = table(tmp_path, [*WELL, ODD["taken back before"]])
    second = table(tmp_path, [*WELL[:3], ODD["another moment"], "b5" + WELL[5][2:]], "b.csv")
    apart = table(
        tmp_path, WELL, "c.csv", MAPPING.replace("[columns]", 'table = "c"\n[columns]', 1)
    )
    other = table(tmp_path, WELL, "d.csv", MAPPING.replace("score_max = 10", "score_max = 20"))
    found = both(first, second, apart)
    assert (found.activities, len(found.conflicts)) == (24, 1)
    both(second, first)
    assert len(both(first, other).conflicts) == 12  # the same cells, and another meaning
    assert len(both(other, first, second).conflicts) == 12


ROWS = st.builds(
    lambda name, who, verb, when, topic, required, score: ";".join(
        (name, "", who, "", verb, when, topic, "", required, score, "")
    ),
    st.sampled_from(["a1", "a2", "a3", "a4", "a5", "a6", " a1", "", "é"]),
    st.sampled_from(["u1", "u2", ""]),
    st.sampled_from(["Afgerond", "Gedeeld", "Geannuleerd", "Iets"]),
    st.sampled_from(["1-2-2026 10:00:01", "1-2-2026 10:00:02", "2-2-2026", "2026-02-03T23:59:59Z", "x"]),
    st.sampled_from(["Brood", "Banket", ""]),
    st.sampled_from(["ja", "nee", "", "?"]),
    st.sampled_from(["", "7,5", "11"]),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(ROWS, max_size=12), st.lists(ROWS, max_size=6))
def test_any_rows_in_two_files(first: list[str], second: list[str]) -> None:
    with TemporaryDirectory() as folder:
        both(table(Path(folder), first), table(Path(folder), second, "b.csv"))


# Parquet

DAY = datetime(2026, 2, 1, 23, 59, 58, 900_000, tzinfo=UTC)
NAIVE = DAY.replace(tzinfo=None)
NAMED = 'organisation = "k"\n'


def columns(**changes: pa.Array) -> pa.Table:
    people, verbs = ["employee|k|1", "employee|k|2", None, "wie"], [COMPLETED] * 4
    return pa.table(
        {
            "Id": pa.array(["1", "2", "3", "4"]),
            "identity": pa.array(people),
            "verb": pa.array(verbs),
            "occurred_at": pa.array([DAY + timedelta(days=n) for n in range(4)]),
            "not ours": pa.array([[1]] * 4),
            **changes,
        }
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Id": pa.array([1, 2, 2, -3])},
        {"Id": pa.array(["1", " 2", None, "1"])},
        {"occurred_at": pa.array([DAY] * 4, pa.timestamp("ns", "UTC"))},
        {"occurred_at": pa.array([DAY] * 4, pa.timestamp("ms", "Europe/Amsterdam"))},
        {"occurred_at": pa.array([NAIVE] * 4)},
        {"occurred_at": pa.array([NAIVE.replace(month=3, day=29, hour=2), None] * 2)},
        {"occurred_at": pa.array([NAIVE.replace(year=1930, hour=0, minute=19, second=31)] * 4)},
        {"occurred_at": pa.array([date(2026, 2, 1)] * 4)},
        {"occurred_at": pa.array(["2026-02-01T10:00:00Z", "1-2-2026 1:02:03", "x", ""])},
        {"required": pa.array([True, False, None, True])},
        {"score": pa.array([0.5, 2.0, None, float("nan")])},
        {"revision": pa.array([1, 2, None, -1])},
        {"context_types": pa.array(["urn:a|urn:b", "urn:a", "", None])},
    ],
)
def test_parquet(changes: dict[str, pa.Array], tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(columns(**changes), path)
    path.with_name("a.parquet.toml").write_text(NAMED, "utf-8")
    assert took_over(path, CSV)
    both(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"Id": pa.array([1.0, 2.0, 3.5, 4.0])},
        {"topic": pa.array([["a"]] * 4)},
        {"topic": pa.array([b"a"] * 4)},
        {"id ": pa.array(["1"] * 4)},
    ],
)
def test_parquet_that_goes_by_its_reader(changes: dict[str, pa.Array], tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(columns(**changes), path)
    path.with_name("a.parquet.toml").write_text(NAMED, "utf-8")
    assert not took_over(path, CSV)
    both(path)


def test_parquet_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 and no more")
    assert both(path).unreadable
