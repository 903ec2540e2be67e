"""A small Moodle that answers from memory, in the shapes that Moodle 4.5.6 was recorded in (2026-11-23).

One site, six people, two courses, as ``recorded/`` has them. A test changes the state, which is
public (somebody completes, un-ticks, is unenrolled; a right is taken away), and asks again. Without a
right it answers as the real one did: with an error, with less, or with an empty list.

``ScriptedMoodle().respond`` is what `leercultuur_core.testing` calls a responder.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

from scripted_activities import Activities
from scripted_functions import (
    AGENT,
    CONFIGURED,
    LEA,
    LEARNER_TOKEN,
    LEO,
    LINA,
    LUC,
    READ_RIGHTS,
    RECORDED,
    TESS,
    TOKEN,
    Fault,
    Row,
    recorded,
    recorded_error,
)
from scripted_people import People

from leercultuur_core.testing import Step

__all__ = [
    "AGENT",
    "CONFIGURED",
    "LEA",
    "LEARNER_TOKEN",
    "LEO",
    "LINA",
    "LUC",
    "READ_RIGHTS",
    "RECORDED",
    "TESS",
    "TOKEN",
    "Fault",
    "Row",
    "ScriptedMoodle",
    "recorded",
    "recorded_error",
]


class ScriptedMoodle(Activities, People):
    """The site. Numbers are Moodle's own; times are seconds since 1970."""

    def __init__(self) -> None:
        self.rights = set(READ_RIGHTS)
        self.hidden: set[int] = set()
        self.blocked: set[int] = set()
        self.misbehave: Callable[[str, Row], Step | None] = lambda _, __: None
        """Asked first, with the function and its parameters; a step is given in place of the answer."""
        self.calls: list[tuple[str, Row]] = []
        self.info: Row = recorded("core_webservice_get_site_info")
        names = {one["name"] for one in self.info["functions"]}
        version = self.info["version"]
        self.info["functions"] += [
            {"name": name, "version": version} for name in sorted(_answered() - names)
        ]
        self.courses: dict[int, Row] = {
            one["id"]: one for one in recorded("core_course_get_courses_by_field")["courses"]
        }
        self.sections: dict[int, list[Row]] = {2: recorded("core_course_get_contents")}
        self.sections[3] = [{**copy.deepcopy(self.sections[2][0]), "modules": []}]
        self.enrolled: dict[int, dict[int, Row]] = {2: {}, 3: {}}
        for one in recorded("core_enrol_get_enrolled_users"):
            self.enrolled[2][one["id"]] = one
        self.users: dict[int, Row] = {}
        for number, one in self.enrolled[2].items():
            self.users[number] = self._user(one)
        self.add_user(LEO, "learner4", "Leo Four")
        self.add_user(AGENT, "agentws", "Agent Service")
        self.enrol(3, LEO)
        self.add_module(2, 8, "wiki", 1, "Front page")
        self.add_module(2, 9, "h5pactivity", 1, "Interactive page")
        self.completion: dict[tuple[int, int], list[Row]] = {
            (2, LEA): recorded("core_completion_get_activities_completion_status")["statuses"],
            (2, LINA): recorded("core_completion_get_activities_completion_status.learner3")[
                "statuses"
            ],
        }
        done = recorded("core_completion_get_course_completion_status")["completionstatus"]
        self.course_completion: dict[tuple[int, int], Row] = {(2, LEA): done}
        self.grades: dict[tuple[int, int], Row] = {
            (2, one["userid"]): one
            for one in recorded("gradereport_user_get_grade_items.all_users")["usergrades"]
        }
        assigned = recorded("mod_assign_get_assignments")["courses"][0]
        self.assignments: dict[int, Row] = {one["id"]: one for one in assigned["assignments"]}
        self.submissions: list[Row] = [
            {"assignmentid": group["assignmentid"], **one}
            for group in recorded("mod_assign_get_submissions")["assignments"]
            for one in group["submissions"]
        ]
        self.assign_grades: list[Row] = [
            {"assignmentid": group["assignmentid"], **one}
            for group in recorded("mod_assign_get_grades")["assignments"]
            for one in group["grades"]
        ]
        self.quizzes: list[Row] = recorded("mod_quiz_get_quizzes_by_courses")["quizzes"]
        self.attempts: list[Row] = recorded("mod_quiz_get_user_attempts")["attempts"]
        self.forums: list[Row] = recorded("mod_forum_get_forums_by_courses")
        self.discussions: list[Row] = [
            {"forum": 1, **one}
            for one in recorded("mod_forum_get_forum_discussions")["discussions"]
        ]
        self.posts: list[Row] = recorded("mod_forum_get_discussion_posts")["posts"]
        self.entries: list[Row] = recorded("mod_glossary_get_entries_by_letter")["entries"]
        self.wiki_pages: list[Row] = recorded("mod_wiki_get_subwiki_pages")["pages"]
        self.feedbacks: list[Row] = recorded("mod_feedback_get_feedbacks_by_courses")["feedbacks"]
        self.responses: Row = recorded("mod_feedback_get_responses_analysis")
        self.h5p: Row = recorded("mod_h5pactivity_get_user_attempts")
        self.plans: list[Row] = recorded("core_competency_list_user_plans")
        self.plan_competencies: dict[int, list[Row]] = {
            1: recorded("core_competency_list_plan_competencies")
        }
        self.ratings: dict[tuple[int, int], Row] = {
            (1, 1): recorded("tool_lp_data_for_user_competency_summary_in_plan")
        }
        self.prior: list[Row] = recorded("tool_lp_data_for_user_evidence_list_page")["evidence"]
        self.badges: list[Row] = recorded("core_badges_get_user_badges")["badges"]
        self.comments: list[Row] = [
            {"plan": 1, **one} for one in recorded("core_comment_get_comments")["comments"]
        ]
        self.messages: list[Row] = []
        self.cohorts: list[Row] = []
        self.cohort_members: dict[int, list[int]] = {}

    # -- what happens on the site --------------------------------------------------------------

    def revoke(self, capability: str) -> None:
        """The role of the service user loses a right."""
        self.rights.discard(capability)

    def remove_function(self, name: str) -> None:
        """The service loses a function."""
        self.info["functions"] = [one for one in self.info["functions"] if one["name"] != name]

    def add_user(self, number: int, username: str, name: str) -> None:
        """An account like learner1's."""
        first, _, last = name.partition(" ")
        self.users[number] = {
            **recorded("core_user_get_users_by_field")[0],
            "id": number,
            "username": username,
            "firstname": first,
            "lastname": last,
            "fullname": name,
            "email": f"{username}@example.invalid",
            "idnumber": f"ID-{username}",
        }

    @staticmethod
    def _user(enrolled: Row) -> Row:
        like = recorded("core_user_get_users_by_field")[0]
        return {**like, **{key: value for key, value in enrolled.items() if key in like}}

    def suspend(self, user: int) -> None:
        """The account is suspended; lists of enrolled people do not tell."""
        self.users[user]["suspended"] = True

    def enrol(self, course: int, user: int, role: str = "student") -> None:
        """Enrols, with one role."""
        like = recorded("core_enrol_get_enrolled_users")[1]
        own = {key: value for key, value in self.users[user].items() if key in like}
        self.enrolled[course][user] = {**like, **own}
        self.enrolled[course][user]["roles"] = [{**like["roles"][0], "shortname": role}]

    def unenrol(self, course: int, user: int) -> None:
        """The enrolment is gone, and with it the person from every list of the course."""
        del self.enrolled[course][user]

    def add_course(self, number: int, name: str) -> None:
        """A course without activities and people."""
        like = recorded("core_course_get_courses_by_field")["courses"][0]
        self.courses[number] = {**like, "id": number, "fullname": name, "shortname": f"C{number}"}
        self.sections[number] = [{**self.sections[2][0], "modules": []}]
        self.enrolled[number] = {}

    def add_module(self, course: int, cmid: int, modname: str, instance: int, name: str) -> None:
        """An activity in the last section."""
        like = recorded("core_course_get_contents")[1]["modules"][0]
        more = {"id": cmid, "modname": modname, "instance": instance, "name": name, "completion": 0}
        self.sections[course][-1]["modules"].append({**like, **more})

    def tick(self, course: int, user: int, cmid: int, at: int, *, state: int = 1) -> None:
        """An activity is completed, or with ``state=0`` un-ticked: its time moves then too."""
        for status in self.statuses(course, user):
            if status["cmid"] == cmid:
                status.update(state=state, timecompleted=at, isoverallcomplete=bool(state))

    def statuses(self, course: int, user: int) -> list[Row]:
        """The person's activity completion; made from a recorded one where there is none yet."""
        if (course, user) not in self.completion:
            like = copy.deepcopy(self.completion[2, LEA]) if course == 2 else []
            for status in like:
                status.update(state=0, timecompleted=0, isoverallcomplete=False)
            self.completion[course, user] = like
        return self.completion[course, user]

    def regrade(
        self, course: int, user: int, item: int, grade: float | None, at: int | None
    ) -> None:
        """A grade in the gradebook changes; ``None`` takes it away."""
        for one in self.grades[course, user]["gradeitems"]:
            if one["id"] == item:
                one.update(graderaw=grade, gradedategraded=at)

    def submit(self, assignment: int, user: int, at: int, status: str = "submitted") -> Row:
        """A submission; a later one of the same person changes theirs."""
        for one in self.submissions:
            if (one["assignmentid"], one["userid"]) == (assignment, user):
                one.update(timemodified=at, status=status)
                return one
        like = copy.deepcopy(
            recorded("mod_assign_get_submissions")["assignments"][0]["submissions"][1]
        )
        number = max((one["id"] for one in self.submissions), default=0) + 1
        more = {
            "id": number,
            "userid": user,
            "timecreated": at,
            "timemodified": at,
            "status": status,
        }
        self.submissions.append({"assignmentid": assignment, **like, **more})
        return self.submissions[-1]

    def post(self, discussion: int, user: int, at: int, parent: int = 1) -> Row:
        """A reply; the discussion's own time moves with it."""
        one: Row = recorded("mod_forum_get_discussion_posts")["posts"][0]
        one["id"] = max((post["id"] for post in self.posts), default=0) + 1
        one["author"].update(id=user, fullname=self.users[user]["fullname"])
        one.update(discussionid=discussion, parentid=parent, timecreated=at, timemodified=at)
        self.posts.append(one)
        for thread in self.discussions:
            if thread["discussion"] == discussion:
                thread.update(
                    timemodified=at, usermodified=user, numreplies=thread["numreplies"] + 1
                )
        return one

    def delete_post(self, number: int) -> None:
        """The post is gone without a trace; no time moves."""
        (gone,) = (one for one in self.posts if one["id"] == number)
        self.posts.remove(gone)
        for thread in self.discussions:
            if thread["discussion"] == gone["discussionid"]:
                thread["numreplies"] -= 1


def _answered() -> set[str]:
    """The functions this site has an answer to; the recorded service lacked a few of site B's."""
    prefixes = ("_core_", "_mod_", "_tool_", "_gradereport_")
    return {name[1:] for name in dir(ScriptedMoodle) if name.startswith(prefixes)}
