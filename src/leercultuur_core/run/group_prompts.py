"""Prompts to who acts for a unit: its manager, HR, leadership. From released values only.

A person who acts in several roles or for several units gets one prompt at a time: first what the plan
in concert has for them, each action once in a quarter; then the widest unit first, then the best fit,
and each before any of them a second time in one quarter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

from attrs import evolve, frozen

from ..advice import Person, Prompt
from ..advice.concert_words import say
from ..advice.group import GROUP_LAYERS, rank_for_unit, unit_prompt, unit_subject
from ..advice.recommend import Recommendation
from ..advice.roles import Holder, Holders
from ..maturity import MaturityModel
from ..privacy import Release
from ..privacy.series import quarter_of
from ..storage import OutboxPrompt
from ..storage.delivery import OutboxEntry
from .concert import Step, Steps
from .releasing import UnitRelease, refused_group
from .rights import LeftOut, Rights

EVERY = timedelta(days=28)
"""Somebody who acts for a group gets a prompt about one at most once in so long, so that their own
come in between. Judgement: what is released changes once a quarter, and a step takes weeks."""

NEVER_WENT = frozenset({"expired", "withdrawn"})
"""States of a prompt that its recipient never got."""

OTHER_HANDS: Literal["other_hands"] = "other_hands"
"""Why a prompt about a unit is withdrawn when somebody else acts for that unit by now."""


def is_group(prompt: OutboxEntry) -> bool:
    """Whether a prompt is about a unit and not about a person."""
    return prompt.subject_person is None


def refused_to_send(
    rights: Rights, holders: Holders, prompt: OutboxPrompt
) -> LeftOut | Literal["other_hands"] | None:
    """Why a prompt may not go to its recipient, by what may be done for whom; ``None`` where it
    may. A prompt about a unit rests on no yes of who reads it: it is part of their role, as long as
    they have that role for that unit (``holders``)."""
    person = rights.people[prompt.recipient]
    if not is_group(prompt):
        return rights.refusal(
            person, "invitation" if prompt.asks == "invitation" else "own_prompts"
        )
    if not person.active:
        return "left"
    refused = refused_group(rights)
    if refused is not None:
        return refused
    holder = holders.for_unit(unit_of(prompt.subject), prompt.layer)
    if (
        holder is None
        or holder.role != prompt.payload["prompt"]["recipient_role"]
        or all(one.identifier != person.uuid for one in holder.people)
    ):
        return OTHER_HANDS
    return None


def episode_now(rights: Rights, prompt: OutboxEntry, own: str) -> str:
    """The episode that a prompt's subject is in now: of a unit the quarter, of its recipient
    ``own``. A clock that went back ends no quarter, and an invitation belongs to no episode."""
    if prompt.asks == "invitation":
        return prompt.episode
    return max(prompt.episode, quarter_of(rights.day)) if is_group(prompt) else own


def unit_of(subject: str) -> str:
    """The unit that a prompt's ``subject`` names; ``""`` is the whole organisation."""
    return subject.removeprefix(unit_subject(""))


@frozen
class _Task:
    """That somebody acts for a layer around a unit of which something is shown."""

    release: Release
    quarter: str
    layer: str
    holder: Holder


class GroupPrompts:
    """What there is to say to whom, by what is shown of each unit."""

    def __init__(
        self,
        releases: Iterable[UnitRelease],
        holders: Holders,
        plan: Callable[[], Steps] = dict,
    ) -> None:
        """``plan`` gives the steps of the plan in concert; it is asked once, and only where there is
        somebody to tell about a unit."""
        self._plan = cache(plan)
        self._tasks: dict[str, list[_Task]] = {}
        for one in releases:
            if one.release is None:
                continue
            # The whole organisation has no manager of its own: that is its leadership.
            for layer in GROUP_LAYERS if one.unit else GROUP_LAYERS[1:]:
                holder = holders.for_unit(one.unit, layer)
                if holder is None:
                    continue
                task = _Task(one.release, one.quarter, layer, holder)
                for person in holder.people:
                    self._tasks.setdefault(person.identifier, []).append(task)

    def quarter(self, uuid: str) -> str | None:
        """The quarter whose values somebody could be told about; ``None`` where they act for no
        unit of which something is shown."""
        return next((task.quarter for task in self._tasks.get(uuid, ())), None)

    def best(
        self,
        person: Person,
        before: Sequence[OutboxEntry],
        *,
        fitting: Callable[[str, str], MaturityModel],
        now: datetime,
    ) -> Prompt | None:
        """The next prompt for ``person`` from the interventions that ``fitting`` gives for a unit
        and a layer; ``None`` where there is none, or it is too soon after the last. ``before`` is all
        that was made for them."""
        group = [one for one in before if is_group(one)]
        went = [one.created for one in group if one.state not in NEVER_WENT]
        if any(now - EVERY < made for made in went):
            return None
        told = Counter((one.subject, one.layer, one.episode) for one in group)
        language = person.language or "nl"
        offers: list[tuple[tuple[object, ...], _Task, Recommendation, Step | None]] = []
        for task in self._tasks.get(person.identifier, ()):
            unit = task.release.unit
            model = fitting(unit, task.layer)
            if not model.interventions(layer=task.layer):
                continue
            ranked = rank_for_unit(task.release, task.layer, model=model, language=language)
            step = self._planned(task, ranked, group)
            best = ranked[0] if step is None else step[1]
            rank = (
                step is None,
                told[unit_subject(unit), task.layer, task.quarter],
                unit.count("/") + 1 if unit else 0,
                -best.score,
                GROUP_LAYERS.index(task.layer),
                unit,
            )
            offers.append((rank, task, best, step and step[0]))
        if not offers:
            return None
        _, task, best, planned = min(offers, key=lambda offer: offer[0])
        prompt = unit_prompt(
            task.release,
            best,
            recipient=person.identifier,
            name=person.name,
            holder=task.holder,
            episode=task.quarter,
            language=language,
        )
        if planned is not None and planned.meanwhile[language]:
            *text, close = prompt.text.split("\n\n")
            others = say(language, "prompt", others=planned.meanwhile[language])
            prompt = evolve(prompt, text="\n\n".join([*text, others, close]))
        same = sum(
            (one.subject, one.intervention, one.episode)
            == (prompt.subject, prompt.intervention, prompt.episode)
            for one in group
        )
        return evolve(prompt, occasion=same + 1)

    def _planned(
        self, task: _Task, ranked: Sequence[Recommendation], group: Sequence[OutboxEntry]
    ) -> tuple[Step, Recommendation] | None:
        """The first step of the plan for a task that may be offered and was not yet, this quarter."""
        by_id = {one.intervention.id: one for one in ranked}
        subject = unit_subject(task.release.unit)
        told = {
            one.intervention
            for one in group
            if one.subject == subject
            and one.episode == task.quarter
            and one.state not in NEVER_WENT
        }
        for step in self._plan().get((task.release.unit, task.layer), ()):
            if step.intervention in by_id and step.intervention not in told:
                return step, by_id[step.intervention]
        return None


__all__ = [
    "NEVER_WENT",
    "OTHER_HANDS",
    "GroupPrompts",
    "episode_now",
    "is_group",
    "refused_to_send",
    "unit_of",
]
