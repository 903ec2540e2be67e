"""Estimates, the practice register and runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from leercultuur_core.activity.activity import Activity
from leercultuur_core.activity.evidence import EvidenceRules
from leercultuur_core.storage import Identifier, KeptEstimate, Practice, Store

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IDENTIFY = Identifier([b"a made-up key of the tests"])


def somebody(store: Store) -> str:
    page = [Activity(id="a", identities=("account|lms|sanne",), verb="read", occurred_at=NOON)]
    rules = EvidenceRules((), "test")
    store.commit_page(page, rules=rules, identify=IDENTIFY, source_name="lms", at=NOON)
    with store.reading() as tx:
        return str(tx.people.find("account|lms|sanne", IDENTIFY))


def test_the_latest_estimate_and_the_one_of_the_day_before(store: Store) -> None:
    sanne = somebody(store)

    def estimate(day: int, phase: str = "acting") -> KeptEstimate:
        return KeptEstimate(sanne, day, phase, (1, 2, 3, 4, 999_990), "2026-W05", 2)

    with store.transaction() as tx:
        assert tx.results.estimates() == {}
        for one in (estimate(10), estimate(11), estimate(12), estimate(12, "unknown"), estimate(9)):
            tx.results.put_estimates([one])
        tx.results.put_estimates([KeptEstimate("nobody", 1, "acting", (0, 0, 0, 0, 0), "", 0)])
        assert tx.results.estimates() == {sanne: estimate(12, "unknown")}
        assert tx.results.estimates(previous=True) == {sanne: estimate(11)}


def test_the_practice_register(store: Store) -> None:
    sanne = somebody(store)
    with store.transaction() as tx:
        tx.results.put_practice(Practice("Bakkerij", "b", "tried", 10, sanne))
        tx.results.put_practice(Practice("Bakkerij", "a", "doing", 11))
        tx.results.put_practice(Practice("Bakkerij", "b", "stopped", 12, "nobody"))
        assert tx.results.practice() == [
            Practice("Bakkerij", "a", "doing", 11),
            Practice("Bakkerij", "b", "stopped", 12),
        ]


def test_a_run_that_was_killed_has_no_end(store: Store) -> None:
    with store.transaction() as tx:
        first = tx.results.start_run("collect", at=NOON)
        second = tx.results.start_run("deliver", at=NOON + timedelta(minutes=1))
        tx.results.end_run(first, outcome="done", counts={"new": 3}, at=NOON + timedelta(seconds=5))
        killed, done = tx.results.runs()
        assert (killed.number, killed.verb, killed.ended, killed.outcome) == (
            second,
            "deliver",
            None,
            None,
        )
        assert (done.number, done.outcome, done.counts) == (first, "done", {"new": 3})
        assert done.ended == NOON + timedelta(seconds=5)
        assert [run.number for run in tx.results.runs(last=1)] == [second]
