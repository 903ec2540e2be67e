"""The web service of the scripted Moodle: one method for each function, named as Moodle names it.

Each looks at the state and at the rights that are left, and answers in the shape that was recorded.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from leercultuur_core.testing import Seen, Step, as_json

TOKEN = "dienst-5f2c9e7a41b8"  # noqa: S105 - opens nothing
LEARNER_TOKEN = "leerling-77d0c3aa19"  # noqa: S105 - opens nothing
AGENT, LEA, LUC, LINA, LEO, TESS = 8, 3, 4, 5, 6, 7
CONFIGURED = 1795475181
"""When the recorded courses were made."""

RECORDED = Path(__file__).parent / "recorded"
READ_RIGHTS = frozenset(
    [
        "moodle/course:view",
        "moodle/course:viewparticipants",
        "moodle/user:viewdetails",
        "moodle/user:viewalldetails",
        "moodle/site:viewuseridentity",
        "moodle/grade:viewall",
        "gradereport/user:view",
        "report/progress:view",
        "report/completion:view",
        "moodle/competency:planview",
        "moodle/competency:userevidenceview",
        "moodle/competency:plancomment",
        "moodle/cohort:view",
        "mod/forum:viewdiscussion",
        "mod/assign:view",
        "mod/assign:viewgrades",
        "mod/feedback:view",
        "mod/feedback:viewreports",
        "mod/quiz:view",
        "mod/quiz:viewreports",
        "mod/glossary:view",
        "mod/wiki:viewpage",
        "mod/h5pactivity:view",
        "mod/h5pactivity:reviewattempts",
        "moodle/site:sendmessage",
    ]
)
_VANISHES = {
    "assign": "mod/assign:view",
    "feedback": "mod/feedback:view",
    "glossary": "mod/glossary:view",
    "h5pactivity": "mod/h5pactivity:view",
    "quiz": "mod/quiz:view",
}
"""Kinds of activities that disappear from every list without this right. Forums and wikis do not."""

Row = dict[str, Any]


def recorded(name: str) -> Any:
    """An answer of the real Moodle, to change."""
    return json.loads(_text(name))["answer"]


@cache
def _text(name: str) -> str:
    return (RECORDED / f"{name}.json").read_text("utf-8")


def recorded_error(case: str) -> Step:
    """An error of the real Moodle, whole."""
    said = json.loads((RECORDED / "errors" / f"{case}.json").read_text("utf-8"))
    body = said["body_text"].encode() if "body_text" in said else json.dumps(said["body"]).encode()
    headers = {"Content-Type": said["content_type"]}
    if said["http_status"] == 503:
        headers["Retry-After"] = "300"
    return Step(said["http_status"], body, headers)


class Fault(Exception):
    """Moodle answers with this errorcode."""


class Service:
    """Answers requests from the state that `ScriptedMoodle` holds."""

    rights: set[str]
    hidden: set[int]
    blocked: set[int]
    calls: list[tuple[str, Row]]
    info: Row
    courses: dict[int, Row]
    sections: dict[int, list[Row]]
    enrolled: dict[int, dict[int, Row]]
    users: dict[int, Row]
    grades: dict[tuple[int, int], Row]
    course_completion: dict[tuple[int, int], Row]
    assignments: dict[int, Row]
    submissions: list[Row]
    assign_grades: list[Row]
    quizzes: list[Row]
    attempts: list[Row]
    forums: list[Row]
    discussions: list[Row]
    posts: list[Row]
    entries: list[Row]
    wiki_pages: list[Row]
    feedbacks: list[Row]
    responses: Row
    h5p: Row
    plans: list[Row]
    plan_competencies: dict[int, list[Row]]
    ratings: dict[tuple[int, int], Row]
    prior: list[Row]
    badges: list[Row]
    comments: list[Row]
    messages: list[Row]
    cohorts: list[Row]
    cohort_members: dict[int, list[int]]
    misbehave: Callable[[str, Row], Step | None]
    caller: int

    def statuses(self, course: int, user: int) -> list[Row]:
        """The person's activity completion in a course."""
        raise NotImplementedError

    def respond(self, seen: Seen) -> Step:
        """The answer to a request."""
        if seen.path != "/webservice/rest/server.php":
            return Step(404, b"<html></html>", {"Content-Type": "text/html"})
        form = dict(parse_qsl(seen.body.decode(), keep_blank_values=True))
        if form.get("moodlewsrestformat") != "json":
            return recorded_error("format_missing_gives_xml")
        caller = {TOKEN: AGENT, LEARNER_TOKEN: LEA}.get(form.get("wstoken", ""))
        if caller is None:
            return recorded_error("bad_token")
        function = form.get("wsfunction", "")
        given = nested((key, value) for key, value in form.items() if key not in _ENVELOPE)
        self.calls.append((function, given))
        if step := self.misbehave(function, given):
            return step
        handler = getattr(self, f"_{function}", None)
        if handler is None or not any(one["name"] == function for one in self.info["functions"]):
            return recorded_error("function_not_in_service")
        self.caller = caller
        try:
            return as_json(handler(**given))
        except Fault as fault:
            shape = json.loads(recorded_error("course_without_criteria").body)
            return as_json({**shape, "errorcode": str(fault), "message": f"error/{fault}"})
        except TypeError:
            return recorded_error("unknown_parameter")

    def _need(self, *capabilities: str, or_else: str = "nopermissions") -> None:
        if self.caller == AGENT and not self.rights.issuperset(capabilities):
            raise Fault(or_else)

    def _inside(self, course: Any, or_else: str = "requireloginerror") -> int:
        """The course, where the caller may be in it."""
        number = int(course)
        if number not in self.courses:
            raise Fault("invalidrecord")
        enrolled = self.caller in self.enrolled[number]
        may = self.caller == AGENT and "moodle/course:view" in self.rights
        if number in self.hidden or not (enrolled or may):
            raise Fault(or_else)
        return number

    def _open(self, courses: Iterable[Any]) -> list[int]:
        found = []
        for one in courses:
            try:
                found.append(self._inside(one))
            except Fault:
                continue
        return found

    def _shows(self, modname: str) -> bool:
        return self.caller != AGENT or _VANISHES.get(modname, "moodle/course:view") in self.rights

    def _module_course(self, modname: str, instance: Any) -> int:
        """The course of an activity that the caller may open."""
        for course, sections in self.sections.items():
            for section in sections:
                for one in section["modules"]:
                    if (one["modname"], one["instance"]) == (modname, int(instance)):
                        self._inside(course)
                        if not self._shows(modname):
                            raise Fault("requireloginerror")
                        return course
        raise Fault("invalidrecord")

    def _core_webservice_get_site_info(self) -> Row:
        caller = self.users[self.caller]
        return {
            **self.info,
            **{key: caller[key] for key in ("username", "fullname")},
            "userid": self.caller,
        }

    def _core_course_get_courses_by_field(self, field: str = "", value: str = "") -> Row:
        numbers = [int(one) for one in value.split(",") if one] if field in {"ids", "id"} else None
        found = []
        for number, course in self.courses.items():
            if number in self.hidden or (numbers is not None and number not in numbers):
                continue
            if field == "category" and course["categoryid"] != int(value):
                continue
            found.append(course if self._open([number]) else but(course, _INSIDE))
        return {"courses": found, "warnings": []}

    def _core_course_get_contents(
        self, courseid: str, options: list[Row] | None = None
    ) -> list[Row]:
        course = self._inside(courseid, "errorcoursecontextnotvalid")
        return [
            {**one, "modules": [m for m in one["modules"] if self._shows(m["modname"])]}
            for one in self.sections[course]
        ]

    def _core_course_get_updates_since(self, courseid: str, since: str) -> Row:
        course, after = self._inside(courseid), int(since)
        instances = []
        for section in self._core_course_get_contents(courseid):
            for one in section["modules"]:
                updates: list[Row] = []
                if after < CONFIGURED:
                    updates.append({"name": "configuration", "timeupdated": CONFIGURED})
                for name, right, rows in self._changes(one["modname"], one["instance"], course):
                    if right in self.rights and (ids := [n for n, at in rows if at > after]):
                        updates.append({"name": name, "itemids": ids})
                if updates:
                    instances.append(
                        {"contextlevel": "module", "id": one["id"], "updates": updates}
                    )
        return {"instances": instances, "warnings": []}

    def _changes(
        self, modname: str, instance: int, course: int
    ) -> Iterable[tuple[str, str, list[tuple[int, int]]]]:
        """What the probe tells of an activity: a name, the right for it, numbers and times."""

        def of(rows: Iterable[Row], key: str) -> list[tuple[int, int]]:
            return [(r["id"], r["timemodified"]) for r in rows if r[key] == instance]

        if modname == "assign":
            yield "usersubmissions", "mod/assign:viewgrades", of(self.submissions, "assignmentid")
            yield "usergrades", "mod/assign:viewgrades", of(self.assign_grades, "assignmentid")
        if modname == "forum":
            yield "discussions", "mod/forum:viewdiscussion", of(self.discussions, "forum")
        if modname == "quiz":
            yield "userattempts", "mod/quiz:viewreports", of(self.attempts, "quiz")
        if modname == "glossary":
            yield "entries", "mod/glossary:view", of(self.entries, "glossaryid")
        if modname == "wiki":
            rows = [(one["id"], one["timemodified"]) for one in self.wiki_pages]
            yield "pages", "mod/wiki:viewpage", rows
        if modname == "feedback":
            rows = [(one["id"], one["timemodified"]) for one in self.responses["attempts"]]
            yield "userattemptsfinished", "mod/feedback:viewreports", rows

    def _core_enrol_get_enrolled_users(
        self, courseid: str, options: list[Row] | None = None
    ) -> list[Row]:
        course = self._inside(courseid, "errorcoursecontextnotvalid")
        self._need("moodle/course:viewparticipants")
        asked = {one["name"]: one["value"] for one in options or []}
        users = [self.enrolled[course][number] for number in sorted(self.enrolled[course])]
        start, size = int(asked.get("limitfrom", 0)), int(asked.get("limitnumber", 0))
        users = users[start : start + size] if size else users[start:]
        if "moodle/user:viewdetails" not in self.rights:
            return [{key: one[key] for key in ("id", "fullname")} for one in users]
        return [self._as_seen(one) for one in users]

    def _as_seen(self, user: Row) -> Row:
        hidden = set() if "moodle/user:viewalldetails" in self.rights else {"username", "idnumber"}
        if "moodle/site:viewuseridentity" not in self.rights:
            hidden |= {"email", "department"}
        return but(user, hidden)

    def _core_user_get_users_by_field(self, field: str, values: list[str]) -> list[Row]:
        if "moodle/user:viewdetails" not in self.rights or (
            field in {"username", "idnumber"} and "moodle/user:viewalldetails" not in self.rights
        ):
            return []
        return [self._as_seen(u) for u in self.users.values() if str(u[field]) in values]

    def _core_completion_get_activities_completion_status(self, courseid: str, userid: str) -> Row:
        course = self._inside(courseid)
        self._need("report/progress:view")
        here = int(userid) in self.enrolled[course]
        return {
            "statuses": [
                one if here else {**one, "state": 0, "timecompleted": 0, "istrackeduser": False}
                for one in self.statuses(course, int(userid))
                if self._shows(one["modname"])
            ],
            "warnings": [],
        }

    def _core_completion_get_course_completion_status(self, courseid: str, userid: str) -> Row:
        course, user = self._inside(courseid), int(userid)
        self._need("report/completion:view", or_else="cannotviewreport")
        if not any(where == course for where, _ in self.course_completion):
            raise Fault("nocriteriaset")
        if user not in self.enrolled[course]:
            raise Fault("usernotenroled")
        found = self.course_completion.get((course, user))
        if found is None:
            found = copy.deepcopy(self.course_completion[2, LEA])
            found["completed"] = False
            for one in found["completions"]:
                one.update(complete=False, timecompleted=None, status="No")
        return {"completionstatus": found, "warnings": []}

    def _gradereport_user_get_grade_items(
        self, courseid: str, userid: str = "0", groupid: str = "0"
    ) -> Row:
        course = self._inside(courseid)
        self._need("moodle/grade:viewall", "gradereport/user:view")
        found = [
            {**one, "gradeitems": [
                g for g in one["gradeitems"] if not g["itemmodule"] or self._shows(g["itemmodule"])
            ]}
            for (where, user), one in self.grades.items()
            if where == course and user in self.enrolled[course] and int(userid) in {0, user}
        ]  # fmt: skip
        return {"usergrades": found, "warnings": []}


