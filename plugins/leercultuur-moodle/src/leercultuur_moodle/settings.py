"""The settings: how to get in, which courses to look at, and what to do with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal, get_args

from attrs import field, frozen, validators

from leercultuur_core.extension import Secret

Stream = Literal[
    "enrolments",
    "activity-completion",
    "course-completion",
    "grades",
    "quiz-attempts",
    "submissions",
    "forum-posts",
    "glossary-entries",
    "wiki-pages",
    "h5p-attempts",
    "feedback",
    "competency-ratings",
    "plans",
    "prior-learning",
    "badges",
]
"""A kind of thing that is read of Moodle."""

STREAMS: tuple[Stream, ...] = get_args(Stream)


def _positive(_: Any, __: Any, value: timedelta) -> None:
    if value <= timedelta(0):
        raise ValueError("a length of time above zero")


@frozen
class MoodleSettings:
    """How to get into one Moodle, and which of its courses count.

    url
        The site's address, as people open it.
    token
        Of a web service user of its own, with the rights in docs/adapters/moodle.md.
    courses, categories
        Numbers of courses and of course categories (those in ``course/view.php?id=`` and
        ``course/index.php?categoryid=``); without either, every course the user can see.
    rate
        At most so many calls a second. Each call writes a row to the site's log.
    account
        What an account is called: ``account|<url>|<name>`` has Moodle's own number of the user, or
        with ``username`` the name they log in with. Choose what other sources of the same people
        use: the logstore xAPI plugin sends the number unless told otherwise. ``username`` needs the
        capability ``moodle/user:viewalldetails``.
    """

    url: str
    token: Secret = field(repr=False)
    courses: tuple[int, ...] = ()
    categories: tuple[int, ...] = ()
    rate: float = field(default=5.0, validator=validators.gt(0))
    account: Literal["id", "username"] = "id"


@frozen
class MoodleSourceSettings(MoodleSettings):
    """What to read of those courses.

    streams
        All of them by default.
    overlap
        How long before the newest change that was read is read again: cron writes course completion
        late.
    full_every
        How often everything is compared with what was read before. Enrolments, plans and deletions
        have no time in Moodle, and show up only then.
    """

    streams: tuple[Stream, ...] = STREAMS
    overlap: timedelta = field(default=timedelta(minutes=10), validator=_positive)
    full_every: timedelta = field(default=timedelta(days=7), validator=_positive)


@frozen
class MoodleDirectorySettings(MoodleSettings):
    """Who is who.

    manager_field
        The short name of the profile field that holds a person's manager: their username, mail
        address or number. Empty: Moodle does not know managers.
    unit_from
        What a person's unit is: their cohort, their group in a course, the department in their
        profile, or nothing.
    language
        Of people whose own language in Moodle is not one that leercultuur speaks.
    """

    manager_field: str = ""
    unit_from: Literal["cohort", "group", "department", ""] = ""
    language: Literal["nl", "en"] = "nl"
