"""The filter and the path: laws, and brute force on tiny chains."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise, product
from math import exp, isclose, log, prod

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from leercultuur_core.activity.activity import utc_day
from leercultuur_core.activity.ledger import Ledger, LedgerKey
from leercultuur_core.activity.visibility import Presence, Visibility
from leercultuur_core.maturity.vocabulary import PHASES
from leercultuur_core.phases.filtering import Filtered, filter_weeks, most_likely_path
from leercultuur_core.phases.model import count_odds
from leercultuur_core.phases.observations import Observations, observe
from leercultuur_core.phases.parameters import Parameters, default_parameters

AT = datetime(2026, 3, 2, tzinfo=UTC)
CUT = utc_day(AT)
KINDS = ("searched", "progressed", "applied", "shared", "planned")
SOURCES = ("lms", "work")


@cache
def parameters() -> Parameters:
    """The shipped parameters with a few kinds, an odd reliability, and all moves possible."""
    shipped = default_parameters()
    return evolve(shipped, rates={kind: shipped.rates[kind] for kind in KINDS})


def visibility(weeks: int = 8, kinds: tuple[str, ...] = KINDS) -> Visibility:
    start = CUT - 7 * weeks
    return Visibility({(source, kind): ((start, None),) for source in SOURCES for kind in kinds})


def seen(
    rows: dict[LedgerKey, int],
    *,
    weeks: int = 8,
    at: datetime = AT,
    presence: Presence | None = None,
    sight: Visibility | None = None,
) -> Observations:
    people = {key[0] for key in rows}
    everywhere = dict.fromkeys(SOURCES, ((CUT - 7 * weeks, None),))
    named = {} if presence is None else presence.intervals
    return observe(
        Ledger(rows),
        at=at,
        kinds=KINDS,
        visibility=visibility(weeks) if sight is None else sight,
        presence=Presence({**dict.fromkeys(people, everywhere), **named}),
    )


answers = [f"self-report.{phase}" for phase in PHASES]
rows_strategy = st.dictionaries(
    st.tuples(
        st.sampled_from("abcdefg"),
        st.sampled_from(SOURCES),
        st.just("general"),
        st.sampled_from([*KINDS, "other", *answers]),
        st.integers(CUT - 56, CUT - 1),
    ),
    st.integers(1, 40),
    max_size=40,
)
presence_strategy = st.dictionaries(
    st.sampled_from("abcdefg"),
    st.dictionaries(
        st.sampled_from(SOURCES),
        st.tuples(st.tuples(st.integers(CUT - 70, CUT - 10), st.none() | st.just(CUT - 5))),
        min_size=1,
    ),
    max_size=4,
).map(Presence)


def bytes_of(filtered: Filtered, person: int) -> bytes:
    parts = (filtered.last[:, person], filtered.millionths[:, :, person], filtered.level[[person]])
    return b"".join(part.tobytes() for part in parts)


@given(rows_strategy, presence_strategy)
@settings(max_examples=40, deadline=None)
def test_nobody_depends_on_who_else_is_computed(
    rows: dict[LedgerKey, int], presence: Presence
) -> None:
    together = seen(rows, presence=presence)
    everyone = filter_weeks(together, parameters())
    path = most_likely_path(together, parameters(), everyone.level)
    for person, name in enumerate(together.identifiers):
        mine = {key: count for key, count in rows.items() if key[0] == name}
        alone = seen(mine, presence=presence)
        if alone.first_week != together.first_week:
            continue
        place = alone.identifiers.index(name)
        single = filter_weeks(alone, parameters())
        assert bytes_of(single, place) == bytes_of(everyone, person)
        one_path = most_likely_path(alone, parameters(), single.level)
        assert one_path[:, place].tolist() == path[:, person].tolist()


def test_chunks_of_any_size_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    rows: dict[LedgerKey, int] = {}
    for person in range(61):
        for day in range(56):
            if random.random() < 0.4:
                kind = str(random.choice([*KINDS, answers[2]], p=[0.2] * 3 + [0.15, 0.15, 0.1]))
                rows[f"p{person:02}", SOURCES[person % 2], "general", kind, CUT - 56 + day] = int(
                    random.integers(1, 9)
                )
    given_rows = seen(rows)
    whole = filter_weeks(given_rows, parameters())
    for size, block in ((1, 1), (7, 13), (16, 1000), (60, 61)):
        monkeypatch.setattr("leercultuur_core.phases.filtering.CHUNK", size)
        monkeypatch.setattr("leercultuur_core.phases.filtering._BLOCK", block)
        parts = filter_weeks(given_rows, parameters())
        assert parts.last.tobytes() == whole.last.tobytes()
        assert parts.millionths.tobytes() == whole.millionths.tobytes()
        assert parts.level.tobytes() == whole.level.tobytes()


@given(rows_strategy, presence_strategy)
@settings(max_examples=60, deadline=None)
def test_probabilities_sum_to_one(rows: dict[LedgerKey, int], presence: Presence) -> None:
    found = seen(rows, presence=presence)
    filtered = filter_weeks(found, parameters())
    assert np.abs(filtered.last.sum(axis=0) - 1).max(initial=0) < 1e-12
    assert (filtered.last >= 0).all()
    started = np.logical_or.accumulate(found.present[found.group].T, axis=0)
    assert (np.abs(filtered.millionths.sum(axis=1) - 1_000_000)[started] <= 3).all()
    assert not filtered.millionths.sum(axis=1)[~started].any()


@given(st.integers(1, 5000), st.sampled_from(KINDS), st.integers(0, 5000), st.sampled_from(KINDS))
@settings(max_examples=30, deadline=None)
def test_no_week_however_strange_leaves_no_probability(
    first: int, kind: str, second: int, other: str
) -> None:
    rows: dict[LedgerKey, int] = {("a", "lms", "general", kind, CUT - 10): first}
    if second:
        rows["a", "lms", "general", other, CUT - 3] = second
    last = filter_weeks(seen(rows), parameters()).last
    assert np.isfinite(last).all()
    assert isclose(last.sum(), 1)


@given(
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(KINDS), st.integers(0, 12), min_size=1),
    st.sampled_from(PHASES),
    st.sampled_from(PHASES),
    st.sets(st.sampled_from(KINDS)),
)
@settings(max_examples=60, deadline=None)
def test_one_more_count_shifts_the_odds_by_the_models_own_ratio(
    kind: str, counts: dict[str, int], over: str, against: str, hidden: set[str]
) -> None:
    """For one present week and a fixed activity level."""
    one_level = evolve(parameters(), levels=1)
    activity = one_level.activity_levels[0]
    visible = tuple(name for name in KINDS if name == kind or name not in hidden)
    counts = {**counts, kind: max(counts.get(kind, 0), 1)}
    rows: dict[LedgerKey, int] = {
        ("a", "lms", "general", name, CUT - 3): count for name, count in counts.items() if count
    }
    more = {**rows, ("a", "lms", "general", kind, CUT - 3): counts[kind] + 1}
    odds = []
    for given_rows in (rows, more):
        found = seen(given_rows, weeks=1, sight=visibility(1, visible))
        last = filter_weeks(found, one_level).last[:, 0]
        odds.append(last[PHASES.index(over)] / last[PHASES.index(against)])
    expected = count_odds(
        one_level,
        kind,
        over,  # type: ignore[arg-type]
        against,  # type: ignore[arg-type]
        activity=activity,
        exposure=dict.fromkeys(visible, 1.0),
    )
    assert odds[1] / odds[0] == pytest.approx(expected, rel=1e-9)


def test_clumped_activities_weigh_as_one_for_each_clump() -> None:
    one_level = evolve(parameters(), levels=1, clump=3.0)
    odds = []
    for count in (3, 6):
        found = seen({("a", "lms", "general", "applied", CUT - 3): count}, weeks=1)
        last = filter_weeks(found, one_level).last[:, 0]
        odds.append(last[3] / last[2])
    activity = one_level.activity_levels[0]
    ratio = count_odds(one_level, "applied", "applying", "acting", activity=activity)
    assert odds[1] / odds[0] == pytest.approx(ratio**3, rel=1e-9)


@given(rows_strategy, rows_strategy)
@settings(max_examples=40, deadline=None)
def test_what_could_not_be_seen_changes_nothing(
    rows: dict[LedgerKey, int], more: dict[LedgerKey, int]
) -> None:
    """Rows of kinds that a source cannot record, and of days on which it was not connected."""
    sight = Visibility(
        {
            ("lms", "searched"): ((CUT - 56, CUT - 30), (CUT - 20, None)),
            ("work", "applied"): ((CUT - 40, None),),
        }
    )
    invisible = {
        key: count
        for key, count in more.items()
        if not key[3].startswith("self-report")
        and not any(
            start <= key[4] < (CUT if end is None else end)
            for kind in ((key[3],) if key[3] != "other" else ("searched", "applied"))
            for start, end in sight.intervals.get((key[1], kind), ())
        )
    }
    people = dict.fromkeys("abcdefg", dict.fromkeys(SOURCES, ((CUT - 56, None),)))
    presence = Presence(people)
    with_more = seen(rows | invisible, sight=sight, presence=presence)
    without = seen(
        {key: count for key, count in rows.items() if key not in invisible},
        sight=sight,
        presence=presence,
    )
    first, second = (filter_weeks(each, parameters()) for each in (with_more, without))
    assert first.last.tobytes() == second.last.tobytes()
    assert first.millionths.tobytes() == second.millionths.tobytes()
    assert with_more.used.tolist() == without.used.tolist()


@given(rows_strategy, presence_strategy, st.integers(1, 7))
@settings(max_examples=40, deadline=None)
def test_a_past_date_gives_that_dates_answer(
    rows: dict[LedgerKey, int], presence: Presence, back: int
) -> None:
    now = seen(rows, presence=presence)
    then = seen(rows, presence=presence, at=AT - timedelta(weeks=back))
    if not then.people or then.first_week != now.first_week:
        return
    later, earlier = (filter_weeks(each, parameters()) for each in (now, then))
    for place, name in enumerate(then.identifiers):
        person = now.identifiers.index(name)
        if (
            then.present[then.group[place]].tolist()
            != now.present[now.group[person], : then.weeks].tolist()
        ):
            continue  # present elsewhere since
        mine = then.visible_days[then.group[place]]
        assert np.array_equal(mine, now.visible_days[now.group[person], : then.weeks])
        assert (
            earlier.millionths[:, :, place].tobytes()
            == later.millionths[: then.weeks, :, person].tobytes()
        )


def test_leave_stops_the_clock() -> None:
    rows: dict[LedgerKey, int] = {("a", "lms", "general", "progressed", CUT - 55): 4}
    leave = Presence({"a": {"lms": ((CUT - 56, CUT - 49), (CUT - 14, None))}})
    found = filter_weeks(seen(rows, presence=leave), parameters()).millionths[:, :, 0]
    assert all((found[week] == found[0]).all() for week in range(1, 6))
    assert (found[6] != found[0]).any()


def likelihood(
    given_parameters: Parameters, counts: dict[str, int], phase: int, activity: float
) -> float:
    """p(counts | phase, activity) up to a factor without either, written out once more."""
    rates = given_parameters.rates
    shape = given_parameters.burst_shape
    expected = activity * sum(rates[kind][phase] for kind in KINDS)
    total = sum(counts.values())
    value = prod((rates[kind][phase] * activity) ** count for kind, count in counts.items())
    value *= float(shape**shape / (shape + expected) ** (total + shape))
    away = given_parameters.away
    return value * (1 - away) + (0 if total else away)


WEEKLY = st.lists(
    st.dictionaries(st.sampled_from(KINDS), st.integers(1, 4), max_size=3), min_size=1, max_size=4
)


@given(WEEKLY, st.none() | st.sampled_from(PHASES))
@settings(max_examples=25, deadline=None)
def test_filter_and_path_equal_brute_force(weekly: list[dict[str, int]], said: str | None) -> None:
    chain = evolve(parameters(), levels=3)
    weeks = len(weekly)
    start = CUT - 7 * weeks
    rows: dict[LedgerKey, int] = {
        ("a", "lms", "general", kind, start + 7 * week + 2): count
        for week, counts in enumerate(weekly)
        for kind, count in counts.items()
    }
    if said is not None:
        # Given with something else, so that the week was no week away.
        rows["a", "lms", "general", f"self-report.{said}", CUT - 1] = 1
        rows.setdefault(("a", "lms", "general", "searched", CUT - 5), 1)
        weekly[-1] = {
            kind: rows["a", "lms", "general", kind, CUT - 5]
            for kind in KINDS
            if ("a", "lms", "general", kind, CUT - 5) in rows
        }
    rows.setdefault(("a", "lms", "general", "other", start - 30), 1)
    found = seen(rows, weeks=weeks)
    filtered = filter_weeks(found, chain)

    joint: dict[tuple[int, tuple[int, ...]], float] = {}
    for number, activity in enumerate(chain.activity_levels):
        for path in product(range(5), repeat=weeks):
            value = chain.startprob[path[0]]
            for before, after in pairwise(path):
                value *= chain.transmat[before][after]
            for week, phase in enumerate(path):
                value *= likelihood(chain, weekly[week], phase, activity)
            if said is not None:
                value *= chain.reliability[path[-1]][PHASES.index(said)]
            joint[number, path] = value
    total = sum(joint.values())
    for phase in range(5):
        mine = sum(value for (_, path), value in joint.items() if path[-1] == phase)
        assert filtered.last[phase, 0] == pytest.approx(mine / total, rel=1e-9, abs=1e-15)

    by_level = [
        sum(value for (number, _), value in joint.items() if number == level) for level in range(3)
    ]
    assert by_level[filtered.level[0]] == pytest.approx(max(by_level), rel=1e-5)
    path = most_likely_path(found, chain, filtered.level)[:, 0].tolist()
    at_level = [value for (number, _), value in joint.items() if number == filtered.level[0]]
    assert joint[int(filtered.level[0]), tuple(path)] == pytest.approx(max(at_level), rel=1e-9)


def test_a_week_may_be_a_week_away() -> None:
    """With a chance of being away, silence says less."""
    rows: dict[LedgerKey, int] = {("a", "lms", "general", "progressed", CUT - 10): 6}
    never = filter_weeks(seen(rows, weeks=2), evolve(parameters(), away=0.0)).last[2, 0]
    often = filter_weeks(seen(rows, weeks=2), evolve(parameters(), away=0.5)).last[2, 0]
    assert never < often
    # Other use of the systems shows that somebody was there.
    rows["a", "lms", "general", "other", CUT - 3] = 1
    there = filter_weeks(seen(rows, weeks=2), evolve(parameters(), away=0.5)).last[2, 0]
    assert there == pytest.approx(never)


def test_the_odds_of_a_kind_that_the_model_does_not_know() -> None:
    with pytest.raises(KeyError):
        count_odds(parameters(), "other", "acting", "unaware")


def test_the_odds_written_out() -> None:
    shape, everything = 1.25, sum(rates[2] for rates in parameters().rates.values())
    nothing = sum(rates[0] for rates in parameters().rates.values())
    expected = exp(log(3.0 / 0.15) + log(shape + nothing) - log(shape + everything))
    assert count_odds(parameters(), "progressed", "acting", "unaware") == pytest.approx(expected)
