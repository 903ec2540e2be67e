"""The parts of a file, read on their own, give what the whole gives."""

from __future__ import annotations

import gzip
import io
import json
import pickle
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from leercultuur_core.activity.activity import Activity, Record, Retraction
from leercultuur_core.cli.reading import choose_reader
from leercultuur_core.errors import SourceUnavailable
from leercultuur_core.extension import FileSource
from leercultuur_core.run import sources
from leercultuur_core.run.sources import ActivityLines, activity_line
from leercultuur_xapi.reader import XapiFile

from .statements import MESSY, OWN, group, line, void

_, XAPI = choose_reader("xapi")
BOM = b"\xef\xbb\xbf"
WELL = [line(number) for number in range(8)]

Read = tuple[list[Record], list[tuple[int | None, str, bytes]], dict[str, str]]


def read(parts: Sequence[FileSource]) -> Read:
    """Records, rejects and labels of parts in their order, each having gone to another process."""
    records: list[Record] = []
    rejects: list[tuple[int | None, str, bytes]] = []
    labels: dict[str, str] = {}
    before = 0
    for part in parts:
        pages = list(pickle.loads(pickle.dumps(part)).pages())  # noqa: S301 - our own
        for page in pages:
            records += page.records
            rejects += [
                (one.line and one.line + before, one.reason, one.raw) for one in page.rejects
            ]
            labels |= page.labels
        before += sum(page.lines for page in pages)
    return records, rejects, labels


def write(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"".join(lines))
    return path


# Where a file of lines can be divided


class Lines(FileSource):
    """Only for its ranges."""

    name = "lines"

    def pages(self) -> Any:
        raise NotImplementedError


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.binary(max_size=9).map(lambda raw: raw.replace(b"\n", b"") + b"\n")),
    rest=st.sampled_from([b"", b"half"]),
    size=st.integers(1, 30),
)
def test_ranges_are_the_file_and_end_with_a_line(
    lines: list[bytes], rest: bytes, size: int, tmp_path: Path
) -> None:
    raw = b"".join(lines) + rest
    reader = Lines(write(tmp_path / "a", raw))
    ranges = reader.line_ranges(size)
    found = [raw[one.start : one.stop] for one in ranges]
    assert b"".join(found) == raw
    assert all(one.endswith(b"\n") for one in found[:-1])
    assert all(len(one) >= size for one in found[:-1])
    # No line more than is needed: without its last line a range is too short.
    assert all(one[:-1].rfind(b"\n") + 1 < size for one in found)
    for one in ranges:
        with reader.open_range(one) as file:
            assert file.read(len(one)) == raw[one.start : one.stop]


def test_a_line_longer_than_is_looked_at_together_is_not_divided(tmp_path: Path) -> None:
    long = b"x" * 200_000 + b"\n"
    reader = Lines(write(tmp_path / "a", b"a\n", long, b"b\n"))
    assert reader.line_ranges(10) == [range(2 + len(long)), range(2 + len(long), 4 + len(long))]


# Statements, one a line

OWN_MAIL = line(31, context=OWN, actor={"mbox": "mailto:own@leren.example"})
ODD = st.sampled_from(sorted(MESSY.values()))
LINES = st.one_of(
    st.integers(0, 6).map(line),
    st.builds(void, st.integers(20, 23), st.integers(0, 6)),
    st.integers(0, 3).map(group),
    st.sampled_from(["sanne", "Sanne", "SANNE"]).map(
        lambda name: line(30, actor={"mbox": f"mailto:{name}@leren.example"})
    ),
    st.just(OWN_MAIL),
    st.sampled_from([b"\n", b"\r\n", BOM + line(32), b"\x1f\x8b\n", b"PAR1\n", b"<html>\n"]),
    ODD,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start=st.sampled_from([b"", BOM]),
    lines=st.lists(LINES, max_size=14),
    end=st.sampled_from([b"", line(33)[:-1], line(33)[:60], BOM, b" "]),
    size=st.integers(1, 1500),
)
@example(start=BOM, lines=[*WELL, BOM + WELL[0]], end=b"", size=1)
@example(start=b"", lines=[WELL[0], b"\x1f\x8b\n", WELL[1]], end=b"", size=1)
@example(start=b"", lines=[OWN_MAIL, b" \n"], end=b"", size=1)
@example(start=b"", lines=[*MESSY.values()], end=b"", size=1)
@example(start=b"", lines=[*MESSY.values()], end=line(33)[:60], size=700)
@example(start=b"", lines=[b"[\n", line(1), b",\n", line(2), b"]\n"], end=b"", size=1)
@example(start=b"", lines=[b"<html>\n", *WELL], end=b"", size=1)
def test_parts_of_statements_are_the_whole(
    start: bytes, lines: list[bytes], end: bytes, size: int, tmp_path: Path
) -> None:
    reader = XAPI(write(tmp_path / "a.ndjson", start, *lines, end))
    assert said(lambda: read(reader.parts(size))) == said(lambda: read([reader]))


