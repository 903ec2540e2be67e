"""Made-up worlds to check the phase model on: nobody in them is real.

Each world states its assumptions, gives what the systems recorded as a ledger, the phase everyone
is really in at ``at``, and the *ceiling*: the probabilities of an observer who knows how that world
works (its rates, its moves, what could be seen). On average nobody can do better.

The simulation and the ceiling share no code with the library's filter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
from attrs import evolve, frozen

from leercultuur_core.activity.activity import utc_day
from leercultuur_core.activity.evidence import SELF_REPORT
from leercultuur_core.activity.ledger import Ledger
from leercultuur_core.maturity.vocabulary import PHASES
from leercultuur_core.phases.parameters import Parameters, default_parameters

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

AT = datetime(2026, 3, 2, tzinfo=UTC)
WEEKS = 40
PLATFORMS = ("https://leren.example", "https://academie.example", "https://campus.example")
NOT_RECORDED = {
    PLATFORMS[1]: ("mentored", "shared", "feedback-given", "reflected"),
    PLATFORMS[2]: ("searched", "planned", "practised", "asked"),
}


@frozen(eq=False)
class World:
    """A world at ``AT``. ``ceiling`` is (P, 5), in the order of ``labels``."""

    name: str
    assumptions: str
    ledger: Ledger
    labels: Mapping[str, str]
    ceiling: Floats
    rates: Floats  # (5, K) true means per week, of the last week where they drift
    seen: Seen


@frozen(eq=False)
class Seen:
    """What was recorded: counts and visibility (P, W, K), answers (P, W), −1 for none."""

    counts: Ints
    visible: Bools
    answers: Ints


@frozen(eq=False)
class Chain:
    """A Markov chain over S states, each of which belongs to a phase."""

    start: Floats  # (S,)
    moves: Floats  # (S, S)
    phase: Ints  # (S,)


def shipped() -> Parameters:
    """The parameters that the worlds are made around."""
    return default_parameters()


def _chain(parameters: Parameters, stages: int = 1) -> Chain:
    """The phases' moves. With more than one stage each stay is a series of geometric ones (so
    negative binomial) with the same mean."""
    start, moves = np.array(parameters.startprob), np.array(parameters.transmat)
    size = len(PHASES) * stages
    many = np.zeros((size, size))
    phase = np.repeat(np.arange(len(PHASES)), stages)
    for number in range(len(PHASES)):
        leave = stages * (1 - moves[number, number])
        first = number * stages
        for stage in range(first, first + stages):
            many[stage, stage] = 1 - leave
            if stage + 1 < first + stages:
                many[stage, stage + 1] = leave
                continue
            for other in range(len(PHASES)):
                if other != number:
                    share = moves[number, other] / (1 - moves[number, number])
                    many[stage, other * stages] = leave * share
    return Chain(np.repeat(start / stages, stages), many, phase)


def _walk(rng: np.random.Generator, chain: Chain, people: int, weeks: int) -> Ints:
    """(P, W) states."""
    starts, moves = np.cumsum(chain.start), np.cumsum(chain.moves, axis=1)
    states = np.empty((people, weeks), dtype=np.int64)
    last = len(chain.start) - 1
    states[:, 0] = np.minimum((rng.random((people, 1)) > starts).sum(axis=1), last)
    for week in range(1, weeks):
        draw = rng.random((people, 1))
        states[:, week] = np.minimum((draw > moves[states[:, week - 1]]).sum(axis=1), last)
    return states


def _away(rng: np.random.Generator, people: int, weeks: int) -> Bools:
    """Two weeks away for everyone, any two."""
    return rng.random((people, weeks)).argsort(axis=1).argsort(axis=1) < 2


def _answers(
    rng: np.random.Generator, phases: Ints, reliability: Floats, share: float = 0.1
) -> Ints:
    """A tenth of the people answers the phase question once, in one of the last 16 weeks."""
    people, weeks = phases.shape
    answers = np.full((people, weeks), -1)
    for person in np.flatnonzero(rng.random(people) < share):
        week = rng.integers(weeks - 16, weeks)
        answers[person, week] = rng.choice(len(PHASES), p=reliability[phases[person, week]])
    return answers


def _platforms(rng: np.random.Generator, kinds: tuple[str, ...], people: int) -> tuple[Ints, Bools]:
    """Everyone's platform, and (P, K) what it records."""
    platform = rng.integers(0, len(PLATFORMS), people)
    records = np.ones((len(PLATFORMS), len(kinds)), dtype=np.bool_)
    for number, name in enumerate(PLATFORMS):
        records[number] = [kind not in NOT_RECORDED.get(name, ()) for kind in kinds]
    return platform, records[platform]


def identifiers(people: int) -> list[str]:
    """Identifiers in a sorted order."""
    return [f"account|https://leren.example|p{number:05d}" for number in range(people)]


