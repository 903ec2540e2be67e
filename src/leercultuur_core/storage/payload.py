"""What the log keeps of an activity: all of it but whose it is, its id, its source and its topic.

The last two are in the entry beside it. The id is left out since it may name the learner; nothing
needs it again. Members of a group have a payload each, so that one can be erased.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from ..activity.activity import Activity
from .interned import Shape, Shapes

_Payload = tuple[
    datetime,
    int,
    str,
    bool | None,
    bool | None,
    float | None,
    str | None,
    datetime | None,
]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Payload).decode


def pack(activity: Activity, shapes: Shapes) -> bytes:
    """The payload of ``activity``: MessagePack, times as instants."""
    shape = shapes[activity.verb, activity.object_type, activity.context_types, activity.required]
    return _encode(
        (
            activity.occurred_at,
            shape,
            activity.object_id,
            activity.completion,
            activity.success,
            activity.score,
            activity.answer,
            activity.stored_at,
        )
    )


def unpack(
    payload: bytes, shapes: Mapping[int, Shape], *, source: str = "", topic: str = ""
) -> Activity:
    """The activity of a payload, with an empty id and an empty identifier."""
    occurred, shape, object_id, completion, success, score, answer, stored = _decode(payload)
    verb, object_type, context_types, required = shapes[shape]
    return Activity(
        id="",
        identities=("",),
        source=source,
        topic=topic,
        verb=verb,
        object_type=object_type,
        object_id=object_id,
        context_types=context_types,
        required=required,
        occurred_at=occurred,
        stored_at=stored,
        completion=completion,
        success=success,
        score=score,
        answer=answer,
    )
