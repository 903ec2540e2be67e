"""Facts: what somebody did, as Moodle holds it, and how a fact becomes an activity.

Both ways in, the web services and the log, make the same facts under the same keys, so that a thing
that both know counts once and the same. Verbs and types are those of ADL, Activity Streams, TinCan
and of the statements that logstore_xapi 5.0.1 sends (https://github.com/xAPI-vle/moodle-logstore_xapi),
so that the shipped rules fit; ``evidence.toml`` has the rest.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from attrs import frozen

from leercultuur_core import GENERAL, Activity, identity

from .settings import Stream

_ADL = "http://adlnet.gov/expapi"
_STREAMS = "http://activitystrea.ms/schema/1.0"
_TINCAN = "http://id.tincanapi.com"

REGISTERED = f"{_ADL}/verbs/registered"
INITIALIZED = f"{_ADL}/verbs/initialized"
ATTEMPTED = f"{_ADL}/verbs/attempted"
COMPLETED = f"{_ADL}/verbs/completed"
PASSED = f"{_ADL}/verbs/passed"
FAILED = f"{_ADL}/verbs/failed"
ABANDONED = "https://w3id.org/xapi/adl/verbs/abandoned"
SUBMITTED = f"{_STREAMS}/submit"
CREATED = f"{_STREAMS}/create"
WROTE = f"{_STREAMS}/author"
REPLIED = f"{_TINCAN}/verb/replied"
VIEWED = f"{_TINCAN}/verb/viewed"
SCORED = "https://w3id.org/xapi/tla/verbs/scored"
EARNED = f"{_TINCAN}/verb/earned"
PLANNED = "http://www.tincanapi.co.uk/verbs/planned_learning"
REFLECTED = "https://w3id.org/xapi/dod-isd/verbs/reflected"
ASKED = f"{_ADL}/verbs/asked"
SEARCHED = "https://w3id.org/xapi/acrossx/verbs/searched"
LAUNCHED = f"{_ADL}/verbs/launched"
ANSWERED = f"{_ADL}/verbs/answered"
COMMENTED = f"{_ADL}/verbs/commented"
ASSESSED = "http://www.tincanapi.co.uk/verbs/evaluated"
LOGGED_IN = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/login"

COURSE = f"{_ADL}/activities/course"
DISCUSSION = f"{_TINCAN}/activitytype/discussion"
REPLY = f"{_TINCAN}/activitytype/forum-reply"
ARTICLE = f"{_STREAMS}/article"
GLOSSARY_ENTRY = "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/glossary-entry"
BADGE = f"{_STREAMS}/badge"
FEEDBACK = "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/feedback"
PLAN = "urn:leercultuur:type:learning-plan"
COMPETENCY = f"{_ADL}/activities/objective"
PRIOR_LEARNING = "urn:leercultuur:type:prior-learning"
SITE = f"{_TINCAN}/activitytype/lms"

IN_COURSE = "https://w3id.org/xapi/cmi5/activitytype/course"
"""Stands around what is a part of a course, as logstore_xapi does since 4.8."""

_MODULES = {
    "assign": f"{_TINCAN}/activitytype/school-assignment",
    "book": f"{_TINCAN}/activitytype/book",
    "choice": "http://www.tincanapi.co.uk/activitytypes/poll",
    "feedback": FEEDBACK,
    "forum": f"{_TINCAN}/activitytype/discussion",
    "lesson": f"{_ADL}/activities/lesson",
    "page": f"{_STREAMS}/page",
    "quiz": f"{_ADL}/activities/assessment",
    "resource": f"{_STREAMS}/file",
    "survey": f"{_TINCAN}/activitytype/survey",
    "url": f"{_ADL}/activities/link",
}

RANKS = 4
"""How many states of one thing can be told apart within one second."""

_GENERATIONS = 1024


@frozen
class Fact:
    """Something that a person did.

    user
        Moodle's number of who did it.
    key
        What it is: the same whenever and however it is read, unique at the site.
    changed
        When Moodle last changed it, in seconds since 1970: the higher counts.
    at
        When it happened, likewise.
    course
        Its course, 0 for none. ``inside``: it is a part of the course, not the course itself.
    part
        Of a course or person, what it was found in, for noticing that it is gone.
    done
        Whether it is so; else Moodle says that it is not, or no longer.
    rank
        Of two states within a second, the later one has the higher.
    """

    stream: Stream | Literal["log"]
    user: int
    key: str
    changed: int
    at: int
    verb: str
    object_id: str
    object_type: str
    course: int = 0
    inside: bool = True
    part: str = ""
    done: bool = True
    rank: int = 0
    score: float | None = None
    success: bool | None = None
    completion: bool | None = None

    def __repr__(self) -> str:
        return f"<Fact {self.stream}>"

    @property
    def revision(self) -> int:
        """Its revision when it is first seen."""
        return revision(self.changed, self.rank)


def revision(seconds: int, rank: int = 0) -> int:
    """The revision of something that changed then."""
    return seconds * _GENERATIONS * RANKS + rank


def revision_until(seconds: int) -> int:
    """Of a retraction: the last revision of what was so in that second."""
    return revision(seconds, RANKS * _GENERATIONS - 1)


def after(earlier: int, rank: int = 0) -> int:
    """The next revision after one that was taken back, for what has come back as it was."""
    return (earlier // RANKS + 1) * RANKS + rank


def rank_in(one: int) -> int:
    """The rank in a revision."""
    return one % RANKS


class Names:
    """How one site and what is in it are named. ``url`` as in the settings.

    Things are named by the address that people open them at, as logstore_xapi does.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def account(self, name: int | str) -> str:
        """The canonical identifier of an account: its number or username, as the settings choose."""
        return identity.account(self.url, str(name))

    def activity_id(self, key: str) -> str:
        """The id of the activity that a fact is."""
        return f"moodle:{self.url}:{key}"

    def course(self, number: int) -> str:
        """A course."""
        return f"{self.url}/course/view.php?id={number}"

    def module(self, modname: str, cmid: int) -> str:
        """An activity in a course."""
        return f"{self.url}/mod/{modname}/view.php?id={cmid}"

    def page(self, path: str) -> str:
        """Another page of the site."""
        return f"{self.url}/{path}"

    def activity(self, fact: Fact, identifier: str, revised: int) -> Activity:
        """The activity of a fact that is so."""
        return Activity(
            id=self.activity_id(fact.key),
            identities=(identifier,),
            verb=fact.verb,
            occurred_at=moment(fact.at),
            source=self.url,
            revision=revised,
            object_id=fact.object_id,
            object_type=fact.object_type,
            topic=self.course(fact.course) if fact.course else GENERAL,
            context_types=(IN_COURSE,) if fact.course and fact.inside else (),
            score=fact.score,
            success=fact.success,
            completion=fact.completion,
        )


