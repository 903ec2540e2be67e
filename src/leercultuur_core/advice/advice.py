"""From estimates to prompts: `advise`.

**One person's estimate prompts that person only.** Managers, HR and leadership get theirs from the
release of a unit (`leercultuur_core.privacy`), never from an estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

from attrs import Factory, define, frozen

from ..activity.identity import learner_name
from ..maturity import MaturityModel, maturity_model
from ..maturity.vocabulary import LANGUAGES, Language, Phase
from ..privacy import MINIMUM_GROUP, Release, Withheld, check_minimum, release_units
from .group import GROUP_LAYERS, rank_for_unit, unit_prompt
from .own import (
    Estimated,
    ExplainsMany,
    Explanation,
    called,
    needs_reasons,
    own_prompt,
    question,
)
from .people import Directory, Person
from .phrases import default_phrases
from .prompt import Prompt
from .recommend import NOTICE_DAILY_LEARNING
from .roles import Holder, Holders, role_of

_TOGETHER = 1024
"""People whose own prompts are written at once."""

NoteKind = Literal[
    "student",
    "maybe_student",
    "not_in_people",
    "unseen",
    "ambiguous",
    "shared",
    "withheld",
    "held",
    "gap",
    "self_manager",
    "cycle",
]
"""Why something was not made, not sent, or made otherwise."""


@frozen
class Note:
    """Something the one who runs this may want to know. ``who`` is a person or a unit."""

    kind: NoteKind
    who: str
    text: str

    def __str__(self) -> str:
        return self.text


@frozen
class Advice:
    """The prompts, in the order of their recipients, and what was held back and why.

    Goes over its prompts: ``for prompt in advise(…)``.
    """

    prompts: tuple[Prompt, ...] = ()
    notes: tuple[Note, ...] = ()

    def __iter__(self) -> Iterator[Prompt]:
        return iter(self.prompts)

    def __len__(self) -> int:
        return len(self.prompts)

    def __getitem__(self, place: int) -> Prompt:
        return self.prompts[place]


def advise(
    estimates: Estimated | Mapping[str, Estimated] | Iterable[Estimated],
    *,
    language: str = "nl",
    people: Directory | None = None,
    model: MaturityModel | None = None,
    per_person: int = 1,
    minimum_group: int = MINIMUM_GROUP,
    progress: Callable[[int], None] | None = None,
) -> Advice:
    """Prompts from one estimate or many: each with one recipient and one first step.

    language
        ``nl`` or ``en``, for whom ``people`` says nothing else.
    people
        Who is who (`read_people`). Without it everybody gets their own prompt and nobody another.
        With it, whoever acts for a unit gets a prompt about that unit as far as it may be shown; no
        estimate of a student is used; people of whom nothing was seen get the question.
    model
        The maturity model; the shipped one when ``None``.
    per_person
        The most prompts a person gets over all their roles. What is left over is in the notes. A
        prompt about a group goes before one's own, since others wait for it; of groups the widest
        first, then the best fit.
    minimum_group
        Contributors a unit needs before anything is said about it.
    progress
        Called with the number of estimates done so far; a few thousand take seconds, for the
        reasons in words.

    The same input gives the same prompts in the same order. Raises `ValueError` for another
    language, a ``per_person`` below 1, or a ``minimum_group`` below the floor of 5.
    """
    spoken = _language(language)
    check_minimum(minimum_group)
    if per_person < 1:
        raise ValueError(f"expected at least 1 prompt per person, found {per_person}")
    catalogue = model or maturity_model()
    if NOTICE_DAILY_LEARNING not in catalogue:
        raise ValueError(f"expected {NOTICE_DAILY_LEARNING} in the catalogue; it asks the unknown")
    writer = _Writer(
        catalogue,
        spoken,
        per_person,
        minimum_group,
        progress or (lambda _done: None),
        estimates if isinstance(estimates, ExplainsMany) else None,
    )
    found = {one.identifier: one for one in _each(estimates)}
    if people is None:
        for identifier in sorted(found):
            writer.offer_own(found[identifier], spoken)
    else:
        writer.write_all(found, people)
    return writer.advice()


@frozen
class _Own:
    """What an own prompt is made of."""

    estimate: Estimated
    language: Language
    person: Person | None
    holders: Holders | None


@define
class _Writer:
    """Gathers the prompts there could be, then keeps the best few of each person."""

    model: MaturityModel
    language: Language
    per_person: int
    minimum_group: int
    progress: Callable[[int], None]
    explains: ExplainsMany | None
    own: list[_Own] = Factory(list)
    offers: dict[str, list[tuple[tuple[object, ...], Prompt]]] = Factory(dict)
    notes: list[Note] = Factory(list)

    def offer(self, prompt: Prompt, rank: tuple[object, ...]) -> None:
        """One that could be sent; of a person the lowest ``rank`` goes first."""
        self.offers.setdefault(prompt.recipient, []).append((rank, prompt))

    def offer_own(
        self,
        estimate: Estimated,
        language: Language,
        person: Person | None = None,
        holders: Holders | None = None,
    ) -> None:
        """The prompt of an estimate's own person; it goes after those about a group."""
        self.own.append(_Own(estimate, language, person, holders))

    def write_own(self) -> None:
        """The prompts of all those, some together, since their reasons take longest."""
        for low in range(0, len(self.own), _TOGETHER):
            some = self.own[low : low + _TOGETHER]
            reasons = self._reasons(some)
            for done, one in enumerate(some, low + 1):
                prompt = own_prompt(
                    one.estimate,
                    model=self.model,
                    language=one.language,
                    person=one.person,
                    holders=one.holders,
                    reasons=reasons.get(one.estimate.identifier),
                )
                self.offer(prompt, (1,))
                self.progress(done)

    def _reasons(self, some: Sequence[_Own]) -> dict[str, Sequence[Explanation]]:
        """What their prompts rest on; nothing where others' prompts already take their place, since
        then only the step is told."""
        if self.explains is None:
            return {}
        found: dict[str, Sequence[Explanation]] = {}
        asked: dict[Language, list[str]] = {language: [] for language in LANGUAGES}
        for one in some:
            identifier = one.estimate.identifier
            if len(self.offers.get(identifier, ())) >= self.per_person:
                found[identifier] = ()
            elif needs_reasons(one.estimate):
                asked[one.language].append(identifier)
        for language, identifiers in asked.items():
            found.update(self.explains.seen_all(identifiers, language))
        return found

    def note(self, kind: NoteKind, who: str, **values: object) -> None:
        text = default_phrases().say(self.language, f"note.{kind}", who=who, **values)
        self.notes.append(Note(kind, who, text))

    def write_all(self, found: Mapping[str, Estimated], people: Directory) -> None:
        holders = Holders.of(people)
        for person in holders.own_managers:
            if person.employment != "self_employed":
                self.note("self_manager", _who(person))
        for person in holders.in_a_circle:
            self.note("cycle", _who(person))
        self._gaps(people, holders)
        matched, left = self._match(found, people)
        for person in people.people:
            self._own(person, matched.get(person.identifier), holders)
        for estimate in left:
            self.note("not_in_people", estimate.learner)
            self.offer_own(estimate, self.language)
        self._units(matched, people, holders)

    def _own(self, person: Person, estimate: Estimated | None, holders: Holders) -> None:
        spoken = person.language or self.language
        if person.employment == "student":
            self.note("student", _who(person))
        elif estimate is not None:
            self.offer_own(estimate, spoken, person, holders)
        elif "worker" in person.roles:
            self.note("unseen", _who(person))
            name = called(person, learner_name(person.written))
            prompt = question(person.identifier, name=name, model=self.model, language=spoken)
            self.offer(prompt, (1,))

    def _match(
        self, found: Mapping[str, Estimated], people: Directory
    ) -> tuple[dict[str, Estimated], list[Estimated]]:
        """Each person's estimate where exactly one fits, and the estimates nobody's row fits."""
        named: dict[str, set[str]] = {}
        for identifier, estimate in found.items():
            for name in {estimate.learner, learner_name(identifier)}:
                named.setdefault(name, set()).add(identifier)
        wanted: dict[str, list[Person]] = {}
        doubtful: set[str] = set()
        for person in people.people:
            fits = {person.identifier} & found.keys() or named.get(person.written, set())
            if len(fits) == 1:
                wanted.setdefault(min(fits), []).append(person)
            elif fits:
                self.note("ambiguous", _who(person), count=len(fits))
                doubtful |= fits if person.employment == "student" else set()
        matched: dict[str, Estimated] = {}
        taken: set[str] = set()
        for identifier, claims in wanted.items():
            exact = [person for person in claims if person.identifier == identifier] or claims
            if len(exact) == 1:
                matched[exact[0].identifier] = found[identifier]
                taken.add(identifier)
            for person in claims:
                if len(exact) > 1 or person is not exact[0]:
                    self.note("shared", _who(person))
                    doubtful |= {identifier} if person.employment == "student" else set()
        left = [found[identifier] for identifier in sorted(found.keys() - taken)]
        for estimate in left:
            if estimate.identifier in doubtful:
                self.note("maybe_student", estimate.learner)
        return matched, [one for one in left if one.identifier not in doubtful]

    def _units(self, matched: Mapping[str, Estimated], people: Directory, holders: Holders) -> None:
        units: dict[str, dict[str, Mapping[Phase, float]]] = {}
        for person in people.people:
            estimate = matched.get(person.identifier)
            outside = person.employment == "self_employed" and not person.unit
            if person.employment == "student" or outside:
                continue
            members = units.setdefault(person.unit, {})
            if estimate is not None:
                members[person.identifier] = estimate.probabilities
        if not matched:
            return
        quarter = _quarter(max(estimate.at for estimate in matched.values()))
        for unit, release in release_units(units, k=self.minimum_group).items():
            if isinstance(release, Withheld):
                self.note("withheld", self._unit_name(unit))
                continue
            # The whole organisation has no manager of its own: that is its leadership.
            for layer in GROUP_LAYERS if unit else GROUP_LAYERS[1:]:
                holder = holders.for_unit(unit, layer)
                if holder is not None:
                    self._offer_unit(release, layer, holder, matched, quarter)
                elif layer == "manager":
                    self.note("gap", unit, role=role_of(layer))

    def _offer_unit(
        self,
        release: Release,
        layer: str,
        holder: Holder,
        matched: Mapping[str, Estimated],
        quarter: str,
    ) -> None:
        unit = release.unit
        depth = unit.count("/") + 1 if unit else 0
        for person in holder.people:
            spoken = person.language or self.language
            best = rank_for_unit(release, layer, model=self.model, language=spoken)[0]
            own = matched.get(person.identifier)
            prompt = unit_prompt(
                release,
                best,
                recipient=own.identifier if own else person.identifier,
                name=called(person, learner_name(person.written)),
                holder=holder,
                episode=quarter,
                language=spoken,
            )
            self.offer(prompt, (0, depth, -best.score, GROUP_LAYERS.index(layer), unit))

    def _gaps(self, people: Directory, holders: Holders) -> None:
        """The roles nobody in the file holds, after fallback."""
        layers = ["environment"]
        if any(person.employment != "self_employed" for person in people.people):
            layers = ["hr", "leadership", "environment"]
        for layer in layers:
            if holders.for_unit("", layer) is None:
                self.note("gap", self._unit_name(""), role=role_of(layer))

    def _unit_name(self, unit: str) -> str:
        return unit or default_phrases().say(self.language, "unit.whole")

    def advice(self) -> Advice:
        self.write_own()
        prompts: list[Prompt] = []
        for _, offers in sorted(self.offers.items()):
            ranked = [prompt for _, prompt in sorted(offers, key=lambda offer: offer[0])]
            prompts += ranked[: self.per_person]
            for prompt in ranked[self.per_person :]:
                who = prompt.name or learner_name(prompt.recipient)
                about = "" if prompt.subject == prompt.recipient else f" ({prompt.subject})"
                self.note("held", who, what=f"{prompt.intervention}{about}")
        return Advice(tuple(prompts), tuple(self.notes))


def _each(
    estimates: Estimated | Mapping[str, Estimated] | Iterable[Estimated],
) -> Iterable[Estimated]:
    if isinstance(estimates, Mapping):
        return estimates.values()
    if isinstance(estimates, Iterable):
        return estimates
    return (estimates,)


def _language(language: str) -> Language:
    for known in LANGUAGES:
        if language == known:
            return known
    raise ValueError(f"expected a language, one of {', '.join(LANGUAGES)}; found {language!r}")


def _quarter(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


def _who(person: Person) -> str:
    return person.name or person.written
