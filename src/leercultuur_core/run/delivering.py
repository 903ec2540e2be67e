"""Deliver: what may go now goes once, whatever happens between the sending and its receipt.

A message is noted as ``sending`` before it leaves. What a stopped run left so is settled first, by
what its sink promises: sent again where that does no harm, looked up where the system can be asked,
else ``uncertain``, and then never sent again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Literal, Protocol

from attrs import field, frozen

from ..activity.ledger import Ledger
from ..advice import Grounds, Prompt
from ..advice.care import Drop, Hold, Send, decide
from ..errors import AccessDenied, SourceUnavailable
from ..extension import Message, Receipt, Recipient, Sink
from ..storage import (
    OutboxMessage,
    OutboxPrompt,
    Store,
    StoredPerson,
    StoredReceipt,
    Transaction,
)
from .care import Past, Working, waiting
from .collecting import told
from .estimating import frozen_episodes
from .group_prompts import episode_now, refused_to_send
from .rights import Rights

RETRY_AFTER = tuple(timedelta(hours=hours) for hours in (1, 4, 16, 48))
"""How long a message that failed waits, after the first try, the second …; after the last it is
given up. Judgement: most systems are back within a night, and within a week the step is stale."""

BATCH = 20
"""Messages handed to a sink at once, where one sent twice does no harm or can be looked up."""

_ENDS: Mapping[str, Literal["sent", "dead", "failed"]] = {
    "sent": "sent",
    "refused": "dead",
    "failed": "failed",
}


class Rightful(Protocol):
    """Reads what may be done for whom."""

    def __call__(self, tx: Transaction, at: datetime) -> Rights: ...


@frozen
class Delivered:
    """What one `deliver` did.

    states
        State → messages, or prompts in none yet, that came to it.
    reasons
        Reason → how many were held, dropped or withdrawn for it.
    problems
        Sink → why it stopped; what it did not send is tried again.
    """

    states: Mapping[str, int] = field(factory=dict)
    reasons: Mapping[str, int] = field(factory=dict)
    problems: Mapping[str, str] = field(factory=dict)

    @property
    def complete(self) -> bool:
        """Whether nothing failed and nothing is uncertain."""
        return not self.problems and not self.states.keys() & {"failed", "uncertain"}

    @property
    def counts(self) -> dict[str, int]:
        """The numbers, by name."""
        return {**self.states, "failed": self.states.get("failed", 0) + len(self.problems)}


def deliver(
    store: Store,
    sinks: Mapping[str, Sink],
    *,
    rights: Rightful,
    working: Working,
    now: datetime,
    clock: Callable[[], datetime],
    delivered: Callable[[str, dict[str, int]], None],
) -> Delivered:
    """Sends what may go at ``now``. No other run may be at work. Raises `StoreError` only.

    ``delivered`` is called after each sink, with numbers by state.
    """
    run = _Run(store, sinks, rights, working, now, clock)
    run.settle_left()
    run.settle_waiting()
    for name, sink in sinks.items():
        counts = run.send(name, sink)
        if counts:
            delivered(name, counts)
    return Delivered(
        dict(sorted(run.states.items())), dict(sorted(run.reasons.items())), run.problems
    )


@frozen
class _Desk:
    """What deciding rests on, read in one transaction."""

    rights: Rights
    past: Past
    episodes: Mapping[str, str]
    working: Working
    now: datetime

    def verdict(
        self, prompts: Sequence[OutboxPrompt], besides: str | None = None
    ) -> Send | Hold | Drop | str:
        """Whether these may go to their one recipient; a text says why not even that is asked."""
        person = self.rights.people[prompts[0].recipient]
        answer: Send | Hold | Drop = Send()
        for prompt in prompts:
            refused = refused_to_send(self.rights, prompt)
            if refused is not None:
                return refused
            answer = decide(
                waiting(prompt),
                self.past.of(person.uuid, besides=besides),
                rules=self.working.rules,
                now=self.now,
                working=self.working.of_person(person),
                episode=episode_now(self.rights, prompt, self.episodes.get(person.uuid, "")),
            )
            if not isinstance(answer, Send):
                break
        return answer


class _Run:
    def __init__(
        self,
        store: Store,
        sinks: Mapping[str, Sink],
        rights: Rightful,
        working: Working,
        now: datetime,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._sinks = sinks
        self._rights = rights
        self._working = working
        self._now = now
        self._clock = clock
        self._may_go: list[OutboxMessage] = []
        self._people: Mapping[str, StoredPerson] = {}
        self.states: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.problems: dict[str, str] = {}

    def _desk(self, tx: Transaction, recipients: Iterable[str]) -> _Desk:
        people = sorted(set(recipients))
        ledger = tx.ledger.read(people) if people else Ledger()
        return _Desk(
            self._rights(tx, self._now),
            Past.read(tx, ledger),
            frozen_episodes(tx),
            self._working,
            self._now,
        )

    # -- what a stopped run left ------------------------------------------------------------------

    def settle_left(self) -> None:
        """Settles each message that a stopped run left in ``sending``."""
        with self._store.reading() as tx:
            # Read once: whoever is erased or leaves meanwhile waits for this run to end.
            self._people = tx.people.all()
            left = tx.delivery.messages(states=["sending"])
            loaded = {m.message_id: self._load(tx, m) for m in left}
        for message in left:
            sink = self._sinks.get(message.sink)
            if sink is None:
                self.problems[message.sink] = "is not in the configuration; its messages wait"
            elif sink.delivery == "at_most_once":
                self._leave(message, "uncertain", "stopped_while_sending")
            elif sink.delivery == "lookup":
                self._look_up(message, loaded[message.message_id], sink)
            else:
                self._again(message)

    def _look_up(self, message: OutboxMessage, loaded: Message, sink: Sink) -> None:
        try:
            receipt = sink.find(loaded)
        except Exception as error:  # noqa: BLE001 - an adapter may fail in any way
            self.problems[message.sink] = told(error)
            return
        if receipt is None:
            self._leave(message, "ready", "")
        else:
            self._received(message, receipt)

    def _again(self, message: OutboxMessage) -> None:
        """A message that may be there already and may be sent again: again, when it may go. When
        it no longer may, it counts as sent, since it may have been."""
        with self._store.transaction() as tx:
            prompts = tx.delivery.prompts(message_id=message.message_id)
            desk = self._desk(tx, [message.recipient])
            verdict = desk.verdict(prompts, besides=message.message_id)
            if isinstance(verdict, Send):
                tx.delivery.take(message.message_id, "sending", "ready", at=self._now)
            elif not isinstance(verdict, Hold):
                tx.delivery.take(
                    message.message_id,
                    "sending",
                    "uncertain",
                    reason="stopped_while_sending",
                    at=self._now,
                )
                self.states["uncertain"] += 1

    def _leave(
        self, message: OutboxMessage, state: Literal["uncertain", "ready"], reason: str
    ) -> None:
        with self._store.transaction() as tx:
            tx.delivery.take(message.message_id, "sending", state, reason=reason, at=self._now)
        if state == "uncertain":
            self.states[state] += 1

    # -- what waits -------------------------------------------------------------------------------

    def settle_waiting(self) -> None:
        """Decides again about all that waits, and makes messages of what may go now."""
        with self._store.transaction() as tx:
            loose = [
                prompt
                for prompt in tx.delivery.prompts(states=["held", "ready"])
                if prompt.message_id is None
            ]
            messages = tx.delivery.messages(states=["ready", "failed"])
            people = [*(one.recipient for one in loose), *(one.recipient for one in messages)]
            desk = self._desk(tx, people)
            for message in messages:
                self._decide_message(tx, desk, message)
            bundles: dict[tuple[str, str], list[str]] = {}
            for prompt in loose:
                if self._decide_prompt(tx, desk, prompt):
                    key = (prompt.recipient, prompt.sink)
                    bundles.setdefault(key, []).append(prompt.prompt_id)
            busy = {message.recipient for message in messages}
            for (recipient, sink), ids in bundles.items():
                if recipient in busy:
                    continue
                busy.add(recipient)
                tx.delivery.bundle(_message_id(ids), ids, sink=sink, at=self._now)
            bundled = {_message_id(ids) for ids in bundles.values()}
            self._may_go += [
                message
                for message in tx.delivery.messages(states=["ready"])
                if message.message_id in bundled
            ]

    def _decide_message(self, tx: Transaction, desk: _Desk, message: OutboxMessage) -> None:
        prompts = tx.delivery.prompts(message_id=message.message_id)
        verdict = desk.verdict(prompts, besides=message.message_id)
        if isinstance(verdict, Send):
            if message.state == "ready" or self._now >= _next_try(message):
                self._may_go.append(message)
        elif isinstance(verdict, Hold):
            self.reasons[verdict.reason] += 1
        else:
            state: Literal["expired", "withdrawn"]
            state, reason = (
                ("expired", verdict.reason) if isinstance(verdict, Drop) else ("withdrawn", verdict)
            )
            tx.delivery.take(message.message_id, message.state, state, reason=reason, at=self._now)
            self.states[state] += 1
            self.reasons[reason] += 1

    def _decide_prompt(self, tx: Transaction, desk: _Desk, prompt: OutboxPrompt) -> bool:
        """Whether it may go now; else it is held, dropped or withdrawn, with the reason."""
        verdict = desk.verdict([prompt])
        move, one, at = tx.delivery.move, prompt.prompt_id, self._now
        if isinstance(verdict, Send):
            return prompt.state == "ready" or move(one, prompt.state, "ready", due=at, at=at)
        if isinstance(verdict, Hold):
            reason = verdict.reason
            move(one, prompt.state, "held", reason=reason, due=verdict.until, at=at)
            self.states["held"] += 1
        elif isinstance(verdict, Drop):
            reason = verdict.reason
            move(one, prompt.state, "expired", reason=reason, at=at)
            self.states["expired"] += 1
        else:
            move(one, prompt.state, "withdrawn", reason=verdict, at=at)
            self.states["withdrawn"] += 1
            self.reasons[verdict] += 1
            return False
        self.reasons[reason] += 1
        return False

    # -- sending ----------------------------------------------------------------------------------

    def send(self, name: str, sink: Sink) -> dict[str, int]:
        """Sends what may go by this sink; gives numbers by state."""
        before = Counter(self.states)
        mine = [message for message in self._may_go if message.sink == name]
        size = 1 if sink.delivery == "at_most_once" else BATCH
        for start in range(0, len(mine), size):
            if not self._send(name, sink, mine[start : start + size]):
                break
        return dict(self.states - before)

    def _send(self, name: str, sink: Sink, batch: Sequence[OutboxMessage]) -> bool:
        """Sends a batch; whether the sink can go on."""
        # On disk before anything leaves: after a power cut nobody must think it was never sent.
        with self._store.transaction(durable=True) as tx:
            taken = {
                message.message_id: message
                for message in batch
                if tx.delivery.take(message.message_id, message.state, "sending", at=self._clock())
            }
            loaded = [self._load(tx, message) for message in taken.values()]
        problem = "gave no receipt for each message"
        surely_not = False
        try:
            for receipt in sink.deliver(loaded):
                message = taken.pop(receipt.message, None)
                if message is not None:
                    self._received(message, receipt)
        except (SourceUnavailable, AccessDenied) as error:
            problem, surely_not = str(error), True
        except Exception as error:  # noqa: BLE001 - an adapter may fail in any way
            problem = told(error)
        if not taken and not surely_not and problem == "gave no receipt for each message":
            return True
        self.problems[name] = problem
        for message in taken.values():
            self._without_receipt(message, sink, surely_not)
        return False

    def _without_receipt(self, message: OutboxMessage, sink: Sink, surely_not: bool) -> None:
        """What a sink did not send for sure waits; of the rest its promise decides, as after a
        stop. A lookup stays ``sending``, so that the next run asks."""
        if surely_not or sink.delivery == "idempotent":
            self._leave(message, "ready", "not_available")
        elif sink.delivery == "at_most_once":
            self._leave(message, "uncertain", "no_receipt")

    def _received(self, message: OutboxMessage, receipt: Receipt) -> None:
        state: Literal["sent", "dead", "failed"] = _ENDS[receipt.state]
        reason = receipt.reason
        if state == "failed" and message.attempts + 1 > len(RETRY_AFTER):
            state, reason = "dead", "gave_up"
        at = self._clock()
        with self._store.transaction() as tx:
            tx.delivery.receive(StoredReceipt(message.message_id, receipt.state, reason, at))
            tx.delivery.take(message.message_id, "sending", state, reason=reason, at=at)
        self.states[state] += 1

    def _load(self, tx: Transaction, message: OutboxMessage) -> Message:
        person = self._people[message.recipient]
        prompts = tx.delivery.prompts(message_id=message.message_id)
        return Message(
            id=message.message_id,
            recipient=Recipient(
                person=person.uuid,
                name=person.name,
                language="en" if prompts[0].language == "en" else "nl",
                addresses=person.addresses,
            ),
            prompts=tuple(_prompt(one, person.name) for one in prompts),
        )


def _next_try(message: OutboxMessage) -> datetime:
    return message.updated + RETRY_AFTER[min(message.attempts, len(RETRY_AFTER)) - 1]


def _message_id(prompt_ids: Iterable[str]) -> str:
    """The same prompts make the same message on every machine."""
    return blake2b(" ".join(sorted(prompt_ids)).encode(), digest_size=16).hexdigest()


def _prompt(stored: OutboxPrompt, name: str) -> Prompt:
    """The prompt as it was made."""
    row = {key: value for key, value in stored.payload["prompt"].items() if key != "id"}
    return Prompt(**{**row, "grounds": Grounds(**row["grounds"]), "name": name})
