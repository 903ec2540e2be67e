"""A message as a notification: whose, and what stands in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from leercultuur_core import SourceUnavailable
from leercultuur_core.extension import Receipt
from leercultuur_core.testing import Seen, Step
from leercultuur_core.testing.messages import message
from leercultuur_core.testing.scripted import Scripted, scripted
from leercultuur_tryton import TrytonNotifications, TrytonSettings


@pytest.fixture
def tryton(new_tryton: Any) -> Any:
    return new_tryton()


@pytest.fixture
def server(tryton: Any) -> Iterator[Scripted]:
    with scripted(tryton.answers) as running:
        yield running


@pytest.fixture
def sink(server: Scripted, access: dict[str, Any]) -> TrytonNotifications:
    return TrytonNotifications(TrytonSettings(url=server.url, **access))


def test_one_line_for_one_user_and_nothing_worked_out(
    tryton: Any, sink: TrytonNotifications
) -> None:
    tryton.tables["res.user"] = [{"id": 5, "employees": [2]}]
    (receipt,) = sink.deliver([message(1, {"tryton": "2"}, "en")])
    assert receipt.state == "sent"
    (made,) = tryton.tables["res.notification"]
    assert made.keys() == {"id", "user", "label", "description"}
    assert (made["user"], made["label"]) == (5, "A small step")
    text, _, mark = made["description"].rpartition(" ")
    assert text == "Choose one thing that you can use tomorrow (stap-0001). Five minutes will do."
    assert len(mark) == len("[0123456789ab]")
    assert "acting" not in made["description"]


@pytest.mark.parametrize("arrived", [True, False])
def test_an_answer_that_was_lost_is_looked_up(
    tryton: Any, access: dict[str, Any], arrived: bool
) -> None:
    """It was made, or it was not: the next run can tell, also when the user is another by then."""
    tryton.tables["res.user"] = [{"id": 5, "employees": [2]}]

    def answers(seen: Seen) -> Step:
        lost = json.loads(seen.body)["method"] == "model.res.notification.create"
        answer: Step = tryton.answers(seen) if arrived or not lost else Step()
        return Step(hang_up=True) if lost else answer

    sent = message(1, {"tryton": "2"})
    with scripted(answers) as running:
        sink = TrytonNotifications(TrytonSettings(url=running.url, **access))
        with pytest.raises(SourceUnavailable):
            list(sink.deliver([sent]))
        assert len(tryton.tables.get("res.notification", ())) == arrived
        for users in ([{"id": 5, "employees": [2]}], [{"id": 6, "employees": [2]}], []):
            tryton.tables["res.user"] = users
            found = TrytonNotifications(sink.settings).find(sent)
            assert found == (Receipt(sent.id, "sent") if arrived else None)
    assert tryton.calls.count("model.res.notification.create") == arrived


@pytest.mark.parametrize(
    ("address", "employees", "reason"),
    [
        ({}, [[2]], "no-address"),
        ({"tryton": "sanne"}, [[2]], "no-address"),
        ({"tryton": "2"}, [], "no-user"),
        ({"tryton": "2"}, [[2, 3]], "no-user"),  # acts for several employees: nobody's own
        ({"tryton": "2"}, [[2], [2]], "several-users"),
    ],
)
def test_who_cannot_be_reached_alone_gets_nothing(
    tryton: Any,
    sink: TrytonNotifications,
    address: dict[str, str],
    employees: list[list[int]],
    reason: str,
) -> None:
    tryton.tables["res.user"] = [
        {"id": 10 + number, "employees": own} for number, own in enumerate(employees)
    ]
    (receipt,) = sink.deliver([message(1, address)])
    assert (receipt.state, receipt.reason) == ("refused", reason)
    assert not tryton.tables.get("res.notification")
