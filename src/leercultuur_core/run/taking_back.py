"""What was sent and no longer fits is taken back, where its sink can: an appointment nobody needs.

That a message was taken back is a receipt of its own. The message stays ``sent``, since its recipient
had it: it counts for how often they are written to as any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from ..extension import Message, Sink
from ..storage import OutboxMessage, Store, StoredReceipt, Transaction
from .collecting import told

Standing = tuple[OutboxMessage, Message, str]
"""A message, as it was sent, and why it no longer fits."""


class TakingBack:
    """Takes messages back from the sinks that can.

    A sink that was asked and whose answer was lost is asked again by the next run: doing so twice is
    harmless, as `Sink.withdraw` promises.
    """

    def __init__(
        self, store: Store, sinks: Mapping[str, Sink], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._clock = clock
        self.able = {
            name: sink for name, sink in sinks.items() if type(sink).withdraw is not Sink.withdraw
        }
        self.done: Counter[str] = Counter()
        """Reason → messages taken back."""
        self.left = 0
        """Messages that stay where they are, at least until the next run."""
        self.problems: dict[str, str] = {}

    def standing(
        self, tx: Transaction, *, now: datetime, days: int, recipient: str | None = None
    ) -> list[OutboxMessage]:
        """Messages of the last ``days`` that could be taken back; older ones have passed."""
        since = now - timedelta(days=days)
        return tx.delivery.standing(self.able, since=since, recipient=recipient)

    def take_back(self, messages: Iterable[Standing]) -> None:
        """Takes these back, each once. A sink that fails stops only itself."""
        for stored, message, reason in messages:
            if stored.sink in self.problems:
                self.left += 1
                continue
            try:
                receipt = self.able[stored.sink].withdraw(message)
            except Exception as error:  # noqa: BLE001 - an adapter may fail in any way
                self.problems[stored.sink] = told(error)
                self.left += 1
                continue
            if receipt is not None and receipt.state == "failed":
                self.left += 1
                continue
            state: Literal["withdrawn", "left_there"] = "left_there"
            if receipt is not None and receipt.state == "sent":
                state = "withdrawn"
                self.done[reason] += 1
            else:
                self.left += 1
            with self._store.transaction() as tx:
                tx.delivery.receive(
                    StoredReceipt(stored.message_id, state, reason, self._clock(), stored.sink)
                )


__all__ = ["Standing", "TakingBack"]
