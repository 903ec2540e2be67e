"""Learning plans, badges, cohorts and messages of the scripted Moodle."""

from __future__ import annotations

import re

from scripted_functions import AGENT, Fault, Row, Service, but, recorded


class People(Service):
    """Functions about one person, outside any course."""

    def _core_competency_list_user_plans(self, userid: str) -> list[Row]:
        self._need("moodle/competency:planview")
        if int(userid) not in self.users:
            raise Fault("invaliduser")
        may = self.caller != AGENT or "moodle/competency:plancomment" in self.rights
        return [
            {**one, "commentarea": {**one["commentarea"], "canpost": may}}
            for one in self.plans
            if one["userid"] == int(userid) and one["status"]
        ]

    def _core_competency_list_plan_competencies(self, id: str) -> list[Row]:  # noqa: A002
        self._need("moodle/competency:planview")
        return self.plan_competencies.get(int(id), [])

    def _tool_lp_data_for_user_competency_summary_in_plan(
        self, competencyid: str, planid: str
    ) -> Row:
        self._need("moodle/competency:planview")
        if (int(competencyid), int(planid)) not in self.ratings:
            raise Fault("invalidrecord")
        return self.ratings[int(competencyid), int(planid)]

    def _tool_lp_data_for_user_evidence_list_page(self, userid: str) -> Row:
        self._need("moodle/competency:userevidenceview")
        own = [one for one in self.prior if one["userid"] == int(userid)]
        page = recorded("tool_lp_data_for_user_evidence_list_page")
        return {**page, "userid": int(userid), "evidence": own}

    def _core_badges_get_user_badges(self, userid: str, **_: str) -> Row:
        own = [one for one in self.badges if one["recipientid"] == int(userid)]
        return {"badges": own, "warnings": []}

    def _core_cohort_get_cohorts(self, cohortids: list[str] | None = None) -> list[Row]:
        return self.cohorts if "moodle/cohort:view" in self.rights else []

    def _core_cohort_get_cohort_members(self, cohortids: list[str]) -> list[Row]:
        self._need("moodle/cohort:view")
        return [
            {"cohortid": int(one), "userids": self.cohort_members.get(int(one), [])}
            for one in cohortids
        ]

    def _plan_of(self, itemid: str, instanceid: str) -> int:
        self._need("moodle/competency:planview")
        plan = int(itemid)
        if not any((p["id"], p["userid"]) == (plan, int(instanceid)) for p in self.plans):
            raise Fault("invalidrecord")
        return plan

    def _core_comment_get_comments(
        self,
        contextlevel: str,
        instanceid: str,
        component: str,
        itemid: str,
        area: str,
        page: str = "0",
    ) -> Row:
        plan = self._plan_of(itemid, instanceid)
        own = [but(one, {"plan"}) for one in self.comments if one["plan"] == plan]
        own = own[int(page) * 15 : (int(page) + 1) * 15]
        return {"comments": own, "count": len(own), "perpage": 15, "canpost": True, "warnings": []}

    def _core_comment_add_comments(self, comments: list[Row]) -> list[Row]:
        found = []
        for one in comments:
            plan = self._plan_of(one["itemid"], one["instanceid"])
            self._need("moodle/competency:plancomment", or_else="nopermissiontocomment")
            made = recorded("core_comment_add_comments")[0]
            made["id"] = max((c["id"] for c in self.comments), default=0) + 1
            made["content"] = f'<div class="no-overflow">{_cleaned(one["content"])}</div>'
            made.update(userid=self.caller, fullname=self.users[self.caller]["fullname"])
            self.comments.insert(0, {"plan": plan, **made})
            found.append(made)
        return found

    def _core_message_block_user(self, userid: str, blockeduserid: str) -> list[Row]:
        if self.caller != AGENT and int(blockeduserid) == AGENT and not self._overrides():
            self.blocked.add(int(userid))
        return []

    def _overrides(self) -> bool:
        return "moodle/site:messageanyuser" in self.rights

    def _reaches(self, user: int) -> bool:
        """Whether a message of the service user arrives: a shared course, and no block."""
        return self._overrides() or (self._shares(user) and user not in self.blocked)

    def _shares(self, user: int) -> bool:
        return any(user in people and AGENT in people for people in self.enrolled.values())

    def _core_message_get_member_info(
        self, referenceuserid: str, userids: list[str], **_: str
    ) -> list[Row]:
        like = recorded("core_message_get_member_info")[0]
        return [
            {
                **like,
                "id": int(one),
                "fullname": self.users[int(one)]["fullname"],
                "canmessage": self._reaches(int(one)),
                "canmessageevenifblocked": self._overrides() or self._shares(int(one)),
            }
            for one in userids
            if int(one) in self.users
        ]

    def _core_message_send_instant_messages(self, messages: list[Row]) -> list[Row]:
        if not messages:
            raise Fault("invalidparameter")
        found = [self._send(one) for one in messages]
        failed = sum(one["msgid"] == -1 for one in found)
        if 0 < failed < len(found):  # seen: although the good ones are delivered
            raise Fault("formatnotsupported")
        return found

    def _send(self, one: Row) -> Row:
        to, mark = int(one["touserid"]), one.get("clientmsgid", "")
        if not re.fullmatch(r"[A-Za-z0-9_-]*", mark):
            raise Fault("invalidparameter")
        case = ""
        if to not in self.users:
            case = "unknown_user"
        elif len(one["text"].encode()) > 4096:
            case = "too_long"
        elif self.caller == AGENT and not self._reaches(to):
            case = "blocked_by_recipient"
        if case:
            refused: Row = recorded(f"core_message_send_instant_messages.{case}")[0]
            return {**refused, "clientmsgid": mark}
        number = len(self.messages) + 1
        sent = recorded("core_message_send_instant_messages")[0]
        at = sent["timecreated"] + number
        text = _cleaned(one["text"])
        like = recorded("core_message_get_messages.as_sender")["messages"][0]
        more = {"id": number, "useridfrom": self.caller, "useridto": to, "text": text}
        raw = dict.fromkeys(("fullmessage", "fullmessagehtml", "smallmessage"), one["text"])
        self.messages.append({**like, **more, **raw, "timecreated": at, "timeread": None})
        own = {"msgid": number, "clientmsgid": mark, "text": text, "timecreated": at}
        return {**sent, **own, "useridfrom": self.caller}

    def _core_message_get_messages(
        self,
        useridto: str,
        useridfrom: str = "0",
        read: str = "1",
        limitfrom: str = "0",
        limitnum: str = "0",
        **_: str,
    ) -> Row:
        to, sender = int(useridto), int(useridfrom)
        if self.caller not in {to, sender}:
            raise Fault("accessdenied")
        own = [
            one
            for one in reversed(self.messages)
            if (not to or one["useridto"] == to)
            and (not sender or one["useridfrom"] == sender)
            and (read == "2" or (read == "1") == bool(one["timeread"]))
        ]
        start, size = int(limitfrom), int(limitnum)
        return {"messages": own[start : start + size] if size else own[start:], "warnings": []}


def _cleaned(text: str) -> str:
    """Moodle cleans what is shown: no scripts, no comments, links open in a page of their own."""
    text = re.sub(r"<script.*?</script>|<!--.*?-->", "", text, flags=re.DOTALL)
    return re.sub(r'(<a href="[^"]*")>', r'\1 target="_blank" rel="noreferrer">', text)
