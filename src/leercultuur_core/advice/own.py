"""A worker's own prompt, and what they can ask of others. Rests on one person's estimate alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Protocol, runtime_checkable

from attrs import frozen

from ..maturity import Intervention, MaturityModel
from ..maturity.vocabulary import PHASES, UNKNOWN, Language, Phase
from .networks import Contact, Network
from .people import Person
from .phrases import default_phrases
from .prompt import Prompt
from .recommend import NOTICE_DAILY_LEARNING, Grounds, Leaders
from .roles import Holders, role_of

OWN_LAYERS = ("tasks", "colleagues")
"""The layers in which the worker acts: the work, and being a colleague to others."""

ASKED_LAYERS = ("colleagues", "manager", "hr", "leadership", "environment")
"""The layers a worker can ask something of."""

MOST_ASKS = 2

_OUTSIDE: Mapping[type, str] = {Contact: "contact", Network: "network"}
"""What `Holders.outside` gives → the role it stands for in an `Ask`."""


class Saying(Protocol):
    """A person's own answer to the phase question."""

    @property
    def phase(self) -> Phase: ...
    @property
    def on(self) -> date: ...


class Explanation(Protocol):
    """One reason of an estimate."""

    @property
    def kind(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def log_odds(self) -> float: ...
    @property
    def text(self) -> str: ...


class Estimated(Protocol):
    """What advice takes from an estimate; `leercultuur_core.phases.Estimate` is one."""

    @property
    def identifier(self) -> str: ...
    @property
    def learner(self) -> str: ...
    @property
    def at(self) -> date: ...
    @property
    def phase(self) -> str: ...
    @property
    def you_said(self) -> Saying | None: ...
    @property
    def probabilities(self) -> Mapping[Phase, float]: ...
    @property
    def episode(self) -> str: ...
    def explain(self, language: Language) -> Sequence[Explanation]: ...


@runtime_checkable
class ExplainsMany(Protocol):
    """What gives of many people the one reason that a prompt says, in less time than each estimate
    gives all its own; `leercultuur_core.phases.Estimates` is one."""

    def seen_all(
        self, identifiers: Iterable[str], language: Language
    ) -> Mapping[str, Sequence[Explanation]]: ...


@frozen
class Ask:
    """What a worker can ask of whoever acts for another layer.

    ``role`` is a role, ``of`` the words for it ("your manager"), never the name of anybody in the
    directory; outside, of a contact or network, the name and where to find it. ``text`` is a
    question they may use.
    """

    layer: str
    intervention: str
    role: str
    of: str
    text: str


def asks(
    estimate: Estimated,
    *,
    model: MaturityModel,
    language: Language,
    person: Person | None = None,
    holders: Holders | None = None,
    besides: str = "",
) -> tuple[Ask, ...]:
    """What ``estimate``'s person can ask of others: at most `MOST_ASKS`, the best fit first.

    One per layer and per role that answers: where the director is also HR, the director is asked
    once. With ``holders`` and ``person`` roles are looked up after fallback; a role nobody holds,
    or that the person holds alone, is left out; so is the intervention ``besides``, which the person
    does themselves. Nothing for somebody whose phase is unknown.
    """
    said = estimate.you_said
    if said is None and estimate.phase == UNKNOWN:
        return ()
    leaders = _leaders(estimate, model)
    return _asks(leaders, language=language, person=person, holders=holders, besides=besides)


def _asks(
    leaders: Leaders,
    *,
    language: Language,
    person: Person | None,
    holders: Holders | None,
    besides: str,
) -> tuple[Ask, ...]:
    found: list[tuple[int, int, str, Intervention]] = []
    for place, layer in enumerate(ASKED_LAYERS):
        role = _asked_role(layer, person, holders)
        best = leaders.first((layer,), besides=besides) if role else None
        if role and best:
            intervention, score = best
            found.append((-score, place, role, intervention))
    shown: dict[str, Intervention] = {}
    for _, _, role, intervention in sorted(found, key=lambda one: one[:2]):
        shown.setdefault(role, intervention)
    return tuple(
        Ask(
            intervention.layer,
            intervention.id,
            role,
            _words(role, person, holders, language),
            intervention.asks[language],
        )
        for role, intervention in islice(shown.items(), MOST_ASKS)
    )


def own_prompt(
    estimate: Estimated,
    *,
    model: MaturityModel,
    language: Language,
    person: Person | None = None,
    holders: Holders | None = None,
    reasons: Sequence[Explanation] | None = None,
) -> Prompt:
    """The prompt of ``estimate``'s own person, to that person.

    Without a phase to go by (``unknown``, and no own answer) it is the phase question with the
    thirty-second reflection, and no guess. ``reasons`` are those of ``estimate`` in ``language``,
    where they are at hand; else it is asked for them (`needs_reasons`). Raises `ValueError` where
    ``model`` holds nothing that the worker does.
    """
    said = estimate.you_said
    name = called(person, estimate.learner)
    if said is None and estimate.phase == UNKNOWN:
        return question(
            estimate.identifier,
            name=name,
            model=model,
            language=language,
            mix=estimate.probabilities,
            episode=estimate.episode,
        )
    leaders = _leaders(estimate, model)
    best = leaders.first(OWN_LAYERS)
    if best is None:
        raise ValueError(f"expected an intervention of {' or '.join(OWN_LAYERS)}, found none")
    intervention, _ = best
    step = intervention.steps[language]
    parts = _parts(
        language,
        said.phase if said else estimate.phase,
        said=said is not None,
        step=step,
        ground=ground(intervention, language),
    )
    seen, trace = parts.seen, None
    if needs_reasons(estimate):
        trace = _trace(estimate.explain(language) if reasons is None else reasons)
    if trace:
        seen += " " + default_phrases().say(language, "seen.trace", trace=trace)
    others = _asks(
        leaders,
        language=language,
        person=person,
        holders=holders,
        besides=intervention.id,
    )
    paragraphs = [f"{greeting(name, language)}\n{seen}", parts.step, parts.why_heading]
    if others:
        paragraphs.append(_asks_text(language, tuple((ask.of, ask.text) for ask in others)))
    paragraphs.append(parts.close)
    return Prompt(
        recipient=estimate.identifier,
        recipient_role="worker",
        subject=estimate.identifier,
        layer=intervention.layer,
        intervention=intervention.id,
        language=language,
        text="\n\n".join(paragraphs),
        step=step,
        why=parts.why,
        when_question=parts.when,
        grounds=Grounds(intervention.basis, intervention.basis_text),
        phase_mix=dict(estimate.probabilities),
        episode=estimate.episode,
        name=name,
    )


@frozen
class _Parts:
    """What the prompts of many people have in common."""

    seen: str
    step: str
    why: str
    why_heading: str
    when: str
    close: str


@lru_cache(maxsize=1024)
def _parts(language: Language, phase: str, *, said: bool, step: str, ground: str) -> _Parts:
    say = default_phrases().say
    why, when = say(language, f"why.{phase}"), say(language, "step.when")
    close = say(language, "close.own" if said else "close.estimate")
    return _Parts(
        seen=say(language, f"said.{phase}" if said else f"seen.{phase}"),
        step=f"**{step}** {say(language, 'step.enough')} {when}",
        why=why,
        why_heading=f"{say(language, 'why.heading', why=why)} {ground}",
        when=when,
        close=f"{close} {say(language, 'close.reply')}",
    )


@lru_cache(maxsize=1024)
def _asks_text(language: Language, asks: tuple[tuple[str, str], ...]) -> str:
    """What can be asked of whom, as a list: (words for the role, what to ask)."""
    say = default_phrases().say
    lines = [say(language, "asks.line", role=of, ask=ask) for of, ask in asks]
    return "\n".join([say(language, "asks.heading"), *_bullets(lines)])


def needs_reasons(estimate: Estimated) -> bool:
    """Whether a prompt says what was seen of somebody: their phase is known, and not from them."""
    return estimate.you_said is None and estimate.phase != UNKNOWN


def question(
    identifier: str,
    *,
    name: str,
    model: MaturityModel,
    language: Language,
    mix: Mapping[Phase, float] | None = None,
    episode: str = "",
) -> Prompt:
    """The thirty-second reflection with the phase question, for somebody of whom too little is seen.

    ``mix`` are the probabilities there are; none where nothing was ever seen.
    """
    phrases = default_phrases()
    intervention = model[NOTICE_DAILY_LEARNING]
    step = phrases.say(language, "unknown.step")
    why = phrases.say(language, "why.reflection")
    when = phrases.say(language, "unknown.when")
    answers = [phrases.say(language, f"answer.{phase}") for phase in PHASES]
    paragraphs = [
        f"{greeting(name, language)}\n{phrases.say(language, 'unknown.intro')}",
        f"**{step}** {when}",
        phrases.say(language, "why.heading", why=why),
        "\n".join([phrases.say(language, "unknown.question"), *_bullets(answers)]),
        f"{phrases.say(language, 'close.own')} {phrases.say(language, 'close.reply')}",
    ]
    return Prompt(
        recipient=identifier,
        recipient_role="worker",
        subject=identifier,
        layer=intervention.layer,
        intervention=intervention.id,
        language=language,
        text="\n\n".join(paragraphs),
        step=step,
        why=why,
        when_question=when,
        grounds=Grounds(intervention.basis, intervention.basis_text),
        phase_mix=dict(mix or {}),
        episode=episode,
        name=name,
    )


def called(person: Person | None, learner: str) -> str:
    """What somebody is called: as the directory says, else the learner's name when it is one.

    An address, a hash or a number is nobody's name; a greeting then goes without.
    """
    if person is not None and person.name:
        return person.name
    plain = learner.replace(" ", "").replace("-", "").replace("'", "")
    return learner[:1].upper() + learner[1:] if plain.isalpha() else ""


def greeting(name: str, language: Language) -> str:
    """The first words of a message."""
    if not name:
        return default_phrases().say(language, "greeting.nameless")
    return default_phrases().say(language, "greeting.named", name=name)


def ground(intervention: Intervention, language: Language) -> str:
    """One sentence on where an intervention comes from."""
    key = "addition" if intervention.addition else intervention.basis
    return default_phrases().say(language, f"ground.{key}")


def _leaders(estimate: Estimated, model: MaturityModel) -> Leaders:
    said = estimate.you_said
    return Leaders.of(estimate.probabilities, model=model, you_said=said.phase if said else None)


def _asked_role(layer: str, person: Person | None, holders: Holders | None) -> str | None:
    """Whom to ask for ``layer``, as a key of the role words; ``None`` where there is nobody else."""
    if layer == "colleagues":
        alone = person is not None and person.employment == "self_employed"
        return "peer" if alone else "colleague"
    if person is None or holders is None:
        return role_of(layer)
    holder = holders.for_person(person, layer)
    if holder is None and layer == "environment":
        outside = holders.outside(person)
        return None if outside is None else _OUTSIDE[type(outside)]
    return holder.role if holder and holder.people != (person,) else None


def _words(role: str, person: Person | None, holders: Holders | None, language: Language) -> str:
    """The words for a role; of who is outside also who that is."""
    say = default_phrases().say
    outside = holders.outside(person) if holders and person and role in _OUTSIDE.values() else None
    match outside:
        case Contact():
            return say(language, "role.contact", name=outside.name, address=outside.address)
        case Network():
            return say(language, "role.network", name=outside.name, about=outside.about[language])
    return say(language, f"role.{role}")


def _trace(reasons: Sequence[Explanation]) -> str | None:
    """The strongest thing that was seen and speaks for the shown phase, in words."""
    for reason in reasons:
        if reason.count and reason.log_odds > 0 and not reason.kind.startswith("self-report"):
            return reason.text
    return None


def _bullets(lines: Sequence[str]) -> list[str]:
    return [f"- {line}" for line in lines]
