"""What Kolibri 0.19 answers, as far as this plugin looks at it; all other fields are passed over."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Login(msgspec.Struct, frozen=True):
    """Who is logged in. ``kind`` is ``["anonymous"]`` where nobody is."""

    kind: list[str]
    server_time: datetime
    user_id: str | None = None
    facility_id: str | None = None


class Info(msgspec.Struct, frozen=True):
    """What a server says about itself to anybody."""

    application: str
    kolibri_version: str


class Role(msgspec.Struct, frozen=True):
    """``kind`` is ``admin``, ``coach`` or ``classroom assignable coach``."""

    kind: str
    collection: str


class User(msgspec.Struct, frozen=True):
    """A person with an account. ``id`` is the same on every device the facility is synced with."""

    id: str
    username: str
    facility: str
    full_name: str = ""
    id_number: str = ""
    is_superuser: bool = False
    roles: list[Role] = []


class Coach(msgspec.Struct, frozen=True):
    """Somebody who is coach of a class."""

    id: str


class Classroom(msgspec.Struct, frozen=True):
    """A class; ``parent`` is its facility."""

    id: str
    name: str
    parent: str
    coaches: list[Coach] = []


class Membership(msgspec.Struct, frozen=True):
    """That a user is in a class, or in a group within one."""

    user: str
    collection: str


class Job(msgspec.Struct, frozen=True):
    """Something Kolibri does in the background."""

    id: str
    status: str
    extra_metadata: dict[str, str] = {}


class FirstLog(msgspec.Struct, frozen=True):
    """When the first thing was logged; now where nothing was."""

    first_log_date: datetime


class Learner(msgspec.Struct, frozen=True):
    """Somebody in a class."""

    id: str


class Group(msgspec.Struct, frozen=True):
    """A group within a class."""

    id: str
    member_ids: list[str] = []


class Resource(msgspec.Struct, frozen=True):
    """Something in a lesson."""

    content_id: str


class Lesson(msgspec.Struct, frozen=True):
    """Resources that somebody put together, and who they are for: class, groups, learners."""

    id: str
    title: str
    date_created: datetime
    created_by: str | None = None
    resources: list[Resource] = []
    assignments: list[str] = []
    learner_ids: list[str] = []


class Quiz(msgspec.Struct, frozen=True):
    """A quiz made by a coach; an id that is a number is of a draft."""

    id: str | int
    question_count: int = 0


class QuizStatus(msgspec.Struct, frozen=True):
    """How far a learner is with a quiz. ``last_activity`` is empty until the first answer."""

    exam_id: str
    learner_id: str
    status: str
    last_activity: datetime | None = None
    num_correct: float | None = None


class ClassSummary(msgspec.Struct, frozen=True):
    """All that a coach sees of a class."""

    id: str
    learners: list[Learner] = []
    groups: list[Group] = []
    exams: list[Quiz] = []
    exam_learner_status: list[QuizStatus] = []
    lessons: list[Lesson] = []
