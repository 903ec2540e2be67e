"""What is remembered of a learner, and the mark: laws."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core import Activity, default_rules
from leercultuur_core.activity.activity import Record
from leercultuur_core.activity.ledger import Fold
from leercultuur_moodle import STREAMS
from leercultuur_moodle.facts import Fact, Names, completion
from leercultuur_moodle.mark import Mark, Progress
from leercultuur_moodle.memory import Memory, part

NAMES = Names("https://leren.example/")
WHO = NAMES.account(3)
PART = part(2, "activity-completion", "1")


def fact(changed: int, state: int) -> Fact:
    return completion(NAMES, user=3, course=2, cmid=1, modname="page", state=state, changed=changed)


def counted(records: Sequence[Record]) -> bool:
    """Whether it counts in the end, in whatever order the records come."""
    answers = set()
    for order in (records, list(reversed(records))):
        fold = Fold(default_rules(), known={})
        fold.add(order)
        answers.add(any(one.digest is not None for one in fold.changed.values()))
    assert len(answers) == 1
    return answers.pop()


# What a night shows: done or not, at a time that may stand still or go back; or nothing at all.
SHOWN = st.one_of(st.tuples(st.integers(1, 4), st.integers(0, 3)), st.just((0, 0)), st.none())


@given(st.lists(SHOWN, min_size=1, max_size=8))
def test_what_counts_is_what_moodle_showed_last(shown: list[tuple[int, int] | None]) -> None:
    text: dict[str, str] = {}
    records: list[Record] = []
    for one in shown:
        memory = Memory(text, NAMES)  # each night reads what the one before wrote
        learner = memory.of(WHO)
        facts = [] if one is None else [fact(*one)]
        for each in facts:
            records += learner.take(each)
        records += learner.gone([PART], {each.key for each in facts})
        text |= {who: written for who, written in memory.take_changes().items() if written}
    last = shown[-1]
    assert counted(records) == (last is not None and last[1] > 0)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), min_size=1, max_size=5))
def test_what_is_shown_again_says_nothing_new(shown: list[tuple[int, int]]) -> None:
    learner = Memory({}, NAMES).of(WHO)
    for one in shown:
        list(learner.take(fact(*one)))
        assert not list(learner.take(fact(*one)))


@given(st.integers(1, 2**31), st.integers(1, 2**31))
def test_what_changed_later_has_a_higher_revision(first: int, second: int) -> None:
    one, other = fact(first, 1), fact(second, 1)
    assert (one.revision < other.revision) == (first < second)
    assert fact(first, 0).revision < one.revision  # written as 0 and then 1 within a second


def test_only_what_is_inside_a_part_is_gone() -> None:
    learner = Memory({}, NAMES).of(WHO)
    (record,) = learner.take(fact(5, 1))
    assert isinstance(record, Activity)
    assert record.source == "https://leren.example"
    for other in (part(2, "activity-completion", "11"), part(1, "activity-completion"), "2/act"):
        assert not list(learner.gone([other], ()))
    assert len(list(learner.gone([part(2, "activity-completion")], ()))) == 1


@given(st.text(max_size=60))
def test_a_memory_of_something_else_is_passed_over(text: str) -> None:
    learner = Memory({WHO: text}, NAMES).of(WHO)
    assert len(list(learner.take(fact(5, 1)))) == 1


PROGRESS = st.builds(
    Progress, st.integers(0, 2**33), st.integers(0, 2**33), st.integers(-1, 40_000)
)


@given(
    st.dictionaries(st.tuples(st.integers(0, 99), st.sampled_from(STREAMS)), PROGRESS, max_size=9),
    st.integers(0, 2**33),
)
def test_a_mark_is_read_as_it_was_written(
    progress: dict[tuple[int, str], Progress], newest: int
) -> None:
    mark = Mark(progress, newest, highest=12, swept=5)
    assert Mark.read(mark.write()) == mark
    assert Mark.read(mark.write()[:-2]) == Mark({})
