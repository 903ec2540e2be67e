"""From an entry of the configuration to an adapter; what cannot be is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from leercultuur_core.demo import people_csv, write_bakery
from leercultuur_core.errors import ConfigError, SourceUnavailable, StoreError
from leercultuur_core.extension import Secret
from leercultuur_core.run.builtin import PeopleFile, PeopleFileSettings, make_all, switched_on
from leercultuur_core.run.config import Configuration, Organisation, read_configuration
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.setup import check, initialise
from leercultuur_core.run.sinks import FilesSink
from leercultuur_core.run.sources import FilesSource

from .conftest import NOW

DAY = date(2026, 3, 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    initialise(tmp_path, 'Bakkerij "De Korenaar"')
    write_bakery(tmp_path / "data")
    return tmp_path / "leercultuur.toml"


def add(configuration: Path, text: str) -> Path:
    configuration.write_text(configuration.read_text("utf-8") + text, "utf-8")
    return configuration


GOOD = """
[[source]]
name = "drop"
kind = "files"
path = "data/*.ndjson.gz"

[[directory]]
name = "people"
kind = "people-file"
path = "data/people.csv"

[[sink]]
name = "files"
folder = "out"
"""


def test_one_kind_may_stand_in_two_lists(folder: Path) -> None:
    configuration = read_configuration(add(folder, GOOD))
    adapters = make_all(configuration, switched_on(configuration))
    assert isinstance(adapters.sources["drop"], FilesSource)
    assert isinstance(adapters.sinks["files"], FilesSink)
    assert isinstance(adapters.directories["people"], PeopleFile)
    assert adapters.broken == {}
    levels = [finding.level for finding in check(folder, DAY)]
    assert levels.count("problem") == 0
    assert levels.count("warning") == 1  # no go-live yet


def test_a_plugin_that_is_absent_or_of_another_list_is_named_and_the_rest_goes_on(
    folder: Path,
) -> None:
    add(folder, GOOD + '[[source]]\nname = "acme"\n[[sink]]\nname = "x"\nkind = "csv"\n')
    configuration = read_configuration(folder)
    adapters = make_all(configuration, switched_on(configuration))
    assert "pip install leercultuur-acme" in adapters.broken["source", "acme"]
    assert "has nothing for sink[1]" in adapters.broken["sink", "x"]
    assert list(adapters.sources) == ["drop"]
    problems = [str(finding.text) for finding in check(folder, DAY) if finding.level == "problem"]
    assert len(problems) == 2
    with Engine.from_config(folder, create=True) as engine:
        assert list(engine.collect(NOW).problems) == ["acme"]
        assert list(engine.deliver(NOW).problems) == ["x"]
        left = " ".join(engine.status(NOW).left)
        assert "source acme: plugin acme: is not installed" in left
        assert "sink x: " in left


def test_all_wrong_settings_are_told_at_once(folder: Path) -> None:
    add(folder, '[[source]]\nname = "drop"\nkind = "files"\n[[sink]]\nname = "webhook"\nurl = 3\n')
    with pytest.raises(ConfigError) as error:
        Engine.from_config(folder)
    text = str(error.value)
    assert "source[0].path" in text
    assert "sink[0].url" in text
    assert "sink[0].secret" in text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('country = "Nowhere"', "organisation.country"),
        ('region = "Nowhere"', "organisation.country"),
    ],
)
def test_a_country_without_known_holidays_is_a_mistake(
    folder: Path, line: str, expected: str
) -> None:
    text = folder.read_text("utf-8").replace('language = "nl"', f'language = "nl"\n{line}')
    folder.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=expected):
        Engine.from_config(folder, create=True)


def test_another_estimator_is_refused_by_name(folder: Path) -> None:
    add(folder, '[model]\nestimator = "crystal-ball"\n')
    with pytest.raises(ConfigError, match=r'model.estimator: expected "hmm", found "crystal-ball"'):
        Engine.from_config(folder, create=True)


def test_a_store_that_is_not_there_is_not_made_by_itself(folder: Path) -> None:
    with pytest.raises(StoreError, match="leercultuur init"):
        Engine.from_config(folder)


def test_the_wrong_key_changes_nothing(folder: Path) -> None:
    add(folder, GOOD)
    with Engine.from_config(folder, create=True) as engine:
        assert engine.collect(NOW).complete
    key = folder.with_name("identity.key")
    key.write_text("x" * 64, "utf-8")
    with Engine.from_config(folder) as engine, pytest.raises(StoreError, match="identity key"):
        engine.collect(NOW)


def test_people_become_directory_people(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(people_csv() + "lies@korenaar.example,Lies,hr,,,nl,employee,\n", "utf-8")
    (page,) = PeopleFile(PeopleFileSettings(path)).people()
    assert page[1].name == "Sanne"
    assert page[1].identifiers[0].startswith("account|https://login.korenaar.example|")
    assert page[1].manager == page[0].identifiers[0]
    assert page[1].working_days == (1, 2, 3, 4, 5)
    assert page[-1].addresses == {"mail": "lies@korenaar.example"}
    assert page[-1].identifiers[0].startswith("mbox_sha1sum|")
    assert page[-1].working_days is None


def test_a_bare_name_needs_its_system(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("identifier,manager\nsanne,ans\nans,\n", "utf-8")
    (page,) = PeopleFile(PeopleFileSettings(path, "https://leren.example")).people()
    assert page[0].identifiers == ("account|https://leren.example|sanne",)
    assert page[0].manager == "account|https://leren.example|ans"
    bare = PeopleFile(PeopleFileSettings(path))
    with pytest.raises(SourceUnavailable, match="has 3 problems; leercultuur check") as error:
        list(bare.people())
    assert "sanne" not in str(error.value)
    assert [finding.level for finding in bare.check()] == ["problem"] * 3


def test_a_plugin_without_an_adapter_is_switched_on_by_name() -> None:
    configuration = Configuration(
        organisation=Organisation("x", Secret("k" * 40)), plugins=("no-such-watcher",)
    )
    assert set(switched_on(configuration).broken) == {"no-such-watcher"}


def test_init_makes_two_keys_for_their_owner_only(tmp_path: Path) -> None:
    configuration, *keys = initialise(tmp_path / "new", "Bakkerij")
    assert [path.name for path in keys] == ["identity.key", "links.key"]
    assert len({path.read_text("utf-8") for path in keys}) == 2
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
    lines = configuration.read_text("utf-8").splitlines()
    start = lines.index("# [answers]")
    switched_on = [line.removeprefix("# ") for line in lines[start : start + 3]]
    configuration.write_text(
        "\n".join([*lines[:start], *switched_on, *lines[start + 3 :]]), "utf-8"
    )
    answers = read_configuration(configuration).answers
    assert answers is not None
    assert answers.keys == (keys[1].read_text("utf-8").strip().encode(),)
    configuration.unlink()
    with pytest.raises(ConfigError, match="2 problems"):
        initialise(tmp_path / "new", "Bakkerij")


def test_one_system_is_read_in_one_way(folder: Path) -> None:
    entry = '[[source]]\nname = "{}"\nkind = "{}"\nurl = "https://leren.example{}"\n'
    add(folder, GOOD + entry.format("a", "acme", "") + entry.format("b", "acme-log", "/"))
    told = [f.text for f in check(folder, DAY) if f.level == "problem"]
    assert "https://leren.example is read as acme and as acme-log" in told


def test_two_courses_of_one_system_may_be_two_sources(folder: Path) -> None:
    entry = '[[source]]\nname = "{}"\nkind = "acme"\nurl = "https://leren.example"\n'
    add(folder, GOOD + entry.format("a") + entry.format("b"))
    assert not [f.text for f in check(folder, DAY) if "is read as" in f.text]
