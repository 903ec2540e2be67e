"""The pages people look at, inside the LMS or by a link: the plugin ``web`` of leercultuur."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leercultuur_core.extension import hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click
    from sqlalchemy import Connection

    from .settings import WebSettings

__all__ = [
    "leercultuur_commands",
    "leercultuur_erase_person",
    "leercultuur_personal_data",
    "leercultuur_settings",
]


@hookimpl
def leercultuur_commands() -> list[click.Command]:
    """``serve``, ``sign-in``, ``api-client`` and ``report``."""
    from .api.commands import api_client  # noqa: PLC0415 - only the command line needs these
    from .commands_report import report  # noqa: PLC0415
    from .serve import serve, sign_in  # noqa: PLC0415

    return [serve, sign_in, api_client, report]


@hookimpl
def leercultuur_settings() -> type[WebSettings]:
    """Those of the pages, in ``[web]``."""
    from .settings import WebSettings  # noqa: PLC0415 - only where a store is opened

    return WebSettings


@hookimpl
def leercultuur_personal_data(connection: Connection, person: str) -> Mapping[str, Any]:
    """When somebody's sessions and sign-in links end, and when they want to do a step."""
    from . import plans, sessions  # noqa: PLC0415 - brings SQLAlchemy

    return {**sessions.held(connection, person), **plans.held(connection, person)}


@hookimpl
def leercultuur_erase_person(connection: Connection, person: str) -> Mapping[str, int]:
    """Ends somebody's sessions and sign-in links, and forgets what they planned."""
    from . import plans, sessions  # noqa: PLC0415 - brings SQLAlchemy

    return {**sessions.forget(connection, person), **plans.forget(connection, person)}
