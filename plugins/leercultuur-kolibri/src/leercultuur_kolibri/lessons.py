"""A step back: a prompt becomes a lesson for one learner, on their page in Kolibri.

Kolibri has no messages. What it can show to a single learner is a lesson: a title of at most 50
characters and a description of at most 200, in a class that the learner is in. So the learner reads
the step and its question; the reasons stay in the message that leercultuur keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from hashlib import blake2b
from typing import ClassVar

from attrs import frozen

from leercultuur_core import (
    BadRecord,
    Finding,
    Message,
    Prompt,
    Receipt,
    Sink,
    SourceUnavailable,
)
from leercultuur_core.extension import Delivery
from leercultuur_core.extension.http import Answer

from .answers import Classroom, Lesson, Membership
from .people import CHANNEL
from .session import KolibriAdapter, KolibriSettings, Session, convert

_LESSONS = "/api/lessons/lesson/"
_LONGEST = 200
_TITLES = {"nl": "Een stap voor jou", "en": "A step for you"}
_OURS = re.compile(rf"(?:{'|'.join(_TITLES.values())}) · ([0-9a-f]{{10}})")


@frozen(kw_only=True)
class LessonsSettings(KolibriSettings):
    """How to reach Kolibri, and where lessons go.

    classroom
        The name of the class that lessons are put in. The coaches of the class and of the facility
        can read them, so give first steps a class of their own, without other coaches.
    shown_for
        How long a step stays on the learner's page; with a later delivery it is taken away.
    """

    classroom: str
    shown_for: timedelta = timedelta(days=28)


class KolibriLessons(KolibriAdapter, Sink):
    """Puts each prompt in Kolibri as a lesson that only its recipient is given.

    Needs an account that is coach of the class. It can be asked what arrived: the title ends with a
    marker made of the ids of message and prompt.
    """

    name = "kolibri"
    settings = LessonsSettings
    delivery: ClassVar[Delivery] = "lookup"

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """A lesson for each prompt; a receipt ``refused`` for who has no account in Kolibri
        (``no-address``) or is not in the class (``not-in-class``)."""
        if not messages:
            return
        session = self.log_in()
        classroom = self._classroom(session)
        members = {
            one.user
            for one in session.rows("/api/auth/membership/", Membership, collection=classroom.id)
        }
        self._tidy(session, classroom)
        for message in messages:
            learner = message.recipient.addresses.get(CHANNEL)
            if not learner:
                yield Receipt(message.id, "refused", "no-address")
            elif learner not in members:
                yield Receipt(message.id, "refused", "not-in-class")
            else:
                yield _put(session, classroom, learner, message)

    def find(self, message: Message) -> Receipt | None:
        """``sent`` where the lesson of each of its prompts is in the class."""
        session = self.log_in()
        there = _ours(session, self._classroom(session))
        wanted = {marker(message, prompt) for prompt in message.prompts}
        return Receipt(message.id, "sent") if wanted <= there.keys() else None

    def findings(self, session: Session) -> Iterator[Finding]:
        """Whether the class is there, and who else can read what is put in it."""
        classroom = self._classroom(session)
        yield Finding("ok", f"{self.settings.url}: the class for first steps is there")
        if any(coach.id != session.user for coach in classroom.coaches):
            yield Finding(
                "warning",
                f"{self.settings.url}: other coaches of the class can read everybody's first step",
                "take them off in Kolibri, or give first steps a class of their own",
            )

    def _classroom(self, session: Session) -> Classroom:
        found = [
            one
            for one in session.rows("/api/auth/classroom/", Classroom, parent=session.facility)
            if one.name == self.settings.classroom
        ]
        if len(found) != 1:
            raise SourceUnavailable(
                f"{self.settings.url}: expected one class named {self.settings.classroom!r} that "
                f"the account may see, found {len(found)}; make it in Kolibri, and make the "
                "account its coach"
            )
        return found[0]

    def _tidy(self, session: Session, classroom: Classroom) -> None:
        """Takes away the account's own lessons that were shown long enough."""
        old = session.now - self.settings.shown_for
        for lesson in _ours(session, classroom).values():
            if lesson.date_created < old and lesson.created_by == session.user:
                session.send("DELETE", f"{_LESSONS}{lesson.id}/", {}).checked()


def marker(message: Message, prompt: Prompt) -> str:
    """What the title of a prompt's lesson ends with, and no other: ten hexadecimal digits."""
    return blake2b(f"{message.id} {prompt.id}".encode(), digest_size=5).hexdigest()


def title(message: Message, prompt: Prompt) -> str:
    """The title of a prompt's lesson; the same whenever it is sent, so that a second is refused."""
    return f"{_TITLES[prompt.language]} · {marker(message, prompt)}"


def description(prompt: Prompt) -> str:
    """What the learner reads: the step and, where there is room, the question when to do it."""
    whole = f"{prompt.step} {prompt.when_question}".strip()
    text = whole if len(whole) <= _LONGEST else prompt.step
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"


def _ours(session: Session, classroom: Classroom) -> dict[str, Lesson]:
    """Marker → lesson, of all first steps in the class."""
    found: dict[str, Lesson] = {}
    for lesson in session.rows(_LESSONS, Lesson, collection=classroom.id):
        match = _OURS.fullmatch(lesson.title)
        if match:
            found[match[1]] = lesson
    return found


def _put(
    session: Session,
    classroom: Classroom,
    learner: str,
    message: Message,
) -> Receipt:
    for prompt in message.prompts:
        answer = session.send(
            "POST",
            _LESSONS,
            {
                "title": title(message, prompt),
                "description": description(prompt),
                "resources": [],
                "active": True,
                "collection": classroom.id,
                "assignments": [],
                "learner_ids": [learner],
            },
        )
        if answer.status == 400 and _is_there(answer):
            continue
        try:
            convert(answer.checked(), Lesson)
        except BadRecord:
            # Left the class a moment ago, or this Kolibri wants another text.
            return Receipt(message.id, "failed", "not-accepted")
    return Receipt(message.id, "sent")


def _is_there(answer: Answer) -> bool:
    """Whether Kolibri refuses a lesson because the class has one with this title."""
    errors = answer.json()
    return isinstance(errors, list) and any(
        isinstance(one, dict) and one.get("id") == "UNIQUE" for one in errors
    )
