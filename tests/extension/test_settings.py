"""The one strict converter: it guesses nothing and tells every problem with its key."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from attrs import frozen

from leercultuur_core.errors import ConfigError
from leercultuur_core.extension import Secret, structure


@frozen
class Quiet:
    before: time
    after: time


@frozen
class Settings:
    url: str
    token: Secret
    pages: int = 3
    on: bool = False
    how: Literal["state", "log"] = "state"
    overlap: timedelta = timedelta(hours=1)
    quiet: Quiet | None = None
    names: tuple[str, ...] = ()
    share: float = 1.0
    folder: Path = Path()


def test_values_come_out_true(tmp_path: Path) -> None:
    data = {
        "url": "https://acme.example",
        "token": {"env": "TOKEN"},
        "overlap": "2h",
        "quiet": {"before": "08:30", "after": "17:00"},
        "names": ["a", "b"],
        "share": 1,
        "folder": "drop",
    }
    settings = structure(Settings, data, base=tmp_path, environ={"TOKEN": "hush"})
    assert settings.token.reveal() == "hush"
    assert settings.overlap == timedelta(hours=2)
    assert settings.quiet == Quiet(time(8, 30), time(17))
    assert (settings.names, settings.share) == (("a", "b"), 1.0)
    assert settings.folder == tmp_path / "drop"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("url", 3, "a text in quotes"),
        ("pages", True, "a whole number"),
        ("pages", "3", "a whole number"),
        ("on", "false", "true or false"),
        ("on", 0, "true or false"),
        ("how", "logg", 'did you mean "log"?'),
        ("overlap", "2 hours", "a length of time"),
        ("overlap", 3600, "a length of time"),
        ("quiet", {"before": "8.30", "after": "17:00"}, "a time of day"),
        ("quiet", "08:30", "a table"),
        ("names", ["a", 3], "a text in quotes"),
        ("names", "ab", "a list"),
        ("share", float("nan"), "a number"),
        ("share", "0.5", "a number"),
        ("folder", "", "a path in quotes"),
        ("urll", "x", 'did you mean "url"?'),
    ],
)
def test_nothing_is_guessed(key: str, value: Any, expected: str) -> None:
    data = {"url": "x", "token": {"env": "T"}, key: value}
    with pytest.raises(ConfigError) as caught:
        structure(Settings, data, place="source[0]", environ={"T": "hush"})
    (problem,) = caught.value.problems
    assert problem.place.startswith(f"source[0].{key}")
    assert expected in str(problem)


def test_all_problems_come_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        structure(Settings, {"token": {"env": "NONE"}, "pages": "x", "no": 1}, environ={})
    assert [problem.place for problem in caught.value.problems] == ["url", "token", "pages", "no"]


def test_a_secret_in_the_configuration_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        structure(Settings, {"url": "x", "token": "hush-hush"}, environ={})
    assert "a secret never stands in the configuration itself" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_secret_file_must_be_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("hush\n")
    data = {"url": "x", "token": {"file": "token"}}
    path.chmod(0o644)
    with pytest.raises(ConfigError, match=r"mode 0644; chmod 600 token"):
        structure(Settings, data, base=tmp_path)
    path.chmod(0o600)
    assert structure(Settings, data, base=tmp_path).token.reveal() == "hush"
    path.write_text("")
    with pytest.raises(ConfigError, match="an empty file"):
        structure(Settings, data, base=tmp_path)
    path.unlink()
    with pytest.raises(ConfigError, match="a readable file token"):
        structure(Settings, data, base=tmp_path)


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret("hush")
    assert "hush" not in f"{secret} {secret!r} {[secret]} {Settings('x', secret)}"
    assert secret == Secret("hush")
    assert len({secret, Secret("hush"), Secret("other")}) == 2
