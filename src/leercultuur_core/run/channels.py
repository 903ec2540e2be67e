"""By which sink somebody is reached: their own choice, then the order of the configuration."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..extension import Sink
from ..storage import StoredPerson


def channel_of(name: str, sink: Sink) -> str:
    """What people call a way to reach them: the channel of its addresses, else the sink's name."""
    return getattr(sink.settings, "channel", "") or name


def reachable(
    person: StoredPerson, sinks: Mapping[str, Sink], *, tried: Collection[str] = ()
) -> tuple[str, ...]:
    """The names of the sinks that have an address for ``person``, or need none, the one to try first
    first; without those that were ``tried``."""
    wish = {channel: rank for rank, channel in enumerate(person.channels)}
    able = [
        name
        for name, sink in sinks.items()
        if name not in tried
        and (not getattr(sink.settings, "channel", "") or sink.settings.channel in person.addresses)
    ]
    return tuple(sorted(able, key=lambda name: wish.get(channel_of(name, sinks[name]), len(wish))))


def first(person: StoredPerson, sinks: Mapping[str, Sink]) -> str | None:
    """The sink for a message to ``person``. Where none has an address the first there is, so that
    its refusal tells; ``None`` where there are no sinks."""
    return next(iter((*reachable(person, sinks), *sinks)), None)


__all__ = ["channel_of", "first", "reachable"]
