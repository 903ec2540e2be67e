"""Prompts out, receipts and answers in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Security

from leercultuur_core.extension import Receipt

from .guard import Caller, caller
from .problems import Trouble, described
from .values import (
    AnswerSent,
    AnswerTold,
    Messages,
    MessageTold,
    Receipts,
    ReceiptsTold,
    ReceiptTold,
)

router = APIRouter(tags=["messages"])


@router.get("/messages", responses=described())
def fetch_messages(
    asked: Annotated[Caller, Security(caller, scopes=["messages"])],
    most: Annotated[int, Query(ge=1, le=100, description="Messages at most.")] = 50,
) -> Messages:
    """The messages that this client should bring now: those of the sink of kind `pull` with its name.

    They are decided about once more at this moment, and stay with this client until it gives a receipt:
    fetching again gives the same ones.
    """
    found = asked.web.engine.fetch(asked.name, asked.now, most=most)
    return Messages(messages=[MessageTold.model_validate(one) for one in found])


@router.post("/receipts", responses=described(400, 413, 415))
def give_receipts(
    asked: Annotated[Caller, Security(caller, scopes=["messages"])], body: Receipts
) -> ReceiptsTold:
    """Notes what became of messages. The same receipt once more changes nothing."""
    given = [Receipt(one.message, one.state, one.reason) for one in body.receipts]
    results = asked.web.engine.receive(asked.name, given, asked.now)
    return ReceiptsTold(
        receipts=[
            ReceiptTold(message=one.message, result=result)
            for one, result in zip(given, results, strict=True)
        ]
    )


@router.post("/answers", responses=described(400, 404, 413, 415))
def give_answer(
    asked: Annotated[Caller, Security(caller, scopes=["answers"])], body: AnswerSent
) -> AnswerTold:
    """Notes what the recipient answered to a prompt that this client fetched. The last answer counts;
    the same once more changes nothing."""
    result = asked.web.engine.answer_fetched(asked.name, body.prompt, body.answer, asked.now)
    if result == "unknown":
        raise Trouble(404, "not-found", "no prompt that this client fetched")
    return AnswerTold(result=result)
