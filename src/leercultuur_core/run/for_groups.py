"""What a program may ask of the engine about groups: what is shown of them, and what they say together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Literal

from ..advice.concert import Concert
from ..storage import ReadCount
from . import culture, effect, preconditions, questionnaire, releasing, unit_page, voting
from .culture import Culture, Everybody
from .opened import Opened
from .preconditions import UnitPreconditions
from .questionnaire import Imported
from .rights import Rights
from .unit_page import Plans, UnitPage


class ForGroups(Opened):
    """The verbs about units and the whole organisation. What is shown of a group is frozen or registered;
    who may see it is for the caller to ask. None waits for a night."""

    def releases(self, now: datetime) -> tuple[releasing.UnitRelease, ...]:
        """What is shown of each unit now, and of the others why not."""
        with self.store.reading() as tx:
            return releasing.shown(tx, Rights.of_nobody(self.configuration, now))

    def unit_page(
        self, unit: str, now: datetime, *, language: Literal["nl", "en"] = "nl"
    ) -> UnitPage:
        """What who leads a unit gets to look at: shares, plan, preconditions and vote, frozen or
        registered, so that nothing one person does changes it. Who may see it is for the caller to
        ask (`acts_for`)."""
        with self.store.reading() as tx:
            return unit_page.read(
                tx,
                self.configuration,
                self.model,
                unit,
                at=now,
                language=language,
                plans=self._plans,
            )

    def culture(self, now: datetime) -> Culture:
        """The learning culture as it may be shown to those who monitor it; who they are is for the
        caller to ask (`acts_for`)."""
        with self.store.reading() as tx:
            return culture.read(
                tx,
                self.configuration,
                self.model,
                now,
                everybody=self._everybody,
                plans=self._plans,
            )

    @cached_property
    def _everybody(self) -> Everybody:
        return Everybody()

    def reads(self, since: datetime) -> tuple[ReadCount, ...]:
        """Who read data of one person and what, counted by day (UTC), newest first; of whom it was is
        not told, and what people read of themselves is not in it."""
        with self.store.reading() as tx:
            return culture.reads(tx, since=since)

    @cached_property
    def _plans(self) -> Plans:
        return Plans()

    # -- preconditions and involvement ----------------------------------------------------------

    def preconditions(self, now: datetime) -> tuple[UnitPreconditions, ...]:
        """What is shown of the preconditions of each unit, what they hold back, what mends them."""
        with self.store.reading() as tx:
            return preconditions.overview(tx, Rights.of_nobody(self.configuration, now), self.model)

    def answer_item(self, person: str, item: str, value: int, now: datetime) -> bool:
        """Keeps what a person (uuid) answered to an item of the questionnaire, 1 to 5; what waits
        for them and does not fit it any more is withdrawn. ``False`` where there is no such person,
        or they gave a later answer. Raises `ValueError` for another item or value."""
        with self.store.transaction() as tx:
            rights = self._rights(tx, now)
            kept = preconditions.answer(tx, self.model, person, item, value, on=rights.day)
            if kept:
                preconditions.withdraw(tx, rights, self.model, now=now, only={person})
        return kept

    def import_answers(self, text: str, now: datetime, *, place: str = "answers.csv") -> Imported:
        """Keeps the answers in the text of a filled-in form (`questionnaire.form`), as `answer_item`
        does; what of it could not be used is in the answer. Raises `ConfigError` where it is no such
        form at all."""
        with self.store.transaction() as tx:
            done = questionnaire.take_in(
                tx, self.configuration, self.model, text, place=place, now=now
            )
            rights = self._rights(tx, now)
            preconditions.withdraw(tx, rights, self.model, now=now, only=done.people)
        return done

    def release_preconditions(self, now: datetime) -> int:
        """Freezes what people answered as the releases of this quarter, and withdraws what waits and
        is held back by them; gives of how many units something new is shown."""
        with self.store.transaction() as tx:
            rights = self._rights(tx, now)
            units = preconditions.release(tx, rights, self.model, now=now)
            preconditions.withdraw(tx, rights, self.model, now=now)
        return units

    def open_vote(self, unit: str, options: Sequence[str], now: datetime) -> voting.Vote:
        """Asks a unit which of three actions comes first; without ``options`` those that fit it best,
        by what is shown of it. Raises `ConfigError` with all that is in the way."""
        with self.store.transaction() as tx:
            rights = self._rights(tx, now)
            options = options or preconditions.proposed(tx, rights, self.model, unit)
            return voting.open_round(tx, rights, self.model, unit, options, now=now)

    def vote(self, person: str, choice: str, now: datetime) -> voting.Vote:
        """Keeps the vote of a person (uuid) in the open round of their unit; until that closes they
        may change it. Raises `ConfigError` where that cannot be."""
        with self.store.transaction() as tx:
            rights = Rights.of_one(tx, self.configuration, now, person)
            return voting.cast(tx, rights, person, choice, now=now)

    def close_vote(self, unit: str, now: datetime) -> voting.Vote:
        """Closes a unit's round and lets go of who voted what. Raises `ConfigError` where none is
        open."""
        with self.store.transaction() as tx:
            return voting.close_round(tx, self._rights(tx, now), unit, now=now)

    def votes(self) -> tuple[voting.Vote, ...]:
        """Every round, oldest first, with what may be told of it."""
        with self.store.reading() as tx:
            return voting.votes(tx)

    def concert(self, now: datetime) -> Concert:
        """The plan in concert of this quarter; empty where nothing is released. Raises
        `ModuleNotFoundError` without SciPy (the extra ``plan``)."""
        with self.store.reading() as tx:
            rights = Rights.of_nobody(self.configuration, now)
            return unit_page.plan_now(
                tx,
                self.configuration,
                self.model,
                releases=releasing.shown(tx, rights),
                conditions=preconditions.Conditions.read(tx, rights, self.model, only=()),
                at=now,
                plans=self._plans,
            )

    # -- a study of whether messages help -------------------------------------------------------

    def write_study(
        self,
        now: datetime,
        *,
        seed: str | None = None,
        weeks: int | None = None,
        enrol_weeks: int | None = None,
    ) -> effect.Study:
        """Writes down the plan of a study for whoever opted in to ``effect``; until somebody is drawn
        it may be written anew. Raises `ConfigError` where a study runs, or a number is out of
        bounds."""
        with self.store.transaction() as tx:
            return effect.write(
                tx,
                self._rights(tx, now),
                now=now,
                seed=seed,
                weeks=weeks,
                enrol_weeks=enrol_weeks,
            )

    def studies(self) -> tuple[effect.Study, ...]:
        """Every study as it stands, oldest first."""
        with self.store.reading() as tx:
            return effect.studies(tx)

    def judge_study(self, now: datetime) -> effect.Study | None:
        """The last study; where it is due its figures are made now, once. ``None`` where no plan was
        ever written. Raises `ModuleNotFoundError` without SciPy (the extra ``plan``)."""
        with self.store.transaction() as tx:
            return effect.judge(tx, self._rights(tx, now), now=now)


__all__ = ["ForGroups"]
