"""Run by alembic: takes the connection it was given, and its transaction."""

from __future__ import annotations

from alembic import context

from leercultuur_core.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction holds it all
)
context.run_migrations()
