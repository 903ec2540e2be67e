"""The contract of a source; see `SourceContract`."""

from __future__ import annotations

from .source_faults import Faults
from .source_incremental import Incremental
from .source_secrecy import Secrecy
from .source_shape import Shape


class SourceContract(Shape, Faults, Secrecy, Incremental):
    """What the engine relies on in every `Source`. Inherit it and give fixtures.

    ``source``
        The adapter, made with ``scripted.url`` and a `Secret` of at least eight characters.
    ``script``
        ``return recorded("acme.json")``: what the real system answered.
    ``serve``
        How the system would show made-up events (`Serve`): runs the tests about late rows, which
        are skipped without it. A source that reads files gives this one and no ``script``.
    """
