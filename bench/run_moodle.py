"""A large Moodle: the first night, and nights with 0, 10 and 1,000 changes.

    python bench/run_moodle.py [people] [courses] [courses of each]

The Moodle is the scripted one of the plugin's tests, in a process of its own, asked over HTTP; the
peak of memory is that of the reading process alone. Seconds are those of this machine with a server
that answers in a millisecond or two: multiply calls by what yours takes (35 to 100 ms were measured
on a live one) and divide by ``rate``. How it grows is what to look at: calls of a first night by
learners x courses, calls of a quiet night by courses.
"""

from __future__ import annotations

import copy
import multiprocessing
import random
import resource
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "plugins/leercultuur-moodle/tests"))

from measure import report, value
from scripted_moodle import TOKEN, ScriptedMoodle  # type: ignore[import-not-found]

from leercultuur_core.extension import Secret
from leercultuur_core.testing import Seen, Step, as_json
from leercultuur_core.testing.scripted import scripted
from leercultuur_core.testing.taking import Taken, take
from leercultuur_moodle import MoodleSourceSettings
from leercultuur_moodle.source import MoodleSource

STARTED = 1_795_480_000
NOW = 1_795_600_000
DAY = 86_400
FIRST_USER, FIRST_COURSE = 1_000, 10


def filled(people: int, courses: int, each: int) -> ScriptedMoodle:
    """A site in which everybody is in ``each`` courses, and did some of what there is to do."""
    random.seed(11)
    moodle = ScriptedMoodle()
    moodle.hidden |= {2, 3}
    status = moodle.completion[2, 3][0]
    attempt, grade = moodle.attempts[0], moodle.grades[2, 3]
    person = moodle.enrolled[2][3]
    moodle.attempts.clear()
    for number in range(FIRST_COURSE, FIRST_COURSE + courses):
        moodle.courses[number] = {**moodle.courses[2], "id": number, "fullname": f"Course {number}"}
        moodle.sections[number] = [{**copy.deepcopy(moodle.sections[3][0]), "modules": []}]
        moodle.enrolled[number] = {}
        like = moodle.sections[2][0]["modules"] or moodle.sections[2][1]["modules"]
        for place, kind in enumerate(("page", "assign", "quiz", "forum", "page", "page")):
            cmid = number * 10 + place
            own = {"id": cmid, "modname": kind, "instance": cmid, "completion": 1}
            moodle.sections[number][0]["modules"].append({**like[0], **own})
        moodle.assignments[number * 10 + 1] = {
            **moodle.assignments[1], "id": number * 10 + 1, "cmid": number * 10 + 1,
            "course": number,
        }  # fmt: skip
    for user in range(FIRST_USER, FIRST_USER + people):
        moodle.users[user] = {**moodle.users[3], "id": user, "username": f"user{user}"}
        for number in random.sample(range(FIRST_COURSE, FIRST_COURSE + courses), each):
            at = STARTED + random.randrange(DAY)
            moodle.enrolled[number][user] = {
                **person, "id": user, "username": f"user{user}", "enrolledcourses": [],
                "lastaccess": at, "lastcourseaccess": at,
            }  # fmt: skip
            moodle.completion[number, user] = [
                {**status, "cmid": number * 10 + place, "modname": "page", "state": done,
                 "timecompleted": at if done else 0}
                for place in range(6)
                for done in [random.choice((0, 1, 1))]
            ]  # fmt: skip
            moodle.grades[number, user] = {**grade, "userid": user, "courseid": number}
            moodle.attempts.append(
                {**attempt, "id": len(moodle.attempts) + 1, "quiz": number * 10 + 2, "userid": user,
                 "timestart": at, "timefinish": at, "timemodified": at}
            )  # fmt: skip
    return moodle


def change(moodle: ScriptedMoodle, count: int, at: int) -> None:
    """So many people complete something and hand something in; and somebody looks around later."""
    places = [
        (course, user)
        for course, found in moodle.enrolled.items()
        if course >= FIRST_COURSE
        for user in found
    ]
    for course, user in random.sample(places, count):
        moodle.enrolled[course][user].update(lastaccess=at, lastcourseaccess=at)
        moodle.tick(course, user, course * 10, at)
        moodle.submit(course * 10 + 1, user, at)
    course, user = places[0]
    moodle.enrolled[course][user].update(lastaccess=at + DAY // 2, lastcourseaccess=at + DAY // 2)


def serve(people: int, courses: int, each: int, out: Connection) -> None:
    """The site, until it is ended; ``/change/<count>/<at>`` is ours."""
    moodle = filled(people, courses, each)
    indexed: dict[tuple[int, int], list[object]] = {}
    for one in moodle.attempts:
        indexed.setdefault((one["quiz"], one["userid"]), []).append(one)
    # The scripted site looks through a list; this one is long.
    attempts = lambda quizid, userid, **_: {  # noqa: E731
        "attempts": indexed.get((int(quizid), int(userid)), []), "warnings": []
    }  # fmt: skip
    setattr(moodle, "_mod_quiz_get_user_attempts", attempts)  # noqa: B010

    def respond(seen: Seen) -> Step:
        if seen.path.startswith("/change/"):
            count, at = map(int, seen.path.split("/")[2:])
            change(moodle, count, at)
            return as_json({})
        step: Step = moodle.respond(seen)
        moodle.calls.clear()
        return step

    with scripted(respond) as server:
        out.send(server.url)
        time.sleep(900)


def measured(name: str, run: Callable[[], tuple[Taken, MoodleSource]]) -> Taken:
    """Runs and prints a line."""
    began = time.monotonic()
    taken, source = run()
    seconds = time.monotonic() - began
    assert taken.error is None, taken.error
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report(
        value(
            name,
            [source.client.calls],
            "calls",
            peak_mb=peak,
            note=f"{len(taken.records):,} records, {seconds:.1f} s",
        )
    )
    return taken


def main(people: int = 1_000, courses: int = 50, each: int = 5) -> None:
    """Prints one line a night."""
    here, there = multiprocessing.Pipe()
    site = multiprocessing.Process(target=serve, args=(people, courses, each, there), daemon=True)
    site.start()
    url = here.recv()
    settings = MoodleSourceSettings(url=url, token=Secret(TOKEN), rate=1e6)
    print(f"{people:,} people, {courses} courses, each in {each}: {people * each:,} enrolments")
    state, now = None, NOW

    def night() -> tuple[Taken, MoodleSource]:
        source = MoodleSource(settings, clock=lambda: now)
        return take(source, state), source

    def happens(count: int, at: int) -> None:
        urllib.request.urlopen(f"{url}/change/{count}/{at}").read()  # noqa: S310 - our own site

    try:
        state = measured("first night", night).state
        mark = len(state.mark or "")
        kept = sum(map(len, state.learners.values()))
        happens(0, now)
        now += DAY
        state = measured("the night after", night).state
        for count in (0, 10, 1_000):
            happens(min(count, people * each), now)
            now += DAY
            state = measured(f"a night with {count:,} changes", night).state
        print(f"mark {mark:,} characters, memory {kept / people:,.0f} characters a person")
    finally:
        site.terminate()
        site.join(10)


if __name__ == "__main__":
    partial(main, *map(int, sys.argv[1:]))()
