"""What a program of somebody else's may ask of the engine: activities in, messages out, one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from ..extension import Page, Receipt
from ..maturity.vocabulary import Language
from ..storage import Answer
from . import api_view, collecting, pulling
from .beliefs import Belief, Beliefs
from .logs import event
from .opened import Opened
from .rights import Rights


class ForPrograms(Opened):
    """The verbs for other programs. Who may call which, and for whom, is for the caller to ask; what may
    be told of somebody is decided here. None waits for a night."""

    def take_in(
        self, program: str, rows: Sequence[bytes], now: datetime
    ) -> tuple[int, Mapping[int, str]]:
        """Takes in activities from another program, each row a JSON value as
        `leercultuur_core.run.sources.read_activities` reads a line: how many were fit, and of the others
        their number (from 0) with the reason.

        They are the program's own (`api_view.as_own`), and handing over the same again does no harm.
        Waits for no other run: all are in one transaction. It does not say which were new, since that
        would tell who was erased.
        """
        handed = api_view.as_own(program, rows)
        done = collecting.take_in(
            program,
            iter([Page(handed.records)]),
            self.store,
            rules=self.rules,
            identify=self.identify,
            now=now,
        )
        event("collect", "source", {"source": program, "outcome": "done", **done.counts})
        self._tell("leercultuur_collected", source=program, counts=done.counts)
        return len(handed.records), handed.problems

    def identified(self, identifier: str) -> str | None:
        """The uuid of whoever has exactly this canonical identifier or mail address."""
        with self.store.reading() as tx:
            return api_view.identified(tx, identifier, self.identify)

    def choices(
        self, person: str, now: datetime, *, language: Language
    ) -> tuple[api_view.PurposeChoice, ...]:
        """What a person (uuid) may say yes or no to, and what holds; nothing where there is no such
        person."""
        with self.store.reading() as tx:
            rights = Rights.of_one(tx, self.configuration, now, person)
        return api_view.choices(rights, person, language)

    def shared_estimate(
        self, person: str, now: datetime, *, by: str, language: Language = "en"
    ) -> Belief | None:
        """What is believed of a person (uuid) and why, for a program that shows it to them; ``None``
        without a yes of their own (`api_view.may_share`). Noted in the audit as read ``by``."""
        with self.store.reading() as tx:
            rights = Rights.of_one(tx, self.configuration, now, person)
            if not api_view.may_share(rights, person):
                return None
            found = self._beliefs.of(
                tx, rights, person, at=now, parameters=self.parameters, language=language
            )
        if found is not None:
            self._note(person, "estimate", by, now)
        return found

    def fetch(self, sink: str, now: datetime, *, most: int = 100) -> tuple[dict[str, Any], ...]:
        """The messages that a program comes for at a sink of kind ``pull``, as `message_row` writes
        them; the same again until there is a receipt. Waits for no other run."""
        return pulling.fetch(
            self.store,
            self.adapters.sinks,
            sink,
            rights=self._rights,
            working=self.working,
            links=self.answer_links,
            now=now,
            most=most,
        )

    def receive(
        self, sink: str, receipts: Sequence[Receipt], now: datetime
    ) -> tuple[pulling.Noted, ...]:
        """Keeps what became of messages that were fetched from ``sink``: one word for each."""
        done = pulling.receive(self.store, self.adapters.sinks, sink, receipts, now=now)
        if noted := done.count("noted"):
            self._tell("leercultuur_delivered", sink=sink, counts={"receipts": noted})
        return done

    def answer_fetched(self, sink: str, prompt: str, given: Answer, now: datetime) -> pulling.Noted:
        """Keeps what a recipient answered to a prompt that was fetched from ``sink``."""
        return pulling.answer(self.store, sink, prompt, given, now=now)

    @cached_property
    def _beliefs(self) -> Beliefs:
        return Beliefs()


__all__ = ["ForPrograms"]