def _ledger(
    rng: np.random.Generator, kinds: tuple[str, ...], seen: Seen, source: npt.NDArray[np.str_]
) -> Ledger:
    """The counts as a ledger, each on a random day of its week; ``source`` is (P, K)."""
    names = identifiers(len(seen.counts))
    start = utc_day(AT) - 7 * seen.counts.shape[1]
    counts: dict[tuple[str, str, str, str, int], int] = {}
    for person, week, kind in zip(*np.nonzero(seen.counts), strict=True):
        count = int(seen.counts[person, week, kind])
        for day in rng.integers(0, 7, count):
            key = (
                names[person],
                str(source[person, kind]),
                "general",
                kinds[kind],
                int(start + 7 * week + day),
            )
            counts[key] = counts.get(key, 0) + 1
    for person, week in zip(*np.nonzero(seen.answers >= 0), strict=True):
        kind_id = f"{SELF_REPORT}{PHASES[seen.answers[person, week]]}"
        day = int(start + 7 * week + rng.integers(0, 7))
        counts[(names[person], str(source[person, 0]), "general", kind_id, day)] = 1
    return Ledger(counts)


def _with_somebody(world: World) -> World:
    """Without people of whom nothing at all was recorded: no file would name them."""
    there = (world.seen.counts.sum(axis=(1, 2)) > 0) | (world.seen.answers >= 0).any(axis=1)
    labels = {
        name: phase for (name, phase), kept in zip(world.labels.items(), there, strict=True) if kept
    }
    seen = Seen(world.seen.counts[there], world.seen.visible[there], world.seen.answers[there])
    return evolve(world, labels=labels, ceiling=world.ceiling[there], seen=seen)


def ceiling(
    chain: Chain,
    rates: Floats,
    shape: float,
    away: float,
    activity: Floats,
    reliability: Floats,
    seen: Seen,
) -> Floats:
    """(P, 5) exact forward filtering by someone who knows the world.

    ``rates`` is (W, S, K) and ``activity`` (P, W, L): L equally likely levels of each person, or
    one that is known.
    """
    people, weeks, _ = seen.counts.shape
    levels = activity.shape[2]
    state = np.broadcast_to(chain.start, (people, levels, len(chain.start))) / levels
    for week in range(weeks):
        before = state if week == 0 else state @ chain.moves
        counts, visible = seen.counts[:, week], seen.visible[:, week]
        total = counts.sum(axis=1)[:, None, None]
        level = activity[:, week][:, :, None]
        said = (counts @ np.log(rates[week]).T)[:, None, :]
        expected = (visible @ rates[week].T)[:, None, :]
        logs = said + total * np.log(level) - (total + shape) * np.log(shape + level * expected)
        logs += shape * np.log(shape)
        silent = (total == 0) & (seen.answers[:, week] < 0)[:, None, None]
        likelihood = np.where(silent, away + (1 - away) * np.exp(logs), 0.0)
        busy = np.exp(logs - logs.max(axis=(1, 2), keepdims=True))
        likelihood = np.where(silent, likelihood, busy)
        answered = seen.answers[:, week] >= 0
        said_now = reliability[:, seen.answers[answered, week]].T
        likelihood[answered] *= said_now[:, chain.phase][:, None, :]
        state = before * likelihood
        state /= state.sum(axis=(1, 2), keepdims=True)
    by_state = state.sum(axis=1)
    return np.stack(
        [by_state[:, chain.phase == phase].sum(axis=1) for phase in range(len(PHASES))], axis=1
    )


def _levels(people: int, weeks: int, count: int = 25) -> Floats:
    """(P, W, L) the levels of Gamma(2, mean 1), finer than the library's."""
    grid = evolve(shipped(), levels=count).activity_levels
    return np.broadcast_to(np.array(grid), (people, weeks, count))


@frozen(eq=False)
class _Ways:
    """How a world is made; the defaults are those of the description."""

    name: str
    assumptions: str
    stages: int = 1
    noise: float = 0.35
    shape: tuple[float, float] = (1.0, 1.5)
    drift: float = 0.0
    session: float = 1.0
    starts_late: int | None = None
    stops_before_end: int | None = None


