"""What a row of Moodle's log says: which fact it is, or which fact it takes back.

The learner is ``relateduserid`` where a teacher or cron acts (`RELATED`), else ``userid``. What each
event holds was seen on two sites of Moodle 4.5.6.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen

from . import facts
from .facts import Fact, Names

_MODULE, _COURSE = 70, 50


@frozen
class LogRow:
    """A row of ``logstore_standard_log``, with the kind of activity and the learner's username where
    those were asked for. ``other`` is the event's own JSON."""

    id: int
    eventname: str
    timecreated: int
    userid: int
    relateduserid: int | None = None
    objectid: int | None = None
    courseid: int = 0
    contextlevel: int = 0
    contextinstanceid: int = 0
    component: str = ""
    modname: str = ""
    username: str = field(default="", repr=False)
    anonymous: int = 0
    realuserid: int | None = None
    other: str = field(default="", repr=False)

    def __repr__(self) -> str:
        return f"<LogRow {self.id}>"

    @property
    def learner(self) -> int:
        """Whose doing it is; 0 where the row does not say."""
        if self.eventname in RELATED:
            return self.relateduserid or 0
        if self.eventname in ONLY_SEEN:
            return self.userid
        return self.relateduserid or self.userid

    @property
    def said(self) -> Mapping[str, Any]:
        """``other``, read; empty where there is none. Raises `ValueError` for no JSON."""
        found = json.loads(self.other) if self.other else None
        return found if isinstance(found, dict) else {}

    @property
    def cmid(self) -> int:
        """The activity that it is about. Raises `ValueError` where there is none."""
        if self.contextlevel != _MODULE:
            raise ValueError("expected an activity")
        return self.contextinstanceid

    @property
    def number(self) -> int:
        """What it is about. Raises `ValueError` where it names nothing."""
        if not self.objectid:
            raise ValueError("expected a number")
        return self.objectid


@frozen
class Gone:
    """A fact that is taken back: its key, and when it was."""

    key: str
    at: int


Said = Fact | Gone | None
Reader = Callable[[LogRow, Names], Said]


def _completion(row: LogRow, names: Names) -> Said:
    state = int(row.said["completionstate"])
    if state not in range(facts.RANKS):
        raise ValueError("expected a state")
    return facts.completion(
        names,
        user=row.learner,
        course=row.courseid,
        cmid=row.cmid,
        modname=_modname(row),
        state=state,
        changed=row.timecreated,
    )


def _course_completed(row: LogRow, names: Names) -> Said:
    return facts.course_completion(names, user=row.learner, course=row.courseid, at=row.timecreated)


def _enrolled(row: LogRow, names: Names) -> Said:
    return facts.enrolment(names, user=row.learner, course=row.courseid, at=row.timecreated)


def _unenrolled(row: LogRow, _: Names) -> Said:
    # Somebody may be enrolled in two ways; only the last that goes ends it.
    if not row.said.get("userenrolment", {}).get("lastenrol", True):
        return None
    return Gone(f"enrolment:{row.courseid}:{row.learner}", row.timecreated)


def _quiz(state: str) -> Reader:
    def read(row: LogRow, names: Names) -> Said:
        return facts.quiz_attempt(
            names,
            **_in_module(row),
            number=row.number,
            state=state,
            changed=row.timecreated,
        )

    return read


def _of_module(make: Callable[..., Fact]) -> Reader:
    def read(row: LogRow, names: Names) -> Said:
        return make(names, **_in_module(row), number=row.number)

    return read


def _reply(row: LogRow, names: Names) -> Said:
    thread = int(row.said["discussionid"])
    return facts.reply(names, **_in_module(row), thread=thread, number=row.number)


def _wiki(row: LogRow, names: Names) -> Said:
    return facts.wiki_page(names, **_in_module(row), number=row.number)


def _graded(row: LogRow, names: Names) -> Said:
    # Without the grade: the log has those too that the learner may not see.
    return facts.grade(
        names,
        user=row.learner,
        course=row.courseid,
        item=int(row.said["itemid"]),
        module=None,
        at=row.timecreated,
        score=None,
    )


def _badge(row: LogRow, names: Names) -> Said:
    return facts.badge(names, user=row.learner, number=row.number, at=row.timecreated)


def _plan_made(row: LogRow, names: Names) -> Said:
    return facts.plan(names, user=row.learner, number=row.number, at=row.timecreated, what="made")


def _plan_completed(row: LogRow, names: Names) -> Said:
    return facts.plan(
        names, user=row.learner, number=row.number, at=row.timecreated, what="completed"
    )


def _prior(row: LogRow, names: Names) -> Said:
    return facts.prior_learning(names, user=row.learner, number=row.number, at=row.timecreated)


