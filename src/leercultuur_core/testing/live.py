"""For tests against a real system: writes down which version an adapter was proved with."""

from __future__ import annotations

import pytest

from ..extension import Adapter


def proved_live(
    request: pytest.FixtureRequest, adapter: type[Adapter], *, system: str, version: str
) -> None:
    """Call it in a test against a real server: its outcome goes in the report of ``adapter``.

    ``system`` and ``version`` are what the server says of itself.
    """
    request.node.user_properties += [
        ("leercultuur_adapter", f"{adapter.__module__}:{adapter.__qualname__}"),
        ("leercultuur_live", {"system": system, "version": version}),
    ]
