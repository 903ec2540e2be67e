"""One adapter that goes wrong leaves every other working, and is named with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from attrs import frozen

from leercultuur_core import ConfigError, HttpClient, Page, Source, State
from leercultuur_core.activity.evidence import default_rules
from leercultuur_core.extension import structure
from leercultuur_core.run.collecting import collect_source
from leercultuur_core.storage import Identifier, Store
from leercultuur_core.testing.scripted import as_json, scripted

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


@frozen
class UrlSettings:
    url: str


class Pages(Source):
    name = "pages"
    settings = UrlSettings

    def fetch(self, state: State) -> Iterator[Page]:
        for _ in HttpClient(self.settings.url).pages("/list", next="next"):
            yield Page()


class Well(Source):
    name = "well"

    def fetch(self, state: State) -> Iterator[Page]:
        yield Page(mark="1")


def test_endless_pages_end_and_the_next_source_goes_on(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store.db", create=True)
    identify = Identifier([b"k" * 40])
    rules = default_rules()
    try:
        with scripted(lambda _: as_json({"next": "/list"})) as server:
            around = Pages(UrlSettings(server.url))
            first = collect_source("pages", around, store, rules=rules, identify=identify, now=NOW)
            assert len(server.seen) < 10
        second = collect_source("well", Well(), store, rules=rules, identify=identify, now=NOW)
    finally:
        store.close()
    assert "go round in a circle; what came before is kept" in first.problem
    assert second.problem == ""
    assert second.pages == 1


def test_a_mistake_in_settings_is_named_whole() -> None:
    with pytest.raises(ConfigError) as caught:
        structure(UrlSettings, {"urll": 1}, place="source[0]")
    places = {problem.place for problem in caught.value.problems}
    assert places == {"source[0].url", "source[0].urll"}
