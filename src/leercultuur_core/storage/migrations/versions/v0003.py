"""Answers to the questionnaire on preconditions, and votes.

A migration that was released is never changed; write the next one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Adds ``precondition_answers``, ``vote_rounds`` and ``votes``."""
    op.create_table(
        "precondition_answers",
        sa.Column("person", _number, sa.ForeignKey("persons.person"), nullable=False),
        sa.Column("item", _text, nullable=False),
        sa.Column("value", _number, nullable=False),
        sa.Column("day", _number, nullable=False),
        sa.PrimaryKeyConstraint("person", "item"),
    )
    op.create_table(
        "vote_rounds",
        sa.Column("round", _number, autoincrement=True, nullable=False),
        sa.Column("unit", _text, nullable=False),
        sa.Column("options", _text, nullable=False),
        sa.Column("opened", _number, nullable=False),
        sa.Column("closed", _number, nullable=True),
        sa.PrimaryKeyConstraint("round"),
    )
    op.create_table(
        "votes",
        sa.Column("round", _number, sa.ForeignKey("vote_rounds.round"), nullable=False),
        sa.Column("person", _number, sa.ForeignKey("persons.person"), nullable=False),
        sa.Column("choice", _text, nullable=False),
        sa.Column("at", _number, nullable=False),
        sa.PrimaryKeyConstraint("round", "person"),
    )
    op.create_index("votes_person", "votes", ["person"], unique=False)