def moment(seconds: int) -> datetime:
    """Seconds since 1970 as a time. Raises `OverflowError` where there is no such year."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OSError):  # by how large it is
        raise OverflowError("expected seconds since 1970, found too many") from None


def module_type(modname: str) -> str:
    """The type of an activity in a course; ``""`` for those that no vocabulary has."""
    return _MODULES.get(modname, "")


CompletionState = Literal[0, 1, 2, 3]


def completion(
    names: Names, *, user: int, course: int, cmid: int, modname: str, state: int, changed: int
) -> Fact:
    """An activity is completed (1), passed (2), failed (3), or not or no longer (0)."""
    return Fact(
        "activity-completion",
        user,
        f"activity-completion:{cmid}:{user}",
        changed,
        changed,
        {2: PASSED, 3: FAILED}.get(state, COMPLETED),
        names.module(modname, cmid),
        module_type(modname),
        course,
        part=str(cmid),
        done=state != 0,
        # Moodle may write 0 and then 1 within a second, and the later one holds.
        rank=state,
        completion=True,
        success={2: True, 3: False}.get(state),
    )


def quiz_attempt(
    names: Names,
    *,
    user: int,
    course: int,
    cmid: int,
    number: int,
    state: str,
    at: int,
    changed: int,
) -> Fact:
    """An attempt at a quiz: ``inprogress``, ``finished``, ``abandoned`` or ``overdue``."""
    verb = {"finished": COMPLETED, "abandoned": ABANDONED}.get(state, INITIALIZED)
    return Fact(
        "quiz-attempts",
        user,
        f"quiz-attempt:{number}",
        changed,
        at,
        verb,
        names.module("quiz", cmid),
        module_type("quiz"),
        course,
        part=str(cmid),
        rank=0 if verb == INITIALIZED else 1,
    )


def submission(
    names: Names, *, user: int, course: int, cmid: int, number: int, at: int, done: bool = True
) -> Fact:
    """Work that was handed in."""
    return Fact(
        "submissions",
        user,
        f"submission:{number}",
        at,
        at,
        SUBMITTED,
        names.module("assign", cmid),
        module_type("assign"),
        course,
        part=str(cmid),
        done=done,
    )


def discussion(names: Names, *, user: int, course: int, cmid: int, number: int, at: int) -> Fact:
    """A discussion that was begun."""
    return Fact(
        "forum-posts",
        user,
        f"discussion:{number}",
        at,
        at,
        CREATED,
        names.page(f"mod/forum/discuss.php?d={number}"),
        DISCUSSION,
        course,
        part=f"{cmid}/{number}",
    )


def reply(
    names: Names, *, user: int, course: int, cmid: int, thread: int, number: int, at: int
) -> Fact:
    """A reply in a discussion."""
    return Fact(
        "forum-posts",
        user,
        f"post:{number}",
        at,
        at,
        REPLIED,
        names.page(f"mod/forum/discuss.php?d={thread}"),
        REPLY,
        course,
        part=f"{cmid}/{thread}",
    )


def glossary_entry(
    names: Names, *, user: int, course: int, cmid: int, number: int, at: int
) -> Fact:
    """A term explained in a glossary."""
    return Fact(
        "glossary-entries",
        user,
        f"glossary-entry:{number}",
        at,
        at,
        CREATED,
        names.module("glossary", cmid),
        GLOSSARY_ENTRY,
        course,
        part=str(cmid),
    )


def wiki_page(names: Names, *, user: int, course: int, cmid: int, number: int, at: int) -> Fact:
    """A page of a wiki, as somebody last changed it."""
    return Fact(
        "wiki-pages",
        user,
        f"wiki-page:{number}:{user}",
        at,
        at,
        WROTE,
        names.module("wiki", cmid),
        ARTICLE,
        course,
        part=str(cmid),
    )


def feedback(names: Names, *, user: int, course: int, cmid: int, number: int, at: int) -> Fact:
    """A questionnaire that somebody filled in under their own name."""
    return Fact(
        "feedback",
        user,
        f"feedback:{number}",
        at,
        at,
        SUBMITTED,
        names.module("feedback", cmid),
        FEEDBACK,
        course,
        part=str(cmid),
    )


def grade(
    names: Names,
    *,
    user: int,
    course: int,
    item: int,
    module: tuple[str, int] | None,
    at: int,
    score: float | None,
    done: bool = True,
) -> Fact:
    """A grade; ``module`` is what was graded, ``None`` for an item of the gradebook alone."""
    return Fact(
        "grades",
        user,
        f"grade:{item}:{user}",
        at,
        at,
        SCORED,
        names.module(*module) if module else names.course(course),
        module_type(module[0]) if module else COURSE,
        course,
        part=str(module[1]) if module else "gradebook",
        done=done,
        score=score,
    )


def course_completion(names: Names, *, user: int, course: int, at: int, done: bool = True) -> Fact:
    """A course is completed."""
    return Fact(
        "course-completion",
        user,
        f"course-completion:{course}:{user}",
        at,
        at,
        COMPLETED,
        names.course(course),
        COURSE,
        course,
        inside=False,
        done=done,
        completion=True,
    )


def enrolment(names: Names, *, user: int, course: int, at: int) -> Fact:
    """Somebody is enrolled in a course."""
    return Fact(
        "enrolments",
        user,
        f"enrolment:{course}:{user}",
        at,
        at,
        REGISTERED,
        names.course(course),
        COURSE,
        course,
        inside=False,
    )


def badge(names: Names, *, user: int, number: int, at: int) -> Fact:
    """A badge that somebody earned."""
    return Fact(
        "badges",
        user,
        f"badge:{number}:{user}",
        at,
        at,
        EARNED,
        names.page(f"badges/badgeclass.php?id={number}"),
        BADGE,
    )


def plan(
    names: Names, *, user: int, number: int, at: int, what: Literal["made", "changed", "completed"]
) -> Fact:
    """A learning plan is made, changed by its owner, or completed."""
    return Fact(
        "plans",
        user,
        f"plan:{number}:{what}",
        at,
        at,
        COMPLETED if what == "completed" else PLANNED,
        names.page(f"admin/tool/lp/plan.php?id={number}"),
        PLAN,
        part=what,
        completion=True if what == "completed" else None,
    )


def prior_learning(names: Names, *, user: int, number: int, at: int) -> Fact:
    """Something learned before or elsewhere, told as evidence."""
    return Fact(
        "prior-learning",
        user,
        f"prior-learning:{number}",
        at,
        at,
        REFLECTED,
        names.page(f"admin/tool/lp/user_evidence.php?id={number}"),
        PRIOR_LEARNING,
    )


def rating(
    names: Names,
    *,
    user: int,
    number: int,
    competency: int,
    at: int,
    proficient: bool | None,
    part: str,
) -> Fact:
    """A competency was rated; ``None`` where it is not known whether that means proficient."""
    return Fact(
        "competency-ratings",
        user,
        f"competency-evidence:{number}",
        at,
        at,
        EARNED if proficient else SCORED,
        names.page(f"admin/tool/lp/competencies.php?competencyid={competency}"),
        COMPETENCY,
        part=part,
        success=proficient,
    )


def h5p_attempt(
    names: Names,
    *,
    user: int,
    course: int,
    cmid: int,
    at: int,
    completion: bool,
    success: bool | None,
    score: float | None,
) -> Fact:
    """An attempt at an interactive page, named by its last moment: the log knows no number of it."""
    return Fact(
        "h5p-attempts",
        user,
        f"h5p-attempt:{cmid}:{user}:{at}",
        at,
        at,
        COMPLETED if completion else ATTEMPTED,
        names.module("h5pactivity", cmid),
        "",
        course,
        part=str(cmid),
        completion=completion,
        success=success,
        score=score,
    )


def seen(
    *,
    user: int,
    course: int,
    row: int,
    at: int,
    verb: str,
    object_id: str,
    object_type: str,
    inside: bool,
) -> Fact:
    """Something that only the log knows, named by its row there."""
    return Fact(
        "log", user, f"log:{row}", at, at, verb, object_id, object_type, course, inside=inside
    )