def said(reading: Callable[[], Read]) -> Read | str:
    try:
        return reading()
    except SourceUnavailable as error:
        return str(error)


def test_plain_lines_have_parts_of_the_size_that_was_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", *WELL)
    parts = XAPI(path).parts(len(WELL[0]))
    assert len(parts) == 8
    assert len(XAPI(path).parts(10 * len(WELL[0]))) == 1
    assert [len(part.parts(1)) for part in parts] == [1] * 8
    assert all(part.path == path for part in parts)


def test_a_part_keeps_what_its_reader_was_told(tmp_path: Path) -> None:
    long = line(9, context={"platform": "p" * 2000})
    reader = XapiFile(write(tmp_path / "a.ndjson", *WELL, long), longest=1000)
    records, rejects, _ = read(reader.parts(1))
    assert (len(records), [one[0] for one in rejects]) == (8, [9])


@pytest.mark.parametrize(
    "raw",
    [
        gzip.compress(b"".join(WELL)),
        b"[" + b",".join(WELL) + b"]",
        b'{"statements": [' + b",".join(WELL) + b"]}",
        json.dumps(json.loads(WELL[0]), indent=1).encode() + b"\n" + WELL[1],
        b"<html>\n<p>log in\n</html>",
        b"PK\x03\x04\n\n\n",
        "".join(one.decode() for one in WELL).encode("utf-16"),
        b"",
    ],
)
@pytest.mark.parametrize("reader", [XAPI, ActivityLines])
def test_what_is_no_plain_lines_stays_whole(
    reader: type[FileSource], raw: bytes, tmp_path: Path
) -> None:
    if reader is ActivityLines and raw[:1] not in {b"\x1f", b"<", b""}:
        return  # to this reader these are lines
    one = reader(write(tmp_path / "a", raw))
    assert one.parts(1) == (one,)


# Activities of our own


def activity(number: int) -> bytes:
    moment = datetime(2026, 2, 1, tzinfo=UTC)
    return activity_line(Activity(f"a{number}", ("openid|x",), "urn:did", moment))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start=st.sampled_from([b"", BOM]),
    lines=st.lists(
        st.one_of(
            st.integers(0, 6).map(activity),
            st.just(activity_line(Retraction(id="a3"))),
            st.sampled_from(
                [b"\n", b"{no json}\n", b"\xff\n", b"<p>\n", b"\x1f\x8b\n", BOM + activity(9)]
            ),
        ),
        max_size=12,
    ),
    end=st.sampled_from([b"", activity(7)[:-1], activity(7)[:20]]),
    size=st.integers(1, 500),
)
def test_parts_of_activities_are_the_whole(
    start: bytes, lines: list[bytes], end: bytes, size: int, tmp_path: Path
) -> None:
    reader = ActivityLines(write(tmp_path / "a.jsonl", start, *lines, end))
    assert said(lambda: read(reader.parts(size))) == said(lambda: read([reader]))


def test_a_line_that_is_too_long_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "LONGEST_LINE", 300)
    lines = [activity(1), b"x" * 301 + b"\n", b"y" * 5000 + b"\n", activity(2), b"z" * 700]
    reader = ActivityLines(write(tmp_path / "a.jsonl", *lines))
    parts = reader.parts(1)
    assert len(parts) == 5
    found = read(parts)
    assert found == read([reader])
    assert [one[0] for one in found[1]] == [2, 3, 5]


# Statements in Parquet


