"""What a program may ask of the engine by day: answers, how things stand, one person's data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from ..errors import PluginError, StoreError
from ..extension import Page
from ..maturity.vocabulary import PHASES, Phase
from ..phases import Estimate
from ..storage import Answer, AuditEntry
from . import (
    acting,
    collecting,
    estimating,
    forgetting,
    links,
    naming,
    own_page,
    persons,
)
from .channels import channel_of
from .for_groups import ForGroups
from .for_programs import ForPrograms
from .links import Link, LinkRefused
from .logs import event
from .own_page import Kept, OwnAnswer, OwnPage
from .rights import Rights
from .status import Status, Why, read_status


class ByDay(ForPrograms, ForGroups):
    """The verbs of the day. Most wait for nobody; those that rewrite the store run one at a time."""

    def answer(self, prompt_id: str, answer: Answer, now: datetime) -> bool:
        """Keeps what a recipient answered; ``False`` where there is no such prompt."""
        with self.store.transaction() as tx:
            return tx.delivery.answer(prompt_id, answer, at=now)

    def read_link(self, token: str, now: datetime) -> Link | LinkRefused:
        """What a link in a message would do: for the page that opens on a GET. Changes nothing."""
        with self.store.reading() as tx:
            return links.read(tx, self.answer_links, token, now)

    def use_link(self, token: str, now: datetime) -> Link | LinkRefused:
        """Does what a link in a message does, once: for the POST of that page, or a mail program's
        one-click unsubscribe (RFC 8058). Gives what was done."""
        with self.store.transaction() as tx:
            return links.use(tx, self.answer_links, token, now)

    def status(self, now: datetime) -> Status:
        """How things stand: the last runs, sources, the outbox, and what is left to do."""
        with self.store.reading() as tx:
            return read_status(tx, self.configuration, self.adapters, now)

    # -- one person -----------------------------------------------------------------------------

    def why(
        self, person: str, now: datetime, *, by: str, language: Literal["nl", "en"] = "nl"
    ) -> Why:
        """Why nothing was sent to ``person`` (a uuid), or what was. Noted in the audit as read
        ``by``. Raises `KeyError` where there is no such person."""
        with self.store.reading() as tx:
            rights = self._rights(tx, now)
            estimates = estimating.believe(
                tx, rights, at=now, parameters=self.parameters, only={person}
            )
            planner = self._planner(tx, now, rights, estimates, only={person})
            answer = planner.why(person, language)
        self._note(person, "why", by, now)
        return answer

    def believed(self, person: str, at: datetime, *, by: str) -> Estimate | None:
        """What is believed of one person (uuid) at ``at``, with reasons and story; ``None`` where
        nothing was seen or it may not be estimated. Noted in the audit as read ``by``."""
        self._note(person, "history", by, at)
        with self.store.reading() as tx:
            rights = Rights.of_one(tx, self.configuration, at, person)
            who = rights.people.get(person)
            if who is None or not rights.may_estimate(who):
                return None
            return self._beliefs.estimate(tx, rights, person, at=at, parameters=self.parameters)

    def note_read(
        self, person: str, what: str, now: datetime, *, by: str, detail: str = ""
    ) -> None:
        """Adds to the audit that data of a person (uuid) were shown: for what a plugin keeps and
        shows by itself. ``by`` is who or which role read it, ``detail`` holds no name; the person sees
        it in their export."""
        with self.store.transaction() as tx:
            tx.privacy.note(AuditEntry(now, by, what, person, detail))

    def own_page(
        self,
        person: str,
        now: datetime,
        *,
        language: Literal["nl", "en"] = "nl",
        shown: bool = True,
    ) -> OwnPage:
        """What a person (uuid) gets to look at about themselves. Noted in the audit as read by
        ``self``, once; not where it is not ``shown`` and only says what they may do. Raises `KeyError`
        where there is no such person."""
        with self.store.reading() as tx:
            page = own_page.read(
                tx,
                Rights.of_one(tx, self.configuration, now, person),
                person,
                parameters=self.parameters,
                model=self.model,
                sinks=self.adapters.sinks,
                working=self.working,
                now=now,
                language=language,
                kept=self._kept,
            )
        if shown:
            self._note(person, "page", "self", now)
        return page

    @cached_property
    def _kept(self) -> Kept:
        return Kept(self._beliefs)

    def say_phase(self, person: str, phase: Phase, now: datetime) -> bool:
        """Keeps where a person (uuid) says they are themselves; of one day the last counts. It counts
        at once on their page (`own_page`) and for everything else from the next day. Waits for no
        other run. ``False`` where there is no such person; raises `ValueError` for another phase."""
        if phase not in PHASES:
            raise ValueError(f"expected a phase, one of {', '.join(PHASES)}; found {phase!r}")
        return self._say(person, phase, now)

    def say_reflected(self, person: str, now: datetime) -> bool:
        """Keeps that a person (uuid) looked back at their work on this day, never what they thought
        of; twice in a day is once. Waits for no other run. ``False`` where there is no such person."""
        return self._say(person, "reflected", now)

    def _say(self, person: str, answer: OwnAnswer, now: datetime) -> bool:
        # The store knows people by identifiers; their own page is one more of theirs.
        if not self.link(own_page.known_as(person), person, now):
            return False
        done = collecting.take_in(
            own_page.SOURCE,
            iter([Page([own_page.own_activity(person, answer, now)])]),
            self.store,
            rules=self.rules,
            identify=self.identify,
            now=now,
        )
        self._tell("leercultuur_collected", source=own_page.SOURCE, counts=done.counts)
        return True

    def acts_for(self, person: str, now: datetime) -> acting.ActsFor:
        """Which roles a person (uuid) holds now, and which units they lead. Everybody is looked at
        only after a change in a directory, which counts at once."""
        with self.store.reading() as tx:
            return self._acts.of(tx, self.configuration, person, now)

    @cached_property
    def _acts(self) -> acting.ActsForEach:
        return acting.ActsForEach()

    def find(self, who: str, now: datetime) -> tuple[str, ...]:
        """The uuids of whom ``who`` may be: a uuid, an identifier, a mail address, a name."""
        with self.store.reading() as tx:
            return naming.find(tx, who, self.identify, now)

    def export(self, person: str, now: datetime, *, by: str) -> dict[str, Any]:
        """Everything held of a person (uuid), of plugins under ``plugins``; empty where there is no
        such person. Noted. Raises `PluginError` where a plugin cannot say what it keeps."""
        self._note(person, "export", by, now)
        with self.store.reading() as tx:
            found = tx.privacy.export(person)
            kept = persons.kept_by_plugins(self.plugins, tx, person) if found else {}
        return {**found, "plugins": kept} if kept else found

    def erase(
        self, person: str, now: datetime, *, known_as: tuple[str, ...] = ()
    ) -> dict[str, int]:
        """Forgets a person (uuid) and keeps them from coming back; table → rows gone.

        What stands in their calendar is taken out first. Under `not_taken_back` is how many messages
        could not be: nothing here knows of these any more. Raises `PluginError`, and forgets nothing,
        where a plugin that keeps data of people is not switched on or fails.
        """
        with self._alone():
            counts = self._forgotten(person, now, known_as=known_as)
            self.store.scrub()
        return counts

    def ask_erase(self, person: str, now: datetime) -> forgetting.EraseAsked:
        """Erases a person (uuid) who asks for it: at once where no run is at work; if one is, or a
        plugin is in the way (`erase`), first thing in the next run. Until then it counts as a no to
        everything, and nothing that waits for them is sent. Raises `KeyError` where there is no such
        person."""
        with self.store.transaction() as tx:
            if not forgetting.note(tx, person, now):
                raise KeyError(person)
        try:
            counts = self.erase(person, now)
        except (StoreError, PluginError) as error:
            if isinstance(error, StoreError) and error.trouble != "busy":
                raise
            with self.store.reading() as tx:
                # Gone from the tables, perhaps: then only the scrub is left for the next run.
                waits = bool(tx.people.all([person]))
            if waits:
                event("erase", "asked", {"outcome": "waits", "error": type(error).__name__})
            return forgetting.EraseAsked(done=not waits)
        return forgetting.EraseAsked(True, counts.get(forgetting.NOT_TAKEN_BACK, 0))

    def _forgotten(
        self, person: str, now: datetime, *, known_as: tuple[str, ...] = ()
    ) -> dict[str, int]:
        counts = forgetting.forget(
            self.store,
            self.plugins,
            self.adapters.sinks,
            person,
            working=self.working,
            now=now,
            known_as=known_as,
        )
        self._beliefs.forget()
        return counts

    def consent(
        self, person: str, purpose: str, given: bool, now: datetime, *, by: str = "self"
    ) -> bool:
        """Notes a yes or no; ``False`` where there is no such person. A no takes effect at once:
        what waits for them is withdrawn. Raises `ValueError` for another purpose."""
        with self.store.transaction() as tx:
            return persons.consent(tx, person, purpose, given, by=by, now=now)

    def choose_channels(self, person: str, channels: Sequence[str], now: datetime) -> bool:
        """Keeps on which channels a person (uuid) wants messages, the first choice first; none is
        the organisation's order. What waits goes there too. ``False`` where there is no such person.
        Raises `ValueError` for a channel that no sink has."""
        there = {channel_of(name, sink) for name, sink in self.adapters.sinks.items()}
        if strange := [one for one in channels if one not in there]:
            expected = f"one of {', '.join(sorted(there))}" if there else "none, without a [[sink]]"
            raise ValueError(f"channel: expected {expected}; found {', '.join(map(repr, strange))}")
        with self.store.transaction() as tx:
            chosen = tx.people.choose_channels(person, tuple(dict.fromkeys(channels)))
        if chosen:
            self._note(person, "channel", "self", now)
        return chosen

    def link(self, identifier: str, person: str, now: datetime) -> bool:
        """Makes a canonical identifier this person's; ``False`` where that cannot be."""
        with self.store.transaction() as tx:
            return tx.people.link(identifier, person, identify=self.identify, at=now)

    def unlink(self, identifier: str, now: datetime) -> str | None:
        """Makes an identifier that of a person of its own; gives their uuid."""
        with self.store.transaction() as tx:
            return tx.people.unlink(identifier, identify=self.identify, at=now)

    def apply_rules(self, *, dry_run: bool = False) -> Mapping[tuple[str, str], int]:
        """Reads every activity whose payload is kept with today's rules; (kind before, kind after)
        → how many differ. What was sent is not sent again."""
        with ExitStack() as stack:
            if dry_run:
                return stack.enter_context(self.store.reading()).ledger.rederive(
                    self.rules, dry_run=True
                )
            stack.enter_context(self._alone())
            return stack.enter_context(self.store.transaction()).ledger.rederive(self.rules)

    def rebuild(self) -> bool:
        """Makes the ledger anew from what counts; gives whether anything was different."""
        with self._alone(), self.store.transaction() as tx:
            return tx.ledger.recount()
