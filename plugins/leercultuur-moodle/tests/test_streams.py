"""Each stream over the scripted Moodle 4.5.6: what it asks, what it makes of odd rows, what it leaves."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from scripted_moodle import LEA, LINA, LUC, TESS, TOKEN, Row, ScriptedMoodle

from leercultuur_core import Activity
from leercultuur_core.extension import Secret
from leercultuur_core.testing import Step
from leercultuur_core.testing.scripted import Scripted, as_json, scripted
from leercultuur_core.testing.taking import Taken, take
from leercultuur_moodle import MoodleSourceSettings, Stream
from leercultuur_moodle.source import MoodleSource

NOW = 1_795_500_000


class Site:
    """One Moodle, and one stream of it."""

    def __init__(self, moodle: ScriptedMoodle, server: Scripted) -> None:
        self.moodle, self.server = moodle, server
        self.last: Taken | None = None

    def read(self, *streams: Stream, after: int = 0) -> Taken:
        """A first run, or after so many seconds the one after."""
        settings = MoodleSourceSettings(
            url=self.server.url, token=Secret(TOKEN), rate=1e6, streams=streams
        )
        self.moodle.calls.clear()
        known = self.last.state if after and self.last else None
        taken = take(MoodleSource(settings, clock=lambda: NOW + after), known)
        assert taken.error is None, taken.error
        self.last = taken
        return taken

    def keys(self, taken: Taken) -> set[str]:
        start = f"moodle:{self.server.url}:"
        return {one.id.removeprefix(start) for one in taken.records if isinstance(one, Activity)}

    @property
    def asked(self) -> list[str]:
        return [function for function, _ in self.moodle.calls]


@pytest.fixture
def site() -> Iterator[Site]:
    moodle = ScriptedMoodle()
    with scripted(moodle.respond) as server:
        yield Site(moodle, server)


def rejects(taken: Taken) -> str:
    return "\n".join(str(one) for page in taken.pages for one in page.rejects)


WEEK = 7 * 86_400

ODD: dict[Stream, tuple[str, Callable[[Any], list[Any]]]] = {
    "activity-completion": (
        "core_completion_get_activities_completion_status", lambda a: a["statuses"]),
    "grades": ("gradereport_user_get_grade_items", lambda a: a["usergrades"]),
    "quiz-attempts": ("mod_quiz_get_user_attempts", lambda a: a["attempts"]),
    "submissions": ("mod_assign_get_submissions", lambda a: a["assignments"][0]["submissions"]),
    "forum-posts": ("mod_forum_get_discussion_posts", lambda a: a["posts"]),
    "glossary-entries": ("mod_glossary_get_entries_by_letter", lambda a: a["entries"]),
    "wiki-pages": ("mod_wiki_get_subwiki_pages", lambda a: a["pages"]),
    "h5p-attempts": ("mod_h5pactivity_get_user_attempts", lambda a: a["usersattempts"]),
    "feedback": ("mod_feedback_get_responses_analysis", lambda a: a["attempts"]),
    "plans": ("core_competency_list_user_plans", lambda a: a),
    "prior-learning": ("tool_lp_data_for_user_evidence_list_page", lambda a: a["evidence"]),
    "badges": ("core_badges_get_user_badges", lambda a: a["badges"]),
    "competency-ratings": ("core_competency_list_plan_competencies", lambda a: a),
}  # fmt: skip


@pytest.mark.parametrize("stream", sorted(ODD))
@pytest.mark.parametrize("odd", [None, {"id": "Sanne", "userid": "Sanne"}])
def test_an_odd_row_is_kept_aside_and_takes_nothing_back(
    site: Site, stream: Stream, odd: object
) -> None:
    function, rows = ODD[stream]
    first = site.keys(site.read(stream))

    def spoil(name: str, given: Row) -> Step | None:
        if name != function:
            return None
        handler = getattr(site.moodle, f"_{function}")
        answer = copy.deepcopy(handler(**given))
        found = rows(answer)
        found[:] = [odd, *found[1:]]
        return as_json(answer)

    site.moodle.misbehave = spoil
    taken = site.read(stream, after=WEEK)
    assert "expected" in rejects(taken)
    assert "Sanne" not in rejects(taken)
    assert not taken.records
    site.moodle.misbehave = lambda _, __: None
    assert not site.read(stream, after=2 * WEEK).records
    assert site.keys(site.read(stream)) == first


def test_anonymous_answers_are_not_asked_for(site: Site) -> None:
    assert site.keys(site.read("feedback")) == {"feedback:1"}
    site.moodle.feedbacks[0]["anonymous"] = 1
    assert not site.read("feedback").records
    assert "mod_feedback_get_responses_analysis" not in site.asked


def test_what_a_teacher_writes_is_not_a_learners(site: Site) -> None:
    keys = site.keys(site.read("forum-posts"))
    teacher = {f"post:{one['id']}" for one in site.moodle.posts if one["author"]["id"] == TESS}
    assert teacher
    assert not keys & teacher


def test_private_replies_and_deleted_posts_do_not_count(site: Site) -> None:
    reply = next(one for one in site.moodle.posts if one["id"] == 2)
    assert "post:2" in site.keys(site.read("forum-posts"))
    for mark in ("isprivatereply", "isdeleted"):
        reply[mark] = True
        assert "post:2" not in site.keys(site.read("forum-posts"))
        reply[mark] = False


def test_a_discussion_without_replies_needs_no_second_call(site: Site) -> None:
    site.moodle.discussions[0]["numreplies"] = 0
    assert site.keys(site.read("forum-posts")) == {"discussion:1"}
    assert "mod_forum_get_discussion_posts" not in site.asked


def test_long_lists_are_read_page_by_page(site: Site) -> None:
    moodle = site.moodle
    like, entry = moodle.discussions[0], moodle.entries[0]
    for number in range(2, 253):
        own = {"id": 100 + number, "discussion": number, "numreplies": 0}
        moodle.discussions.append({**like, **own})
        moodle.entries.append({**entry, "id": number})
    keys = site.keys(site.read("forum-posts", "glossary-entries"))
    assert sum(one.startswith("discussion") for one in keys) == 252
    assert sum(one.startswith("glossary-entry") for one in keys) == 252
    assert site.asked.count("mod_forum_get_forum_discussions") == 3
    assert site.asked.count("mod_glossary_get_entries_by_letter") == 3


def test_grades_are_scaled_and_totals_left_out(site: Site) -> None:
    taken = site.read("grades")
    scores = {
        one.id.split(":", 4)[-1]: one.score for one in taken.records if isinstance(one, Activity)
    }
    assert scores == {f"grade:2:{LEA}": 0.91, f"grade:3:{LEA}": 1.0, f"grade:3:{LUC}": 0.5}


def test_who_is_not_tracked_did_not_fail_to_do_anything(site: Site) -> None:
    for one in site.moodle.statuses(2, LEA):
        one["istrackeduser"] = False
    assert site.keys(site.read("activity-completion")) == {f"activity-completion:1:{LINA}"}


def test_a_course_without_completion_is_not_asked_for_it(site: Site) -> None:
    site.moodle.courses[2]["enablecompletion"] = 0
    site.moodle.courses[3]["enablecompletion"] = 0
    site.read("activity-completion", "course-completion")
    assert not [name for name in site.asked if name.startswith("core_completion")]


def test_a_course_that_is_not_complete_any_more_is_taken_back(site: Site) -> None:
    assert site.keys(site.read("course-completion")) == {f"course-completion:2:{LEA}"}
    site.moodle.course_completion[2, LEA]["completed"] = False
    (back,) = site.read("course-completion", after=WEEK).records
    assert not isinstance(back, Activity)


def test_an_attempt_that_is_a_preview_does_not_count(site: Site) -> None:
    site.moodle.attempts[0]["preview"] = 1
    assert not site.read("quiz-attempts").records


def test_plans_are_made_changed_and_completed(site: Site) -> None:
    plan = site.moodle.plans[0]
    assert site.keys(site.read("plans")) == {"plan:1:made"}
    plan.update(timemodified=plan["timecreated"] + 60, usermodified=LEA)
    assert site.keys(site.read("plans")) == {"plan:1:made", "plan:1:changed"}
    plan.update(status=2)
    assert site.keys(site.read("plans")) == {"plan:1:made", "plan:1:completed"}
    plan.update(status=1, usermodified=2)  # an administrator changed it, not its owner
    assert site.keys(site.read("plans")) == {"plan:1:made"}


def test_a_plan_that_is_deleted_is_taken_back(site: Site) -> None:
    site.read("plans")
    site.moodle.plans.clear()
    (back,) = site.read("plans", after=WEEK).records
    assert back.id.endswith(":plan:1:made")


def test_ratings_are_asked_again_only_where_a_competency_changed(site: Site) -> None:
    summary = "tool_lp_data_for_user_competency_summary_in_plan"
    first = site.read("competency-ratings")
    verbs = {
        one.id.rpartition(":")[2]: one.success for one in first.records if isinstance(one, Activity)
    }
    assert verbs == {"2": True, "9": False}
    site.read("competency-ratings", after=WEEK)
    asked = [given["competencyid"] for name, given in site.moodle.calls if name == summary]
    assert "1" not in asked
    own = site.moodle.plan_competencies[1][0]["usercompetency"]
    own["timemodified"] += 60
    history = site.moodle.ratings[1, 1]["usercompetencysummary"]["evidence"]
    history.insert(0, {**history[0], "id": 12, "grade": 3, "timecreated": own["timemodified"]})
    taken = site.read("competency-ratings", after=2 * WEEK)
    assert site.keys(taken) == {"competency-evidence:12"}


def test_a_site_without_competencies_is_no_problem(site: Site) -> None:
    error = {"exception": "core\\exception\\moodle_exception", "message": "off"}

    def off(name: str, _: Row) -> Step | None:
        if "competency" in name:
            return as_json({**error, "errorcode": "competenciesarenotenabled"})
        return None

    site.moodle.misbehave = off
    taken = site.read("plans", "competency-ratings", "badges")
    assert not rejects(taken)
    assert site.keys(taken) == {f"badge:1:{LEA}"}
    assert site.asked.count("core_competency_list_user_plans") <= 2


def test_a_page_of_a_wiki_counts_for_who_changed_it_last(site: Site) -> None:
    page = site.moodle.wiki_pages[0]
    page.update(userid=LEA)
    assert site.keys(site.read("wiki-pages")) == {f"wiki-page:1:{LEA}"}
    page.update(userid=LUC, timemodified=page["timemodified"] + WEEK)
    taken = site.read("wiki-pages", after=WEEK)
    assert site.keys(taken) == {f"wiki-page:1:{LUC}"}
    assert len(taken.records) == 1  # what the other did stays so


def test_only_the_streams_that_are_named_are_asked_for(site: Site) -> None:
    site.read("badges")
    assert set(site.asked) == {
        "core_webservice_get_site_info", "core_course_get_courses_by_field",
        "core_enrol_get_enrolled_users", "core_badges_get_user_badges",
    }  # fmt: skip
    assert json.loads(site.last.state.mark or "")["c"].keys() == {"c0"}  # type: ignore[union-attr]
