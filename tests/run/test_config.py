"""``leercultuur.toml``: strict, and every mistake at once with its place."""

from __future__ import annotations

import tomllib
from datetime import date, time
from pathlib import Path

import pytest

from leercultuur_core.errors import ConfigError
from leercultuur_core.run.config import Configuration, parse_configuration, read_configuration

KEY = "k" * 40
GOOD = """
store = "store.db"
plugins = ["watcher"]
[organisation]
name = "Bakkerij De Korenaar"
identity_key = { env = "KEY" }
go_live = { date = 2026-02-01, reference = "OR-besluit 2026-03", scope = "alle medewerkers" }
[[source]]
name = "moodle"
url = "https://leren.korenaar.example"
token = { env = "MOODLE_TOKEN" }
[[source]]
name = "moodle-old"
kind = "moodle"
[[sink]]
name = "mail"
[care]
at_most_per_week = 1
quiet = { before = "08:30", after = "17:00" }
"""


def parse(text: str) -> Configuration:
    return parse_configuration(tomllib.loads(text), Path("leercultuur.toml"), {"KEY": KEY})


def test_a_configuration_becomes_values() -> None:
    configuration = parse(GOOD)
    assert configuration.organisation.keys == (KEY.encode(),)
    assert configuration.care.quiet.before == time(8, 30)
    assert [entry.kind for entry in configuration.sources] == ["moodle", "moodle"]
    assert configuration.sources[0].settings["url"] == "https://leren.korenaar.example"
    assert configuration.store_url.endswith("/store.db")
    assert configuration.plugins == ("watcher",)
    go_live = configuration.organisation.go_live
    assert go_live is not None
    assert not go_live.holds_on(date(2026, 1, 31))
    assert go_live.holds_on(date(2026, 2, 1))


def test_every_mistake_is_told_with_its_key() -> None:
    text = """
stroe = "x"
[organisation]
identity_key = "not here"
time_zone = 3
go_live = { date = "2026-02-01", reference = "x", scope = "y" }
[[source]]
kind = "moodle"
[[source]]
name = "moodle"
[[source]]
name = "moodle"
[care]
at_most_per_week = "1"
quiet = { befor = "08:30" }
[privacy]
own_prompts = "opt-inn"
[retention]
payload_months = 1.5
"""
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert {problem.place for problem in caught.value.problems} == {
        "stroe",
        "organisation.name",
        "organisation.identity_key",
        "organisation.time_zone",
        "organisation.go_live.date",
        "source[0].name",
        "source[2].name",
        "care.at_most_per_week",
        "care.quiet.befor",
        "privacy.own_prompts",
        "retention.payload_months",
    }
    told = str(caught.value)
    assert 'did you mean "store"?' in told
    assert 'did you mean "before"?' in told
    assert "not here" not in told


def test_what_makes_no_sense_is_told_too() -> None:
    with pytest.raises(ConfigError) as caught:
        parse(
            GOOD.replace('quiet = { before = "08:30"', 'quiet = { before = "18:30"')
            + "open_at_most = 0\n[privacy]\nminimum_group = 4\n"
        )
    assert [problem.place for problem in caught.value.problems] == [
        "privacy.minimum_group",
        "care.open_at_most",
        "care.quiet",
    ]


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="leercultuur init"):
        read_configuration(tmp_path / "leercultuur.toml")
    (tmp_path / "leercultuur.toml").write_text("[organisation")
    with pytest.raises(ConfigError, match="a readable TOML file"):
        read_configuration(tmp_path / "leercultuur.toml")


def test_no_secret_shows_in_a_repr() -> None:
    assert KEY not in repr(parse(GOOD))


def test_where_people_answer() -> None:
    text = GOOD.replace(
        '["watcher"]', '["watcher"]\nanswers = { url = "URL", key = { env = "KEY" } }'
    )
    answers = parse(text.replace("URL", "https://leren.korenaar.example/a")).answers
    assert answers is not None
    assert (answers.keys, answers.valid_days) == ((KEY.encode(),), 60)
    assert parse(text.replace("URL", "http://localhost:8080/a")).answers is not None
    assert parse(GOOD).answers is None


@pytest.mark.parametrize(
    ("answers", "places"),
    [
        ('{ url = "http://leren.example/a", key = { env = "KEY" } }', ["answers.url"]),
        ('{ url = "https://leren.example/a?t=", key = { env = "KEY" } }', ["answers.url"]),
        ('{ url = "https://[leren", key = { env = "KEY" } }', ["answers.url"]),
        ('{ url = "leren.example", key = { env = "SHORT" } }', ["answers.url", "answers.key"]),
        (
            '{ url = "https://leren.example", key = { env = "KEY" }, valid_days = 0 }',
            ["answers.valid_days"],
        ),
        ('{ url = "https://leren.example" }', ["answers.key"]),
    ],
)
def test_links_that_would_not_be_safe_are_refused(answers: str, places: list[str]) -> None:
    text = GOOD.replace('["watcher"]', f'["watcher"]\nanswers = {answers}')
    environ = {"KEY": KEY, "SHORT": "short"}
    with pytest.raises(ConfigError) as caught:
        parse_configuration(tomllib.loads(text), Path("leercultuur.toml"), environ)
    assert [one.place for one in caught.value.problems] == places
    assert KEY not in str(caught.value)
