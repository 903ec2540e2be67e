"""Estimates as people use them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from leercultuur_core.activity.activity import Activity, Record, Retraction, utc_day
from leercultuur_core.activity.columns import LedgerColumns
from leercultuur_core.activity.evidence import EvidenceRules, Rule
from leercultuur_core.activity.ledger import Ledger, fold
from leercultuur_core.activity.visibility import Presence, Visibility
from leercultuur_core.maturity.vocabulary import PHASES
from leercultuur_core.phases import Estimates, YouSaid, default_parameters, estimate, infer

AT = datetime(2026, 3, 2, tzinfo=UTC)
DAY = utc_day(AT)
SANNE = "account|https://x|sanne"
KINDS = ("searched", "progressed", "applied", "other", "self-report.acting")


def ledger(*rows: tuple[str, int, int], who: str = SANNE) -> Ledger:
    """(kind, days before ``AT``, count)."""
    return Ledger({(who, "lms", "general", kind, DAY - ago): count for kind, ago, count in rows})


def busy(who: str = "account|https://x|omar") -> Ledger:
    """Somebody who keeps the source connected."""
    return ledger(*(("searched", ago, 1) for ago in range(3, 200, 7)), who=who)


def test_lesson_steps_show_acting_with_the_week_it_began() -> None:
    found = estimate(ledger(*(("progressed", ago, 2) for ago in range(1, 21))) + busy(), at=AT)
    sanne = found["sanne"]
    assert sanne.identifier == SANNE
    assert sanne.learner == "sanne"
    assert sanne.at == date(2026, 3, 2)
    assert sanne.phase == "acting"
    assert sanne.probability == sanne.probabilities["acting"] > 0.9
    assert sanne.most_probable == "acting"
    assert sanne.episode == "2026-W07"
    assert sanne.you_said is None
    assert list(sanne.probabilities) == list(PHASES)
    assert sum(sanne.probabilities.values()) == pytest.approx(1, abs=3e-6)
    assert all(round(value, 6) == value for value in sanne.probabilities.values())


def test_silence_names_nobody_unaware() -> None:
    given_rows = ledger(("progressed", 150, 2)) + busy()
    sanne = estimate(given_rows, at=AT)[SANNE]
    assert sanne.most_probable == "unaware"
    assert sanne.phase == "unknown"
    assert sanne.probability == sanne.probabilities["unaware"]
    # Signs of use let the same belief be shown.
    used = estimate(given_rows + ledger(("other", 9, 1)), at=AT)[SANNE]
    assert used.phase == "unaware"


def test_who_is_only_named_by_presence_is_unknown() -> None:
    presence = Presence({"account|https://x|kim": {"lms": ((DAY - 70, None),)}})
    found = estimate(busy(), at=AT, presence=presence)
    assert found["kim"].phase == "unknown"
    assert [found[name].learner for name in found] == ["kim", "omar"]


def test_nothing_gives_nobody() -> None:
    found = estimate(Ledger(), at=AT)
    assert len(found) == 0
    assert list(infer([], at=AT, rules=RULES)) == []


def test_what_comes_after_at_does_not_count() -> None:
    late = ledger(("applied", 0, 50), ("applied", -3, 50))
    assert list(estimate(late, at=AT)) == []
    both = estimate(busy() + late, at=AT)
    assert list(both) == ["account|https://x|omar"]


def test_a_time_without_an_offset_says_what_to_write() -> None:
    with pytest.raises(ValueError, match="with an offset"):
        estimate(busy(), at=datetime(2026, 3, 2))  # noqa: DTZ001


def test_a_learner_without_any_visible_week_gets_the_start_probabilities() -> None:
    found = estimate(busy(), at=AT, visibility=Visibility({}))["omar"]
    assert found.phase == "unknown"
    assert found.probabilities["unaware"] == 0.45
    assert found.episode == "2026-W10"
    assert found.story() == ()
    assert found.reasons == ()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("self-report.acting", 90, 1)], YouSaid("acting", date(2025, 12, 2))),
        ([("self-report.acting", 91, 1)], None),
        (
            [("self-report.acting", 30, 1), ("self-report.applying", 2, 1)],
            YouSaid("applying", date(2026, 2, 28)),
        ),
        ([("self-report.acting", 2, 1), ("self-report.applying", 2, 1)], None),
        (
            [
                ("self-report.unaware", 9, 1),
                ("self-report.acting", 2, 1),
                ("self-report.applying", 2, 1),
            ],
            None,
        ),
    ],
)
def test_you_said_is_the_latest_answer_of_at_most_ninety_days(
    rows: list[tuple[str, int, int]], said: YouSaid | None
) -> None:
    assert estimate(ledger(*rows) + busy(), at=AT)["sanne"].you_said == said


def test_an_own_answer_weighs_in() -> None:
    plain = estimate(ledger(("other", 5, 1)) + busy(), at=AT)["sanne"]
    told = estimate(ledger(("other", 5, 1), ("self-report.applying", 2, 1)) + busy(), at=AT)
    assert told["sanne"].probabilities["applying"] > 3 * plain.probabilities["applying"]


def test_an_answer_during_leave_is_still_what_you_said() -> None:
    leave = Presence({SANNE: {"lms": ((DAY - 140, DAY - 21),)}})
    rows = ledger(("progressed", 30, 5), ("self-report.applying", 2, 1)) + busy()
    found = estimate(rows, at=AT, presence=leave)["sanne"]
    assert found.you_said == YouSaid("applying", date(2026, 2, 28))


def test_names_may_be_given_or_ambiguous() -> None:
    other = "account|https://y|sanne"
    found = estimate(busy() + ledger(("viewed", 3, 1)) + busy(other), at=AT)
    with pytest.raises(KeyError, match=r"2 learners are called 'sanne'; use one of .*x\|sanne"):
        found["sanne"]
    assert found[SANNE].identifier == SANNE
    with pytest.raises(KeyError):
        found["nobody"]
    assert "nobody" not in found
    named = estimate(busy() + busy(other), at=AT, labels={other: "Sanne de Wit"})
    assert named["Sanne de Wit"].learner == "Sanne de Wit"


def test_estimates_say_what_they_rest_on() -> None:
    found = estimate(busy(), at=AT)
    assert found.visibility_derived
    assert ("lms", "searched") in found.visibility.intervals
    again = estimate(busy(), at=AT, visibility=found.visibility)
    assert not again.visibility_derived
    assert dict(again) == dict(found)
    assert found.parameters.version
    assert repr(found) == "<Estimates of 1 learners at 2026-03-02>"
    assert "sanne" not in repr(found)


def test_reasons_have_counts_weeks_and_words() -> None:
    rows = ledger(*(("progressed", ago, 1) for ago in range(1, 12)), ("other", 190, 1))
    applied = ledger(("applied", 100, 1), who="account|https://x|omar")
    sanne = estimate(rows + busy() + applied, at=AT)["sanne"]
    first = sanne.reasons[0]
    assert (first.kind, first.count, first.weeks) == ("progressed", 11, 2)
    assert first.text == "11 lesson steps in the last 2 weeks"
    assert first.log_odds > 3
    assert sanne.explain("nl")[0].text == "11 lesstappen in de laatste 2 weken"
    absent = {reason.kind: reason for reason in sanne.reasons}["applied"]
    assert (absent.count, absent.text) == (0, "no work use seen yet")
    sizes = [abs(reason.log_odds) for reason in sanne.reasons]
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) >= 0.1
    assert "mentored" in sanne.not_recorded
    assert "progressed" not in sanne.not_recorded


def test_what_is_long_ago_is_told_as_such() -> None:
    rows = ledger(("applied", 100, 12), ("other", 3, 1))
    sanne = estimate(rows + busy(), at=AT)["sanne"]
    texts = {reason.kind: reason.text for reason in sanne.reasons}
    assert "applied" not in texts or texts["applied"] == "12 uses at work in the last 15 weeks"


def test_an_own_answer_is_a_reason() -> None:
    rows = ledger(("other", 3, 1), ("self-report.applying", 2, 1)) + busy()
    sanne = estimate(rows, at=AT)["sanne"]
    assert sanne.most_probable == "applying"
    reason = sanne.reasons[0]
    assert reason.kind == "self-report.applying"
    assert reason.text == "own answer: applying (2026-02-28)"
    assert sanne.explain("nl")[0].text == "eigen antwoord: toepassing (2026-02-28)"


def test_reasons_of_many_are_those_of_each() -> None:
    dice = random.Random(4)
    rows = busy()
    people = [f"account|https://x|worker{number}" for number in range(9)]
    for who in people:
        for _ in range(dice.randrange(25)):
            rows += ledger(
                (dice.choice(KINDS), dice.randrange(1, 200), dice.randrange(1, 5)), who=who
            )
    away = {
        people[number]: {"lms": ((DAY - 150 + number, DAY - 90), (DAY - 40, None))}
        for number in range(4)
    }
    found = estimate(rows, at=AT, presence=Presence(away))
    for language in ("nl", "en"):
        alone = {name: found[name].explain(language) for name in found}
        assert any(alone.values())
        assert found.explain_all(found, language) == alone
        some = [name for name in reversed([*found]) if name[-1] in "1358"]
        assert found.explain_all(some, language) == {name: alone[name] for name in some}
    assert found.explain_all([], "nl") == {}
    with pytest.raises(KeyError):
        found.explain_all(["account|https://x|nobody"], "nl")


def test_reasons_do_not_hang_on_how_many_are_computed_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = busy()
    for number in range(7):
        step = ("progressed", number + 1, 2)
        rows += ledger(step, ("self-report.acting", 9, 1), who=f"account|https://x|w{number}")
    found = estimate(rows, at=AT)
    whole = found.explain_all(found, "nl")
    monkeypatch.setattr("leercultuur_core.phases.reasons._TOGETHER", 3)
    assert found.explain_all(found, "nl") == whole


def test_the_story_goes_week_by_week() -> None:
    rows = ledger(("progressed", 10, 3), ("progressed", 2, 4), ("self-report.acting", 2, 1))
    leave = Presence({SANNE: {"lms": ((DAY - 28, DAY - 21), (DAY - 14, None))}})
    story = estimate(rows + busy(), at=AT, presence=leave)["sanne"].story()
    assert [week.label for week in story] == ["2026-W06", "2026-W07", "2026-W08", "2026-W09"]
    assert [week.present for week in story] == [True, False, True, True]
    assert [week.visible for week in story] == [True, False, True, True]
    assert [dict(week.counts) for week in story] == [{}, {}, {"progressed": 3}, {"progressed": 4}]
    assert [week.said for week in story] == [None, None, None, "acting"]
    assert story[1].probabilities == story[0].probabilities
    assert story[-1].shown == "acting"
    assert story[-1].path == "acting"
    for week in story:
        assert sum(week.probabilities.values()) == pytest.approx(1, abs=3e-6)


def test_a_long_year_and_a_leap_day() -> None:
    at = datetime(2021, 1, 5, tzinfo=UTC)
    start = utc_day(at)
    rows = {(SANNE, "lms", "general", "progressed", start - ago): 3 for ago in range(2, 16)}
    sanne = estimate(Ledger(rows), at=at)["sanne"]
    assert [week.label for week in sanne.story()] == [
        "2020-W52",
        "2020-W53",
        "2021-W01",
    ]
    assert sanne.episode in {"2020-W52", "2020-W53"}
    leap = datetime(2024, 2, 29, 23, 59, tzinfo=UTC)
    one = {(SANNE, "lms", "general", "progressed", utc_day(leap) - 1): 3}
    found = estimate(Ledger(one), at=leap)["sanne"]
    assert found.at == date(2024, 2, 29)
    assert [week.label for week in found.story()] == ["2024-W09"]


RULES = EvidenceRules(tuple(Rule(verb=kind, kind=kind) for kind in KINDS), "test")

records_strategy = st.lists(
    st.builds(
        Activity,
        id=st.integers(0, 30).map(str),
        identities=st.sampled_from("abc").map(lambda name: (f"account|https://x|{name}",)),
        verb=st.sampled_from([*KINDS, "something-else"]),
        occurred_at=st.integers(0, 24 * 80).map(lambda hours: AT - timedelta(hours=hours - 48)),
        source=st.sampled_from(["lms", "lxp"]),
        revision=st.integers(0, 2),
    )
    | st.builds(Retraction, id=st.integers(0, 30).map(str), revision=st.integers(0, 2)),
    max_size=40,
)


def everything(estimates: Estimates) -> list[object]:
    return [
        (found, found.reasons, found.story(), found.not_recorded) for found in estimates.values()
    ]


@given(records_strategy, st.integers())
@settings(max_examples=15, deadline=None)
def test_order_and_repetition_do_not_matter(records: list[Record], seed: int) -> None:
    again = [*records, *records[::2]]
    random.Random(seed).shuffle(again)
    first = infer(records, at=AT, rules=RULES)
    second = infer(again, at=AT, rules=RULES)
    assert everything(first) == everything(second)


@given(records_strategy)
@settings(max_examples=15, deadline=None)
def test_columns_give_what_the_mapping_gives(records: list[Record]) -> None:
    ledger = fold(records, RULES)
    first = estimate(ledger, at=AT)
    second = estimate(LedgerColumns.of(ledger), at=AT)
    assert everything(first) == everything(second)
    assert first.visibility == second.visibility
    assert second.visibility_derived


def test_given_parameters_are_used() -> None:
    calm = evolve(default_parameters(), burst_shape=5.0)
    found = estimate(busy(), at=AT, parameters=calm)
    assert found.parameters == calm
    assert found["omar"].probabilities != estimate(busy(), at=AT)["omar"].probabilities
