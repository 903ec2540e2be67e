"""The source ``csv``: the contract of every source, and what is its own."""

from __future__ import annotations

import csv
import io
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from leercultuur_core import ConfigError, SourceUnavailable
from leercultuur_core.extension import Page, State, structure
from leercultuur_core.testing import Event, Serve, SourceContract
from leercultuur_csv.activities import CsvActivities, CsvActivitiesSettings

SETTINGS = {
    "path": "drop/*.csv",
    "verb": "http://adlnet.gov/expapi/verbs/completed",
    "home_page": "https://leren.example",
    "columns": {
        "id": "Nummer",
        "account": "Wie",
        "occurred_at": "Wanneer",
        "stored_at": "Ingevoerd",
        "revision": "Versie",
        "score": "Cijfer",
    },
    "score_max": 10,
}


def made(folder: Path) -> CsvActivities:
    return CsvActivities(structure(CsvActivitiesSettings, SETTINGS, base=folder))


class TestCsvActivities(SourceContract):
    """A system that drops an export of ten events at a time, and writes one again when it changes."""

    does_not_apply: ClassVar[Mapping[str, str]] = {
        "online": "it reads files: the faults of a server do not reach it",
        "secrets_are_silent": "its settings hold no secret",
        "next_page_at_another_host": "it asks no server",
    }

    @pytest.fixture
    def source(self, tmp_path: Path) -> CsvActivities:
        (tmp_path / "drop").mkdir()
        return made(tmp_path)

    @pytest.fixture
    def serve(self, tmp_path: Path) -> Serve:
        def put(events: Sequence[Event]) -> None:
            files: dict[Path, list[Event]] = defaultdict(list)
            for event in events:
                files[tmp_path / "drop" / f"{event.number // 10:04d}.csv"].append(event)
            for path in (tmp_path / "drop").iterdir():
                if path not in files:
                    path.unlink()
            for path, some in files.items():
                _replace(path, _export(some))

        return put


def _export(events: Sequence[Event]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["Nummer", "Wie", "Wanneer", "Ingevoerd", "Versie", "Cijfer"])
    for one in events:
        times = [one.occurred_at, one.stored_at]
        score = f"{one.score * 10:.1f}".replace(".", ",")
        writer.writerow([one.id, one.learner, *map(str, times), one.revision, score])
    return out.getvalue().encode("cp1252")


def _replace(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        whole = path.with_name(path.name + ".part")
        whole.write_bytes(content)
        os.replace(whole, path)


def test_a_file_that_cannot_be_read_stops_no_other(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    source = made(tmp_path)
    good = "Nummer;Wie;Wanneer;Ingevoerd;Versie;Cijfer\n1;sanne;1-1-26;;;\n"
    (drop / "a.csv").write_text("<html>")
    (drop / "b.csv").write_text(good)
    (drop / "b.csv.toml").write_text("")
    pages: list[Page] = []
    with pytest.raises(SourceUnavailable, match=r"a\.csv.*a web page"):
        pages.extend(source.fetch(State()))
    assert [len(page.records) for page in pages] == [1, 0]
    (drop / "a.csv").write_text(good.replace("1;", "2;", 1))
    later = list(source.fetch(State(pages[-1].mark)))
    assert [len(page.records) for page in later] == [1, 0]
    assert list(source.fetch(State(later[-1].mark))) == []


def test_check_names_what_cannot_be_used(tmp_path: Path) -> None:
    source = made(tmp_path)
    assert [one.level for one in source.check()] == ["warning"]
    (tmp_path / "drop").mkdir()
    head = "Nummer;Wie;Wanneer;Ingevoerd;Versie;Cijfer\n"
    (tmp_path / "drop" / "a.csv").write_text(head + "1;sanne;1-1-26;;;\n")
    (tmp_path / "drop" / "b.csv").write_text(head + "1;sanne;gisteren;;;\n1;;;;;\n")
    (tmp_path / "drop" / "c.csv").write_text("x;y\n")
    found = list(source.check())
    assert [one.level for one in found] == ["ok", "warning", "problem"]
    assert "2 rows cannot be used; first" in found[1].text
    assert "sanne" not in found[1].text


def test_settings_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    settings = structure(CsvActivitiesSettings, {"path": "x", "columns": {"employee": "Nr"}})
    with pytest.raises(ConfigError, match="3 problems"):
        CsvActivities(settings)
