"""Activities in, a batch at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Security

from .guard import Caller, caller
from .problems import ProblemPlace, Trouble, described
from .values import TakenIn

MOST_ROWS = 1000

router = APIRouter(tags=["activities"])


class _Batch(msgspec.Struct, forbid_unknown_fields=True):
    activities: list[msgspec.Raw]


_decode = msgspec.json.Decoder(_Batch).decode


_ROW = {
    "anyOf": [
        {"$ref": "#/components/schemas/Activity"},
        {"$ref": "#/components/schemas/Retraction"},
        {"description": "Anything else is named among the `problems` and stops nothing else."},
    ]
}
_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["activities"],
                "additionalProperties": False,
                "properties": {
                    "activities": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": MOST_ROWS,
                        "items": _ROW,
                    }
                },
            }
        }
    },
}


async def _raw(request: Request) -> bytes:
    return await request.body()


@router.post(
    "/activities",
    responses=described(400, 413, 415),
    openapi_extra={"requestBody": _BODY},
)
def hand_in_activities(
    asked: Annotated[Caller, Security(caller, scopes=["activities"])],
    body: Annotated[bytes, Depends(_raw)],
) -> TakenIn:
    """Takes in a batch of activities and retractions.

    All that are fit are taken in together; each of the others is named with its place. Handing in the same
    ids again changes nothing; a higher `revision` replaces. A client's ids and sources are its own: it
    takes nothing back of anybody else's. Waits for no nightly run.
    """
    try:
        rows = _decode(body).activities
    except msgspec.ValidationError:
        raise _no_batch() from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        detail = "expected JSON in UTF-8, found something else"
        raise Trouble(400, "invalid", detail) from None
    if not 0 < len(rows) <= MOST_ROWS:
        raise _no_batch()
    accepted, problems = asked.web.engine.take_in(
        asked.name, [bytes(row) for row in rows], asked.now
    )
    return TakenIn(
        accepted=accepted,
        problems=[
            ProblemPlace(place=f"activities[{number}]", problem=reason)
            for number, reason in problems.items()
        ],
    )


def _no_batch() -> Trouble:
    place = ProblemPlace(place="activities", problem=f"expected a list of 1 to {MOST_ROWS} objects")
    return Trouble(422, "invalid", "some fields do not fit", problems=[place])
