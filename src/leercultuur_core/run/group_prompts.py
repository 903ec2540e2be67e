"""Prompts to who acts for a unit: its manager, HR, leadership. From released values only.

A person who acts in several roles or for several units gets one prompt at a time, the widest unit
first, then the best fit, and each before any of them a second time in one quarter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from attrs import evolve, frozen

from ..advice import Person, Prompt
from ..advice.group import GROUP_LAYERS, rank_for_unit, unit_prompt, unit_subject
from ..advice.recommend import Recommendation
from ..advice.roles import Holder, Holders
from ..maturity import MaturityModel
from ..privacy import Release
from ..privacy.series import quarter_of
from ..storage import OutboxPrompt
from .releasing import UnitRelease, refused_group
from .rights import LeftOut, Rights

EVERY = timedelta(days=28)
"""Somebody who acts for a group gets a prompt about one at most once in so long, so that their own
come in between. Judgement: what is released changes once a quarter, and a step takes weeks."""

_NEVER_WENT = frozenset({"expired", "withdrawn"})


def is_group(prompt: OutboxPrompt) -> bool:
    """Whether a prompt is about a unit and not about a person."""
    return prompt.subject_person is None


def refused_to_send(rights: Rights, prompt: OutboxPrompt) -> LeftOut | None:
    """Why a prompt may not go to its recipient, by what may be done for whom; ``None`` where it
    may. A prompt about a unit rests on no yes of who reads it: it is part of their role."""
    person = rights.people[prompt.recipient]
    if not is_group(prompt):
        return rights.refusal(person, "own_prompts")
    return refused_group(rights) if person.active else "left"


def episode_now(rights: Rights, prompt: OutboxPrompt, own: str) -> str:
    """The episode that a prompt's subject is in now: of a unit the quarter, of its recipient
    ``own``. A clock that went back ends no quarter."""
    return max(prompt.episode, quarter_of(rights.day)) if is_group(prompt) else own


@frozen
class _Task:
    """That somebody acts for a layer around a unit of which something is shown."""

    release: Release
    quarter: str
    layer: str
    holder: Holder


class GroupPrompts:
    """What there is to say to whom, by what is shown of each unit."""

    def __init__(self, releases: Iterable[UnitRelease], holders: Holders) -> None:
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
        before: Sequence[OutboxPrompt],
        *,
        model: MaturityModel,
        now: datetime,
    ) -> Prompt | None:
        """The next prompt for ``person`` from the interventions of ``model``; ``None`` where there
        is none, or it is too soon after the last. ``before`` is all that was made for them."""
        group = [one for one in before if is_group(one)]
        went = [one.created for one in group if one.state not in _NEVER_WENT]
        if any(now - EVERY < made for made in went):
            return None
        told = Counter((one.subject, one.layer, one.episode) for one in group)
        language = person.language or "nl"
        offers: list[tuple[tuple[object, ...], _Task, Recommendation]] = []
        for task in self._tasks.get(person.identifier, ()):
            if not model.interventions(layer=task.layer):
                continue
            unit = task.release.unit
            best = rank_for_unit(task.release, task.layer, model=model, language=language)[0]
            rank = (
                told[unit_subject(unit), task.layer, task.quarter],
                unit.count("/") + 1 if unit else 0,
                -best.score,
                GROUP_LAYERS.index(task.layer),
                unit,
            )
            offers.append((rank, task, best))
        if not offers:
            return None
        _, task, best = min(offers, key=lambda offer: offer[0])
        prompt = unit_prompt(
            task.release,
            best,
            recipient=person.identifier,
            name=person.name,
            holder=task.holder,
            episode=task.quarter,
            language=language,
        )
        same = sum(
            (one.subject, one.intervention, one.episode)
            == (prompt.subject, prompt.intervention, prompt.episode)
            for one in group
        )
        return evolve(prompt, occasion=same + 1)


__all__ = ["GroupPrompts", "episode_now", "is_group", "refused_to_send"]
