"""The pages people look at, inside the LMS or by a link: the plugin ``web`` of leercultuur."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leercultuur_core.extension import hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click
    from sqlalchemy import Connection

__all__ = ["leercultuur_commands", "leercultuur_erase_person", "leercultuur_personal_data"]


@hookimpl
def leercultuur_commands() -> list[click.Command]:
    """``serve`` and ``sign-in``."""
    from .serve import serve, sign_in  # noqa: PLC0415 - only the command line needs these

    return [serve, sign_in]


@hookimpl
def leercultuur_personal_data(connection: Connection, person: str) -> Mapping[str, Any]:
    """When somebody's sessions and sign-in links end."""
    from .sessions import held  # noqa: PLC0415 - brings SQLAlchemy

    return held(connection, person)


@hookimpl
def leercultuur_erase_person(connection: Connection, person: str) -> Mapping[str, int]:
    """Ends somebody's sessions and sign-in links."""
    from .sessions import forget  # noqa: PLC0415 - brings SQLAlchemy

    return forget(connection, person)
