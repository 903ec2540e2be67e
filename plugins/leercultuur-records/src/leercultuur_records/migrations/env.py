"""Run by alembic: takes the connection it was given, and its transaction."""

from __future__ import annotations

from alembic import context

from leercultuur_records.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=False,  # the caller's transaction holds it all
)
context.run_migrations()
