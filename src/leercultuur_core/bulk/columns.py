"""Records as columns: what a reader's pages look like to a bulk engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from ..activity.activity import Activity, Record, Retraction, content_digest, utc_day

RECORDS = pa.schema(
    [
        ("id", pa.string()),
        ("revision", pa.int64()),
        ("retracts", pa.bool_()),
        ("digest", pa.string()),
        ("learner", pa.string()),
        ("others", pa.list_(pa.string())),
        ("source", pa.string()),
        ("topic", pa.string()),
        ("verb", pa.string()),
        ("object_type", pa.string()),
        ("object_id", pa.string()),
        ("context_types", pa.list_(pa.string())),
        ("required", pa.bool_()),
        ("answer", pa.string()),
        ("day", pa.int32()),
    ]
)
"""One row for each activity or retraction.

``digest`` is the content digest in hexadecimal digits; null where all rows of that id surely have
the same content. ``others`` are the other learners of a group, null where there are none. Of a
retraction only ``id`` and ``revision`` mean anything.
"""


def record_batch(records: Sequence[Record]) -> pa.RecordBatch:
    """``records`` as one batch of `RECORDS`."""
    rows = [_retraction(one) if isinstance(one, Retraction) else _activity(one) for one in records]
    columns = zip(*rows, strict=True) if rows else ([] for _ in RECORDS)
    arrays = [
        pa.array(column, type=field.type) for column, field in zip(columns, RECORDS, strict=True)
    ]
    return pa.record_batch(arrays, schema=RECORDS)


def record_batches(pages: Iterable[Sequence[Record]]) -> Iterator[pa.RecordBatch]:
    """A batch for each of ``pages`` that holds any."""
    return (record_batch(records) for records in pages if records)


def _activity(one: Activity) -> tuple[object, ...]:
    learner = one.identities[0]
    others = sorted({names[0] for names in one.group} - {learner}) if one.group else None
    return (
        one.id,
        one.revision,
        False,
        content_digest(one).hex(),
        learner,
        others or None,
        one.source,
        one.topic,
        one.verb,
        one.object_type,
        one.object_id,
        one.context_types,
        one.required,
        one.answer,
        utc_day(one.occurred_at),
    )


def _retraction(one: Retraction) -> tuple[object, ...]:
    # Texts are empty and not null, so that no engine has to think about nulls.
    return (one.id, one.revision, True, None, "", None, "", "", "", "", "", (), False, None, 0)
