"""The ledger's laws: each activity counts once, whatever the order, repetition or split."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.activity.activity import Activity, Record, Retraction
from leercultuur_core.activity.evidence import OTHER, EvidenceRules, Rule
from leercultuur_core.activity.ledger import Fold, Ledger, fold

RULES = EvidenceRules((Rule(verb="read", kind="viewed"), Rule(verb="did", kind="applied")), "test")
MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


def activity(
    name: str = "a",
    who: str = "sanne",
    verb: str = "read",
    day: int = 0,
    revision: int = 0,
    **more: object,
) -> Activity:
    return Activity(
        id=name,
        identities=(who,),
        verb=verb,
        occurred_at=MONDAY + timedelta(days=day),
        revision=revision,
        **more,  # type: ignore[arg-type]
    )


activities = st.builds(
    activity,
    name=st.sampled_from("abcd"),
    who=st.sampled_from(["sanne", "piet"]),
    verb=st.sampled_from(["read", "did", "sang"]),
    day=st.integers(0, 2),
    revision=st.integers(0, 2),
    group=st.sampled_from([(), (("jan",), ("sanne",))]),
)
retractions = st.builds(
    Retraction, id=st.sampled_from("abcd"), revision=st.sampled_from([0, 1, 2, 2**63 - 1])
)
records = st.lists(activities | retractions, max_size=12)


@given(records, st.randoms(use_true_random=False))
def test_order_does_not_matter(stream: list[Record], random: object) -> None:
    shuffled = list(stream)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = Fold(RULES), Fold(RULES)
    first.add(stream)
    second.add(shuffled)
    assert first.ledger == second.ledger
    assert first.conflicts == second.conflicts
    assert first.unknown_verbs == second.unknown_verbs
    assert first.activities == second.activities


@given(records)
def test_repetition_does_not_matter(stream: list[Record]) -> None:
    assert fold([*stream, *stream], RULES) == fold(stream, RULES)


@given(records, st.integers(0, 12))
def test_pages_do_not_matter(stream: list[Record], cut: int) -> None:
    paged = Fold(RULES)
    paged.add(stream[:cut])
    paged.add(stream[cut:])
    assert paged.ledger == fold(stream, RULES)


@given(st.lists(activities, max_size=8))
def test_retracting_everything_leaves_nothing_before_or_after(stream: list[Activity]) -> None:
    voids: list[Record] = [Retraction(id=one.id) for one in stream]
    assert len(fold([*stream, *voids], RULES)) == 0
    assert len(fold([*voids, *stream], RULES)) == 0


@given(st.lists(activities, max_size=8), st.lists(activities, max_size=8))
def test_ledgers_of_different_activities_add(left: list[Activity], right: list[Activity]) -> None:
    apart = [
        Activity(
            id=f"other-{one.id}",
            identities=one.identities,
            verb=one.verb,
            occurred_at=one.occurred_at,
            revision=one.revision,
        )
        for one in right
    ]
    assert fold(left, RULES) + fold(apart, RULES) == fold([*left, *apart], RULES)


def test_counts_are_by_person_source_topic_kind_and_day() -> None:
    ledger = fold(
        [activity("a"), activity("b"), activity("c", day=1), activity("d", verb="did")], RULES
    )
    day = 20514
    assert dict(ledger) == {
        ("sanne", "default", "general", "viewed", day): 2,
        ("sanne", "default", "general", "viewed", day + 1): 1,
        ("sanne", "default", "general", "applied", day): 1,
    }
    assert ledger.total() == 4


def test_the_day_is_that_of_utc() -> None:
    late = datetime.fromisoformat("2026-03-02T23:30:00-05:00")
    ledger = fold([Activity(id="a", identities=("s",), verb="read", occurred_at=late)], RULES)
    assert [key[4] for key, _ in ledger] == [20515]


def test_the_same_instant_in_another_offset_is_the_same_content() -> None:
    folding = Fold(RULES)
    folding.add([activity("a")])
    folding.add(
        [
            Activity(
                id="a",
                identities=("sanne",),
                verb="read",
                occurred_at=datetime.fromisoformat("2026-03-02T13:00:00+01:00"),
            )
        ]
    )
    assert (folding.duplicates, folding.conflicts) == (1, ())


def test_a_conflict_counts_once_even_for_two_people() -> None:
    folding = Fold(RULES)
    folding.add([activity("a", who="sanne"), activity("a", who="piet")])
    assert folding.ledger.total() == 1
    assert folding.conflicts == ("a",)


def test_a_higher_revision_replaces_and_settles_a_conflict() -> None:
    folding = Fold(RULES)
    folding.add([activity("a"), activity("a", verb="did"), activity("a", verb="did", revision=1)])
    assert {key[3] for key, _ in folding.ledger} == {"applied"}
    assert folding.conflicts == ()


def test_an_undo_can_be_redone_but_a_void_cannot() -> None:
    undone: list[Record] = [
        activity("a"),
        Retraction(id="a", revision=1),
        activity("a", revision=2),
    ]
    assert fold(undone, RULES).total() == 1
    assert fold([*undone, Retraction(id="a")], RULES).total() == 0


def test_a_group_counts_once_for_each_member() -> None:
    together = activity("a", group=(("piet",), ("jan", "jan@mail"), ("piet",)))
    assert sorted(key[0] for key, _ in fold([together], RULES)) == ["jan", "piet", "sanne"]


def test_an_unknown_verb_is_no_evidence_but_shows_use() -> None:
    folding = Fold(RULES)
    folding.add([activity("a", verb="sang"), activity("b", verb="sang"), activity("c")])
    assert folding.unknown_verbs == {("sang", ""): 2}
    assert sum(count for key, count in folding.ledger if key[3] == OTHER) == 2


def test_what_is_left_out_at_a_moment_is_counted() -> None:
    folding = Fold(RULES)
    folding.add([activity("a"), activity("b", day=1), activity("c", day=2)])
    assert folding.after(MONDAY + timedelta(days=1)) == 2
    assert folding.ledger.before(20515).total() == 1


def test_an_activity_without_offset_or_identity_is_refused() -> None:
    naive = datetime(2026, 3, 2)  # noqa: DTZ001 - the mistake under test
    with pytest.raises(ValueError, match="with an offset"):
        Activity(id="a", identities=("s",), verb="read", occurred_at=naive)
    with pytest.raises(ValueError, match="at least one identifier"):
        Activity(id="a", identities=(), verb="read", occurred_at=MONDAY)


def test_nothing_of_a_person_shows_in_a_repr() -> None:
    one = activity("a", who="account|https://lms.example|sanne")
    for value in (one, Retraction(id="a"), fold([one], RULES), [one]):
        assert "sanne" not in repr(value)
    assert len(Ledger()) == 0