def _rated(row: LogRow, names: Names) -> Said:
    said = row.said
    if int(said["action"]) not in {2, 3}:
        return None
    return facts.rating(
        names,
        user=row.learner,
        number=row.number,
        competency=int(said["competencyid"]),
        at=row.timecreated,
        proficient=None,  # the log does not have the scale
        part="",
    )


def _h5p(row: LogRow, names: Names) -> Said:
    statement = row.said
    if statement["verb"]["id"] != facts.COMPLETED:
        return None
    result = statement.get("result") or {}
    scaled = (result.get("score") or {}).get("scaled")
    success = result.get("success")
    return facts.h5p_attempt(
        names,
        **_in_module(row),
        completion=bool(result.get("completion")),
        success=None if success is None else bool(success),
        score=None if scaled is None else float(scaled),
    )


def _gone(key: str) -> Reader:
    def read(row: LogRow, _: Names) -> Said:
        return Gone(key.format(number=row.number, user=row.learner), row.timecreated)

    return read


def _plan_gone(row: LogRow, _: Names) -> Said:
    return Gone(f"plan:{row.number}:made", row.timecreated)


def _seen(verb: str) -> Reader:
    """Something of which the log is the only trace."""

    def read(row: LogRow, names: Names) -> Said:
        if row.contextlevel == _MODULE:
            kind = _modname(row)
            what = (names.module(kind, row.contextinstanceid), facts.module_type(kind))
        elif row.contextlevel == _COURSE and row.courseid > 1:
            what = (names.course(row.courseid), facts.COURSE)
        else:
            what = (names.url, facts.SITE)
        return facts.seen(
            user=row.learner,
            course=row.courseid if row.courseid > 1 else 0,
            row=row.id,
            at=row.timecreated,
            verb=verb,
            object_id=what[0],
            object_type=what[1],
            inside=row.contextlevel == _MODULE,
        )

    return read


def _modname(row: LogRow) -> str:
    name = row.modname or row.component.removeprefix("mod_")
    if not name or name == "core":
        raise ValueError("expected a kind of activity")
    return name


def _in_module(row: LogRow) -> dict[str, Any]:
    return {
        "user": row.learner,
        "course": row.courseid,
        "cmid": row.cmid,
        "at": row.timecreated,
    }


_COURSES_SEARCHED = _seen(facts.SEARCHED)
_LOOKED_AT = _seen(facts.VIEWED)

_ONLY_SEEN: Mapping[str, Reader] = {
    "\\core\\event\\course_viewed": _LOOKED_AT,
    "\\core\\event\\course_information_viewed": _COURSES_SEARCHED,
    "\\core\\event\\courses_searched": _COURSES_SEARCHED,
    "\\core\\event\\search_results_viewed": _COURSES_SEARCHED,
    "\\core\\event\\user_loggedin": _seen(facts.LOGGED_IN),
    "\\mod_forum\\event\\discussion_viewed": _LOOKED_AT,
    "\\mod_forum\\event\\course_searched": _COURSES_SEARCHED,
    "\\mod_book\\event\\chapter_viewed": _LOOKED_AT,
    "\\mod_lesson\\event\\content_page_viewed": _LOOKED_AT,
    "\\mod_folder\\event\\all_files_downloaded": _LOOKED_AT,
    "\\mod_glossary\\event\\entry_viewed": _COURSES_SEARCHED,
    "\\mod_wiki\\event\\page_viewed": _LOOKED_AT,
    **{
        f"\\mod_{kind}\\event\\course_module_viewed": _LOOKED_AT
        for kind in ("page", "resource", "url", "book", "folder", "lesson", "h5pactivity", "scorm")
    },
    "\\core\\event\\section_viewed": _LOOKED_AT,
    "\\mod_quiz\\event\\attempt_reviewed": _LOOKED_AT,
    "\\mod_assign\\event\\feedback_viewed": _LOOKED_AT,
    "\\gradereport_user\\event\\grade_report_viewed": _LOOKED_AT,
    "\\mod_lesson\\event\\lesson_started": _seen(facts.INITIALIZED),
    "\\mod_lesson\\event\\lesson_ended": _seen(facts.COMPLETED),
    "\\mod_lesson\\event\\question_answered": _seen(facts.ANSWERED),
    "\\mod_scorm\\event\\sco_launched": _seen(facts.LAUNCHED),
    "\\mod_choice\\event\\answer_created": _seen(facts.ANSWERED),
    "\\assignsubmission_comments\\event\\comment_created": _seen(facts.COMMENTED),
    "\\mod_workshop\\event\\submission_created": _seen(facts.SUBMITTED),
    "\\mod_workshop\\event\\submission_assessed": _seen(facts.ASSESSED),
    "\\mod_data\\event\\record_created": _seen(facts.CREATED),
    "\\core\\event\\competency_user_competency_review_requested": _seen(facts.ASKED),
}