_ENVELOPE = {"wstoken", "wsfunction", "moodlewsrestformat"}
_INSIDE = frozenset(
    [
        "completionnotify",
        "courseformatoptions",
        "defaultgroupingid",
        "enablecompletion",
        "enddate",
        "filters",
        "format",
        "groupmode",
        "groupmodeforce",
        "lang",
        "marker",
        "maxbytes",
        "newsitems",
        "showgrades",
        "showreports",
        "startdate",
        "theme",
        "visible",
    ]
)
"""What a course does not tell to who may not look inside."""


def but(row: Row, keys: Iterable[str]) -> Row:
    return {key: value for key, value in row.items() if key not in keys}


def warn(item: str, number: int, code: str) -> Row:
    return {"item": item, "itemid": number, "warningcode": code, "message": "No access rights"}


def nested(fields: Iterable[tuple[str, str]]) -> Row:
    """Fields with brackets as PHP reads them: lists and tables."""
    tree: Row = {}
    for name, value in fields:
        here, *inner = re.findall(r"[^\[\]]+", name)
        place = tree
        for key in inner:
            place = place.setdefault(here, {})
            here = key
        place[here] = value
    return {key: _listed(value) for key, value in tree.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    plain = {key: _listed(one) for key, one in value.items()}
    return list(plain.values()) if all(key.isdigit() for key in plain) else plain
