"""The reader ``moodle-log`` reads from a file what the source reads from it."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]
import pyarrow.parquet as pq  # type: ignore[import-untyped,unused-ignore]
import pytest

from leercultuur_core import SourceUnavailable
from leercultuur_core.extension import Page, State
from leercultuur_moodle.log_file import FOLDER_SETTINGS, MoodleLogFile, MoodleLogFileSettings
from leercultuur_moodle.log_source import MoodleLogSettings, MoodleLogSource

URL = "https://leren.example"
LOG = Path(__file__).parent / "log" / "logstore_standard_log.json"
ROWS: list[dict[str, Any]] = json.loads(LOG.read_text("utf-8"))["rows"]
"""Recorded with a live Moodle 4.5.6."""


def as_csv() -> bytes:
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, ROWS[0])
    table.writeheader()
    table.writerows(ROWS)
    return text.getvalue().encode()


def as_lines() -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)


def as_parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), out)
    return out.getvalue()


FORMS: list[Callable[[], bytes]] = [
    as_csv,
    as_lines,
    as_parquet,
    lambda: gzip.compress(as_csv()),
    lambda: gzip.compress(as_lines()),
]


def read(path: Path) -> list[Page]:
    return list(MoodleLogFile(path).pages())


def records(pages: list[Page]) -> list[Any]:
    return [one for page in pages for one in page.records]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_as_the_source_reads_it(
    form: Callable[[], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "log"
    path.write_bytes(form())
    (tmp_path / FOLDER_SETTINGS).write_text(f'url = "{URL}"\n')
    lines = tmp_path / "lines.jsonl"
    lines.write_bytes(as_lines())
    source = MoodleLogSource(MoodleLogSettings(URL, export=lines))
    expected = records(list(source.fetch(State())))
    found = read(path)
    assert records(found) == expected
    assert len(expected) > 20
    assert not [reject for page in found for reject in page.rejects]


def test_what_the_settings_leave_out(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(as_csv())
    everything = records(list(MoodleLogFile(path, settings=MoodleLogFileSettings(URL)).pages()))
    busiest = max({row["userid"] for row in ROWS}, key=[row["userid"] for row in ROWS].count)
    (tmp_path / "log.csv.toml").write_text(f'url = "{URL}"\nservice_user = {busiest}\n')
    fewer = records(read(path))
    assert 0 < len(fewer) < len(everything)
    assert all(one in everything for one in fewer)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("", "url"),
        ("url = 5", "url"),
        (f'url = "{URL}"\nsites = 2', "sites"),
        ("url =", "expected a readable TOML file"),
        (None, f"expected the address of the site in log.csv.toml or {FOLDER_SETTINGS} beside it"),
    ],
)
def test_settings_that_are_wrong_or_not_there(
    settings: str | None, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(as_csv())
    if settings is not None:
        (tmp_path / "log.csv.toml").write_text(settings)
    with pytest.raises(SourceUnavailable, match=said):
        read(path)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"id,eventname\n1,x\n", "missing: component"),
        (b"PAR1 and no more", "cannot be read as Parquet"),
        (gzip.compress(as_csv())[:-20], "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_a_file_that_is_no_log(raw: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(raw)
    (tmp_path / FOLDER_SETTINGS).write_text(f'url = "{URL}"\n')
    with pytest.raises(SourceUnavailable, match=said):
        read(path)


def test_a_row_that_is_none_is_kept_aside_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(as_lines() + b'{"id": "x"}\n')
    (tmp_path / FOLDER_SETTINGS).write_text(f'url = "{URL}"\n')
    rejects = [reject for page in read(path) for reject in page.rejects]
    assert [(one.place, one.line) for one in rejects] == [("log.jsonl", len(ROWS) + 1)]
