"""The tables of records in an organisation's store, and their versions.

They have a history of versions of their own, in ``records_version``: the plugin and the core are
upgraded apart. Moments are ISO 8601 texts in UTC, values JSON.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    inspect,
    select,
)

from leercultuur_core import StoreError

VERSION = "0001"
"""The version of these tables that this program reads and writes; that of the last migration."""

VERSION_TABLE = "records_version"

metadata = MetaData()

candidates = Table(
    "records_candidates",
    metadata,
    Column("candidate", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("mail", Text, nullable=False, unique=True),
    Column("language", Text, nullable=False),
)

records = Table(
    "records_records",
    metadata,
    Column("record", Text, primary_key=True),
    Column("holder", Text, nullable=False, index=True),
    Column("stage", Text, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("content", Text, nullable=False),
)

history = Table(
    "records_history",
    metadata,
    # Never given out twice, also not after an erase: the source of certified records goes by it.
    Column("entry", Integer, primary_key=True, autoincrement=True),
    Column("record", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("step", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("content", Text, nullable=False),
    Index("records_history_record", "record", "number", unique=True),
    sqlite_autoincrement=True,
)

files = Table(
    "records_files",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

uses = Table(
    "records_uses",
    metadata,
    Column("record", Text, primary_key=True),
    Column("sha256", Text, primary_key=True, index=True),
)

shares = Table(
    "records_shares",
    metadata,
    Column("record", Text, primary_key=True),
    Column("whom", Text, primary_key=True, index=True),
    Column("until", Text, nullable=False),
)

standards = Table(
    "records_standards",
    metadata,
    Column("code", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("content", Text, nullable=False),
)

credentials = Table(
    "records_credentials",
    metadata,
    Column("record", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)


def version(connection: Connection) -> str | None:
    """The version of the tables in a store; ``None`` where there are none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    table = Table(VERSION_TABLE, MetaData(), Column("version_num", Text))
    return connection.scalar(select(table.c.version_num))


def up_to_date(connection: Connection, store: str) -> bool:
    """Whether the tables are those of this program. Raises `StoreError` where they are newer."""
    found = version(connection)
    if found is not None and found > VERSION:
        raise StoreError(
            f"store {store}: its records were written by a newer leercultuur-records (version {found}, "
            f"this program knows {VERSION}); install that version",
            "newer",
        )
    return found == VERSION


def migrate(connection: Connection) -> None:
    """Makes the tables, or brings them up to date, inside the transaction of ``connection``."""
    from alembic import command  # noqa: PLC0415 - only needed to make or upgrade the tables
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    place = Path(__file__).parent / "migrations"
    # A % in the name of a folder would be a variable.
    config.set_main_option("script_location", str(place).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
