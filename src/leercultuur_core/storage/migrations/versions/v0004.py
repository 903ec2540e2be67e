"""Links that were used, the sink of a receipt, and how people want their messages.

A migration that was released is never changed; write the next one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Adds ``used_links``, ``receipts.sink`` and ``persons.channels``."""
    op.create_table(
        "used_links",
        sa.Column("about", _text, nullable=False),
        sa.Column("what", _text, nullable=False),
        sa.Column("person", _number, sa.ForeignKey("persons.person"), nullable=False),
        sa.Column("at", _number, nullable=False),
        sa.PrimaryKeyConstraint("about", "what"),
    )
    op.create_index("used_links_person", "used_links", ["person"], unique=False)
    op.add_column("receipts", sa.Column("sink", _text, nullable=False, server_default=""))
    op.add_column("persons", sa.Column("channels", _text, nullable=False, server_default="[]"))
