"""Files as people have them, read by the reader ``csv``."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import evolve

from leercultuur_core import Activity, Retraction, SourceUnavailable, identity
from leercultuur_core.extension import CONTRACTS, Page, Plugins
from leercultuur_csv import ActivityColumns, ActivityMapping, CsvFile

COMPLETED = "http://adlnet.gov/expapi/verbs/completed"

MAPPING = ActivityMapping(
    columns=ActivityColumns(
        employee="Personeelsnummer",
        verb="Status",
        occurred_at="Datum",
        topic="Opleiding",
        score="Cijfer",
        required="Verplicht",
    ),
    verbs={"Afgerond": COMPLETED, "Geannuleerd": ""},
    organisation="korenaar",
    source="https://hr.korenaar.example",
    score_max=10,
)

EXPORT = """\
Personeelsnummer;Status;Datum;Opleiding;Cijfer;Verplicht;;
0012;Afgerond;1-1-26;"Brood; banket";7,5;nee;;
;;;;;;;
0013;AFGEROND;31-12-2025;Crème;8;ja;;
"""


def read(path: Path, mapping: ActivityMapping | None = MAPPING) -> Page:
    """All pages of a file as one."""
    pages = list(CsvFile(path, mapping=mapping).pages())
    return Page(
        [record for page in pages for record in page.records],
        [reject for page in pages for reject in page.rejects],
        {name: label for page in pages for name, label in page.labels.items()},
        bytes_read=pages[-1].bytes_read if pages else 0,
    )


def write(folder: Path, text: str, encoding: str = "utf-8", name: str = "export.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def activities(page: Page) -> list[Activity]:
    return [record for record in page.records if isinstance(record, Activity)]


def reasons(page: Page) -> dict[int | None, str]:
    return {reject.line: reject.reason for reject in page.rejects}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_reads_what_dutch_excel_writes(tmp_path: Path, encoding: str, end: str) -> None:
    page = read(write(tmp_path, EXPORT.replace("\n", end), encoding))
    first, second = activities(page)
    assert not page.rejects
    assert first.identities == ("employee|korenaar|0012",)
    assert (first.verb, first.topic, first.score) == (COMPLETED, "Brood; banket", 0.75)
    assert first.occurred_at == datetime(2026, 1, 1, 11, tzinfo=UTC)
    assert first.source == "https://hr.korenaar.example"
    assert not first.required
    assert (second.topic, second.score, second.required) == ("Crème", 0.8, True)


@pytest.mark.parametrize("delimiter", [",", "\t", "|", ";"])
def test_finds_the_delimiter_by_the_headings(tmp_path: Path, delimiter: str) -> None:
    text = EXPORT.replace('"Brood; banket"', "Brood").replace("7,5", "7").replace(";", delimiter)
    assert len(activities(read(write(tmp_path, text)))) == 2
    assert len(activities(read(write(tmp_path, f"sep={delimiter}\n{text}")))) == 2


def test_headings_may_differ_in_case_space_and_hyphen(tmp_path: Path) -> None:
    text = EXPORT.replace("Personeelsnummer", " PERSONEELSNUMMER ").replace(
        "Opleiding", "op-leiding"
    )
    columns = evolve(MAPPING.columns, topic="Op_Leiding")
    assert len(activities(read(write(tmp_path, text), evolve(MAPPING, columns=columns)))) == 2


def test_a_cell_may_go_on_over_lines(tmp_path: Path) -> None:
    text = 'Naam;Personeelsnummer;Status;Datum;Opleiding;Cijfer;Verplicht\n"de Wit\nSanne";12;Afgerond;1-1-26;"""Deeg"" maken";;\nx;13;fout;1-1-26;;;\n'
    page = read(write(tmp_path, text))
    assert [one.topic for one in activities(page)] == ['"Deeg" maken']
    assert list(reasons(page)) == [4]


def test_an_open_quote_takes_no_other_rows_along(tmp_path: Path) -> None:
    head, *rows = EXPORT.splitlines(keepends=True)
    for more in ("", '0016;Afgerond;2-1-26;"Brood";;\n'):
        text = "".join([head, '0015;Afgerond;1-1-26;"Brood;7;nee\n', *rows, more])
        page = read(write(tmp_path, text))
        assert len(activities(page)) == 2 + bool(more)
        assert list(reasons(page)) == [2]
        assert "quote" in page.rejects[0].reason
        assert page.rejects[0].raw.startswith(b"0015;")


