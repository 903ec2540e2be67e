"""A plugin's own table in the configuration: read strictly, and nobody else's."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, field, frozen

from leercultuur_core.errors import ConfigError
from leercultuur_core.extension import Plugins, Secret, hookimpl
from leercultuur_core.run import opened, setup
from leercultuur_core.run.config import parse_configuration
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.plugin_settings import read_tables

ORGANISATION = {"name": "Bakkerij", "identity_key": {"env": "KEY"}}
ENVIRON = {"KEY": "k" * 40, "TOKEN": "t"}


@frozen
class AcmePages:
    url: str
    minutes: int = 60
    token: Secret = field(default=Secret(""), repr=False)


class Acme:
    @hookimpl
    def leercultuur_settings(self) -> type[Any]:
        return AcmePages


class WithoutSettings:
    pass


def problems(data: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        parse_configuration(
            {"organisation": ORGANISATION, **data}, Path("leercultuur.toml"), ENVIRON
        )
    return {one.place: one.hint for one in caught.value.problems}


def plugins(plugin: object = Acme) -> Plugins:
    made = Plugins()
    made.register(plugin() if isinstance(plugin, type) else plugin, "acme")
    return made


def tables(table: dict[str, Any], loaded: Plugins) -> Any:
    configuration = parse_configuration(
        {"organisation": ORGANISATION, "plugins": ["acme"], "acme": table},
        Path("leercultuur.toml"),
        ENVIRON,
    )
    return read_tables(configuration, loaded, ENVIRON)


def test_a_table_becomes_the_settings_of_its_plugin() -> None:
    found = tables({"url": "https://acme.example", "token": {"env": "TOKEN"}}, plugins())
    assert found == {"acme": AcmePages("https://acme.example", token=Secret("t"))}


def test_what_is_wrong_in_it_is_told_whole() -> None:
    with pytest.raises(ConfigError) as caught:
        tables({"minuts": 5, "minutes": "5"}, plugins())
    assert {(one.place, one.hint) for one in caught.value.problems} >= {
        ("acme.minuts", 'did you mean "minutes"?'),
    }
    assert {one.place for one in caught.value.problems} == {
        "acme.minuts",
        "acme.minutes",
        "acme.url",
    }


def test_a_table_of_nobody_is_an_unknown_key() -> None:
    assert problems({"acme": {}}) == {"acme": 'where it is of a plugin, add "acme" to plugins'}
    assert problems({"plugins": ["acme"], "acmee": {}}) == {"acmee": 'did you mean "acme"?'}
    assert problems({"cares": {}}) == {"cares": 'did you mean "care"?'}
    # The name of a table of ours is never a plugin's.
    assert "care.quite" in problems({"plugins": ["care"], "care": {"quite": {}}})
    # No table at all is told with what it should be.
    assert "acme" in problems({"plugins": ["acme"], "acme": "https://acme.example"})


def test_all_of_the_file_is_told_at_once() -> None:
    found = problems({"acme": {}, "care": {"quite": 1}, "source": [{"kind": "x"}]})
    assert set(found) == {"acme", "care.quite", "source[0].name"}


def test_a_table_of_a_plugin_without_settings_is_an_unknown_key() -> None:
    with pytest.raises(ConfigError, match="no settings of its own"):
        tables({"url": "x"}, plugins(WithoutSettings))


def test_a_plugin_that_is_not_there_is_told_elsewhere() -> None:
    absent = Plugins.load(["acme"], available=())
    assert "acme" in absent.broken
    assert tables({"url": "x"}, absent) == {}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    setup.initialise(tmp_path / "mine", "Bakkerij")
    for module in (opened, setup):
        if hasattr(module, "switched_on"):
            monkeypatch.setattr(module, "switched_on", lambda _: plugins())
    monkeypatch.setattr("leercultuur_core.run.builtin.switched_on", lambda _: plugins())
    return tmp_path / "mine"


def written(folder: Path, table: str) -> Path:
    path = folder / "leercultuur.toml"
    text = path.read_text("utf-8").partition("\n[acme]")[0]
    text = text if text.startswith("plugins") else f'plugins = ["acme"]\n{text}'
    path.write_text(f"{text}\n{table}", "utf-8")
    return path


def test_an_open_store_gives_them(folder: Path) -> None:
    path = written(folder, '[acme]\nurl = "https://acme.example"\n')
    with Engine.from_config(path, {}, create=True) as engine:
        assert engine.settings_of("acme", AcmePages) == AcmePages("https://acme.example")
    with Engine.from_config(written(folder, ""), {}) as engine:
        with pytest.raises(ConfigError) as caught:
            engine.settings_of("acme", AcmePages)
        assert [one.place for one in caught.value.problems] == ["acme.url"]
    with pytest.raises(ConfigError, match=r"acme\.minutes"):
        Engine.from_config(written(folder, "[acme]\nurl = 'x'\nminutes = '5'\n"), {})


def test_a_check_looks_at_them_too(folder: Path) -> None:
    path = written(folder, '[acme]\nurl = "https://acme.example"\n')
    good = list(setup.check(path, date(2026, 3, 3), {}))
    assert any(one.level == "ok" and one.text == "[acme] is well formed" for one in good)
    path = written(folder, "[acme]\nminutes = 5\n")
    bad = list(setup.check(path, date(2026, 3, 3), {}))
    assert any(one.level == "problem" and "acme.url" in one.text for one in bad)


def test_settings_are_no_part_of_what_a_configuration_shows() -> None:
    configuration = parse_configuration(
        {"organisation": ORGANISATION, "plugins": ["acme"], "acme": {"url": "https://h.example"}},
        Path("leercultuur.toml"),
        ENVIRON,
    )
    assert "h.example" not in repr(configuration)
    assert evolve(configuration).plugin_settings == {"acme": {"url": "https://h.example"}}
