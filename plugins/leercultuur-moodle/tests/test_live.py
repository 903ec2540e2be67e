"""Against a live Moodle, where one is named.

It reads everything that the service user may see, and sends the learner one message. The learner blocks
the service user for a moment, and takes that back.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from circle import Entrance, whole_circle

from leercultuur_core.extension import Secret
from leercultuur_core.testing import proved_live
from leercultuur_moodle import STREAMS, MoodleClient, MoodleSettings, Refused
from leercultuur_moodle.directory import MoodlePeople
from leercultuur_moodle.messages import MoodleMessages
from leercultuur_moodle.rights import check
from leercultuur_moodle.source import MoodleSource

VARIABLES = (
    "LEERCULTUUR_MOODLE_URL",
    "LEERCULTUUR_MOODLE_TOKEN",
    "LEERCULTUUR_MOODLE_LEARNER_TOKEN",
)
ABSENT = [name for name in VARIABLES if not os.environ.get(name)]

pytestmark = [
    pytest.mark.live_moodle,
    pytest.mark.skipif(bool(ABSENT), reason=f"not set: {', '.join(ABSENT)}"),
]


@pytest.fixture(scope="module")
def settings() -> MoodleSettings:
    """The service user's."""
    return MoodleSettings(os.environ[VARIABLES[0]], Secret(os.environ[VARIABLES[1]]))


@pytest.fixture(scope="module")
def client(settings: MoodleSettings) -> MoodleClient:
    """Asks as the service user."""
    return MoodleClient(settings)


def test_a_service_user_with_the_documented_rights(
    client: MoodleClient, settings: MoodleSettings
) -> None:
    findings = list(check(client, settings, (*STREAMS, "messages")))
    assert [one for one in findings if one.level == "problem"] == []


def test_a_learner_cannot_read_another(client: MoodleClient, settings: MoodleSettings) -> None:
    learner = MoodleClient(MoodleSettings(settings.url, Secret(os.environ[VARIABLES[2]])))
    me = learner.site().user
    course, other = next(
        (course.id, one["id"])
        for course in client.courses()
        for page in client.enrolled(course.id)
        if any(one["id"] == me for one in page)
        for one in page
        if one["id"] not in {me, client.site().user}
    )
    with pytest.raises(Refused):
        learner.read(
            "core_completion_get_activities_completion_status", courseid=course, userid=other
        )


def test_the_whole_circle(
    client: MoodleClient, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    site = Entrance(*(os.environ[name] for name in VARIABLES))
    print(whole_circle(tmp_path, site, next_tuesday()))  # noqa: T201 - the number of calls is asked for
    for adapter in (MoodleSource, MoodlePeople, MoodleMessages):
        proved_live(request, adapter, system="Moodle", version=client.site().release)


def next_tuesday() -> datetime:
    """At ten or eleven in the Netherlands, after all that was done on the site until now."""
    now = datetime.now(UTC)
    day = now + timedelta(days=(1 - now.weekday()) % 7 or 7)
    return day.replace(hour=9, minute=0, second=0, microsecond=0)
