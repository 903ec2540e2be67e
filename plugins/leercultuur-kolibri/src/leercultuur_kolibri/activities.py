"""From what Kolibri logs to activities, in words that the shipped evidence rules know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from leercultuur_core import GENERAL, Activity, identity

from .answers import ClassSummary, Lesson, QuizStatus
from .exports import LogRow
from .session import home_page

_ADL = "http://adlnet.gov/expapi"
EXPERIENCED = f"{_ADL}/verbs/experienced"
PROGRESSED = f"{_ADL}/verbs/progressed"
ATTEMPTED = f"{_ADL}/verbs/attempted"
COMPLETED = f"{_ADL}/verbs/completed"
PRACTISED = "https://w3id.org/xapi/dod-isd/verbs/practiced"

RESOURCE = f"{_ADL}/activities/lesson"
"""What ADL calls a lesson: content that is a component of something larger. Finishing one is a step."""
WHOLE = f"{_ADL}/activities/course"
"""What ADL calls a course: a whole package. A lesson in Kolibri is all that a coach put together."""
ASSESSMENT = f"{_ADL}/activities/assessment"

_EXERCISE = "exercise"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Completions = Mapping[tuple[str, str], datetime]
"""(user id, content id) → when the learner finished it, the last time."""


def visit(row: LogRow, user: str, facility: str) -> Activity:
    """A visit to a resource, from its row in the session log.

    Looked at only, come further, or practised: an exercise is where mistakes are free. Kolibri
    lengthens a visit while it lasts, so that its end is the revision.
    """
    further = PRACTISED if row.kind == _EXERCISE else PROGRESSED
    return _activity(
        f"visit:{_digest(user, row.content, row.first.astimezone(UTC).isoformat())}",
        user,
        facility,
        verb=further if row.progress > 0 else EXPERIENCED,
        occurred_at=row.first,
        revision=_microseconds(row.last),
        object_id=f"urn:leercultuur:kolibri:content:{row.content}",
        object_type=RESOURCE,
        channel=row.channel,
        stored_at=row.last,
    )


def completion(row: LogRow, user: str, facility: str) -> Activity | None:
    """That a learner finished a resource, from the summary log; ``None`` where that is not so.

    Kolibri keeps the last time only: who does it again finishes it later.
    """
    if row.completed is None:
        return None
    return _activity(
        f"completion:{_digest(user, row.content)}",
        user,
        facility,
        verb=COMPLETED,
        occurred_at=row.completed,
        revision=_microseconds(row.completed),
        object_id=f"urn:leercultuur:kolibri:content:{row.content}",
        object_type=RESOURCE,
        channel=row.channel,
        completion=True,
    )


def quizzes(summary: ClassSummary, facility: str) -> Iterator[Activity]:
    """How far learners are with the quizzes of a class: one activity each, which becomes
    *completed* with a score when it is handed in.

    A quiz that was opened and not answered has no time, and is left out.
    """
    questions = {str(quiz.id): quiz.question_count for quiz in summary.exams}
    for status in summary.exam_learner_status:
        if status.last_activity is not None:
            yield _quiz(status, status.last_activity, questions.get(status.exam_id, 0), facility)


def _quiz(status: QuizStatus, moment: datetime, questions: int, facility: str) -> Activity:
    done = status.status == "Completed"
    score = None
    if done and questions and status.num_correct is not None:
        score = min(1.0, max(0.0, status.num_correct / questions))
    return _activity(
        f"quiz:{_digest(status.learner_id, status.exam_id)}",
        status.learner_id,
        facility,
        verb=COMPLETED if done else ATTEMPTED,
        occurred_at=moment,
        # Handing in does not move the time of the last answer.
        revision=2 * _microseconds(moment) + done,
        object_id=f"urn:leercultuur:kolibri:quiz:{status.exam_id}",
        object_type=ASSESSMENT,
        completion=True if done else None,
        score=score,
    )


def lessons(summary: ClassSummary, done: Completions, facility: str) -> Iterator[Activity]:
    """Lessons of a class whose every resource a learner has finished: the day of the last one."""
    for lesson in summary.lessons:
        contents = {resource.content_id for resource in lesson.resources}
        for user in sorted(_learners(lesson, summary)):
            moments = [done[user, content] for content in contents if (user, content) in done]
            if contents and len(moments) == len(contents):
                yield _activity(
                    f"lesson:{_digest(user, lesson.id)}",
                    user,
                    facility,
                    verb=COMPLETED,
                    occurred_at=max(moments),
                    revision=_microseconds(max(moments)),
                    object_id=f"urn:leercultuur:kolibri:lesson:{lesson.id}",
                    object_type=WHOLE,
                    completion=True,
                )


def _learners(lesson: Lesson, summary: ClassSummary) -> set[str]:
    """Whom a lesson is for: named themselves, by a group, or by the class."""
    collections: dict[str, Iterable[str]] = {
        summary.id: [learner.id for learner in summary.learners],
        **{group.id: group.member_ids for group in summary.groups},
    }
    return set(lesson.learner_ids).union(*(collections.get(one, ()) for one in lesson.assignments))


def _activity(
    id: str,  # noqa: A002 - the field's name
    user: str,
    facility: str,
    *,
    verb: str,
    occurred_at: datetime,
    revision: int,
    object_id: str,
    object_type: str,
    channel: str = "",
    completion: bool | None = None,
    score: float | None = None,
    stored_at: datetime | None = None,
) -> Activity:
    home = home_page(facility)
    return Activity(
        id=f"kolibri:{id}",
        identities=(identity.account(home, user),),
        verb=verb,
        occurred_at=occurred_at.astimezone(UTC),
        source=home,
        revision=revision,
        object_id=object_id,
        object_type=object_type,
        topic=f"urn:leercultuur:kolibri:channel:{channel}" if channel else GENERAL,
        completion=completion,
        score=score,
        stored_at=None if stored_at is None else stored_at.astimezone(UTC),
    )


def _digest(*parts: str) -> str:
    """32 hexadecimal digits. Ids in Kolibri are global, so that no address is needed in it."""
    return blake2b("|".join(parts).encode(), digest_size=16).hexdigest()


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
