"""The source over the scripted Moodle 4.5.6: the contract, what is undone, what changes, what is seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import ClassVar

import pytest
from attrs import field, mutable
from scripted_functions import warn
from scripted_moodle import LEA, LEO, LINA, LUC, TOKEN, Row, ScriptedMoodle, recorded_error

from leercultuur_core import Activity, Retraction, SourceUnavailable, default_rules
from leercultuur_core.activity.ledger import Fold
from leercultuur_core.extension import Secret, State
from leercultuur_core.extension.http import HttpClient
from leercultuur_core.testing import (
    Event,
    Responder,
    Scripted,
    ScriptedServer,
    Serve,
    SourceContract,
    Step,
)
from leercultuur_core.testing.scripted import as_json, scripted
from leercultuur_core.testing.taking import Taken, take
from leercultuur_moodle import STREAMS, MoodleClient, MoodleSourceSettings
from leercultuur_moodle.evidence import moodle_rules
from leercultuur_moodle.mark import Mark
from leercultuur_moodle.source import MoodleSource
from leercultuur_moodle.streams import KINDS

NOW = 1_795_500_000
"""A night after the recordings (2026-11-24)."""

DAY = 86_400
WEEK = 7 * DAY
RECORDED = 1_795_476_784
"""The newest time in the recordings."""

PEOPLE = {"learner0": LINA, "learner1": LEA, "learner2": LUC}


class TestContract(SourceContract):
    """Events are work that was handed in."""

    does_not_apply: ClassVar[Mapping[str, str]] = {
        "next_page_at_another_host": "no answer holds a whole address",
    }

    @pytest.fixture
    def source(self, scripted: ScriptedServer) -> MoodleSource:
        return MoodleSource(
            MoodleSourceSettings(
                url=scripted.url,
                token=Secret(TOKEN),
                courses=(2,),
                rate=1000.0,
                streams=("submissions", "glossary-entries"),
            )
        )

    @pytest.fixture
    def serve(self) -> Serve:
        def serve(events: Sequence[Event]) -> Responder:
            moodle = ScriptedMoodle()
            like = moodle.submissions[0]
            moodle.submissions = []
            for one in events:
                at = int(one.stored_at.timestamp())
                own = {"id": one.number, "userid": PEOPLE[one.learner]}
                moodle.submissions.append({**like, **own, "timecreated": at, "timemodified": at})
            newest = max((one["timemodified"] for one in moodle.submissions), default=0)
            for person in moodle.enrolled[2].values():
                person.update(lastaccess=newest, lastcourseaccess=newest)
            moodle.entries = []
            return moodle.respond

        return serve


class Quick(MoodleSource):
    """Does not wait between tries."""

    @cached_property
    def client(self) -> MoodleClient:
        quick = HttpClient(self.settings.url, sleep=lambda _: None)
        return MoodleClient(self.settings, quick)


@mutable
class Nights:
    """One Moodle, read night after night; what counts after each."""

    moodle: ScriptedMoodle
    server: Scripted
    state: State = field(factory=State)
    now: int = NOW
    taken: list[Taken] = field(factory=list)
    source: MoodleSource | None = None

    def night(self, *, after: int = DAY, pages: int = 5_000, **settings: object) -> Taken:
        """The next night, by an adapter that knows nothing but the state."""
        self.now += after
        self.moodle.calls.clear()
        given = {"rate": 1e6, **settings}
        own = MoodleSourceSettings(url=self.server.url, token=Secret(TOKEN), **given)  # type: ignore[arg-type]
        self.source = MoodleSource(own, clock=lambda: self.now)
        taken = take(self.source, self.state, pages=pages)
        assert taken.error is None, taken.error
        self.state = taken.state
        self.taken.append(taken)
        return taken

    @property
    def counts(self) -> set[str]:
        """The keys of what counts after all nights so far."""
        fold = Fold(default_rules() + moodle_rules(), known={})
        for one in self.taken:
            fold.add(one.records)
        start = f"moodle:{self.server.url}:"
        return {
            key.removeprefix(start)
            for key, version in fold.changed.items()
            if version.digest is not None
        }

    @property
    def asked(self) -> Counter[str]:
        """Function → how often it was called in the last night."""
        return Counter(function for function, _ in self.moodle.calls)


@pytest.fixture
def nights() -> Iterator[Nights]:
    moodle = ScriptedMoodle()
    with scripted(moodle.respond) as server:
        yield Nights(moodle, server)


def ids(taken: Taken, kind: type) -> list[str]:
    return sorted(":".join(one.id.split(":")[4:]) for one in taken.records if isinstance(one, kind))


def reasons(taken: Taken) -> str:
    return "\n".join(str(reject) for page in taken.pages for reject in page.rejects)


def quiet(moodle: ScriptedMoodle, at: int = RECORDED + DAY) -> None:
    """Somebody looks around a day later, so that all else lies behind the overlap."""
    moodle.enrolled[2][LUC].update(lastaccess=at, lastcourseaccess=at)


# -- what is undone -------------------------------------------------------------------------------


def test_a_first_night_reads_every_stream(nights: Nights) -> None:
    taken = nights.night()
    streams = {key.partition(":")[0] for key in nights.counts}
    assert streams >= {
        "activity-completion", "course-completion", "grade", "quiz-attempt", "submission",
        "discussion", "post", "glossary-entry", "h5p-attempt", "feedback", "competency-evidence",
        "plan", "prior-learning", "badge",
    }  # fmt: skip
    assert not reasons(taken)


def test_an_un_tick_takes_back(nights: Nights) -> None:
    nights.night()
    assert f"activity-completion:1:{LEA}" in nights.counts
    nights.moodle.tick(2, LEA, 1, RECORDED + 60, state=0)
    nights.moodle.enrolled[2][LEA]["lastcourseaccess"] = RECORDED + 60
    taken = nights.night()
    assert ids(taken, Retraction) == [f"activity-completion:1:{LEA}"]
    assert f"activity-completion:1:{LEA}" not in nights.counts
    nights.moodle.tick(2, LEA, 1, RECORDED + 120)
    nights.moodle.enrolled[2][LEA]["lastcourseaccess"] = RECORDED + 120
    nights.night()
    assert f"activity-completion:1:{LEA}" in nights.counts


def test_a_completion_that_was_reset_is_taken_back_without_a_time(nights: Nights) -> None:
    nights.night()
    nights.moodle.tick(2, LEA, 1, 0, state=0)
    nights.night(after=WEEK)
    assert f"activity-completion:1:{LEA}" not in nights.counts


def test_a_regrade_replaces_and_no_grade_takes_back(nights: Nights) -> None:
    first = nights.night()
    nights.moodle.regrade(2, LEA, 2, 55, RECORDED + 60)
    taken = nights.night(after=WEEK)
    (new,) = [one for one in taken.records if isinstance(one, Activity)]
    (old,) = [one for one in first.records if one.id == new.id and isinstance(one, Activity)]
    assert (new.score, old.score) == (0.55, 0.91)
    assert new.revision > old.revision
    nights.moodle.regrade(2, LEA, 2, None, None)
    nights.night(after=WEEK)
    assert f"grade:2:{LEA}" not in nights.counts


def test_a_grade_that_is_hidden_goes_and_comes_back_as_it_was(nights: Nights) -> None:
    nights.night()
    items = nights.moodle.grades[2, LEA]["gradeitems"]
    hidden = items.pop(0)  # a hidden item is dropped from the list: seen
    nights.night(after=WEEK)
    assert f"grade:2:{LEA}" not in nights.counts
    items.insert(0, hidden)
    nights.night(after=WEEK)
    assert f"grade:2:{LEA}" in nights.counts


def test_an_unenrolment_takes_back_the_enrolment_alone(nights: Nights) -> None:
    nights.night()
    nights.moodle.enrol(2, LEO)
    nights.night()
    assert f"enrolment:2:{LEO}" in nights.counts
    before = nights.counts
    nights.moodle.unenrol(2, LEO)
    nights.night()  # Leo is in course 3 too, so he is looked at
    assert nights.counts == before - {f"enrolment:2:{LEO}"}
    nights.moodle.enrol(2, LEO)
    nights.night()
    assert f"enrolment:2:{LEO}" in nights.counts


def test_who_is_in_no_course_any_more_is_noticed_when_all_is_compared(nights: Nights) -> None:
    nights.night()
    nights.moodle.enrol(2, LEO)
    nights.night()
    nights.moodle.unenrol(2, LEO)
    nights.moodle.unenrol(3, LEO)
    nights.night()
    assert f"enrolment:2:{LEO}" in nights.counts
    nights.night(after=WEEK)
    assert f"enrolment:2:{LEO}" not in nights.counts


def test_what_was_done_stays_when_somebody_leaves(nights: Nights) -> None:
    nights.night()
    before = nights.counts
    nights.moodle.unenrol(2, LEA)
    nights.night(after=WEEK)
    assert nights.counts == before


def test_an_enrolment_from_before_the_first_night_has_no_date_and_is_no_activity(
    nights: Nights,
) -> None:
    nights.night()
    assert not [key for key in nights.counts if key.startswith("enrolment")]


def test_an_empty_list_of_people_is_no_unenrolment(nights: Nights) -> None:
    nights.night()
    nights.moodle.enrol(2, LEO)
    nights.night()
    before = nights.counts
    kept, nights.moodle.enrolled[2] = nights.moodle.enrolled[2], {}
    nights.night(after=WEEK)
    nights.moodle.enrolled[2] = kept
    assert nights.counts == before


def test_a_post_that_was_deleted_is_taken_back(nights: Nights) -> None:
    nights.night()
    assert "post:2" in nights.counts
    nights.moodle.delete_post(2)
    nights.night(after=WEEK)
    assert "post:2" not in nights.counts


def test_deleted_things_are_taken_back_by_kind(nights: Nights) -> None:
    nights.night()
    moodle = nights.moodle
    moodle.entries.clear()
    moodle.prior.pop()
    moodle.badges.clear()
    moodle.attempts.clear()
    moodle.responses["attempts"].clear()
    before = nights.counts
    nights.night(after=WEEK)
    assert before - nights.counts == {
        "glossary-entry:1", "prior-learning:1", f"badge:1:{LEA}", "quiz-attempt:1", "feedback:1",
    }  # fmt: skip


def test_work_that_was_opened_again_is_not_handed_in(nights: Nights) -> None:
    nights.night()
    nights.moodle.submit(1, LEA, RECORDED + 60, "reopened")
    nights.night()
    assert "submission:1" not in nights.counts
    nights.moodle.submit(1, LEA, RECORDED + 120)
    nights.night()
    assert "submission:1" in nights.counts


def test_an_activity_that_is_gone_takes_nothing_back_and_is_told(nights: Nights) -> None:
    nights.night()
    before = nights.counts
    for section in nights.moodle.sections[2]:
        section["modules"] = [one for one in section["modules"] if one["modname"] != "glossary"]
    nights.moodle.completion[2, LEA] = [
        one for one in nights.moodle.completion[2, LEA] if one["modname"] != "glossary"
    ]
    taken = nights.night(after=WEEK)
    assert nights.counts == before
    assert "are not shown any more (7)" in reasons(taken)


# -- what is read again ---------------------------------------------------------------------------


def test_a_night_without_changes_asks_two_things_of_a_course(nights: Nights) -> None:
    nights.night()
    quiet(nights.moodle)
    nights.night()
    nights.night()
    taken = nights.night()
    assert not taken.records
    # The last to be there is looked at once more: it was the newest moment that was seen.
    alone = {
        "core_completion_get_activities_completion_status": 1,
        "core_completion_get_course_completion_status": 1,
        "core_course_get_contents": 1,
        "gradereport_user_get_grade_items": 1,
        "mod_h5pactivity_get_user_attempts": 1,
        "core_competency_list_user_plans": 1,
        "tool_lp_data_for_user_evidence_list_page": 1,
        "core_badges_get_user_badges": 1,
    }
    assert nights.asked == {
        "core_webservice_get_site_info": 1,
        "core_course_get_courses_by_field": 1,
        "core_enrol_get_enrolled_users": 2,
        "core_course_get_updates_since": 2,
        **alone,
    }


def test_one_reply_is_found_by_the_probe_alone(nights: Nights) -> None:
    nights.night()
    quiet(nights.moodle)
    nights.night()
    nights.night()
    nights.night()
    base = sum(nights.asked.values())
    nights.moodle.post(1, LEA, RECORDED + 2 * DAY)
    taken = nights.night()
    assert ids(taken, Activity) == ["post:6"]
    assert nights.asked["mod_forum_get_discussion_posts"] == 1
    assert sum(nights.asked.values()) == base + 2


def test_an_attempt_of_somebody_who_was_not_seen_in_the_course_is_found(nights: Nights) -> None:
    nights.night()
    quiet(nights.moodle)
    nights.night()
    nights.night()
    own = {"id": 9, "userid": LINA, "timestart": RECORDED + 2 * DAY, "timefinish": 0}
    attempt = {**nights.moodle.attempts[0], **own, "state": "inprogress"}
    nights.moodle.attempts.append({**attempt, "timemodified": RECORDED + 2 * DAY})
    taken = nights.night()
    (found,) = [one for one in taken.records if isinstance(one, Activity)]
    assert found.verb.endswith("/initialized")
    done = {"state": "finished", "timefinish": RECORDED + 3 * DAY}
    nights.moodle.attempts[-1].update(**done, timemodified=RECORDED + 3 * DAY)
    (last,) = nights.night().records
    assert isinstance(last, Activity)
    assert last.verb.endswith("/completed")


def test_everything_is_compared_again_after_full_every(nights: Nights) -> None:
    nights.night(full_every=timedelta(days=2))
    nights.moodle.prior.append({**nights.moodle.prior[0], "id": 5, "userid": LINA})
    assert "prior-learning:5" not in ids(nights.night(full_every=timedelta(days=2)), Activity)
    assert ids(nights.night(full_every=timedelta(days=2)), Activity) == ["prior-learning:5"]


def test_a_first_night_that_is_killed_goes_on(nights: Nights) -> None:
    whole = Nights(nights.moodle, nights.server)
    whole.night()
    total = len(nights.moodle.calls)
    pages = len(whole.taken[0].pages)
    nights.night(pages=pages // 2)
    half = len(nights.moodle.calls)
    nights.night(after=60)
    assert nights.counts == whole.counts
    assert len(nights.moodle.calls) < total
    assert half < total


def test_an_error_in_the_middle_keeps_what_came_before(nights: Nights) -> None:
    def down(function: str, _: Row) -> Step | None:
        return (
            recorded_error("database_down") if function == "core_badges_get_user_badges" else None
        )

    nights.moodle.misbehave = down
    settings = MoodleSourceSettings(url=nights.server.url, token=Secret(TOKEN), rate=1e6)
    taken = take(Quick(settings, clock=lambda: NOW))
    assert isinstance(taken.error, SourceUnavailable)
    assert "dbconnectionfailed" in str(taken.error)
    nights.moodle.misbehave = lambda _, __: None
    nights.taken, nights.state = [taken], taken.state
    nights.night()
    whole = Nights(nights.moodle, nights.server)
    whole.night()
    assert nights.counts == whole.counts


def test_a_mark_says_nothing_about_anyone_and_stays_small(nights: Nights) -> None:
    taken = nights.night()
    mark = taken.state.mark
    assert mark is not None
    assert Mark.read(mark).write() == mark
    for name in ("learner", "Lea", "account"):
        assert name not in mark
    assert Mark.read('{"v":1,"c":[]}') == Mark({})


def test_memory_holds_no_text_of_anybody(nights: Nights) -> None:
    nights.night()
    for text in nights.state.learners.values():
        for written in ("variance", "essay", "Mean squared", "Too fast", "ward"):
            assert written.lower() not in text.lower()


def test_nobody_elses_words_leave_moodle(nights: Nights) -> None:
    taken = nights.night()
    told = repr([tuple(getattr(one, f) for f in one.__struct_fields__) for one in taken.records])
    for written in ("unclear", "essay", "Mean squared", "Too fast", "bedside", "ward"):
        assert written.lower() not in told.lower()


# -- what cannot be seen --------------------------------------------------------------------------

NOTICED = {
    "moodle/course:view": "moodle/course:view",
    "moodle/course:viewparticipants": "core_enrol_get_enrolled_users",
    "moodle/user:viewdetails": "moodle/user:viewdetails",
    "moodle/grade:viewall": "gradereport_user_get_grade_items",
    "gradereport/user:view": "gradereport_user_get_grade_items",
    "report/progress:view": "core_completion_get_activities_completion_status",
    "report/completion:view": "report/completion:view",
    "moodle/competency:planview": "core_competency_list_user_plans",
    "moodle/competency:userevidenceview": "tool_lp_data_for_user_evidence_list_page",
    "mod/forum:viewdiscussion": "mod/forum:viewdiscussion",
    "mod/assign:view": "not shown any more (3)",
    "mod/assign:viewgrades": "mod/assign:viewgrades",
    "mod/feedback:view": "not shown any more",
    "mod/feedback:viewreports": "mod_feedback_get_responses_analysis",
    "mod/quiz:view": "not shown any more (5)",
    "mod/quiz:viewreports": "mod_quiz_get_user_attempts",
    "mod/glossary:view": "not shown any more (7)",
    "mod/wiki:viewpage": "mod_wiki_get_subwiki_pages",
    "mod/h5pactivity:view": "not shown any more (9)",
    "mod/h5pactivity:reviewattempts": "mod_h5pactivity_get_user_attempts",
}
"""Each capability whose removal shows an effect on what is read (capabilities_ablation of the recorded
site) → what is told then."""


@pytest.mark.parametrize("capability", sorted(NOTICED))
def test_a_right_that_is_taken_away_is_noticed_and_nothing_is_taken_back(
    nights: Nights, capability: str
) -> None:
    nights.night()
    before = nights.counts
    nights.moodle.revoke(capability)
    taken = nights.night(after=WEEK)
    assert nights.counts == before
    assert NOTICED[capability] in reasons(taken)
    nights.moodle.rights.add(capability)
    back = nights.night(after=WEEK)
    assert nights.counts == before
    assert not reasons(back)


@pytest.mark.parametrize(
    "capability", ["moodle/site:viewuseridentity", "moodle/user:viewalldetails"]
)
def test_a_right_that_is_not_needed_changes_nothing(nights: Nights, capability: str) -> None:
    nights.night()
    before = nights.counts
    nights.moodle.revoke(capability)
    taken = nights.night(after=WEEK)
    assert nights.counts == before
    assert not reasons(taken)


def test_a_right_to_see_usernames_is_noticed_where_accounts_go_by_them(nights: Nights) -> None:
    nights.night(account="username")
    before = nights.counts
    nights.moodle.revoke("moodle/user:viewalldetails")
    taken = nights.night(after=WEEK, account="username")
    assert nights.counts == before
    assert "moodle/user:viewalldetails" in reasons(taken)


def test_a_course_that_cannot_be_read_is_skipped_and_the_rest_goes_on(nights: Nights) -> None:
    def closed(function: str, given: Row) -> Step | None:
        if given.get("courseid") == "2":
            return recorded_error("force_password_change")
        return None

    nights.night()
    before = nights.counts
    nights.moodle.misbehave = closed
    nights.moodle.enrol(3, LUC)
    taken = nights.night(after=WEEK)
    assert nights.counts == before | {f"enrolment:3:{LUC}"}
    assert "moodle, course 2, all of it: not read" in reasons(taken)
    assert "errorcoursecontextnotvalid" in reasons(taken)


def test_a_course_that_is_hidden_takes_nothing_back(nights: Nights) -> None:
    nights.night()
    before = nights.counts
    nights.moodle.hidden.add(2)
    nights.night(after=WEEK)
    assert nights.counts == before


def test_what_was_read_before_a_refusal_is_not_lost(nights: Nights) -> None:
    def half(function: str, given: Row) -> Step | None:
        if function != "mod_assign_get_submissions":
            return None
        answer = nights.moodle._mod_assign_get_submissions(**given)
        return as_json({**answer, "warnings": [warn("assignment", 1, "1")]})

    nights.moodle.misbehave = half
    taken = nights.night(streams=("submissions",))
    assert nights.counts == {"submission:1", "submission:2"}
    assert "mod/assign:viewgrades" in reasons(taken)
    assert nights.source is not None
    assert set(nights.source.closed) == {(2, "submissions")}
    nights.moodle.misbehave = lambda _, __: None
    nights.night(streams=("submissions",))
    assert nights.counts == {"submission:1", "submission:2"}
    assert not nights.source.closed


def test_without_the_probe_what_it_would_tell_is_read_whole(nights: Nights) -> None:
    nights.moodle.remove_function("core_course_get_updates_since")
    nights.night()
    nights.moodle.post(1, LEA, RECORDED + 60)
    assert ids(nights.night(), Activity) == ["post:6"]


def test_a_probe_that_is_refused_forgets_nobody(nights: Nights) -> None:
    def closed(function: str, _: Row) -> Step | None:
        if function == "core_course_get_updates_since":
            return recorded_error("force_password_change")
        return None

    nights.night()
    nights.moodle.tick(2, LINA, 3, RECORDED + 60)
    nights.moodle.enrolled[2][LINA]["lastcourseaccess"] = RECORDED + 60
    nights.moodle.misbehave = closed
    assert "core_course_get_updates_since: not read" in reasons(nights.night())
    nights.moodle.misbehave = lambda _, __: None
    quiet(nights.moodle)
    assert f"activity-completion:3:{LINA}" in ids(nights.night(), Activity)


def test_a_function_that_the_service_lacks_is_told_and_the_rest_is_read(nights: Nights) -> None:
    nights.moodle.remove_function("mod_quiz_get_user_attempts")
    taken = nights.night()
    assert "moodle, quiz-attempts: not read: the service lacks mod_quiz_get_user_attempts" in (
        reasons(taken)
    )
    assert "submission:1" in nights.counts


def test_visibility_is_of_what_was_read(nights: Nights) -> None:
    nights.moodle.revoke("moodle/competency:userevidenceview")
    nights.night()
    assert nights.source is not None
    seen = nights.source.visibility()
    assert seen is not None
    kinds = {kind: days for (_, kind), days in seen.intervals.items()}
    assert "reflected" not in kinds  # nobody could have been seen to do so
    assert kinds["validated"] == ((nights.now // DAY, None),)
    nights.moodle.rights.add("moodle/competency:userevidenceview")
    nights.night()
    seen = nights.source.visibility()
    assert seen is not None
    assert seen.intervals[nights.server.url, "reflected"] == ((nights.now // DAY, None),)
    assert seen.intervals[nights.server.url, "validated"] == ((nights.now // DAY - 1, None),)


def test_kinds_are_those_that_the_rules_give(nights: Nights) -> None:
    rules = default_rules() + moodle_rules()
    stream = {"grade": "grades", "post": "forum-posts", "discussion": "forum-posts",
              "competency-evidence": "competency-ratings", "plan": "plans", "badge": "badges",
              "feedback": "feedback", "prior-learning": "prior-learning",
              "glossary-entry": "glossary-entries", "quiz-attempt": "quiz-attempts",
              "submission": "submissions", "h5p-attempt": "h5p-attempts"}  # fmt: skip
    for one in nights.night().records:
        if isinstance(one, Activity):
            name = one.id.removeprefix(f"moodle:{nights.server.url}:").partition(":")[0]
            assert rules.kind(one) in KINDS[stream.get(name, name)], name  # type: ignore[index]
    assert set(KINDS) == set(STREAMS)


def test_state_is_only_asked_for_and_never_listed(nights: Nights) -> None:
    """The store keeps digests of identifiers: who is remembered cannot be listed."""

    class Asked(dict[str, str]):
        def __iter__(self) -> Iterator[str]:
            raise TypeError("not to be listed")

        keys = values = items = __iter__  # type: ignore[assignment]

    nights.night()
    again = State(nights.state.mark, Asked(dict(nights.state.learners)))
    source = MoodleSource(
        MoodleSourceSettings(url=nights.server.url, token=Secret(TOKEN), rate=1e6),
        clock=lambda: NOW + WEEK + DAY,
    )
    pages = list(source.fetch(again))
    assert not [record for page in pages for record in page.records]
