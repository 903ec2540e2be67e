"""The streams: what is read of a course or a person, each by the functions that Moodle has for it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from ..settings import Stream
from .look import Contents, CourseStream, Kept, Look, Part, listed, text, time, whole
from .people import Person, PersonStream, badges, competency_ratings, plans, prior_learning
from .progress import activity_completion, course_completion, grades
from .work import (
    feedback,
    forum_posts,
    glossary_entries,
    h5p_attempts,
    quiz_attempts,
    submissions,
    wiki_pages,
)

__all__ = [
    "COURSE_STREAMS",
    "KINDS",
    "PERSON_STREAMS",
    "Contents",
    "InCourse",
    "Kept",
    "Look",
    "Part",
    "Person",
    "listed",
    "text",
    "time",
    "whole",
]


@frozen
class InCourse:
    """A stream of a course.

    read
        What reads it.
    module
        The kind of activity that it is about, ``""`` for the course itself: without one there is
        nothing to see.
    hits
        What a course calls a change of it (``core_course_get_updates_since``). Empty: it does not
        tell, and it is read of those who were in the course.
    """

    read: CourseStream
    module: str = ""
    hits: frozenset[str] = frozenset()


COURSE_STREAMS: Mapping[Stream, InCourse] = {
    "activity-completion": InCourse(activity_completion),
    "course-completion": InCourse(course_completion),
    "grades": InCourse(grades, hits=frozenset(["usergrades"])),
    "quiz-attempts": InCourse(quiz_attempts, "quiz", frozenset(["userattempts"])),
    "submissions": InCourse(submissions, "assign", frozenset(["usersubmissions"])),
    "forum-posts": InCourse(forum_posts, "forum", frozenset(["discussions"])),
    "glossary-entries": InCourse(glossary_entries, "glossary", frozenset(["entries"])),
    "wiki-pages": InCourse(wiki_pages, "wiki", frozenset(["pages"])),
    "h5p-attempts": InCourse(h5p_attempts, "h5pactivity"),
    "feedback": InCourse(feedback, "feedback", frozenset(["userattemptsfinished"])),
}

PERSON_STREAMS: Mapping[Stream, PersonStream] = {
    "plans": plans,
    "competency-ratings": competency_ratings,
    "prior-learning": prior_learning,
    "badges": badges,
}

KINDS: Mapping[Stream, tuple[str, ...]] = {
    "enrolments": ("registered",),
    "activity-completion": ("progressed", "failed"),
    "course-completion": ("completed",),
    "grades": ("other",),
    "quiz-attempts": ("progressed", "failed"),
    "submissions": ("progressed",),
    "forum-posts": ("shared",),
    "glossary-entries": ("shared",),
    "wiki-pages": ("shared",),
    "h5p-attempts": ("progressed",),
    "feedback": ("other",),
    "competency-ratings": ("validated", "other"),
    "plans": ("planned", "completed"),
    "prior-learning": ("reflected",),
    "badges": ("validated",),
}
"""Kinds of evidence that a stream can show, by the shipped rules and ``evidence.toml``."""
