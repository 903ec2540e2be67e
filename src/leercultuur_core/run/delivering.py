"""Deliver: what may go now goes once, whatever happens between the sending and its receipt.

A message is noted as ``sending`` before it leaves. What a stopped run left so is settled first, by
what its sink promises: sent again where that does no harm, looked up where the system can be asked,
else ``uncertain``, and then never sent again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Literal

from attrs import evolve, field, frozen

from ..advice.care import Drop, Hold, Send
from ..errors import AccessDenied, SourceUnavailable
from ..extension import Message, Receipt, Sink
from ..storage import (
    OutboxMessage,
    OutboxPrompt,
    Store,
    Transaction,
    Turn,
)
from . import channels
from .care import Working
from .collecting import told
from .composing import Composer
from .desk import Desk, Rightful
from .links import Links
from .logs import event
from .settling import next_try, sending, settle
from .sinks import PullSink
from .taking_back import Standing, TakingBack

BATCH = 20
"""Messages handed to a sink at once, where one sent twice does no harm or can be looked up."""


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
    links: Links | None = None,
    turn: Turn | None = None,
) -> Delivered:
    """Sends what may go at ``now``, and takes back what was sent and no longer fits. No other run may
    be at work, but others that deliver by a ``turn`` they share. Raises `StoreError` only.

    ``delivered`` is called after each sink, with numbers by state; ``links`` makes the links to answer
    by.
    """
    run = _Run(store, sinks, rights, working, now, clock, links)
    turn = turn or Turn()
    if turn.first:
        run.settle_left()
        run.settle_waiting()
        turn.share()
    else:
        run.join()
    # What one sink refuses goes to the next, which may have had its turn: so in rounds. Each message
    # goes by a sink once.
    while name := run.next_sink():
        counts = run.send(name, sinks[name])
        if counts:
            delivered(name, counts)
    if turn.last():
        run.take_back()
    return Delivered(
        dict(sorted(run.states.items())), dict(sorted(run.reasons.items())), run.problems
    )


def forgotten(
    store: Store,
    sinks: Mapping[str, Sink],
    person: str,
    *,
    working: Working,
    now: datetime,
    clock: Callable[[], datetime],
) -> TakingBack:
    """Takes back what was sent to a person (uuid) who is about to be erased, where that can be."""
    taking = TakingBack(store, sinks, clock)
    if not taking.able:
        return taking
    with store.reading() as tx:
        composer = Composer(tx.people.all(), working, None, now)
        days = working.rules.expires_after_days
        standing: list[Standing] = [
            (one, composer.message(tx, one), "erased")
            for one in taking.standing(tx, now=now, days=days, recipient=person)
        ]
    taking.take_back(standing)
    return taking


class _Run:
    def __init__(
        self,
        store: Store,
        sinks: Mapping[str, Sink],
        rights: Rightful,
        working: Working,
        now: datetime,
        clock: Callable[[], datetime],
        links: Links | None,
    ) -> None:
        self._store = store
        self._sinks = sinks
        self._rights = rights
        self._working = working
        self._now = now
        self._clock = clock
        self._may_go: list[OutboxMessage] = []
        # Whoever comes for these decides when: `leercultuur_core.run.pulling`.
        self._pulled = {name for name, sink in sinks.items() if isinstance(sink, PullSink)}
        self._stopped: set[str] = set()
        self._composer = Composer({}, working, links, now)
        self.states: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.problems: dict[str, str] = {}

    def _desk(self, tx: Transaction, recipients: Iterable[str]) -> Desk:
        rights = self._rights(tx, self._now)
        return Desk.read(tx, rights, recipients, working=self._working, now=self._now)

    # -- what a stopped run left ------------------------------------------------------------------

    def settle_left(self) -> None:
        """Settles each message that a stopped run left in ``sending``."""
        with self._store.reading() as tx:
            # Read once: whoever is erased or leaves meanwhile waits for this run to end.
            self._composer = evolve(self._composer, people=tx.people.all())
            left = tx.delivery.messages(states=["sending"])
            loaded = {m.message_id: self._composer.message(tx, m) for m in left}
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
            self._may_go = []  # what was settled before is among these
            messages = tx.delivery.messages(states=["ready", "failed"])
            waits = tx.delivery.prompts(states=["held", "ready"])
            people = [*(one.recipient for one in waits), *(one.recipient for one in messages)]
            desk = self._desk(tx, people)
            going = [one.recipient for one in messages if self._decide_message(tx, desk, one)]
            bundles: dict[str, list[str]] = {}
            for prompt in tx.delivery.prompts(states=["held", "ready"]):
                if prompt.message_id is None and self._decide_prompt(tx, desk, prompt):
                    bundles.setdefault(prompt.recipient, []).append(prompt.prompt_id)
            for recipient in going:
                bundles.pop(recipient, None)
            for recipient, ids in bundles.items():
                # By now they may want their messages elsewhere.
                sink = channels.first(desk.rights.people[recipient], self._sinks)
                if sink is not None:
                    tx.delivery.bundle(_message_id(ids), ids, sink=sink, at=self._now)
            bundled = {_message_id(ids) for ids in bundles.values()}
            self._may_go += [
                message
                for message in tx.delivery.messages(states=["ready"])
                if message.message_id in bundled
            ]

    def join(self) -> None:
        """Finds what another worker, who is sending it by now, decided may go."""
        with self._store.reading() as tx:
            self._composer = evolve(self._composer, people=tx.people.all())
            messages = tx.delivery.messages(states=["ready", "failed"])
            desk = self._desk(tx, [one.recipient for one in messages])
            self._may_go = [
                one
                for one in messages
                if (one.state == "ready" or self._now >= next_try(one))
                and isinstance(
                    desk.verdict(
                        tx.delivery.prompts(message_id=one.message_id), besides=one.message_id
                    ),
                    Send,
                )
            ]

    def _decide_message(self, tx: Transaction, desk: Desk, message: OutboxMessage) -> bool:
        """Whether a message stays one that goes, now or later; else it is dropped or withdrawn. Those
        of its prompts that could go by themselves are then let go of."""
        prompts = tx.delivery.prompts(message_id=message.message_id)
        verdict = desk.verdict(prompts, besides=message.message_id)
        if isinstance(verdict, Send):
            if message.state == "ready" or self._now >= next_try(message):
                self._may_go.append(message)
            return True
        if isinstance(verdict, Hold):
            self.reasons[verdict.reason] += 1
            return True
        if len(prompts) > 1:
            fits = [
                one.prompt_id
                for one in prompts
                if isinstance(desk.verdict([one], besides=message.message_id), Send | Hold)
            ]
            tx.delivery.loosen(message.message_id, fits, at=self._now)
        state: Literal["expired", "withdrawn"]
        state, reason = (
            ("expired", verdict.reason) if isinstance(verdict, Drop) else ("withdrawn", verdict)
        )
        tx.delivery.take(message.message_id, message.state, state, reason=reason, at=self._now)
        self.states[state] += 1
        self.reasons[reason] += 1
        return False

    def _decide_prompt(self, tx: Transaction, desk: Desk, prompt: OutboxPrompt) -> bool:
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

    def next_sink(self) -> str | None:
        """The next sink for which something waits; ``None`` where there is none that can go on."""
        waits = {message.sink for message in self._may_go} - self._stopped
        return next(
            (name for name in self._sinks if name in waits and name not in self._pulled), None
        )

    def send(self, name: str, sink: Sink) -> dict[str, int]:
        """Sends what may go by this sink; gives numbers by state."""
        before = Counter(self.states)
        mine = [message for message in self._may_go if message.sink == name]
        self._may_go = [message for message in self._may_go if message.sink != name]
        again = sum(message.attempts > 0 for message in mine)
        if again:
            event("deliver", "retry", {"sink": name, "messages": again})
        size = 1 if sink.delivery == "at_most_once" else BATCH
        for start in range(0, len(mine), size):
            if not self._send(name, sink, mine[start : start + size]):
                self._stopped.add(name)
                break
        return dict(self.states - before)

    def _send(self, name: str, sink: Sink, batch: Sequence[OutboxMessage]) -> bool:
        """Sends a batch; whether the sink can go on."""
        # On disk before anything leaves: after a power cut nobody must think it was never sent.
        with self._store.transaction(durable=True, beside=True) as tx:
            claimed = tx.delivery.claim(batch, at=self._clock())
            taken = {one.message_id: sending(one) for one in batch if one.message_id in claimed}
            loaded = [self._composer.message(tx, message) for message in taken.values()]
        if not loaded:
            return True
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
        stop. A lookup stays ``sending``, so that the next run asks: its system may have taken in what
        it did not answer."""
        if sink.delivery == "lookup":
            return
        if surely_not or sink.delivery == "idempotent":
            self._leave(message, "ready", "not_available")
        elif sink.delivery == "at_most_once":
            self._leave(message, "uncertain", "no_receipt")

    def _received(self, message: OutboxMessage, receipt: Receipt) -> None:
        with self._store.transaction(beside=True) as tx:
            done = settle(tx, self._sinks, message, receipt, at=self._clock())
        if done.elsewhere is None:
            self.states[done.state] += 1
        else:
            where = {"sink": message.sink, "next": done.elsewhere, "reason": done.reason}
            event("deliver", "elsewhere", where)
            self._may_go.append(evolve(message, sink=done.elsewhere, state="ready", attempts=0))

    # -- taking back ------------------------------------------------------------------------------

    def take_back(self) -> None:
        """Takes back what was sent and no longer fits, where its sink can."""
        taking = TakingBack(self._store, self._sinks, self._clock)
        if not taking.able:
            return
        with self._store.reading() as tx:
            days = self._working.rules.expires_after_days
            sent = taking.standing(tx, now=self._now, days=days)
            desk = self._desk(tx, [one.recipient for one in sent])
            standing: list[Standing] = []
            for one in sent:
                reason = desk.past_its_use(tx.delivery.prompts(message_id=one.message_id))
                if reason is not None:
                    standing.append((one, self._composer.message(tx, one), reason))
        taking.take_back(standing)
        self.states.update({"taken_back": taking.done.total()} if taking.done else {})
        self.reasons.update(taking.done)
        self.problems = {**taking.problems, **self.problems}


def _message_id(prompt_ids: Iterable[str]) -> str:
    """The same prompts make the same message on every machine."""
    return blake2b(" ".join(sorted(prompt_ids)).encode(), digest_size=16).hexdigest()