def _make(ways: _Ways, people: int, seed: int) -> World:
    rng = np.random.default_rng(seed)
    parameters = shipped()
    kinds = parameters.kinds
    reliability = np.array(parameters.reliability)
    table = np.array([parameters.rates[kind] for kind in kinds]).T  # (5, K)
    rates = np.maximum(table * np.exp(rng.normal(0, ways.noise, table.shape)), 0.002)
    shape = rng.uniform(*ways.shape)
    chain = _chain(parameters, ways.stages)
    states = _walk(rng, chain, people, WEEKS)
    phases = chain.phase[states]
    platform, records = _platforms(rng, kinds, people)
    source = np.array(PLATFORMS)[platform][:, None].repeat(len(kinds), axis=1)
    visible = np.broadcast_to(records[:, None, :], (people, WEEKS, len(kinds))).copy()
    if ways.starts_late is not None:
        # Everyone also has a second system, which records these and is connected late.
        social = np.isin(kinds, ("applied", "shared", "mentored", "reflected", "feedback-given"))
        source[:, social] = "https://werkplek.example"
        visible[:, :, social] = True
        visible[:, : ways.starts_late, social] = False
    if ways.stops_before_end is not None:
        visible[platform == 0, WEEKS - ways.stops_before_end :] = False
    activity = rng.gamma(2.0, 0.5, people)[:, None].repeat(WEEKS, axis=1)
    weekly = np.broadcast_to(rates, (WEEKS, *rates.shape)).copy()
    if ways.drift:
        # The habits of the whole site wander, and so does everyone's own activity.
        wander = rng.normal(0, ways.drift, (WEEKS, 1, len(kinds)))[::-1].cumsum(axis=0)[::-1]
        weekly *= np.exp(wander - wander[-1])
        own = rng.normal(0, ways.drift, (people, WEEKS)).cumsum(axis=1)
        activity *= np.exp(own - own.mean(axis=1, keepdims=True))
    burst = rng.gamma(shape, 1 / shape, (people, WEEKS))
    burst[_away(rng, people, WEEKS)] = 0.0
    means = weekly[np.arange(WEEKS)[None, :], phases] * (activity * burst)[:, :, None]
    sessions = rng.poisson(means / ways.session) * visible
    counts = sessions
    if ways.session > 1:
        # A session holds a geometric number of activities of one kind.
        more = rng.negative_binomial(np.maximum(sessions, 1), 1 / ways.session)
        counts = np.where(sessions > 0, sessions + more, 0)
    answers = _answers(rng, phases, reliability)
    answers[~visible.any(axis=2)] = -1
    seen = Seen(counts, visible, answers)
    known = activity[:, :, None] if ways.drift else _levels(people, WEEKS)
    best = ceiling(
        chain,
        (weekly / ways.session)[:, chain.phase],
        shape,
        0.05,
        known,
        reliability,
        Seen(sessions, visible, answers),
    )
    labels = {
        name: PHASES[phase] for name, phase in zip(identifiers(people), phases[:, -1], strict=True)
    }
    return _with_somebody(
        World(
            name=ways.name,
            assumptions=ways.assumptions,
            ledger=_ledger(rng, kinds, seen, source),
            labels=labels,
            ceiling=best,
            rates=rates,
            seen=seen,
        )
    )


DESCRIBED = _Ways(
    "as described",
    "The model's own description: rates e^N(0, .35) around the table per kind and phase, one Gamma "
    "burst a week (shape 1 to 1.5), activity Gamma(2), two weeks away for everyone, three platforms "
    "of which two cannot record some kinds, a tenth answered once in the last 16 weeks.",
)
WAYS = (
    DESCRIBED,
    evolve(
        DESCRIBED,
        name="long dwell",
        assumptions="As described, but a stay in a phase is negative binomial (three geometric "
        "stages, same mean): hardly anyone leaves at once, and hardly anyone stays very long.",
        stages=3,
    ),
    evolve(
        DESCRIBED,
        name="drifting habits",
        assumptions="As described, but each kind's rate and each person's activity follow a random "
        "walk (log step .06 a week). The ceiling knows both walks, so it is out of reach.",
        drift=0.06,
    ),
    evolve(
        DESCRIBED,
        name="bursts",
        assumptions="As described, but activities come in sessions of one kind (2.5 on average), "
        "and weekly bursts are wilder (shape .5 to .8). The ceiling sees the sessions apart, which "
        "counts per day do not, so it is out of reach.",
        session=2.5,
        shape=(0.5, 0.8),
    ),
    evolve(
        DESCRIBED,
        name="starts late",
        assumptions="As described, but applying, sharing, mentoring, reflecting and feedback are "
        "recorded at a second system that was connected in week 28 of 40.",
        starts_late=28,
    ),
    evolve(
        DESCRIBED,
        name="stops",
        assumptions="As described, but one of the three platforms sends nothing more since ten "
        "weeks. The ceiling knows that.",
        stops_before_end=10,
    ),
)
WORLDS = tuple(ways.name for ways in WAYS)


def world(name: str, people: int, seed: int) -> World:
    """The world ``name`` with ``people``, the same for the same ``seed``."""
    return _make(next(ways for ways in WAYS if ways.name == name), people, seed)


def world_that_stops(weeks_ago: int, people: int, seed: int) -> World:
    """As described, with one platform of three silent since ``weeks_ago`` weeks."""
    ways = evolve(DESCRIBED, name=f"stopped {weeks_ago} weeks ago", stops_before_end=weeks_ago)
    return _make(ways, people, seed)
