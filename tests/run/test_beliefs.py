"""What is kept of single people between views: never other than what the store would give."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from leercultuur_core.activity.activity import Activity, Record, Retraction, utc_day
from leercultuur_core.activity.evidence import EvidenceRules, parse_rules
from leercultuur_core.activity.visibility import Visibility
from leercultuur_core.extension import DirectoryPerson, Page
from leercultuur_core.phases import Estimate, estimate
from leercultuur_core.run import beliefs
from leercultuur_core.run.beliefs import Beliefs
from leercultuur_core.run.engine import Engine
from leercultuur_core.storage.versions import changed

from .conftest import NOW, ListDirectory, Make

TODAY = utc_day(NOW)
JAN, PIET = "account|home|jan", "account|home|piet"


def did(
    number: int, who: str = JAN, *, ago: int = 10, verb: str = "progressed", source: str = "lms"
) -> Activity:
    return Activity(
        id=f"{who}-{number}",
        identities=(who,),
        verb=f"http://adlnet.gov/expapi/verbs/{verb}",
        source=source,
        occurred_at=NOW - timedelta(days=ago),
    )


def known(who: str, *others: str, **more: Any) -> DirectoryPerson:
    return DirectoryPerson((who, *others), who.rpartition("|")[2], ("worker",), **more)


def put(engine: Engine, records: Sequence[Record]) -> None:
    engine.push("lms", iter([Page(records)]), NOW)


@frozen
class Two:
    """Two engines around one store, as of two processes; one of them shows ``jan`` and ``piet``, and
    has shown them before."""

    shows: Engine
    other: Engine
    jan: str
    piet: str

    def told(self, engine: Engine, person: str = "", days: int = 0) -> object:
        page = engine.own_page(person or self.jan, NOW + timedelta(days=days))
        if page.estimate is None:
            return None
        return page.weeks, dict(page.estimate.probabilities), page.estimate.explain("nl")

    def fresh(self, person: str = "", days: int = 0) -> object:
        """As an engine tells that has kept nothing."""
        engine = self.other
        other = Engine(
            engine.configuration, engine.store, plugins=engine.plugins, adapters=engine.adapters
        )
        return self.told(other, person, days)


@pytest.fixture
def two(make: Make) -> Two:
    people = ListDirectory([known(JAN), known(PIET)])
    other = make(directories={"people": people})
    other.collect(NOW)
    put(
        other,
        [did(n, who, ago=3 * n) for who in (JAN, PIET) for n in range(1, 40)]
        + [did(100, JAN, ago=200, verb="registered"), did(101, "account|old|jan", ago=20)],
    )
    shows = make(path=Path(other.store.name))
    found = Two(shows, other, *(other.find(name, NOW)[0] for name in (JAN, PIET)))
    for person in (found.jan, found.piet):
        assert found.told(shows, person) == found.told(shows, person) == found.fresh(person)
    return found


# -- every way in which something changes -----------------------------------------------------------


def new(two: Two) -> None:
    put(two.other, [did(1000 + n, verb="shared") for n in range(5)])


def corrected(two: Two) -> None:
    put(two.other, [evolve_record(did(n, ago=3 * n, verb="shared")) for n in range(1, 40)])


def evolve_record(one: Activity) -> Activity:
    return Activity(
        id=one.id,
        identities=one.identities,
        verb=one.verb,
        source=one.source,
        occurred_at=one.occurred_at,
        revision=1,
    )


def taken_back(two: Two) -> None:
    put(two.other, [Retraction(id=f"{JAN}-{n}", revision=1) for n in range(1, 10)])


def seen_of_another(two: Two) -> None:
    """What could be seen is learned from everybody."""
    put(two.other, [did(500, PIET, ago=90, verb="shared")])


def declared(two: Two) -> None:
    with two.other.store.transaction() as tx:
        could = Visibility({("lms", "shared"): ((TODAY - 60, None),)})
        tx.sources.declare("lms", could)


def presence_told(two: Two) -> None:
    with two.other.store.transaction() as tx:
        tx.sources.set_presence(
            JAN, "lms", [(TODAY - 30, None)], identify=two.other.identify, at=NOW
        )


def linked(two: Two) -> None:
    assert two.other.link("account|old|jan", two.jan, NOW)


def linked_by_a_directory(two: Two) -> None:
    with two.other.store.transaction() as tx:
        tx.people.put_directory(
            "people",
            [known(JAN, "account|old|jan"), known(PIET)],
            identify=two.other.identify,
            at=NOW,
        )


def unlinked(two: Two) -> None:
    assert two.other.unlink(JAN, NOW)


def merged(two: Two) -> None:
    with two.other.store.transaction() as tx:
        assert tx.people.merge(two.piet, two.jan, at=NOW)


def kept_no_longer(two: Two) -> None:
    later = NOW + timedelta(days=1)
    with two.other.store.transaction() as tx:
        tx.privacy.keep_until(
            payload_from=TODAY - 40, ledger_from=TODAY - 40, rejects_from=later, at=later
        )


def read_by_other_rules(two: Two) -> None:
    two.other.rules = two.other.rules + RULES
    assert two.other.apply_rules()


RULES: EvidenceRules = parse_rules(
    """
schema = 1
version = "2"

