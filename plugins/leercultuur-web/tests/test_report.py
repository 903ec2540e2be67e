"""The report: one file that needs nothing else, or data; the same each time; never half."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from html5lib import HTMLParser

from leercultuur_core import LAYERS, PHASES
from leercultuur_web.commands_report import report
from leercultuur_web.figures import FIGURES
from leercultuur_web.texts import texts

from .bakery import NOW, engine_of

NAMES = ("Sanne", "Omar", "Kees", "Naomi", "Samira", "Fatima")


@pytest.fixture
def folder(one_quarter: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(one_quarter, tmp_path / "bakery"))


def run(folder: Path, *words: str) -> Result:
    arguments = [*words, "--config", str(folder / "leercultuur.toml"), "--now", NOW.isoformat()]
    return CliRunner().invoke(report, arguments)


def written(folder: Path, *words: str) -> str:
    file = folder / "out.html"
    result = run(folder, "--out", str(file), *words)
    assert result.exit_code == 0, result.output
    return file.read_text("utf-8")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_it_is_one_file_with_every_figure(folder: Path, language: str) -> None:
    text = written(folder, "--language", language)
    HTMLParser(strict=True).parse(text)
    assert f'<html lang="{language}">' in text
    for figure in FIGURES:
        assert f'id="{figure}"' in text
    assert text.count("<svg") == 5
    assert texts()["report.released"][language] in text


def test_it_fetches_nothing_and_runs_nothing(folder: Path) -> None:
    text = written(folder)
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert not re.findall(r"<(?:script|link|img|iframe|object|form)\b", text)
    assert not re.findall(r"""(?:src|href)="(?!#)""", text)
    assert "@import" not in text
    assert "url(" not in text
    assert not re.findall(r"""\son\w+=""", text)


def test_it_names_nobody(folder: Path) -> None:
    for text in (written(folder), written(folder, "--format", "json")):
        assert not any(name in text for name in NAMES)


def test_the_same_again_gives_the_same_bytes(folder: Path) -> None:
    assert written(folder) == written(folder)


def test_without_a_language_it_is_that_of_the_organisation(folder: Path) -> None:
    assert '<html lang="nl">' in written(folder)


def test_as_data_it_says_what_it_is(folder: Path) -> None:
    found: dict[str, Any] = json.loads(written(folder, "--format", "json"))
    assert list(found) == [
        "schema",
        "organisation",
        "day",
        "quarter",
        "minimum",
        "refused",
        "reach",
        "units",
        "white_spots",
        "left_out",
        "register",
        "plan",
        "studies",
    ]
    assert found["schema"] == "leercultuur-report/1"
    assert (found["day"], found["quarter"], found["minimum"]) == ("2026-03-03", "2026-Q1", 10)
    assert [one["unit"] for one in found["units"]] == ["", "bakkerij", "bezorging", "winkel"]
    whole = found["units"][0]
    assert list(whole["release"]["shares"]) == list(PHASES)
    assert whole["release"]["minimum"] == 10
    assert len(whole["map"]) == len(PHASES) * len(LAYERS)
    assert {one["state"] for one in whole["preconditions"]} <= {
        "low",
        "unsure",
        "in_order",
        "unknown",
    }
    assert found["reach"]["seen"][0] < found["reach"]["seen"][1]
    assert {one["state"] for one in found["plan"]} == {"proposed"}


def test_it_can_go_to_the_output(folder: Path) -> None:
    result = run(folder, "--out", "-", "--format", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["organisation"] == "Bakkerij De Korenaar"
    assert "reading" in result.stderr


def test_a_second_run_replaces_the_first_when_it_is_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "report.html"
    file.write_text("the old one", "utf-8")
    with monkeypatch.context() as patch:

        def full(*_: object, **__: object) -> int:
            raise OSError(28, "No space left on device")

        patch.setattr(Path, "write_text", full)
        result = run(folder, "--out", str(file))
    assert result.exit_code != 0
    assert "No space left on device" in str(result.exception)
    assert file.read_text("utf-8") == "the old one"
    assert run(folder, "--out", str(file)).exit_code == 0
    assert file.read_text("utf-8").startswith("<!doctype html>")
    assert [one.name for one in folder.iterdir() if one.name.endswith(".part")] == []


def test_where_it_cannot_go_it_says_so(folder: Path) -> None:
    result = run(folder, "--out", str(folder))
    assert result.exit_code == 2
    assert "expected a file, found a folder" in result.output
    result = run(folder, "--out", str(folder / "nowhere" / "report.html"))
    assert "No such file or directory" in str(result.exception)


@pytest.mark.parametrize(
    ("change", "said", "reason"),
    [
        (("go_live =", "# go_live ="), "there is no go-live yet", "no_go_live"),
        (("[privacy]", '[privacy]\ngroup_releases = "off"'), "groups are off", "off"),
    ],
)
def test_where_nothing_may_be_told_it_says_why(
    folder: Path, change: tuple[str, str], said: str, reason: str
) -> None:
    file = folder / "leercultuur.toml"
    file.write_text(file.read_text("utf-8").replace(*change), "utf-8")
    result = run(folder, "--out", str(folder / "out.html"))
    assert result.exit_code == 0
    assert said in result.stderr
    text = (folder / "out.html").read_text("utf-8")
    assert "<svg" not in text
    assert "<table" not in text
    found = json.loads(written(folder, "--format", "json"))
    assert found["refused"] == reason
    assert (found["units"], found["reach"], found["left_out"], found["register"]) == (
        [],
        None,
        [],
        [],
    )


def test_before_the_first_night_it_says_so(tmp_path: Path, one_night: Path) -> None:
    for name in ("leercultuur.toml", "identity.key", "links.key", "people.csv"):
        shutil.copy(one_night / name, tmp_path / name)
        (tmp_path / name).chmod(0o600)
    with engine_of(tmp_path, create=True):
        pass
    result = run(tmp_path, "--out", str(tmp_path / "out.html"))
    assert result.exit_code == 0
    assert "nothing is released yet" in result.stderr
    assert texts()["org.phases.none"]["nl"] in (tmp_path / "out.html").read_text("utf-8")