ONLY_SEEN = frozenset(_ONLY_SEEN)
"""Events of which the log is the only trace; the learner is who acts."""

READERS: Mapping[str, Reader] = {
    "\\core\\event\\course_module_completion_updated": _completion,
    "\\core\\event\\course_completed": _course_completed,
    "\\core\\event\\user_enrolment_created": _enrolled,
    "\\core\\event\\user_enrolment_deleted": _unenrolled,
    "\\core\\event\\user_graded": _graded,
    "\\core\\event\\badge_awarded": _badge,
    "\\core\\event\\badge_revoked": _gone("badge:{number}:{user}"),
    "\\core\\event\\competency_plan_created": _plan_made,
    "\\core\\event\\competency_plan_completed": _plan_completed,
    "\\core\\event\\competency_plan_deleted": _plan_gone,
    "\\core\\event\\competency_user_evidence_created": _prior,
    "\\core\\event\\competency_user_evidence_deleted": _gone("prior-learning:{number}"),
    "\\core\\event\\competency_evidence_created": _rated,
    "\\mod_quiz\\event\\attempt_started": _quiz("inprogress"),
    "\\mod_quiz\\event\\attempt_submitted": _quiz("finished"),
    "\\mod_quiz\\event\\attempt_abandoned": _quiz("abandoned"),
    "\\mod_quiz\\event\\attempt_deleted": _gone("quiz-attempt:{number}"),
    "\\mod_assign\\event\\assessable_submitted": _of_module(facts.submission),
    "\\mod_forum\\event\\discussion_created": _of_module(facts.discussion),
    "\\mod_forum\\event\\discussion_deleted": _gone("discussion:{number}"),
    "\\mod_forum\\event\\post_created": _reply,
    "\\mod_forum\\event\\post_deleted": _gone("post:{number}"),
    "\\mod_glossary\\event\\entry_created": _of_module(facts.glossary_entry),
    "\\mod_glossary\\event\\entry_deleted": _gone("glossary-entry:{number}"),
    "\\mod_wiki\\event\\page_created": _wiki,
    "\\mod_wiki\\event\\page_updated": _wiki,
    "\\mod_feedback\\event\\response_submitted": _of_module(facts.feedback),
    "\\mod_feedback\\event\\response_deleted": _gone("feedback:{number}"),
    "\\mod_h5pactivity\\event\\statement_received": _h5p,
    **_ONLY_SEEN,
}
"""Event → what it says. Other events are not asked for."""

RELATED = frozenset(
    f"\\core\\event\\{name}"
    for name in (
        "badge_awarded",
        "badge_revoked",
        "competency_evidence_created",
        "competency_plan_completed",
        "competency_plan_created",
        "competency_plan_deleted",
        "competency_user_evidence_created",
        "competency_user_evidence_deleted",
        "course_completed",
        "course_module_completion_updated",
        "user_enrolment_created",
        "user_enrolment_deleted",
        "user_graded",
    )
)
"""Events in which a teacher, an assessor or cron may act, and ``relateduserid`` is the learner."""

TELLING: Mapping[str, tuple[str, ...]] = {
    "\\core\\event\\course_module_completion_updated": ("completionstate",),
    "\\core\\event\\user_enrolment_deleted": ("userenrolment",),
    "\\core\\event\\user_graded": ("itemid",),
    "\\core\\event\\competency_evidence_created": ("action", "competencyid"),
    "\\mod_forum\\event\\post_created": ("discussionid",),
    "\\mod_h5pactivity\\event\\statement_received": ("verb", "result"),
}
"""Events of which ``other`` is read, and what in it; of all others it makes no difference."""

LOG_KINDS = (
    "asked",
    "completed",
    "failed",
    "feedback-given",
    "other",
    "planned",
    "progressed",
    "reflected",
    "registered",
    "searched",
    "shared",
    "validated",
    "viewed",
)
"""Kinds of evidence that the log can show."""

AGREED: Mapping[str, str] = {
    "activity-completion": "activity-completion:",
    "quiz-attempts": "quiz-attempt:",
    "submissions": "submission:",
    "forum-posts, discussions": "discussion:",
    "forum-posts, replies": "post:",
    "glossary-entries": "glossary-entry:",
    "feedback": "feedback:",
    "h5p-attempts": "h5p-attempt:",
    "plans, made": "plan:",
    "prior-learning": "prior-learning:",
    "badges": "badge:",
}
"""What the log and the web services agree on exactly, for people with the role of student: what it is
→ how its keys begin. Of other things that both know only the id is the same."""
