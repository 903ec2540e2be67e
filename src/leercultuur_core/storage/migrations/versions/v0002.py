"""What a prompt asks, an index over what was sent, and when people are away.

A migration that was released is never changed; write the next one.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_BATCH = 1000

_outbox = sa.table("outbox", sa.column("prompt_id"), sa.column("payload"), sa.column("asks"))


def upgrade() -> None:
    """Adds ``outbox.asks`` and fills it, replaces an index, adds ``persons.away``."""
    op.add_column("persons", sa.Column("away", _text, nullable=False, server_default="[]"))
    op.add_column("outbox", sa.Column("asks", _text, nullable=False, server_default="step"))
    _fill()
    op.drop_index("outbox_recipient", "outbox")
    op.create_index(
        "outbox_past",
        "outbox",
        [
            "recipient",
            "created",
            "prompt_id",
            "message_id",
            "subject_person",
            "subject",
            "layer",
            "intervention",
            "asks",
            "episode",
            "state",
            "due",
        ],
        unique=False,
    )


def _fill() -> None:
    """Until now only the payload told the phase question from a step."""
    connection = op.get_bind()
    last = ""
    while batch := connection.execute(
        sa.select(_outbox.c.prompt_id, _outbox.c.payload)
        .where(_outbox.c.prompt_id > last)
        .order_by(_outbox.c.prompt_id)
        .limit(_BATCH)
    ).fetchall():
        questions = [one for one, payload in batch if json.loads(payload).get("question")]
        if questions:
            connection.execute(
                sa.update(_outbox).where(_outbox.c.prompt_id.in_(questions)).values(asks="question")
            )
        last = batch[-1][0]
