"""The whole circle, against the scripted Moodle."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from circle import Entrance, whole_circle
from scripted_moodle import AGENT, LEARNER_TOKEN, TOKEN, Row, ScriptedMoodle

from leercultuur_core.testing.scripted import scripted

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
"""A Tuesday at ten in the Netherlands, a week after the site was recorded."""


class Site(ScriptedMoodle):
    """With a learner who may change their mind."""

    def _core_message_unblock_user(self, userid: str, unblockeduserid: str) -> list[Row]:
        self.blocked.discard(int(userid))
        return []


@pytest.fixture
def site() -> Site:
    site = Site()
    site.info["functions"].append({"name": "core_message_unblock_user", "version": "2024100706"})
    for course in (2, 3):
        site.enrol(course, AGENT, role="leerwijzer")
    return site


def test_the_whole_circle(site: Site, tmp_path: Path) -> None:
    with scripted(site.respond) as server:
        told = whole_circle(tmp_path, Entrance(server.url, TOKEN, LEARNER_TOKEN), NOW)
    assert told["people"] == 5
    assert len(site.messages) == 1
    assert not site.blocked
