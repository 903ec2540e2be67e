"""Comments on learning plans, against the scripted Moodle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pytest
from attrs import evolve
from scripted_moodle import AGENT, LEA, LUC, TOKEN, ScriptedMoodle, recorded, recorded_error

from leercultuur_core import AccessDenied, Message, Receipt
from leercultuur_core.extension import Secret
from leercultuur_core.testing import Inbox, ScriptedServer, SinkContract
from leercultuur_core.testing.messages import message
from leercultuur_core.testing.scripted import Scripted, Step, scripted
from leercultuur_moodle.messages import MoodleMessageSettings, Unanswered
from leercultuur_moodle.plan_comments import MoodlePlanComments
from leercultuur_moodle.words import mark

WRITE = "core_comment_add_comments"


def add_plan(site: ScriptedMoodle, number: int, user: int, **more: Any) -> None:
    """A plan like the recorded one."""
    like = recorded("core_competency_list_user_plans")[0]
    site.plans.append({**like, "id": number, "userid": user, **more})


class TestPlanComments(SinkContract):
    """Messages are comments."""

    does_not_apply: ClassVar[Mapping[str, str]] = {"twice_is_once": "its promise is lookup"}

    def address(self, number: int) -> Mapping[str, str]:
        return {"moodle": str(100 + number)}

    @pytest.fixture
    def sink(self, scripted: ScriptedServer) -> MoodlePlanComments:
        return MoodlePlanComments(MoodleMessageSettings(scripted.url, Secret(TOKEN), rate=1000))

    @pytest.fixture
    def inbox(self) -> Inbox:
        site = ScriptedMoodle()
        site.comments.clear()
        for number in range(101, 120):
            site.add_user(number, f"more{number}", f"Proefpersoon Nummer-{number - 100:04d}")
            add_plan(site, number, number)
        return Inbox(lambda: [one["content"] for one in site.comments], site.respond)


@pytest.fixture
def site() -> ScriptedMoodle:
    site = ScriptedMoodle()
    site.comments.clear()
    return site


@pytest.fixture
def sink(site: ScriptedMoodle) -> Iterator[MoodlePlanComments]:
    with scripted(site.respond) as server:
        yield made(server)


def made(server: Scripted) -> MoodlePlanComments:
    return MoodlePlanComments(MoodleMessageSettings(server.url, Secret(TOKEN), rate=1000))


def to(user: int, number: int = 1) -> Message:
    return message(number, {"moodle": str(user)})


def receipt(sink: MoodlePlanComments, one: Message) -> tuple[str, str]:
    (found,) = sink.deliver([one])
    return found.state, found.reason


def test_only_the_step_for_others_read_along(
    sink: MoodlePlanComments, site: ScriptedMoodle
) -> None:
    one = to(LEA)
    prompt = evolve(
        one.prompts[0], text="Hoi Lea\n\n**De stap.**\n\nWaarom dit?", step="De stap.", why="Waarom"
    )
    one = evolve(
        one, prompts=(prompt,), links={prompt.id: {"done": "https://a.example/done/of-lea"}}
    )
    assert receipt(sink, one) == ("sent", "")
    (comment,) = site.comments
    assert (comment["plan"], comment["userid"]) == (1, AGENT)
    assert "<strong>De stap.</strong>" in comment["content"]
    assert f"/admin/tool/lp/plan.php?id=1#{mark(one)}" in comment["content"]
    for absent in ("Waarom", "Hoi", "of-lea"):
        assert absent not in comment["content"]


@pytest.mark.parametrize(
    "prompt",
    [{"recipient_role": "manager"}, {"subject": "unit|bakkerij"}, {"subject": "account|x|4"}],
)
def test_what_is_about_others_is_refused(
    sink: MoodlePlanComments, site: ScriptedMoodle, prompt: dict[str, Any]
) -> None:
    one = to(LEA)
    one = evolve(one, prompts=(one.prompts[0], evolve(one.prompts[0], **prompt)))
    assert receipt(sink, one) == ("refused", "not-their-own")
    assert site.comments == []


def test_the_active_plan_that_changed_last(sink: MoodlePlanComments, site: ScriptedMoodle) -> None:
    add_plan(site, 7, LEA, timemodified=1795475999)
    add_plan(site, 8, LEA, timemodified=1795476999, status=2)
    assert receipt(sink, to(LEA)) == ("sent", "")
    assert site.comments[0]["plan"] == 7


def test_no_plan(sink: MoodlePlanComments, site: ScriptedMoodle) -> None:
    add_plan(site, 8, LUC, status=2)
    assert receipt(sink, to(LUC)) == ("refused", "no-plan")


def test_suspended(sink: MoodlePlanComments, site: ScriptedMoodle) -> None:
    site.suspend(LEA)
    assert receipt(sink, to(LEA)) == ("refused", "suspended")
    assert site.comments == []


@pytest.mark.parametrize("right", ["moodle/competency:planview", "moodle/competency:plancomment"])
def test_a_right_is_missing(sink: MoodlePlanComments, site: ScriptedMoodle, right: str) -> None:
    site.revoke(right)
    assert receipt(sink, to(LEA)) == ("failed", "not-allowed")
    assert any(right in one.text for one in sink.check() if one.level == "problem")


def test_competencies_off_keeps_them_for_later(
    sink: MoodlePlanComments, site: ScriptedMoodle
) -> None:
    site.misbehave = lambda function, _: (
        recorded_error("competencies_off") if "competency" in function else None
    )
    with pytest.raises(AccessDenied):
        list(sink.deliver([to(LEA)]))


def test_found_on_a_later_page_and_a_closed_plan(
    sink: MoodlePlanComments, site: ScriptedMoodle
) -> None:
    list(sink.deliver([to(LEA)]))
    like = site.comments[0]
    site.comments[:0] = [
        {**like, "id": 100 + n, "content": "<p>iets anders</p>"} for n in range(40)
    ]
    site.plans[0]["status"] = 2
    assert sink.find(to(LEA)) == Receipt(to(LEA).id, "sent")
    assert sink.find(to(LEA, 2)) is None
    assert [name for name, _ in site.calls].count("core_comment_get_comments") == 3 + 3


def test_unseen_plans_are_not_taken_for_never_sent(
    sink: MoodlePlanComments, site: ScriptedMoodle
) -> None:
    list(sink.deliver([to(LEA)]))
    site.revoke("moodle/competency:planview")
    with pytest.raises(AccessDenied):
        sink.find(to(LEA))


def test_an_unclear_answer_is_looked_for(sink: MoodlePlanComments, site: ScriptedMoodle) -> None:
    def taken(function: str, parameters: dict[str, Any]) -> Step | None:
        if function != WRITE:
            return None
        site.caller = AGENT
        site._core_comment_add_comments(**parameters)
        return recorded_error("database_down")

    site.misbehave = taken
    with pytest.raises(Unanswered):
        list(sink.deliver([to(LEA)]))
    assert sink.find(to(LEA)) == Receipt(to(LEA).id, "sent")
    assert len(site.comments) == 1
