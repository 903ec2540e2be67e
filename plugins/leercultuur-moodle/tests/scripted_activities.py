"""The activities of the scripted Moodle: assignments, forums, quizzes and the others."""

from __future__ import annotations

from scripted_functions import Fault, Row, Service, but, recorded, warn


class Activities(Service):
    """Functions that begin with ``mod_``."""

    def _mod_assign_get_assignments(
        self, courseids: list[str], includenotenrolledcourses: str = "0", **_: str
    ) -> Row:
        open_ = self._open(courseids)
        warnings = [warn("course", int(one), "2") for one in courseids if int(one) not in open_]
        courses = []
        for number in open_ if int(includenotenrolledcourses) else []:
            own = [one for one in self.assignments.values() if one["course"] == number]
            if not self._shows("assign"):
                warnings += [warn("module", one["cmid"], "1") for one in own]
                own = []
            like = recorded("mod_assign_get_assignments")["courses"][0]
            courses.append({**like, "id": number, "assignments": own})
        return {"courses": courses, "warnings": warnings}

    def _mod_assign_get_submissions(
        self, assignmentids: list[str], since: str = "0", status: str = "", before: str = "0"
    ) -> Row:
        return self._of_assignments(assignmentids, self.submissions, "submissions", int(since))

    def _mod_assign_get_grades(self, assignmentids: list[str], since: str = "0") -> Row:
        return self._of_assignments(assignmentids, self.assign_grades, "grades", int(since))

    def _of_assignments(self, ids: list[str], rows: list[Row], key: str, since: int) -> Row:
        found, warnings = [], []
        for number in map(int, ids):
            if number not in self.assignments:
                continue
            closed = not self._open([self.assignments[number]["course"]])
            if closed or not {"mod/assign:view", "mod/assign:viewgrades"} <= self.rights:
                warnings.append(warn("assignment", number, "1"))
                continue
            own = [
                but(r, {"assignmentid"})
                for r in rows
                if r["assignmentid"] == number and r["timemodified"] >= since
            ]
            if not own:
                warnings.append(warn("module", number, "3"))
            if own or key == "submissions":
                found.append({"assignmentid": number, key: own})
        return {"assignments": found, "warnings": warnings}

    def _mod_forum_get_forums_by_courses(self, courseids: list[str]) -> list[Row]:
        if "mod/forum:viewdiscussion" not in self.rights:
            return []
        return [one for one in self.forums if one["course"] in self._open(courseids)]

    def _mod_forum_get_forum_discussions(
        self,
        forumid: str,
        sortorder: str = "-1",
        page: str = "-1",
        perpage: str = "0",
        groupid: str = "0",
    ) -> Row:
        self._module_course("forum", forumid)
        self._need("mod/forum:viewdiscussion", or_else="noviewdiscussionspermission")
        own = [but(one, {"forum"}) for one in self.discussions if one["forum"] == int(forumid)]
        own.sort(key=lambda one: one["timemodified"], reverse=True)
        if int(page) >= 0 and int(perpage):
            own = own[int(page) * int(perpage) : (int(page) + 1) * int(perpage)]
        return {"discussions": own, "warnings": []}

    def _mod_forum_get_discussion_posts(
        self, discussionid: str, sortby: str = "created", sortdirection: str = "DESC"
    ) -> Row:
        number = int(discussionid)
        threads = [one for one in self.discussions if one["discussion"] == number]
        if not threads:
            raise Fault("invalidrecord")
        course = self._module_course("forum", threads[0]["forum"])
        posts = [one for one in self.posts if one["discussionid"] == number]
        if "mod/forum:viewdiscussion" not in self.rights:
            posts = []
        posts.sort(key=lambda one: one["timecreated"], reverse=sortdirection == "DESC")
        return {"posts": posts, "forumid": threads[0]["forum"], "courseid": course, "warnings": []}

    def _mod_glossary_get_entries_by_letter(
        self,
        id: str,  # noqa: A002 - as Moodle calls it
        letter: str,
        limit: str = "20",
        **more: str,
    ) -> Row:
        self._module_course("glossary", id)
        start = int(more.get("from", 0))
        own = [one for one in self.entries if one["glossaryid"] == int(id)]
        return {"count": len(own), "entries": own[start : start + int(limit)], "warnings": []}

    def _mod_wiki_get_subwiki_pages(self, wikiid: str) -> Row:
        self._module_course("wiki", wikiid)
        self._need("mod/wiki:viewpage", or_else="requireloginerror")
        return {"pages": self.wiki_pages if wikiid == "1" else [], "warnings": []}

    def _mod_quiz_get_quizzes_by_courses(self, courseids: list[str]) -> Row:
        open_ = self._open(courseids)
        own = [one for one in self.quizzes if one["course"] in open_ and self._shows("quiz")]
        closed = [warn("course", int(one), "1") for one in courseids if int(one) not in open_]
        return {"quizzes": own, "warnings": closed}

    def _mod_quiz_get_user_attempts(
        self, quizid: str, userid: str, status: str = "finished"
    ) -> Row:
        self._module_course("quiz", quizid)
        self._need("mod/quiz:viewreports")
        own = [
            one
            for one in self.attempts
            if (one["quiz"], one["userid"]) == (int(quizid), int(userid))
            and status in {"all", one["state"]}
        ]
        return {"attempts": own, "warnings": []}

    def _mod_feedback_get_feedbacks_by_courses(self, courseids: list[str]) -> Row:
        open_ = self._open(courseids)
        own = [one for one in self.feedbacks if one["course"] in open_ and self._shows("feedback")]
        closed = [warn("course", int(one), "1") for one in courseids if int(one) not in open_]
        return {"feedbacks": own, "warnings": closed}

    def _mod_feedback_get_responses_analysis(
        self, feedbackid: str, page: str = "0", perpage: str = "0"
    ) -> Row:
        self._module_course("feedback", feedbackid)
        self._need("mod/feedback:viewreports")
        found = self.responses
        if int(perpage):
            start = int(page) * int(perpage)
            found = {**found, "attempts": found["attempts"][start : start + int(perpage)]}
        return found

    def _mod_h5pactivity_get_user_attempts(
        self, h5pactivityid: str, page: str = "0", perpage: str = "0"
    ) -> Row:
        self._module_course("h5pactivity", h5pactivityid)
        self._need("mod/h5pactivity:reviewattempts")
        return self.h5p