def parquet(path: Path, rows: Sequence[bytes | None], group_rows: int = 2) -> Path:
    table = pa.table({"stored": list(range(len(rows))), "statement": pa.array(rows, pa.binary())})
    pq.write_table(table, path, row_group_size=group_rows)
    return path


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.one_of(st.none(), LINES.map(lambda raw: raw.removesuffix(b"\n"))), max_size=9),
    group_rows=st.integers(1, 4),
    size=st.integers(1, 900),
)
@example(rows=[None], group_rows=1, size=1)
def test_parts_of_parquet_are_the_whole(
    rows: list[bytes | None], group_rows: int, size: int, tmp_path: Path
) -> None:
    reader = XAPI(parquet(tmp_path / "a.parquet", rows, group_rows))
    assert read(reader.parts(size)) == read([reader])


def test_row_groups_are_parts_of_the_size_that_was_asked(tmp_path: Path) -> None:
    rows = [line(number) for number in range(400)]
    path = parquet(tmp_path / "a.parquet", rows, group_rows=50)
    assert len(XAPI(path).parts(1)) == 8
    assert len(XAPI(path).parts(75 * len(rows[0]))) == 4
    assert len(XAPI(path).parts(1000 * len(rows[0]))) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda path: pq.write_table(pa.table({"id": ["a"] * 4}), path, row_group_size=1),
        lambda path: path.write_bytes(b"PAR1 and no more"),
    ],
)
def test_parquet_without_statements_stays_whole(make: Any, tmp_path: Path) -> None:
    make(tmp_path / "a.parquet")
    reader = XAPI(tmp_path / "a.parquet")
    assert reader.parts(1) == (reader,)


# A file that is changed between


@pytest.mark.parametrize(
    ("reader", "well"), [(XAPI, WELL), (ActivityLines, [activity(number) for number in range(8)])]
)
@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw[:100],
        lambda raw: raw[3:] + b"\n\n\n",
        lambda raw: raw.replace(b"\n", b" "),
        lambda raw: b"",
    ],
)
def test_a_file_that_was_changed_is_told(
    reader: type[FileSource], well: list[bytes], change: Any, tmp_path: Path
) -> None:
    path = write(tmp_path / "a", *well)
    parts = reader(path).parts(1)
    path.write_bytes(change(path.read_bytes()))
    for part in (parts[1], parts[-1]):
        with pytest.raises(SourceUnavailable, match="that was changed; read it again once nothing"):
            list(part.pages())


def test_a_line_that_no_longer_ends_where_it_did_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", *WELL)
    first = XAPI(path).parts(1)[0]
    write(path, WELL[0][:-2] + b', "and": "more"}\n', *WELL[1:])
    with pytest.raises(SourceUnavailable, match="that was changed"):
        list(first.pages())


@pytest.mark.parametrize(
    ("reader", "well"), [(XAPI, WELL), (ActivityLines, [activity(number) for number in range(8)])]
)
def test_a_file_that_is_gone_is_told(
    reader: type[FileSource], well: list[bytes], tmp_path: Path
) -> None:
    path = write(tmp_path / "a", *well)
    last = reader(path).parts(1)[-1]
    path.unlink()
    with pytest.raises(SourceUnavailable, match=r"[Nn]o such file"):
        list(last.pages())


def test_lines_that_are_added_are_for_the_next_time(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", *WELL)
    expected = read([XAPI(path)])
    parts = XAPI(path).parts(1)
    with path.open("ab") as file:
        file.write(line(40) + line(41)[:30])
    assert read(parts) == expected


@pytest.mark.parametrize("rows", [WELL[:2], WELL[:5]])
def test_parquet_that_was_changed_is_told(rows: list[bytes], tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", WELL[:6])
    last = XAPI(path).parts(1)[-1]
    parquet(path, rows)
    with pytest.raises(SourceUnavailable, match="expected 6 rows as before, found"):
        list(last.pages())


def test_a_part_that_cannot_be_read_on_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails halfway; of a whole file what follows is left, and here it is not."""
    reader = ActivityLines(write(tmp_path / "a.jsonl", *map(activity, range(4))))
    last = reader.parts(1)[-1]

    class Failing(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(ActivityLines, "open_range", lambda *_: Failing())
    with pytest.raises(SourceUnavailable, match=r"cannot be read \(Input/output error\)"):
        list(last.pages())
