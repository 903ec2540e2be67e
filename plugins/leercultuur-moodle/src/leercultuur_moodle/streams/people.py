"""What Moodle keeps of people outside any course: plans, ratings, prior learning, badges."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol

from attrs import field, frozen

from .. import facts
from ..client import MoodleClient
from ..errors import Refused
from ..facts import Fact, Names
from ..memory import Learner, part
from .look import Kept, Part, Row, listed, time, whole

_COMPLETE = 2
_RATED = {2, 3}
"""Actions in a competency's history that rate it: completed, set by hand."""


@frozen
class Person:
    """One person in one night."""

    client: MoodleClient
    names: Names
    kept: Kept
    user: int
    learner: Learner
    _plans: list[Any] = field(factory=list)

    def plans(self) -> list[Any]:
        """The learning plans, asked once."""
        if not self._plans:
            function = "core_competency_list_user_plans"
            self._plans.append(listed(self.client.read(function, userid=self.user), "", function))
        return list(self._plans[0])

    def part(self, stream: str, inner: str = "") -> str:
        """A part of what is read of people."""
        return part(0, stream, inner)


class PersonStream(Protocol):
    """Reads one kind of thing of a person. Raises `Refused` where the user may not see it."""

    def __call__(self, person: Person) -> Iterator[Part]: ...


def plans(person: Person) -> Iterator[Part]:
    """Learning plans: made, changed by the person, completed. A draft is not shown."""
    function = "core_competency_list_user_plans"

    def make(row: Row) -> Iterator[Fact]:
        number, made = whole(row, "id"), time(row, "timecreated")
        changed = time(row, "timemodified")
        common: dict[str, Any] = {"user": person.user, "number": number}
        yield facts.plan(person.names, **common, at=made, what="made")
        if row["status"] == _COMPLETE:
            yield facts.plan(person.names, **common, at=changed, what="completed")
        elif changed > made and row["usermodified"] == person.user:
            yield facts.plan(person.names, **common, at=changed, what="changed")

    found, sound = person.kept.facts(function, person.plans(), make)
    if sound:
        # That it was changed stays so when somebody else changes it after.
        kept = [person.part("plans", one) for one in ("made", "completed")]
        yield Part(found, frozenset(kept), frozenset([person.user]))
    else:
        yield Part(found)


def competency_ratings(person: Person) -> Iterator[Part]:
    """How the competencies in plans were rated: a history that only grows.

    A competency is asked for again when Moodle says that it changed.
    """
    function = "core_competency_list_plan_competencies"
    summary = "tool_lp_data_for_user_competency_summary_in_plan"
    list_plans = "core_competency_list_user_plans"
    for plan in person.plans():
        number = plan.get("id") if isinstance(plan, dict) else None
        if not isinstance(number, int):
            person.kept.aside(list_plans, "expected a plan, found another")
            continue
        for row in listed(person.client.read(function, id=number), "", function):
            changed = _changed(row)
            if changed is None:
                person.kept.aside(function, "expected a competency, found another")
                continue
            competency, when = changed
            noted = f"rating/{number}/{competency}"
            if not when or person.learner.times.get(noted) == when:
                continue
            try:
                answer = person.client.read(summary, competencyid=competency, planid=number)
            except Refused as error:
                if error.kind != "absent":
                    raise
                continue  # taken out of the plan since it was listed
            read = partial(_ratings, person, competency)
            found, sound = person.kept.facts(summary, [answer], read)
            yield Part(found)
            if sound:
                person.learner.note(noted, when)


def _changed(row: Any) -> tuple[int, int] | None:
    """A competency in a plan, and when it was last changed. A completed plan has a copy of its own,
    which changes no more."""
    try:
        own = row.get("usercompetency") or row["usercompetencyplan"]
        # Of a competency that nobody has touched Moodle makes up a row without a time.
        return whole(row["competency"], "id"), whole({"at": own["timemodified"] or 0}, "at")
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _ratings(person: Person, competency: int, answer: Row) -> Iterator[Fact]:
    about = answer["usercompetencysummary"]
    good = _proficient(about["competency"])
    for one in about["evidence"]:
        if one["action"] in _RATED and one["grade"] is not None:
            yield facts.rating(
                person.names,
                user=person.user,
                number=whole(one, "id"),
                competency=competency,
                at=time(one, "timecreated"),
                proficient=whole(one, "grade") in good,
                part=str(competency),
            )


def _proficient(about: Row) -> set[int]:
    """Which steps of the scale mean proficient: those of the competency, else of its framework."""
    own = about["competency"].get("scaleconfiguration")
    configured = own or about["framework"]["scaleconfiguration"]
    return {
        one["id"]
        for one in json.loads(configured)
        if isinstance(one, dict) and one.get("proficient")
    }


def prior_learning(person: Person) -> Iterator[Part]:
    """Evidence of prior learning that people gave themselves."""
    function = "tool_lp_data_for_user_evidence_list_page"

    def make(row: Row) -> Iterator[Fact]:
        yield facts.prior_learning(
            person.names,
            user=person.user,
            number=whole(row, "id"),
            at=time(row, "timecreated"),
        )

    rows = listed(person.client.read(function, userid=person.user), "evidence", function)
    found, sound = person.kept.facts(function, rows, make)
    yield _all(person, found, "prior-learning", sound=sound)


def badges(person: Person) -> Iterator[Part]:
    """Badges that are public."""
    function = "core_badges_get_user_badges"

    def make(row: Row) -> Iterator[Fact]:
        yield facts.badge(
            person.names,
            user=person.user,
            number=whole(row, "id"),
            at=time(row, "dateissued"),
        )

    rows = listed(person.client.read(function, userid=person.user), "badges", function)
    found, sound = person.kept.facts(function, rows, make)
    yield _all(person, found, "badges", sound=sound)


def _all(person: Person, found: list[Fact], stream: str, *, sound: bool) -> Part:
    parts = frozenset([person.part(stream)]) if sound else frozenset()
    return Part(found, parts, frozenset([person.user]))
