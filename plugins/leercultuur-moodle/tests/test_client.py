"""The client, against the scripted Moodle."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_functions import nested
from scripted_moodle import AGENT, LEA, TOKEN, ScriptedMoodle, recorded_error

from leercultuur_core import AccessDenied, ConfigError, SourceUnavailable
from leercultuur_core.extension import Secret, structure
from leercultuur_core.extension.http import HttpClient, Limits
from leercultuur_core.testing.scripted import Scripted, Step, as_json, scripted
from leercultuur_moodle import (
    STREAMS,
    MoodleClient,
    MoodleSettings,
    MoodleSourceSettings,
    Refused,
    form_fields,
)


@pytest.fixture
def site() -> ScriptedMoodle:
    return ScriptedMoodle()


@pytest.fixture
def server(site: ScriptedMoodle) -> Iterator[Scripted]:
    with scripted(site.respond) as running:
        yield running


@pytest.fixture
def client(server: Scripted) -> MoodleClient:
    return made(server)


def made(
    server: Scripted, courses: tuple[int, ...] = (), categories: tuple[int, ...] = ()
) -> MoodleClient:
    settings = MoodleSettings(server.url, Secret(TOKEN), courses, categories)
    return MoodleClient(settings, HttpClient(server.url, limits=Limits(attempts=1)))


def test_site_tells_who_and_what(client: MoodleClient, site: ScriptedMoodle) -> None:
    found = client.site()
    assert (found.release, found.user) == ("4.5.6 (Build: 20250811)", AGENT)
    assert "core_course_get_contents" in found.functions
    assert "enablecompetencies" in found.features
    assert "enableglobalsearch" not in found.features
    assert "REDACTED" not in repr(found)  # the user's private key
    client.site()
    assert len(site.calls) == 1


def test_token_is_in_the_form_only(
    client: MoodleClient, server: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client.site()
    (seen,) = server.seen
    assert (seen.method, seen.query) == ("POST", {})
    assert dict(parse_qsl(seen.body.decode()))["wstoken"] == TOKEN
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(client)


def test_courses_without_the_front_page(client: MoodleClient) -> None:
    assert [(one.id, one.open, one.completion) for one in client.courses()] == [
        (2, True, True),
        (3, True, True),
    ]


def test_courses_and_categories_of_the_settings(server: Scripted) -> None:
    assert [one.id for one in made(server, courses=(3,)).courses()] == [3]
    assert [one.id for one in made(server, categories=(2,)).courses()] == [2, 3]
    assert made(server, courses=(99,)).courses() == ()


def test_a_closed_course_is_known_and_not_open(client: MoodleClient, site: ScriptedMoodle) -> None:
    site.revoke("moodle/course:view")
    assert [one.open for one in client.courses()] == [False, False]


def test_a_category_of_another_shape_stops_nothing(
    client: MoodleClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "read", lambda *_, **__: {"courses": [{"id": 2, "categoryid": {}}]})
    assert [(one.id, one.category) for one in client.courses()] == [(2, 0)]


def test_a_hidden_course_leaves_the_others(client: MoodleClient, site: ScriptedMoodle) -> None:
    site.hidden.add(3)
    assert [one.id for one in client.courses()] == [2]


def test_enrolled_people_come_in_pages(
    client: MoodleClient, site: ScriptedMoodle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leercultuur_moodle.client._PEOPLE_AT_ONCE", 3)
    assert [[one["id"] for one in page] for page in client.enrolled(2)] == [[3, 4, 5], [7]]
    assert len(site.calls) == 2


def test_nobody_enrolled(client: MoodleClient, site: ScriptedMoodle) -> None:
    site.enrolled[3].clear()
    assert list(client.enrolled(3)) == []


@pytest.mark.parametrize("answer", [{}, {"courses": None}, {"courses": [{"name": "no id"}]}])
def test_another_shape_is_never_taken_for_nothing(
    client: MoodleClient, site: ScriptedMoodle, answer: object
) -> None:
    site.misbehave = lambda _, __: as_json(answer)
    with pytest.raises(SourceUnavailable, match="expected a list"):
        client.courses()


@pytest.mark.parametrize("answer", [{}, [], None, {"sitename": "x"}])
def test_another_site_is_not_taken_for_a_moodle(
    client: MoodleClient, site: ScriptedMoodle, answer: object
) -> None:
    site.misbehave = lambda _, __: as_json(answer)
    with pytest.raises(SourceUnavailable, match="is the url right"):
        client.site()


def test_refused_for_one_course(client: MoodleClient, site: ScriptedMoodle) -> None:
    site.hidden.add(3)
    with pytest.raises(Refused) as caught:
        client.read("core_course_get_contents", courseid=3)
    assert (caught.value.errorcode, caught.value.kind) == (
        "errorcoursecontextnotvalid",
        "forbidden",
    )


def test_wrong_token(server: Scripted) -> None:
    settings = MoodleSettings(server.url, Secret("another-token"))
    with pytest.raises(AccessDenied, match="Manage tokens") as caught:
        MoodleClient(settings).site()
    assert "another-token" not in str(caught.value)


@pytest.mark.parametrize(
    "step",
    [
        Step(200, b"", {"Content-Type": "application/json"}),
        Step(200, b"<html>a web page</html>", {"Content-Type": "text/html"}),
        Step(200, b'{"sitename": "half', {"Content-Type": "application/json"}),
        Step(502, b"bad gateway", {"Content-Type": "text/plain"}),
        Step(hang_up=True),
        recorded_error("database_down"),
    ],
)
def test_what_is_no_answer(client: MoodleClient, site: ScriptedMoodle, step: Step) -> None:
    site.misbehave = lambda _, __: step
    with pytest.raises(SourceUnavailable):
        client.site()


def test_a_read_is_tried_again_and_a_write_is_not(server: Scripted, site: ScriptedMoodle) -> None:
    waits: list[float] = []
    http = HttpClient(server.url, limits=Limits(attempts=2), sleep=waits.append)
    client = MoodleClient(MoodleSettings(server.url, Secret(TOKEN)), http)
    site.misbehave = lambda _, __: Step(hang_up=True)
    with pytest.raises(SourceUnavailable):
        client.read("core_webservice_get_site_info")
    assert len(site.calls) == 2
    message = {"touserid": LEA, "text": "hoi"}
    with pytest.raises(SourceUnavailable):
        client.write("core_message_send_instant_messages", messages=[message])
    assert len(site.calls) == 3
    assert client.calls == 3


def test_null_is_an_answer(client: MoodleClient, site: ScriptedMoodle) -> None:
    site.misbehave = lambda _, __: as_json(None)
    assert client.write("core_calendar_delete_calendar_events", events=[]) is None


def test_form_fields_as_recorded() -> None:
    assert form_fields(
        {
            "courseid": 2,
            "options": [{"name": "limitfrom", "value": 0}],
            "values": ["a"],
            "yes": True,
            "none": None,
            "empty": [],
        }
    ) == {
        "courseid": "2",
        "options[0][name]": "limitfrom",
        "options[0][value]": "0",
        "values[0]": "a",
        "yes": "1",
    }


_leaves = st.text(alphabet="abc 1", max_size=3)
_names = st.text(alphabet="abcxyz", min_size=1, max_size=3)
_trees = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(_names, inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(_names, _trees, max_size=3))
def test_php_reads_back_what_was_written(parameters: dict[str, object]) -> None:
    assert nested(form_fields(parameters).items()) == parameters  # type: ignore[arg-type]


def test_settings_from_a_configuration() -> None:
    found = structure(
        MoodleSourceSettings,
        {
            "url": "https://moodle.example",
            "token": {"env": "T"},
            "streams": ["grades"],
            "overlap": "1h",
        },
        environ={"T": "abc"},
    )
    assert found.streams == ("grades",)
    assert "abc" not in repr(found)
    assert MoodleSourceSettings("https://moodle.example", Secret("x")).streams == STREAMS


def test_settings_name_every_problem() -> None:
    with pytest.raises(ConfigError) as caught:
        structure(
            MoodleSourceSettings,
            {"url": "x", "token": {"env": "T"}, "streams": ["grade"], "rate": 0, "account": "mail"},
            environ={"T": "abc"},
        )
    assert {one.place.rpartition(".")[2] for one in caught.value.problems} >= {
        "streams[0]",
        "account",
    }
    assert 'did you mean "grades"?' in str(caught.value)


def test_a_course_more(client: MoodleClient, site: ScriptedMoodle) -> None:
    site.add_course(7, "Bread")
    assert [one.id for one in client.courses()] == [2, 3, 7]
    assert list(client.enrolled(7)) == []
