"""Studies of whether messages help, and who is in which arm.

A migration that was released is never changed; write the next one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Adds ``effect_studies`` and ``effect_arms``."""
    op.create_table(
        "effect_studies",
        sa.Column("study", _number, autoincrement=True, nullable=False),
        sa.Column("plan", _text, nullable=False),
        sa.Column("digest", _text, nullable=False),
        sa.Column("written", _number, nullable=False),
        sa.Column("started", _number, nullable=True),
        sa.Column("figures", _text, nullable=True),
        sa.PrimaryKeyConstraint("study"),
    )
    op.create_table(
        "effect_arms",
        sa.Column("study", _number, sa.ForeignKey("effect_studies.study"), nullable=False),
        sa.Column("person", _number, sa.ForeignKey("persons.person"), nullable=False),
        sa.Column("block", _number, nullable=False),
        sa.Column("arm", _text, nullable=False),
        sa.Column("stratum", _text, nullable=False),
        sa.Column("day", _number, nullable=False),
        sa.Column("at", _number, nullable=False),
        sa.PrimaryKeyConstraint("study", "person"),
    )
    op.create_index("effect_arms_person", "effect_arms", ["person"], unique=False)
