"""What `check` finds: each right that is taken away is named, or stands in the list of those that no
answer gives away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted_moodle import AGENT, RECORDED, TOKEN, ScriptedMoodle, recorded_error

from leercultuur_core.extension import Finding, Secret
from leercultuur_core.extension.http import HttpClient, Limits
from leercultuur_core.testing.scripted import Scripted, scripted
from leercultuur_moodle import STREAMS, MoodleClient, MoodleSettings
from leercultuur_moodle.rights import check, rights

ABLATION = json.loads((RECORDED / "capabilities_ablation.json").read_text("utf-8"))
EFFECTIVE = sorted(name for name, effects in ABLATION.items() if effects)
NEEDED = sorted(set().union(*rights().needed.values()))
EVERYTHING = (*STREAMS, "people", "messages", "comments")
PAGE = Path(__file__).parents[3] / "docs" / "adapters" / "moodle.md"


@pytest.fixture
def site() -> ScriptedMoodle:
    site = ScriptedMoodle()
    site.enrol(2, AGENT, "service")
    site.enrol(3, AGENT, "service")
    return site


@pytest.fixture
def server(site: ScriptedMoodle) -> Iterator[Scripted]:
    with scripted(site.respond) as running:
        yield running


def found(server: Scripted, *needs: str, courses: tuple[int, ...] = ()) -> list[Finding]:
    settings = MoodleSettings(server.url, Secret(TOKEN), courses=courses, account="username")
    http = HttpClient(server.url, limits=Limits(attempts=1))
    return list(check(MoodleClient(settings, http), settings, needs or EVERYTHING))


def problems(findings: list[Finding]) -> str:
    return "\n".join(f"{one.text} > {one.hint}" for one in findings if one.level != "ok")


def test_all_is_well(server: Scripted) -> None:
    findings = found(server)
    assert problems(findings) == ""
    assert findings[0].text == 'moodle: "Lab Moodle", Moodle 4.5.6 (Build: 20250811)'
    assert "moodle/site:messageanyuser" in findings[-1].text


def test_check_changes_nothing_and_is_frugal(server: Scripted, site: ScriptedMoodle) -> None:
    found(server)
    reading = ("_get_", "_list_", "_data_for_")
    assert all(any(word in name for word in reading) for name, _ in site.calls)
    assert len(site.calls) == 29  # for two courses; each is a row in the site's log


@pytest.mark.parametrize("capability", EFFECTIVE)
def test_each_right_with_an_effect_is_noticed_and_named(
    server: Scripted, site: ScriptedMoodle, capability: str
) -> None:
    if capability not in NEEDED:
        assert rights().capabilities[capability].seen == "no"
        return
    if capability == "moodle/course:view":
        site.unenrol(2, AGENT)  # being enrolled does as well
    site.revoke(capability)
    said = problems(found(server))
    assert capability in said
    assert "Define roles" in said


@pytest.mark.parametrize(
    "capability",
    [one for one in NEEDED if one not in EFFECTIVE and rights().capabilities[one].seen == "yes"],
)
def test_so_are_the_others_that_are_needed(
    server: Scripted, site: ScriptedMoodle, capability: str
) -> None:
    site.revoke(capability)
    assert capability in problems(found(server))


def test_those_that_cannot_be_noticed_are_listed() -> None:
    page = PAGE.read_text("utf-8")
    hidden = {name for name, one in rights().capabilities.items() if one.seen == "no"}
    without_effect = {name for name in NEEDED if ABLATION.get(name) == []}
    # sendmessage is no read, so the reads could not show it; `check` asks whether anybody is reached.
    assert without_effect == {"moodle/site:sendmessage"}
    assert all(name in page for name in hidden)


def test_a_right_that_no_answer_gives_away_is_asked_after(server: Scripted) -> None:
    assert "moodle/cohort:view cannot be noticed" in problems(found(server, "cohorts"))


def test_an_activity_that_vanished_shows_in_the_criteria_of_the_course(
    server: Scripted, site: ScriptedMoodle
) -> None:
    for one in site.course_completion.values():
        criteria = one["completions"][1]["details"]
        criteria["criteria"] = '<a href="https://moodle.example/mod/quiz/view.php?id=5">Quiz</a>'
    site.revoke("mod/quiz:view")
    (problem,) = (one for one in found(server) if one.level == "problem")
    assert "lacks mod/quiz:view (course 2)" in problem.text


def test_only_what_is_needed_is_asked_for(server: Scripted, site: ScriptedMoodle) -> None:
    site.revoke("moodle/competency:planview")
    assert problems(found(server, "grades")) == ""


def test_a_function_the_service_lacks(server: Scripted, site: ScriptedMoodle) -> None:
    site.remove_function("gradereport_user_get_grade_items")
    said = problems(found(server))
    assert "the service lacks gradereport_user_get_grade_items" in said
    assert "External services" in said


def test_a_course_that_is_not_seen(server: Scripted, site: ScriptedMoodle) -> None:
    site.hidden.add(3)
    assert "course 3 is not seen" in problems(found(server, courses=(2, 3)))


def test_no_course_at_all(server: Scripted, site: ScriptedMoodle) -> None:
    site.hidden |= {2, 3}
    assert "no course is seen" in problems(found(server))


def test_an_empty_course_proves_nothing_and_says_so(server: Scripted, site: ScriptedMoodle) -> None:
    said = problems(found(server, "quiz-attempts", courses=(3,)))
    assert "mod/quiz:view is not proved" in said


def test_not_enrolled_means_no_messages(server: Scripted, site: ScriptedMoodle) -> None:
    site.unenrol(2, AGENT)
    said = problems(found(server, "messages"))
    assert "not enrolled in course 2" in said
    assert "messageanyuser" not in said


def test_a_right_too_many(server: Scripted, site: ScriptedMoodle) -> None:
    site.rights.add("moodle/site:messageanyuser")
    site.unenrol(2, AGENT)
    said = problems(found(server, "messages"))
    assert "take out moodle/site:messageanyuser" in said


@pytest.mark.parametrize("case", ["bad_token", "function_not_in_service", "webservices_off"])
def test_nobody_gets_in(server: Scripted, site: ScriptedMoodle, case: str) -> None:
    site.misbehave = lambda _, __: recorded_error(case)
    (finding,) = found(server)
    assert finding.level == "problem"
    assert TOKEN not in finding.text


@pytest.mark.parametrize("case", ["database_down", "maintenance_mode_web", "maintenance_mode_cli"])
def test_no_answer_now(server: Scripted, site: ScriptedMoodle, case: str) -> None:
    site.misbehave = lambda _, __: recorded_error(case)
    (finding,) = found(server)
    assert "try again later" in finding.hint


def test_an_older_moodle(server: Scripted, site: ScriptedMoodle) -> None:
    site.info["release"] = "4.1.9 (Build: 20240212)"
    assert found(server)[0].level == "warning"


def test_each_need_has_known_rights() -> None:
    known = rights().capabilities
    assert set(NEEDED) <= set(known)
    assert {one.seen for one in known.values()} == {"yes", "maybe", "no"}
    assert set(STREAMS) <= set(rights().needed)
    assert not set(known) & set(rights().never)
