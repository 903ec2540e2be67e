"""Laws: what is written is read back, whatever the separator, encoding and form of dates."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from leercultuur_core import Activity
from leercultuur_csv import ActivityColumns, ActivityMapping, CsvFile
from leercultuur_csv.text import TextTable

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")
DATES = ("%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d-%m-%y")
TIMES = ("%H:%M", "%H:%M:%S")

# What Windows-1252 has too, without what a cell loses at its ends.
# "É€" is left out: in Windows-1252 it is the same two bytes as "ɀ" in UTF-8.
texts = (
    st.text("abcÉë€;,\t|\"'=  \n", max_size=12)
    .map(str.strip)
    .filter(lambda text: "É€" not in text and "ë€" not in text)
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2029, 12, 31)).map(  # noqa: DTZ001 - at place
    lambda one: one.replace(microsecond=0)
)
rows = st.tuples(st.integers(1, 3), texts, moments, st.booleans(), st.integers(-10, 10))


def written(cells: list[list[str]], delimiter: str, end: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(cells)
    return out.getvalue()


@given(
    st.lists(rows, max_size=8),
    st.sampled_from(";,\t|"),
    st.sampled_from(["\r\n", "\n"]),
    st.sampled_from(ENCODINGS),
    st.sampled_from(DATES),
    st.sampled_from(TIMES),
    st.sampled_from(",."),
)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back(
    given_rows: list[tuple[int, str, datetime, bool, int]],
    delimiter: str,
    end: str,
    encoding: str,
    dates: str,
    times: str,
    point: str,
) -> None:
    cells = [["wie", "wat", "dag", "tijd", "moet", "cijfer", ""]]
    expected = []
    for who, what, moment, required, score in given_rows:
        here = moment if times == "%H:%M:%S" else moment.replace(second=0)
        there = here.replace(tzinfo=AMSTERDAM).astimezone(UTC)
        if there.astimezone(AMSTERDAM).replace(tzinfo=None) != here:
            continue  # in the hour that the clock skips
        number = f"{score / 10:.1f}".replace(".", point)
        cells.append(
            [
                str(who),
                what,
                here.strftime(dates),
                here.strftime(times),
                "ja" if required else "nee",
                number,
                "",
            ]
        )
        expected.append((f"employee|k|{who}", what or "general", there, required, score / 10))
    mapping = ActivityMapping(
        columns=ActivityColumns(
            employee="wie",
            topic="wat",
            occurred_at="dag",
            time="tijd",
            required="moet",
            score="cijfer",
        ),
        organisation="k",
        verb="urn:did",
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(written(cells, delimiter, end).encode(encoding))
        pages = list(CsvFile(path, mapping=mapping).pages())
    assert not [reject for page in pages for reject in page.rejects]
    found = [one for page in pages for one in page.records if isinstance(one, Activity)]
    assert expected == [
        (one.identities[0], one.topic, one.occurred_at, one.required, one.score) for one in found
    ]
    assert len({one.id for one in found}) == len(found)


@given(st.binary(max_size=300))
@example(b'a;b\n"1;2\n3;4\n5;"6\n')
@example(b'a;b\n1;"2""\n')
@settings(max_examples=150, deadline=None)
def test_no_bytes_break_the_splitting(content: bytes) -> None:
    """Every line that is not blank is in one record or one reject, and in order."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(b"a;b;c\n" + content.replace(b"\0", b""))
        records = list(TextTable(path, "windows-1252", ";").records(len))
    lines = [record.line or 0 for record in records]
    assert lines == sorted(set(lines))
    whole = "".join(record.text for record in records)
    kept = b"a;b;c\n" + content.replace(b"\0", b"")
    expected = kept.decode("cp1252", "surrogateescape")
    blank = str.maketrans("", "", ' ;,\t|\r\n"')
    assert whole.translate(blank) == expected.translate(blank)
