"""Schema versions. Each is a file in ``versions``, named and ordered by its number."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

if TYPE_CHECKING:  # alembic is only needed to make or upgrade a store
    from alembic.config import Config


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for ``connection``, made here instead of in an ini file."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    # This folder, also where the package is installed; a % in its name would be a variable.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(connection: Connection, version: str = "head") -> None:
    """Brings the database of ``connection`` to ``version``, inside the transaction it is in."""
    from alembic import command  # noqa: PLC0415

    command.upgrade(configuration(connection), version)