[[rule]]
verb = "http://adlnet.gov/expapi/verbs/progressed"
ground = "A test."
kind = "shared"
""",
    "test",
)


def made_anew(two: Two) -> None:
    with two.other.store.transaction() as tx:
        tx.run("UPDATE ledger SET count = count + 3")
        changed(tx, "ledger")
    two.told(two.shows)
    assert two.other.rebuild()


def said(two: Two) -> None:
    assert two.other.say_phase(two.jan, "acting", NOW)


def left_for_a_while(two: Two) -> None:
    away = ((date(2026, 1, 5), date(2026, 2, 20)),)
    with two.other.store.transaction() as tx:
        tx.people.put_directory(
            "people",
            [known(JAN, away=away), known(PIET)],
            identify=two.other.identify,
            at=NOW,
        )


WAYS: tuple[Callable[[Two], None], ...] = (
    new,
    corrected,
    taken_back,
    seen_of_another,
    declared,
    presence_told,
    linked,
    linked_by_a_directory,
    unlinked,
    merged,
    kept_no_longer,
    read_by_other_rules,
    said,
    left_for_a_while,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_change_counts_at_once_also_one_of_another_process(
    two: Two, way: Callable[[Two], None]
) -> None:
    before = two.told(two.shows)
    way(two)
    after = two.told(two.shows)
    assert after == two.fresh()
    assert after != before


def test_a_ledger_that_is_made_anew_counts_at_once(two: Two) -> None:
    before = two.told(two.shows)
    made_anew(two)
    assert two.told(two.shows) == before == two.fresh()


def test_a_change_by_another_process(two: Two) -> None:
    before = two.told(two.shows)
    script = f"""
from datetime import datetime, timedelta
from leercultuur_core.activity.activity import Activity
from leercultuur_core.activity.evidence import default_rules
from leercultuur_core.storage import Identifier, Store

at = datetime.fromisoformat({NOW.isoformat()!r})
one = Activity(id="x", identities=({JAN!r},), verb="http://adlnet.gov/expapi/verbs/shared", source="lms",
               occurred_at=at - timedelta(days=2))
with Store.open({two.shows.store.name!r}) as store:
    store.commit_page([one], rules=default_rules(), identify=Identifier(["{"k" * 40}".encode()]),
                      source_name="lms", at=at)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)  # noqa: S603 - our own
    after = two.told(two.shows)
    assert after == two.fresh()
    assert after != before


def test_another_day_is_another_estimate(two: Two) -> None:
    today = two.told(two.shows)
    assert two.told(two.shows, days=30) == two.fresh(days=30) != today
    assert two.told(two.shows) == today


# -- what is not kept -------------------------------------------------------------------------------


def test_a_no_works_at_once_also_by_another_process(two: Two) -> None:
    two.other.consent(two.jan, "own_prompts", False, NOW)
    assert two.told(two.shows) is None
    two.other.consent(two.jan, "own_prompts", True, NOW)
    assert two.told(two.shows) == two.fresh() is not None


def test_without_a_yes_of_the_works_council_nothing_is_told(two: Two) -> None:
    for engine in (two.shows, two.other):
        organisation = evolve(engine.configuration.organisation, go_live=None)
        engine.configuration = evolve(engine.configuration, organisation=organisation)
    assert two.told(two.shows) is None


def test_nothing_of_who_is_erased_stays_in_memory(two: Two) -> None:
    """Nor of others, at the next view, where another process erased them."""
    assert len(two.shows._beliefs) == 2
    two.other.erase(two.jan, NOW)
    assert len(two.other._beliefs) == 0
    with pytest.raises(KeyError):
        two.shows.own_page(two.jan, NOW)
    assert two.told(two.shows, two.piet) == two.fresh(two.piet)
    assert len(two.shows._beliefs) == 1
    assert all(person != two.jan for person, _ in two.shows._beliefs._estimates._values)


def test_what_began_before_an_erase_is_not_kept_after_it(two: Two) -> None:
    engine, kept = two.shows, Beliefs()
    with engine.store.reading() as tx:
        assert len(kept.ledger(tx, two.jan)) > 0
        with two.other.store.transaction() as other:
            other.privacy.erase(two.piet, at=NOW)
        with engine.store.reading() as later:
            kept.ledger(later, two.jan)
        assert len(kept.ledger(tx, two.piet)) > 0, "as it was when this one began"
    assert set(kept._ledgers._values) == {two.jan}


def test_those_asked_for_longest_ago_make_room(two: Two) -> None:
    few = Beliefs(1)
    with two.shows.store.reading() as tx:
        rights = two.shows._rights(tx, NOW)
        for person in (two.jan, two.piet):
            few.estimate(tx, rights, person, at=NOW, parameters=two.shows.parameters)
            assert len(few) == 1


# -- what it saves ----------------------------------------------------------------------------------


def test_an_estimate_is_made_again_only_where_what_it_rests_on_differs(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def counting(*given: Any, **named: Any) -> Any:
        made.append("one")
        return estimate(*given, **named)

    monkeypatch.setattr(beliefs, "estimate", counting)
    two.told(two.shows)
    # A step further on the same day by somebody else, of a kind that was seen before.
    put(two.other, [did(700, PIET, ago=3)])
    two.told(two.shows)
    assert made == []
    put(two.other, [did(701, JAN, ago=3)])
    two.told(two.shows)
    assert made == ["one"]


def test_reasons_are_worked_out_once(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    found = two.shows.own_page(two.jan, NOW).estimate
    assert isinstance(found, Estimate)
    again = two.shows.own_page(two.jan, NOW).estimate
    assert again is found
    assert found.explain("nl") is found.explain("nl")
    assert found.explain("en") != found.explain("nl")
