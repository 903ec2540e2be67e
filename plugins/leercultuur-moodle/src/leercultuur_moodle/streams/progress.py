"""What a course keeps of each learner: completion and grades."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import facts
from ..errors import Refused
from ..facts import Fact
from .look import Look, Part, Row, listed, text, time, whole

_FEW = 3
"""Up to so many people it is less to ask for them one by one."""

_TOTALS = {"course", "category"}


def activity_completion(look: Look) -> Iterator[Part]:
    """Which activities each learner completed. A tick that was taken away is told too, with the
    time when it was."""
    if not look.completion:
        return
    function = "core_completion_get_activities_completion_status"
    for user in look.due:
        answer = _of_person(look, function, user)
        if answer is None:
            continue

        def make(row: Row, user: int = user) -> Iterator[Fact]:
            if row["istrackeduser"] is not True:
                return  # Moodle gives 0 of everything for who is not enrolled
            state = whole(row, "state")
            if state not in range(facts.RANKS):
                raise ValueError("expected a state")
            changed = time(row, "timecompleted") if state else whole(row, "timecompleted")
            yield facts.completion(
                look.names,
                user=user,
                course=look.course,
                cmid=whole(row, "cmid"),
                modname=text(row, "modname"),
                state=state,
                changed=changed,
            )

        found, _ = look.kept.facts(function, listed(answer, "statuses", function), make)
        yield Part(found)


def course_completion(look: Look) -> Iterator[Part]:
    """Who completed the course. Moodle gives no time for it; it is that of the last condition met."""
    if not look.completion:
        return
    function = "core_completion_get_course_completion_status"
    for user in look.due:
        answer = _of_person(look, function, user)
        if answer is None:
            continue

        def make(row: Row, user: int = user) -> Iterator[Fact]:
            status = row["completionstatus"]
            done = status["completed"]
            if type(done) is not bool:
                raise TypeError("expected true or false")
            times = [time(one, "timecompleted") for one in status["completions"] if one["complete"]]
            if done and not times:
                raise ValueError("expected a time")
            yield facts.course_completion(
                look.names,
                user=user,
                course=look.course,
                at=max(times) if done else 0,
                done=done,
            )

        found, _ = look.kept.facts(function, [answer], make)
        yield Part(found)


def grades(look: Look) -> Iterator[Part]:
    """Grades as learners see them: one that is hidden is left out, also where it was shown before.

    Not from ``mod_assign_get_grades``, which gives hidden ones too.
    """
    function = "gradereport_user_get_grade_items"
    graded = not look.whole and look.hits.get("usergrades")
    if not (look.whole or look.moved or graded):
        return
    one_by_one = not look.whole and not graded and len(look.moved) <= _FEW
    visible = set(look.contents.every())

    def make(row: Row) -> Iterator[Fact]:
        user = whole(row, "userid")
        if user in look.learners:
            for item in row["gradeitems"]:
                if item["itemtype"] not in _TOTALS:
                    yield _grade(look, user, item)

    for asked in sorted(look.moved) if one_by_one else [0]:
        answer = look.client.read(function, courseid=look.course, userid=asked)
        for row in listed(answer, "usergrades", function):
            found, sound = look.kept.facts(function, [row], make)
            if sound and row["userid"] in look.learners:
                yield Part(
                    found,
                    # Of an activity that is seen itself a grade is only absent when it is hidden.
                    frozenset(look.part("grades", cmid) for cmid in visible),
                    frozenset([row["userid"]]),
                )


def _grade(look: Look, user: int, item: Row) -> Fact:
    module = None
    if item["itemtype"] == "mod":
        module = (text(item, "itemmodule"), whole(item, "cmid"))
    raw, least, most = item["graderaw"], item["grademin"], item["grademax"]
    shown = raw is not None and not item["gradeishidden"]
    when = item["gradedategraded"] or item["gradedatesubmitted"] or 0
    return facts.grade(
        look.names,
        user=user,
        course=look.course,
        item=whole(item, "id"),
        module=module,
        at=time({"at": when}, "at") if shown else whole({"at": when}, "at"),
        score=round((raw - least) / (most - least), 6) if shown and most > least else None,
        done=shown,
    )


def _of_person(look: Look, function: str, user: int) -> Any:
    """The answer about one learner; ``None`` where they are not there any more."""
    try:
        return look.client.read(function, courseid=look.course, userid=user)
    except Refused as error:
        if error.kind != "absent":
            raise
        return None
