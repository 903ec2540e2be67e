"""People in one run: what Moodle keeps of them outside courses, and who is in a course no more."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from leercultuur_core.extension import Page, Record

from .client import rows
from .errors import Refused
from .mark import Progress
from .night import DAY, TOGETHER, Night
from .streams import PERSON_STREAMS, Kept, Person

_AT_ONCE = 500


def read_people(night: Night) -> Iterator[Page]:
    """What is new outside courses, of everybody who learns in one that was read.

    Raises `SourceUnavailable` and `AccessDenied`.
    """
    kept = Kept("moodle")
    asked = [one for one in night.settings.streams if one in PERSON_STREAMS]
    refused = dict.fromkeys(asked, 0)
    read = dict.fromkeys(asked, 0)
    newest = max([night.mark.newest, *night.access.values()])
    for stream in [one for one in asked if one in night.lacking]:
        night.closed[0, stream] = night.lacking[stream]
        night.mark = night.mark.put(0, stream, None)
    records: list[Record] = []
    for user, identifier in sorted(night.accounts.items()):
        learner = night.memory.of(identifier)
        there = night.access.get(user, 0)
        moved = there != learner.times.get("site", 0)
        person = Person(night.client, night.names, kept, user, learner)
        for stream in asked:
            if (0, stream) in night.closed or read[stream] < 0:
                continue
            due = night.is_time(learner.times.get(stream, 0))
            if not (moved or due):
                continue
            try:
                for one in PERSON_STREAMS[stream](person):
                    keys = {fact.key for fact in one.facts}
                    for fact in one.facts:
                        night.note(fact)
                        records += learner.take(fact)
                    records += learner.gone(one.whole, keys)
                read[stream] += 1
                if due:
                    learner.note(stream, night.now)
            except Refused as error:
                if error.kind == "off":
                    read[stream] = -1
                elif error.kind != "absent":
                    refused[stream] += 1
                    if not read[stream]:  # nobody's can be seen: no use to ask for each
                        night.closed[0, stream] = str(error)
                        kept.aside(stream, f"not read: {error}")
        learner.note("site", there if there <= newest - night.overlap else 0)
        if len(records) >= TOGETHER:
            yield Page(records, rejects=kept.take(), learners=night.memory.take_changes())
            records = []
    for stream in asked:
        if refused[stream] and (0, stream) not in night.closed:
            kept.aside(stream, f"not read of {refused[stream]} people, whom the user may not see")
        known = night.mark.of(0, stream)
        if (0, stream) in night.closed:
            night.mark = night.mark.put(0, stream, None)
        elif read[stream] < 0:
            night.mark = night.mark.put(0, stream, Progress(newest, night.now, -1))
        elif read[stream] or known is not None:
            first = night.now // DAY if known is None or known.since < 0 else known.since
            night.mark = night.mark.put(0, stream, Progress(newest, night.now, first))
    night.mark = evolve(night.mark, newest=newest)
    yield Page(
        records,
        rejects=kept.take(),
        mark=night.mark.write(),
        learners=night.memory.take_changes(),
    )


def take_back_left(night: Night) -> Iterator[Page]:
    """Takes back enrolments of who is no longer in a course that was read.

    Who is in another course is known by that. Who is in none any more is looked for under every
    number of a user that Moodle ever gave, now and then: what is remembered of somebody can be
    asked for, but not listed.
    """
    if "enrolments" not in night.settings.streams:
        return
    accounts = dict(night.accounts)
    sweep = night.is_time(night.mark.swept)
    if sweep:
        accounts |= _others(night)
    records: list[Record] = []
    for user, identifier in accounts.items():
        learner = night.memory.of(identifier)
        for one in learner.parts(""):
            course, stream = one.split("/")[:2]
            everybody = night.enrolled.get(int(course))
            # A list without anybody says more about the list than about the course.
            if stream == "enrolments" and everybody and user not in everybody:
                records += learner.gone([one], (), at=night.now)
    if sweep:
        night.mark = evolve(night.mark, swept=night.now)
    yield Page(records, mark=night.mark.write(), learners=night.memory.take_changes())


def _others(night: Night) -> dict[int, str]:
    """Everybody who is in no course that was read: their number → identifier."""
    numbers = [n for n in range(1, night.mark.highest + 1) if n not in night.accounts]
    if night.settings.account == "id":
        return {number: night.names.account(number) for number in numbers}
    function = "core_user_get_users_by_field"
    found: dict[int, str] = {}
    if night.mark.swept == 0 or function not in night.client.site().functions:
        return found  # nothing is remembered of anybody else yet
    for start in range(0, len(numbers), _AT_ONCE):
        asked = numbers[start : start + _AT_ONCE]
        try:
            answer = night.client.read(function, field="id", values=asked)
        except Refused:
            return found
        for one in rows(answer, "", function):
            if isinstance(one.get("username"), str):
                found[one["id"]] = night.names.account(one["username"])
    return found
