"""One course in one run: who is in it, then stream by stream what is new."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

from attrs import evolve, frozen

from leercultuur_core.extension import Page, Record

from . import facts
from .client import Course, rows
from .errors import Refused
from .mark import Progress
from .memory import part
from .night import DAY, Night, in_pages
from .settings import Stream
from .streams import COURSE_STREAMS, Contents, Kept, Look, Part, whole

_LEARNER = "student"
"""Short name of Moodle's role of who learns."""

_PROBE = "core_course_get_updates_since"
_NOT_SHOWN = "some activities that were read before are not shown any more"


@frozen
class _Roll:
    """Who is in a course. ``access`` is when each learner was last there."""

    everybody: frozenset[int]
    learners: dict[int, str]
    access: dict[int, int]


def read_course(night: Night, course: Course) -> Iterator[Page]:
    """What is new in a course. Where the user may not look inside, it is kept aside with the reason.

    Raises `SourceUnavailable` and `AccessDenied`.
    """
    kept = Kept(f"moodle, course {course.id}")
    try:
        if not course.open:
            raise Refused(
                "moodle: the course is closed to the web service user; is it hidden? else add "
                "moodle/course:view to the role",
                "",
                "forbidden",
            )
        roll = _roll(night, course.id, kept)
    except Refused as error:
        for stream in night.settings.streams:
            if stream == "enrolments" or stream in COURSE_STREAMS:
                night.closed[course.id, stream] = str(error)
                night.mark = night.mark.put(course.id, stream, None)
        kept.aside("all of it", f"not read: {error}")
        yield Page(rejects=kept.take(), mark=night.mark.write())
        return
    before = night.mark.newest
    # Times seen by now are those until which everything that is asked for next is there.
    newest = max([before, *roll.access.values(), *night.access.values()])
    night.mark = evolve(
        night.mark,
        newest=newest,
        highest=max([night.mark.highest, *roll.everybody]),
    )
    night.accounts.update(roll.learners)
    night.enrolled[course.id] = roll.everybody
    if "enrolments" in night.settings.streams:
        yield from _enrolments(night, course.id, roll)
    told = yield from _streams(night, course, roll, kept)
    # Only now: a run that stops before this looks at the same people again.
    for user, identifier in roll.learners.items() if told else ():
        settled = roll.access[user] <= newest - night.overlap
        night.memory.of(identifier).note(f"course/{course.id}", roll.access[user] if settled else 0)
    yield Page(rejects=kept.take(), mark=night.mark.write(), learners=night.memory.take_changes())


def _roll(night: Night, course: int, kept: Kept) -> _Roll:
    """Who is in a course. Raises `Refused` where the list does not tell who learns."""
    everybody: set[int] = set()
    learners: dict[int, str] = {}
    access: dict[int, int] = {}
    untold = 0
    for page in night.client.enrolled(course):
        for one in page:
            everybody.add(one["id"])
            try:
                roles = {role["shortname"] for role in one["roles"]}
                name = one["id"] if night.settings.account == "id" else str(one["username"])
                there = whole(one, "lastcourseaccess") if one.get("lastcourseaccess") else 0
                site = whole(one, "lastaccess") if one.get("lastaccess") else 0
            except (KeyError, TypeError):
                untold += 1
                continue
            if _LEARNER in roles:
                learners[one["id"]] = night.names.account(name)
                access[one["id"]] = there
                night.access[one["id"]] = site
    if untold and not learners:
        right = "viewdetails" if night.settings.account == "id" else "viewalldetails"
        raise Refused(
            "moodle, core_enrol_get_enrolled_users: the web service user does not see who has "
            f"which role; add moodle/user:{right} to the role",
            "",
            "forbidden",
        )
    if untold:
        kept.aside("enrolled people", f"{untold} without role or username: not read")
    return _Roll(frozenset(everybody), learners, access)


def _enrolments(night: Night, course: int, roll: _Roll) -> Iterator[Page]:
    """Moodle does not say since when anybody is enrolled. Whoever is there at first was before
    somebody looked; who comes later came today."""
    known = night.mark.of(course, "enrolments")
    records: list[Record] = []
    for user, identifier in roll.learners.items():
        learner = night.memory.of(identifier)
        fact = facts.enrolment(night.names, user=user, course=course, at=night.now)
        if known is None:
            learner.know(fact)
        elif not learner.knows(fact.key):
            records += learner.take(fact)
    since = night.now // DAY if known is None else known.since
    night.mark = night.mark.put(course, "enrolments", Progress(night.mark.newest, night.now, since))
    if records or known is None:
        yield Page(records, mark=night.mark.write(), learners=night.memory.take_changes())