def test_a_row_that_does_not_fit_is_kept_aside_with_its_line(tmp_path: Path) -> None:
    rows = [
        "0015;Gestart;1-1-26;;;",
        "0015;Afgerond;46023;;11;misschien",
        ";Afgerond;1-1-26;;;",
        "0015;Geannuleerd;;;;",
        "0015;Afgerond;1-1-26;;;;;een;twee;drie",
        "0015;Afgerond;1-1-26",
        "0015;Afgerond;",
        "0015;Afge",
    ]
    page = read(write(tmp_path, EXPORT + "\n".join(rows)))
    found = reasons(page)
    assert list(found) == [5, 6, 7, 9, 11, 12]
    assert "one of the 2 words in verbs" in found[5]
    assert all(part in found[6] for part in ("occurred_at:", "score:", "required:"))
    assert "expected one of identity, account, employee" in found[7]
    assert found[9] == "expected at most 6 cells, found 10"
    assert found[11] == "occurred_at: expected a value, found nothing"
    assert "cut short" in found[12]
    assert (
        len(page.records) == 3
    )  # the short row ended as a row should, only its empty cells are gone
    told = "".join(map(str, page.rejects))
    assert not any(word in told for word in ("0015", "Gestart", "46023", "misschien", "drie"))
    assert [reject.raw.decode().rstrip() for reject in page.rejects[:3]] == rows[:3]


def test_bytes_that_are_no_text_are_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(EXPORT.encode("cp1252") + b"0014;Afgerond;1-1-26;\x81;;\n")
    page = read(path)
    assert len(page.records) == 2
    assert reasons(page) == {
        5: "expected text in the encoding of the file, found bytes that are none"
    }


def test_a_line_without_end_is_kept_aside(tmp_path: Path) -> None:
    page = read(write(tmp_path, EXPORT + "x" * 300_000 + "\n0014;Afgerond;1-1-26;;;\n"))
    assert len(page.records) == 3
    assert "at most" in reasons(page)[5]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"\r\n ;;\r\n", "an empty file"),
        (b"PK\x03\x04rest", "an Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel workbook"),
        (b"<!DOCTYPE html><p>", "a web page"),
        (b'{"id": 1}', "JSON"),
        ("a;b\n".encode("utf-16-le"), "UTF-16 without a mark"),
        ("a;b\n".encode("utf-32"), "UTF-32"),
        ("Personeelsnummer;é\n".encode() + "1;é\n".encode("cp1252"), "UTF-8 and something else"),
        (b"0012;Afgerond;1-1-26\n", "3 other cells"),
        (b"Personeelsnummer;Status;Datum;Opleiding;Cijfer\n", 'the headings "Verplicht"'),
        (b"Personeelsnumer;Status;Datum;Opleiding;Cijfer;Verplicht\n", 'is it "personeelsnumer"'),
        (EXPORT.encode().replace(b"Opleiding", b"Datum"), '"Datum" more than once'),
    ],
)
def test_says_what_a_file_is_that_it_cannot_read(
    tmp_path: Path, content: bytes, found: str
) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(content)
    with pytest.raises(SourceUnavailable, match=found) as caught:
        read(path)
    assert "0012" not in str(caught.value)


def test_says_why_a_file_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="no such file"):
        read(tmp_path / "none.csv")
    with pytest.raises(SourceUnavailable, match="a folder"):
        read(tmp_path)


def test_reads_gzip_and_says_where_it_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "export.csv.gz"
    whole = gzip.compress(EXPORT.encode())
    path.write_bytes(whole)
    page = read(path)
    assert (len(page.records), page.bytes_read) == (2, len(whole))
    path.write_bytes(whole[:-9])
    page = read(path)
    assert page.rejects[-1].line is None
    assert "reading stopped after line" in page.rejects[-1].reason


def test_utf_16_that_breaks_off_within_a_character_keeps_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(EXPORT.encode("utf-16")[:-1])
    page = read(path)
    assert page.records
    assert "reading stopped after line" in page.rejects[-1].reason


def test_a_row_has_the_same_id_in_every_reading(tmp_path: Path) -> None:
    row = EXPORT.splitlines()[1] + "\n"
    before = read(write(tmp_path, EXPORT))
    again = read(write(tmp_path, EXPORT, "utf-16"))
    assert [one.id for one in before.records] == [one.id for one in again.records]
    longer = read(write(tmp_path, EXPORT + row + row))
    ids = [one.id for one in longer.records]
    assert ids[:2] == [one.id for one in before.records]
    assert len(set(ids)) == 4  # rows that say the very same are told apart by their number


def test_ids_of_the_file_keep_to_their_table(tmp_path: Path) -> None:
    text = "nr;wie;wanneer;versie;weg\n1;12;1-1-26;3;\n2;12;;4;ja\n"
    mapping = ActivityMapping(
        columns=ActivityColumns(
            id="nr", employee="wie", occurred_at="wanneer", revision="versie", retracted="weg"
        ),
        verb=COMPLETED,
        organisation="korenaar",
        source="https://hr.example",
        table="trainingen",
    )
    page = read(write(tmp_path, text), mapping)
    (activity,) = activities(page)
    assert (activity.id, activity.revision) == ("csv|https://hr.example|trainingen|1", 3)
    assert page.records[1] == Retraction(id="csv|https://hr.example|trainingen|2", revision=4)
    other = read(write(tmp_path, text), evolve(mapping, table="gesprekken"))
    assert not {one.id for one in page.records} & {one.id for one in other.records}


