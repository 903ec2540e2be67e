"""The first tables: candidates, records with their history, files, shares, standards, credentials."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _text(name: str, **how: bool) -> sa.Column[str]:
    return sa.Column(name, sa.Text, **{"nullable": False, **how})  # type: ignore[arg-type]


def upgrade() -> None:
    """Makes them."""
    op.create_table(
        "records_candidates",
        _text("candidate", primary_key=True),
        _text("name"),
        _text("mail", unique=True),
        _text("language"),
    )
    op.create_table(
        "records_records",
        _text("record", primary_key=True),
        _text("holder", index=True),
        _text("stage", index=True),
        sa.Column("version", sa.Integer, nullable=False),
        _text("content"),
    )
    op.create_table(
        "records_history",
        sa.Column("entry", sa.Integer, primary_key=True, autoincrement=True),
        _text("record"),
        sa.Column("number", sa.Integer, nullable=False),
        _text("step"),
        _text("who"),
        _text("content"),
        sqlite_autoincrement=True,
    )
    op.create_index("records_history_record", "records_history", ["record", "number"], unique=True)
    op.create_table(
        "records_files",
        _text("sha256", primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "records_uses",
        _text("record", primary_key=True),
        _text("sha256", primary_key=True, index=True),
    )
    op.create_table(
        "records_shares",
        _text("record", primary_key=True),
        _text("whom", primary_key=True, index=True),
        _text("until"),
    )
    op.create_table(
        "records_standards",
        _text("code", primary_key=True),
        _text("version", primary_key=True),
        _text("content"),
    )
    op.create_table(
        "records_credentials",
        _text("record", primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
