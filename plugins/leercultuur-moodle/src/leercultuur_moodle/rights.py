"""What the web service user may do, found out by trying: `check`.

Moodle seldom says that a right is lacking. It answers with an empty list, or leaves an activity out
of every list as if the course had none. So each right is proved by something that must be there; what
each is good for and whether its lack can be noticed at all stands in ``rights.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from attrs import field, frozen, mutable

from leercultuur_core import AccessDenied, SourceUnavailable
from leercultuur_core.extension import Finding

from .client import Course, MoodleClient, Site
from .errors import Refused, gaps
from .settings import MoodleSettings

_PROVED = (4, 5)
_COURSES, _PEOPLE = 3, 3
"""How many are tried: each call writes a row to the site's log."""

_CRITERION = re.compile(r"/mod/(\w+)/view\.php\?id=(\d+)")
_ROLE = "Site administration, Users, Permissions, Define roles, the role of the service user, Edit"
_SERVICE = "Site administration, Server, External services, Functions, Add functions"


@frozen
class Capability:
    """A right in Moodle. ``seen``: whether its lack shows, ``yes``, ``maybe`` or ``no``."""

    seen: str
    without: str


@frozen
class Rights:
    """The table: what is needed for what, and what must not be given."""

    functions: Mapping[str, frozenset[str]]
    needed: Mapping[str, frozenset[str]]
    capabilities: Mapping[str, Capability]
    never: Mapping[str, str]


@cache
def rights() -> Rights:
    """``rights.toml``."""
    text = resources.files(__package__).joinpath("rights.toml").read_text("utf-8")
    found = tomllib.loads(text)
    return Rights(
        {need: frozenset(one["functions"]) for need, one in found["needs"].items()},
        {need: frozenset(one["capabilities"]) for need, one in found["needs"].items()},
        {name: Capability(**one) for name, one in found["capabilities"].items()},
        found["never"],
    )


def check(
    client: MoodleClient, settings: MoodleSettings, needs: Collection[str]
) -> Iterator[Finding]:
    """Whether the site answers and grants what ``needs`` (streams, ``people``, ``cohorts``, ``messages``,
    ``comments``) ask for. Changes nothing.

    The first finding names site and version; each lacking right comes with where to click. What no
    probe can show is a warning when it was not shown otherwise.
    """
    try:
        site = client.site()
        yield _welcome(site)
        wanted = {"basis", *needs}
        if settings.account == "username":
            wanted.add("usernames")
        lacking = set().union(*(rights().functions[need] for need in wanted)) - site.functions
        if lacking:
            yield Finding(
                "problem",
                f"moodle: the service lacks {_listed(lacking)}",
                f"{_SERVICE}: {_listed(lacking)}",
            )
        tried = _Tried(client, site, frozenset(wanted))
        yield from _courses(tried, settings)
        yield from tried.findings()
    except SourceUnavailable as error:
        yield Finding("problem", str(error), "try again later; is the url right?")
    except AccessDenied as error:
        yield Finding("problem", str(error), "docs/adapters/moodle.md has all steps")


def _welcome(site: Site) -> Finding:
    said = f'moodle: "{site.name}", Moodle {site.release}'
    parts = re.findall(r"\d+", site.release)[:2]
    if tuple(map(int, parts)) < _PROVED:
        return Finding(
            "warning", f"{said}: proved with 4.5", "an older Moodle may answer differently"
        )
    return Finding("ok", said)


def _courses(tried: _Tried, settings: MoodleSettings) -> Iterator[Finding]:
    courses = tried.client.courses()
    absent = set(settings.courses) - {one.id for one in courses}
    for number in sorted(absent):
        yield Finding(
            "problem",
            f"moodle: course {number} is not seen",
            "is the number right, and the course not hidden?",
        )
    if not courses:
        yield Finding(
            "problem",
            "moodle: no course is seen",
            "look at courses and categories in the settings, and whether the courses are hidden",
        )
    closed = [one for one in courses if not one.open]
    for one in closed:
        tried.lacks("moodle/course:view", one.id)
    for one in [one for one in courses if one.open][:_COURSES]:
        tried.course(one)


