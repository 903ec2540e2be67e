"""What a source needs from night to night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import frozen

from leercultuur_core.activity.evidence import EvidenceRules
from leercultuur_core.activity.visibility import Visibility
from leercultuur_core.storage import Identifier, Store
from leercultuur_core.storage.sources import is_before

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IDENTIFY = Identifier([b"a made-up key of the tests"])
RULES = EvidenceRules((), "test")


@frozen
class Reject:
    place: str
    line: int | None
    reason: str
    raw: bytes


def page(store: Store, mark: str | None, **learners: str | None) -> None:
    store.commit_page(
        [], rules=RULES, identify=IDENTIFY, source_name="lms", at=NOON, mark=mark, learners=learners
    )


def mark(store: Store) -> str | None:
    with store.reading() as tx:
        return tx.sources.state("lms", IDENTIFY).mark


def test_a_source_that_was_never_read(store: Store) -> None:
    with store.reading() as tx:
        state = tx.sources.state("lms", IDENTIFY)
        assert (state.mark, state.updated, len(state.learners)) == (None, None, 0)
        assert tx.sources.names() == {}


@pytest.mark.parametrize(
    ("marks", "last"),
    [
        (["9", "10", "8"], "10"),
        (
            ["2026-03-01T10:00:00Z", "2026-03-01T12:30:00+02:00", "2026-02-01T00:00:00Z"],
            "2026-03-01T12:30:00+02:00",
        ),
        (["cursor-b", "cursor-a"], "cursor-a"),
        (["7", None], "7"),
        ([None, "7"], "7"),
    ],
)
def test_the_mark_never_moves_back_where_that_can_be_told(
    store: Store, marks: list[str | None], last: str
) -> None:
    for one in marks:
        page(store, one)
    assert mark(store) == last


def test_marks_that_cannot_be_compared_are_not() -> None:
    assert not is_before("2026-03-01T10:00:00", "2026-03-01T12:00:00Z")
    assert not is_before("7", "2026-03-01")
    assert is_before("2026-02-28", "2026-03-01")


def test_what_is_remembered_of_learners_is_asked_by_identifier(store: Store) -> None:
    page(store, "1", sanne="3 badges", piet="1 badge")
    page(store, "2", piet=None, jan="2 badges")
    with store.reading() as tx:
        state = tx.sources.state("lms", IDENTIFY)
        known = {name: state.learners.get(name) for name in ("sanne", "piet", "jan")}
        assert known == {"sanne": "3 badges", "piet": None, "jan": "2 badges"}
        assert tx.sources.state("other", IDENTIFY).learners.get("sanne") is None
        assert tx.value("SELECT count(*) FROM persons") == 0
        assert tx.sources.names() == {"lms": NOON}
    assert "badges" not in repr(state)


def test_rejects_are_kept_once_with_their_place(store: Store) -> None:
    rejects = [Reject("file", 3, "expected a list", b"{"), Reject("file", None, "cut short", b"")]
    for _ in range(2):
        with store.transaction() as tx:
            tx.sources.keep_rejects("lms", rejects, at=NOON)
    with store.reading() as tx:
        kept = tx.sources.rejects()
        assert [(one.line, one.reason, one.raw, one.at) for one in kept] == [
            (3, "expected a list", b"{", NOON),
            (None, "cut short", b"", NOON),
        ]
        assert tx.sources.rejects("other") == []
    assert "{" not in repr(kept[0])


def test_what_a_source_declares_replaces_what_it_declared(store: Store) -> None:
    first = Visibility({("lms", "viewed"): ((10, 20), (30, None)), ("lms", "asked"): ((10, None),)})
    second = Visibility({("lms", "viewed"): ((5, None),)})
    other = Visibility({("lms", "viewed"): ((1, 3),)})
    with store.transaction() as tx:
        tx.sources.declare("one", first)
        assert tx.ledger.visibility(until=100).intervals == first.intervals
        tx.sources.declare("one", second)
        tx.sources.declare("two", other)
        assert tx.ledger.visibility(until=100).intervals == {("lms", "viewed"): ((1, 3), (5, None))}
        tx.sources.declare("two", None)
        assert tx.ledger.visibility(until=100) == second


def test_times_without_an_offset_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="with an offset"), store.transaction() as tx:
        tx.sources.keep_rejects("lms", [], at=(NOON + timedelta(0)).replace(tzinfo=None))
