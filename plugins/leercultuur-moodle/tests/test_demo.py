"""The recorded site that the demo plays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import make_demo
import pytest

from leercultuur_core import AccessDenied, Engine
from leercultuur_core.extension import Secret
from leercultuur_moodle import MoodleClient, MoodleSettings
from leercultuur_moodle.demo import NIGHTS, RecordedSite, recorded_site

_ORGANISATION = """\
store = "demo.db"

[organisation]
name = "Bakkerij De Korenaar"
identity_key = { file = "identity.key" }
go_live = { date = 2026-02-01, reference = "made up", scope = "everybody" }

[privacy]
own_prompts = "opt-out"

"""


@pytest.fixture
def site() -> Iterator[RecordedSite]:
    with recorded_site() as playing:
        yield playing


def test_two_nights(site: RecordedSite, tmp_path: Path) -> None:
    (tmp_path / "identity.key").write_text("ab" * 32)
    (tmp_path / "identity.key").chmod(0o600)
    configuration = tmp_path / "leercultuur.toml"
    configuration.write_text(_ORGANISATION + site.lists)
    first, second = map(datetime.fromisoformat, NIGHTS)
    with Engine.from_config(configuration, {"MOODLE_TOKEN": site.token}, create=True) as engine:
        ran = engine.run(first)
        assert ran.collected.complete
        assert (ran.collected.directories[0].people, ran.delivered.states) == (5, {"sent": 5})
        assert ran.collected.sources[0].new > 20
        again = engine.run(second)
        assert again.collected.complete
        assert again.collected.sources[0].new == 0
        assert again.delivered.states.get("sent", 0) == 0
        findings = [one for sink in engine.adapters.sinks.values() for one in sink.check()]
    assert len({to for to, _ in site.received}) == len(site.received) == 5
    assert all(one.startswith("Hi ") and "<" not in one for one in site.texts)
    assert not [one for one in findings if one.level == "problem"]
    assert site.unknown == []


def test_what_it_plays_is_what_was_recorded() -> None:
    """When this fails because the adapters ask other things now: ``python tests/make_demo.py``."""
    site = RecordedSite()
    site.opened("http://demo.invalid")
    assert make_demo.made() == site._answers


def test_strangers_get_nothing(site: RecordedSite) -> None:
    client = MoodleClient(MoodleSettings(site.url, Secret("another-token")))
    with pytest.raises(AccessDenied):
        client.site()
    assert site.received == ()


def test_what_was_not_recorded_is_named(site: RecordedSite) -> None:
    client = MoodleClient(MoodleSettings(site.url, Secret(site.token)))
    with pytest.raises(AccessDenied):
        client.read("core_course_get_contents", courseid=99)
    assert site.unknown == ["core_course_get_contents"]
