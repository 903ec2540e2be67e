"""Messages by mail: the plugin ``mail`` of leercultuur."""

from __future__ import annotations

from leercultuur_core.extension import Adapter, hookimpl

from .session import Patience
from .settings import MailSettings
from .sink import MailSink

__all__ = ["MailSettings", "MailSink", "Patience", "leercultuur_adapters"]


@hookimpl
def leercultuur_adapters() -> list[type[Adapter]]:
    """The sink."""
    return [MailSink]