@mutable
class _Tried:
    """What was tried so far, and what it showed."""

    client: MoodleClient
    site: Site
    needs: frozenset[str]
    lacking: dict[str, set[int]] = field(factory=dict)
    shown: set[str] = field(factory=set)
    apart: set[int] = field(factory=set)
    """Courses that the service user is not enrolled in."""
    other: list[Finding] = field(factory=list)

    def lacks(self, capability: str, course: int) -> None:
        self.lacking.setdefault(capability, set()).add(course)

    def ask(self, function: str, course: int, *capabilities: str, **parameters: Any) -> Any:
        """The answer; ``None`` where it is refused, for which ``capabilities`` are then to blame,
        or not in the service at all."""
        if function not in self.site.functions:
            return None
        try:
            answer = self.client.read(function, **parameters)
        except Refused as refused:
            if refused.kind == "forbidden":
                for capability in capabilities:
                    self.lacks(capability, course)
            return None
        self.shown.update(capabilities)
        return answer

    def course(self, course: Course) -> None:
        """All that one open course can show."""
        number = course.id
        sections = self.ask(
            "core_course_get_contents", number, "moodle/course:view", courseid=number
        )
        modules: dict[str, list[dict[str, Any]]] = {}
        for one in (module for section in sections or () for module in section["modules"]):
            modules.setdefault(one["modname"], []).append(one)
        for kind in modules:
            self.shown.add(f"mod/{kind}:view")
        people = self.people(number)
        self.activities(number, modules, people)
        for person in people[:1]:
            self.person(number, person, {one["id"] for rows in modules.values() for one in rows})
        if "messages" in self.needs:
            self.messages(number, people)

    def people(self, course: int) -> list[int]:
        """Numbers of a few learners."""
        try:
            enrolled = [one for page in self.client.enrolled(course) for one in page]
        except Refused as refused:
            if refused.kind == "forbidden":
                self.lacks("moodle/course:viewparticipants", course)
            return []
        self.shown.add("moodle/course:viewparticipants")
        me = self.site.user
        if "messages" in self.needs and me not in {one["id"] for one in enrolled}:
            self.apart.add(course)
            self.other.append(
                Finding(
                    "problem",
                    f"moodle: the service user is not enrolled in course {course}: no messages there",
                    "in the course: Participants, Enrol users, the service user; with that a "
                    "learner's block counts",
                )
            )
        others = [one for one in enrolled if one["id"] != me]
        if others and not any("roles" in one for one in others):
            self.lacks("moodle/user:viewdetails", course)
        elif others and not any("username" in one for one in others):
            self.lacks("moodle/user:viewalldetails", course)
        if others and not any("email" in one for one in others):
            self.lacks("moodle/site:viewuseridentity", course)
        learners = [
            one["id"]
            for one in others
            if any(role.get("shortname") == "student" for role in one.get("roles", ()))
        ]
        return (learners or [one["id"] for one in others])[:_PEOPLE]

    def activities(
        self, course: int, modules: Mapping[str, list[dict[str, Any]]], people: list[int]
    ) -> None:
        """What lies in the course."""
        forums = self.ask("mod_forum_get_forums_by_courses", course, courseids=[course])
        if "forum" in modules and forums == []:
            self.lacks("mod/forum:viewdiscussion", course)
        found = self.ask(
            "mod_assign_get_assignments", course, courseids=[course], includenotenrolledcourses=True
        )
        if any(gap.item == "module" for gap in gaps(found)):
            self.lacks("mod/assign:view", course)
        for group in (found or {}).get("courses", ()):
            for one in group["assignments"][:1]:
                given = self.ask("mod_assign_get_submissions", course, assignmentids=[one["id"]])
                if any(gap.item == "assignment" for gap in gaps(given)):
                    self.lacks("mod/assign:viewgrades", course)
        for one in modules.get("wiki", ())[:1]:
            self.ask(
                "mod_wiki_get_subwiki_pages", course, "mod/wiki:viewpage", wikiid=one["instance"]
            )
        for one in modules.get("feedback", ())[:1]:
            self.ask(
                "mod_feedback_get_responses_analysis",
                course,
                "mod/feedback:viewreports",
                feedbackid=one["instance"],
            )
        for one in modules.get("h5pactivity", ())[:1]:
            self.ask(
                "mod_h5pactivity_get_user_attempts",
                course,
                "mod/h5pactivity:reviewattempts",
                h5pactivityid=one["instance"],
            )
        for one in modules.get("quiz", ())[:1]:
            for person in people[:1]:
                self.ask(
                    "mod_quiz_get_user_attempts",
                    course,
                    "mod/quiz:viewreports",
                    quizid=one["instance"],
                    userid=person,
                )

    def person(self, course: int, person: int, seen: set[int]) -> None:
        """What one learner can show; ``seen`` are the activities that the course lists."""
        where = {"courseid": course, "userid": person}
        answer = self.ask("core_user_get_users_by_field", course, field="id", values=[person])
        if answer == []:
            self.lacks("moodle/user:viewdetails", course)
        progress = "core_completion_get_activities_completion_status"
        self.ask(progress, course, "report/progress:view", **where)
        both = ("moodle/grade:viewall", "gradereport/user:view")
        self.ask("gradereport_user_get_grade_items", course, *both, **where)
        done = self.ask(
            "core_completion_get_course_completion_status",
            course,
            "report/completion:view",
            **where,
        )
        # A course names in its criteria also what is not shown: the only trace of such an activity.
        for kind, number in _CRITERION.findall(str(done)):
            if int(number) not in seen:
                self.lacks(f"mod/{kind}:view", course)
        if "enablecompetencies" not in self.site.features:
            return
        plan = "moodle/competency:planview"
        plans = self.ask("core_competency_list_user_plans", course, plan, userid=person)
        if plans and not any(one.get("commentarea", {}).get("canpost") for one in plans):
            self.lacks("moodle/competency:plancomment", course)
        self.ask(
            "tool_lp_data_for_user_evidence_list_page",
            course,
            "moodle/competency:userevidenceview",
            userid=person,
        )

    def messages(self, course: int, people: list[int]) -> None:
        """Whether messages can arrive, and whether only those that may."""
        if not people:
            return
        found = self.ask(
            "core_message_get_member_info",
            course,
            referenceuserid=self.site.user,
            userids=people,
            includecontactrequests=False,
            includeprivacyinfo=True,
        )
        reached = any(one.get("canmessage") for one in found or ())
        if reached:
            self.shown.add("moodle/site:sendmessage")
        if reached and course in self.apart and "messagingallusers" not in self.site.features:
            why = rights().never["moodle/site:messageanyuser"]
            self.other.append(
                Finding(
                    "warning",
                    f"moodle: the service user reaches people it shares no course with: {why}",
                    f"{_ROLE}: take out moodle/site:messageanyuser",
                )
            )

    def findings(self) -> Iterator[Finding]:
        """What all of it comes to, for what is needed."""
        known = rights().capabilities
        needed = set().union(*(rights().needed[need] for need in self.needs))
        for name in sorted(needed & self.lacking.keys()):
            where = ", ".join(str(number) for number in sorted(self.lacking[name]))
            yield Finding(
                "problem",
                f"moodle: the role lacks {name} (course {where}): {known[name].without}",
                f"{_ROLE}: allow {name}",
            )
        for name in sorted(needed - self.lacking.keys() - self.shown):
            if known[name].seen == "maybe":
                yield Finding(
                    "warning",
                    f"moodle: {name} is not proved: the courses tried show nothing of it. If it "
                    f"lacks, {known[name].without}",
                    f"{_ROLE}: is {name} allowed?",
                )
        hidden = sorted(name for name in needed if known[name].seen == "no")
        if hidden:
            yield Finding(
                "warning",
                f"moodle: the lack of {_listed(hidden)} cannot be noticed",
                f"{_ROLE}: are they allowed?",
            )
        yield from self.other
        if not needed & self.lacking.keys():
            never = _listed(rights().never)
            yield Finding(
                "ok", f"moodle: the rights that can be proved are there; not needed: {never}"
            )


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))