def test_without_a_mapping_the_headings_are_ours(tmp_path: Path) -> None:
    text = f"mail,verb,occurred_at,object_id,answer,context_types\nan@x.example,{COMPLETED},2026-01-01T10:00:00+01:00,urn:leercultuur:question:phase,Acting,urn:a|urn:b\nan@x.example,{COMPLETED},2026-01-01,urn:other,my secret,\n"
    page = read(write(tmp_path, text), None)
    first, second = activities(page)
    assert first.identities == (identity.mailbox("an@x.example"),)
    assert page.labels == {identity.mailbox("an@x.example"): "an@x.example"}
    assert (first.answer, first.context_types) == ("acting", ("urn:a", "urn:b"))
    assert second.answer is None


def test_the_mapping_beside_the_file_goes_before_that_of_the_folder(tmp_path: Path) -> None:
    path = write(tmp_path, "Wie;Wanneer\nan@x.example;1-1-26\n")
    folder = 'verb = "urn:folder"\n[columns]\nmail = "Wie"\noccurred_at = "Wanneer"\n'
    (tmp_path / "leercultuur-csv.toml").write_text(folder)
    assert activities(read(path, None))[0].verb == "urn:folder"
    (tmp_path / "export.csv.toml").write_text(folder.replace("urn:folder", "urn:file"))
    assert activities(read(path, None))[0].verb == "urn:file"


def test_every_mistake_in_a_mapping_is_told_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, EXPORT)
    beside = tmp_path / "export.csv.toml"
    beside.write_text('decimal = ";"\n[columns]\nemploye = "x"\n')
    with pytest.raises(SourceUnavailable, match="2 problems") as caught:
        read(path, None)
    assert 'did you mean "employee"' in str(caught.value)
    beside.write_text(
        'time_zone = "Mars"\nscore_max = 0\n[columns]\nretracted = "x"\nemployee="y"\n'
    )
    with pytest.raises(SourceUnavailable, match="6 problems") as caught:
        read(path, None)
    for place in ("organisation", "columns.occurred_at", "columns.verb", "columns.id", "time_zone"):
        assert place in str(caught.value)
    beside.write_text("no toml")
    with pytest.raises(SourceUnavailable, match="a readable TOML file"):
        read(path, None)


def test_several_identities_are_one_learner(tmp_path: Path) -> None:
    text = f"identity;mail;account;verb;occurred_at\nemployee|k|1;an@x.example;an;{COMPLETED};1-1-26\nan;geen;;{COMPLETED};1-1-26\n"
    page = read(write(tmp_path, text), ActivityMapping(home_page="https://lms.example"))
    (activity,) = activities(page)
    assert activity.identities == (
        "employee|k|1",
        "account|https://lms.example|an",
        identity.mailbox("an@x.example"),
    )
    assert "identity: expected account" in reasons(page)[3]
    assert "mail: expected a mail address" in reasons(page)[3]


def test_large_files_come_in_pages(tmp_path: Path) -> None:
    head, row, *_ = EXPORT.splitlines()
    path = write(tmp_path, "\n".join([head, *[row] * 12_000, "fout", ""]))
    pages = list(CsvFile(path, mapping=MAPPING).pages())
    assert [len(page.records) for page in pages] == [10_000, 2_000]
    assert pages[0].bytes_read <= pages[1].bytes_read == path.stat().st_size
    assert len({one.id for page in pages for one in page.records}) == 12_000


def test_parquet_reads_as_text_does(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "Personeelsnummer": arrow.array(["0012", "0013", None, "0014"]),
        "Status": arrow.array(["Afgerond"] * 4),
        "Datum": arrow.array([datetime(2026, 1, 1, 12)] * 4, arrow.timestamp("ns")),  # noqa: DTZ001 - at place
        "Opleiding": arrow.array(["Brood", None, "x", "x"]),
        "Cijfer": arrow.array([7.5, 8.0, 8.0, 80.0]),
        "Verplicht": arrow.array([False, True, None, None]),
        "Opmerking": arrow.array([["niet"], [], None, None]),
    }
    path = tmp_path / "export.parquet"
    parquet.write_table(arrow.table(columns), path)
    page = read(path)
    first, second = activities(page)
    assert first.occurred_at == datetime(2026, 1, 1, 11, tzinfo=UTC)
    assert (first.topic, first.score, first.required) == ("Brood", 0.75, False)
    assert (second.topic, second.required) == ("general", True)
    assert list(reasons(page)) == [3, 4]
    same = read(
        write(
            tmp_path,
            "Personeelsnummer;Status;Datum;Opleiding;Cijfer;Verplicht\n0012;Afgerond;1-1-26;Brood;7,5;nee\n",
        )
    )
    assert same.records[0].id == first.id
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(SourceUnavailable, match="as Parquet"):
        read(path)
    parquet.write_table(arrow.table({"a": [1]}), path)
    with pytest.raises(SourceUnavailable, match="expected the headings"):
        read(path)


def test_the_plugin_is_there() -> None:
    plugins = Plugins.load(["csv"])
    assert not plugins.broken
    assert all(
        set(plugins.adapters(CONTRACTS[one])) == {"csv"}
        for one in ("reader", "source", "directory")
    )