def _streams(
    night: Night,
    course: Course,
    roll: _Roll,
    kept: Kept,
) -> Generator[Page, None, bool]:
    """The streams of a course one by one; gives whether it could be told what to read."""
    contents = Contents(night.client, course.id)
    moved = frozenset(
        user
        for user, identifier in roll.learners.items()
        if roll.access[user]
        and roll.access[user] != night.memory.of(identifier).times.get(f"course/{course.id}")
    )
    asked = [one for one in night.settings.streams if one in COURSE_STREAMS]
    look = Look(
        night.client,
        night.names,
        night.memory,
        course.id,
        course.completion,
        roll.learners,
        contents,
        kept,
        moved,
    )
    probe = _PROBE in night.client.site().functions
    read_whole = {
        # Without a word of what has changed all of it is read.
        one: _whole(night, course.id, one) or (bool(COURSE_STREAMS[one].hits) and not probe)
        for one in asked
    }
    probed = [
        night.mark.progress[course.id, one].until - night.overlap
        for one in asked
        if not read_whole[one] and COURSE_STREAMS[one].hits and one not in night.lacking
    ]
    hits: dict[str, dict[int, frozenset[int]]] = {}
    if probed and roll.learners:
        try:
            hits = _changes(night, course.id, max(0, min(probed) - 1))
        except Refused as error:
            kept.aside(_PROBE, f"not read: {error}")
            return False
    for stream in asked:
        if stream in night.lacking:
            night.closed[course.id, stream] = night.lacking[stream]
            night.mark = night.mark.put(course.id, stream, None)
            continue
        known = night.mark.of(course.id, stream)
        own = evolve(
            look,
            whole=read_whole[stream],
            since=0 if known is None else max(0, known.until - night.overlap),
            hits=hits,
        )
        yield from _stream(night, own, stream)
    if any(read_whole.values()):
        _not_shown(night, course.id, contents, roll, kept)
    return True


def _stream(night: Night, look: Look, stream: Stream) -> Iterator[Page]:
    """One stream of a course, with its mark on the last page."""
    course, known, until = look.course, night.mark.of(look.course, stream), night.mark.newest
    about = COURSE_STREAMS[stream]
    full = night.now if look.whole or known is None else known.full
    try:
        there = not about.module or bool(not look.whole or look.contents.of(about.module))
        if not look.completion and stream in {"activity-completion", "course-completion"}:
            there = False
        parts = about.read(look) if there and look.learners else iter(())
        for records in in_pages(_records(night, look, parts)):
            yield Page(records, rejects=look.kept.take(), learners=night.memory.take_changes())
        since = _since(known, there=there, whole=look.whole, today=night.now // DAY)
        night.mark = night.mark.put(course, stream, Progress(until, full, since))
    except Refused as error:
        if error.kind == "off":  # a normal state: looked at again when everything is
            night.mark = night.mark.put(course, stream, Progress(until, full, -1))
        else:
            night.closed[course, stream] = str(error)
            night.mark = night.mark.put(course, stream, None)
            look.kept.aside(stream, f"not read: {error}")
    rejects = look.kept.take()
    if look.whole or rejects:  # else the mark goes with the course's last page
        yield Page(rejects=rejects, mark=night.mark.write(), learners=night.memory.take_changes())


def _records(night: Night, look: Look, parts: Iterable[Part]) -> Iterator[Record]:
    """What is new in the parts, and what is gone from them."""
    for one in parts:
        found: dict[int, set[str]] = {}
        for fact in one.facts:
            if fact.user in look.learners:
                night.note(fact)
                found.setdefault(fact.user, set()).add(fact.key)
                yield from night.memory.of(look.learners[fact.user]).take(fact)
        if one.whole:
            for user in look.learners if one.who is None else one.who & set(look.learners):
                learner = night.memory.of(look.learners[user])
                yield from learner.gone(one.whole, found.get(user, set()))


def _whole(night: Night, course: int, stream: Stream) -> bool:
    """Whether it is time to compare everything."""
    known = night.mark.of(course, stream)
    return known is None or night.is_time(known.full)


def _changes(night: Night, course: int, since: int) -> dict[str, dict[int, frozenset[int]]]:
    """What has changed in a course: name of the change → activity → numbers of the things."""
    answer = night.client.read(_PROBE, courseid=course, since=since)
    found: dict[str, dict[int, frozenset[int]]] = {}
    for one in rows(answer, "instances", _PROBE):
        for update in one.get("updates") or ():
            if isinstance(update, dict) and isinstance(update.get("itemids"), list):
                numbers = frozenset(n for n in update["itemids"] if isinstance(n, int))
                found.setdefault(str(update.get("name")), {})[one["id"]] = numbers
    return found


def _not_shown(night: Night, course: int, contents: Contents, roll: _Roll, kept: Kept) -> None:
    """An activity that is not shown any more was deleted, is hidden, or a right was taken away:
    Moodle does not tell which. What was done in it stays as it was, and somebody is told."""
    shown = contents.every()
    lost = {
        inner
        for identifier in roll.learners.values()
        for one in night.memory.of(identifier).parts(part(course, ""))
        if (inner := one.split("/")[2] if one.count("/") > 1 else "").isdecimal()
        and int(inner) not in shown
    }
    if lost:
        kept.aside(
            "activities",
            f"{_NOT_SHOWN} ({', '.join(sorted(lost, key=int))}): deleted, hidden, or the right "
            "to view that kind of activity is gone; what was done in them stays",
        )


def _since(known: Progress | None, *, there: bool, whole: bool, today: int) -> int:
    """The day since which a stream is read, -1 where it has nothing to see."""
    if known is not None and not whole:
        return known.since
    if not there:
        return -1
    return today if known is None or known.since < 0 else known.since
