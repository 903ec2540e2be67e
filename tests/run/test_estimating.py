"""Collect, then estimate from the store, is `infer` on the same activities, however they come."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leercultuur_core.activity.activity import Activity, Record, Retraction, utc_day
from leercultuur_core.cli.infer import as_row
from leercultuur_core.demo import AT, write_bakery
from leercultuur_core.extension import DirectoryPerson, Page
from leercultuur_core.phases import Estimate, Estimates, estimate, infer
from leercultuur_core.run import estimating, leave
from leercultuur_core.run.config import GoLive
from leercultuur_core.run.engine import Engine
from leercultuur_core.storage import Consent, KeptEstimate, Transaction, ledgers
from leercultuur_core.storage.results import Results
from leercultuur_xapi import XapiFile

from .conftest import NOW, ListDirectory, ListSource, Make

VERBS = (
    "http://adlnet.gov/expapi/verbs/completed",
    "http://adlnet.gov/expapi/verbs/progressed",
    "http://adlnet.gov/expapi/verbs/registered",
    "http://adlnet.gov/expapi/verbs/asked",
    "urn:nobody:knows",
)


def rows(estimates: Estimates) -> list[str]:
    """The JSON of each estimate, without whose it is, in an order of its own."""
    found = []
    for one in estimates.values():
        row = as_row(one, "en")
        del row["learner"], row["identifier"]
        found.append(json.dumps(row))
    return sorted(found)


@st.composite
def histories(draw: st.DrawFn) -> list[Record]:
    records: list[Record] = []
    for number in range(draw(st.integers(0, 25))):
        records.append(
            Activity(
                id=f"a{draw(st.integers(0, 20))}",
                identities=(f"account|home|{draw(st.sampled_from('xyz'))}",),
                verb=draw(st.sampled_from(VERBS)),
                source=draw(st.sampled_from(("lms", "forum"))),
                revision=draw(st.integers(0, 2)),
                occurred_at=NOW - timedelta(days=draw(st.integers(-2, 150)), minutes=number),
            )
        )
        if draw(st.integers(0, 9)) == 0:
            records.append(Retraction(id=f"a{draw(st.integers(0, 20))}", revision=1))
    return records


def split(records: Iterable[Record], chance: random.Random) -> list[Page]:
    """The same records, some twice, in any order, in pages of any size."""
    given_once = list(records)
    mixed = given_once + [one for one in given_once if chance.random() < 0.2]
    chance.shuffle(mixed)
    pages = []
    while mixed:
        size = chance.randint(1, 8)
        pages.append(Page(mixed[:size]))
        mixed = mixed[size:]
    return pages


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(histories(), st.randoms(use_true_random=False))
def test_any_split_and_order_gives_what_infer_gives(
    make: Make, records: list[Record], chance: random.Random
) -> None:
    source = ListSource(())
    engine = make(sources={"list": source})
    for page in split(records, chance):
        source.pages = [page]
        assert engine.collect(NOW).complete
    assert rows(engine.estimate(NOW).estimates) == rows(infer(records, at=NOW))


def test_the_bakery_gives_what_infer_gives(make: Make, tmp_path: Path) -> None:
    file, _ = write_bakery(tmp_path)
    pages = list(XapiFile(file).pages())
    records = [record for page in pages for record in page.records]
    expected = rows(infer(records, at=AT))
    random.Random(1).shuffle(records)
    halves = [Page(records[:2000]), Page(records[1500:])]
    source = ListSource(halves)
    engine = make(sources={"list": source})
    engine.collect(AT)
    done = engine.estimate(AT)
    assert done.people == len(expected) > 30
    assert rows(done.estimates) == expected


def lesson(name: str, days: int = 1, verb: str = VERBS[1]) -> Activity:
    return Activity(
        id=f"{name}-{days}",
        identities=(f"account|home|{name}",),
        verb=verb,
        occurred_at=NOW - timedelta(days=days),
    )


NAMES = "abcdefgh"


@pytest.fixture
def bakery(make: Make) -> Engine:
    """Of eight people one is a student, one has left and one is away; activities of several topics and
    sources, some of today and later."""
    more: dict[str, dict[str, object]] = {
        "b": {"employment": "student"},
        "c": {"active": False},
        "d": {"away": ((date(2026, 1, 19), date(2026, 2, 6)),)},
    }
    people = ListDirectory(
        [
            DirectoryPerson((f"account|home|{name}",), name=f"Worker {name}", **more.get(name, {}))  # type: ignore[arg-type]
            for name in NAMES
        ]
    )
    chance = random.Random(3)
    records = [
        Activity(
            id=str(number),
            identities=(f"account|home|{chance.choice(NAMES)}",),
            verb=chance.choice(VERBS),
            source=chance.choice(("lms", "forum")),
            topic=chance.choice(("general", "bread")),
            occurred_at=NOW - timedelta(days=chance.randrange(-2, 120)),
        )
        for number in range(400)
    ]
    engine = make(sources={"list": ListSource([Page(records)])}, directories={"people": people})
    engine.collect(NOW)
    with engine.store.transaction() as tx:
        tx.sources.set_presence(
            "account|home|e",
            "lms",
            [(utc_day(NOW) - 40, None)],
            identify=engine.identify,
            at=NOW,
        )
    return engine


def nothing(_engine: Engine) -> None:
    pass


def merged(engine: Engine) -> None:
    (one,), (other,) = (engine.find(f"account|home|{name}", NOW) for name in "fg")
    with engine.store.transaction() as tx:
        assert tx.people.merge(other, one, at=NOW)


def erased(engine: Engine) -> None:
    (one,) = engine.find("account|home|h", NOW)
    with engine.store.transaction() as tx:
        tx.privacy.erase(one, at=NOW)


def kept_no_longer(engine: Engine) -> None:
    day = utc_day(NOW) - 50
    with engine.store.transaction() as tx:
        tx.privacy.keep_until(payload_from=day, ledger_from=day, rejects_from=NOW, at=NOW)


def everybody_may(engine: Engine) -> None:
    """Nobody refused is left: then the whole table is theirs."""
    for name in "bc":
        (one,) = engine.find(f"account|home|{name}", NOW)
        with engine.store.transaction() as tx:
            tx.privacy.erase(one, at=NOW)


@pytest.mark.parametrize("change", [nothing, merged, erased, kept_no_longer, everybody_may])
@pytest.mark.parametrize("few", [0, 200])
def test_what_is_believed_is_what_the_mapping_of_these_people_gives(
    bakery: Engine,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Engine], None],
    few: int,
) -> None:
    monkeypatch.setattr(ledgers, "_FEW", few)
    change(bakery)
    with bakery.store.reading() as tx:
        rights = bakery._rights(tx, NOW)
        # Of whom everything was taken over by another nothing is seen any more.
        seen = tx.ledger.read().identities
        assert len(rights.people.keys() - seen) == (change is merged)
        may = {one.uuid for one in rights.people.values() if rights.may_estimate(one)}
        assert (may == set(rights.people)) == (change is everybody_may)
        for only in (None, may, set(sorted(may)[:2]), set(rights.people) - may, set()):
            found = estimating.believe(tx, rights, at=NOW, parameters=bakery.parameters, only=only)
            mapping = tx.ledger.read(may if only is None else may & only)
            expected = estimate(
                mapping,
                at=NOW,
                visibility=tx.ledger.visibility(until=utc_day(NOW)),
                presence=leave.presence(tx, rights, mapping, until=utc_day(NOW)),
                parameters=bakery.parameters,
                labels={uuid: person.name for uuid, person in rights.people.items()},
            )
            assert everything(found) == everything(expected)
            assert set(found) == mapping.identities
            assert all(one.learner.startswith("Worker ") for one in found.values())


def everything(estimates: Estimates) -> list[tuple[Estimate, object, object]]:
    return [(one, one.story(), one.not_recorded) for one in estimates.values()]


def test_of_a_second_time_on_a_day_only_what_is_new_is_written(
    bakery: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[list[KeptEstimate]] = []
    put = Results.put_estimates

    def note(results: Results, estimates: Iterable[KeptEstimate]) -> None:
        written.append(list(estimates))
        put(results, written[-1])

    def kept(tx: Transaction) -> list[dict[str, KeptEstimate]]:
        return [tx.results.estimates(), tx.results.estimates(previous=True)]

    monkeypatch.setattr(Results, "put_estimates", note)
    assert bakery.estimate(NOW - timedelta(days=1)).people == 6
    first = bakery.estimate(NOW)
    with bakery.store.reading() as tx:
        before = kept(tx)
    assert first.people == 6
    assert (bakery.estimate(NOW).people, bakery.estimate(NOW).moved_on) == (6, 0)
    assert [len(some) for some in written] == [6, 6, 0, 0]
    with bakery.store.reading() as tx:
        assert kept(tx) == before
    (person,) = bakery.find("account|home|f", NOW)
    assert bakery.say_phase(person, "unaware", NOW - timedelta(days=1))
    bakery.estimate(NOW)
    assert person in {one.person for one in written[-1]}
    assert len(written[-1]) < 6


def test_before_the_yes_nobody_is_estimated_and_what_was_kept_goes(make: Make) -> None:
    source = ListSource([Page([lesson("x"), lesson("y")])])
    engine = make(sources={"list": source})
    engine.collect(NOW)
    assert engine.estimate(NOW).people == 2
    ended = GoLive(date(2026, 1, 1), "r", "s", expires=date(2026, 2, 1))
    for go_live in (None, GoLive(date(2026, 3, 4), "r", "s"), ended):
        later = make(path=Path(engine.store.name), go_live=go_live)
        done = later.estimate(NOW)
        assert (done.people, done.left_out) == (0, {"no_go_live": 2})
        with later.store.reading() as tx:
            assert tx.results.estimates() == {}


def test_students_and_who_left_are_left_out(make: Make) -> None:
    people = ListDirectory(
        [
            DirectoryPerson(("account|home|x",), employment="student"),
            DirectoryPerson(("account|home|y",), active=False),
            DirectoryPerson(("account|home|z",)),
        ]
    )
    pages = [Page([lesson("x"), lesson("y"), lesson("z")])]
    engine = make(sources={"list": ListSource(pages)}, directories={"people": people})
    engine.collect(NOW)
    done = engine.estimate(NOW)
    assert done.people == 1
    assert done.left_out == {"student": 1, "left": 1}


def test_who_objects_to_everything_is_taken_out(make: Make) -> None:
    engine = make(sources={"list": ListSource([Page([lesson("x")])])})
    engine.collect(NOW)
    engine.estimate(NOW)
    (person,) = engine.find("account|home|x", NOW)
    with engine.store.transaction() as tx:
        for purpose in ("own_prompts", "group_releases"):
            tx.privacy.consent(Consent(person, purpose, False, NOW))
    assert engine.estimate(NOW).left_out == {"objected": 1}
    assert engine.believed(person, NOW, by="tester") is None


def test_moves_are_counted(make: Make) -> None:
    source = ListSource([Page([lesson("x", days) for days in range(40, 60)])])
    engine = make(sources={"list": source})
    engine.collect(NOW)
    early = NOW - timedelta(days=39)
    engine.estimate(early)
    with engine.store.transaction() as tx:
        (kept,) = tx.results.estimates().values()
        assert kept.phase == "acting"
    said = Activity(
        id="said",
        identities=("account|home|x",),
        verb="http://adlnet.gov/expapi/verbs/answered",
        object_id="urn:leercultuur:question:phase",
        answer="unaware",
        occurred_at=NOW - timedelta(days=1),
    )
    source.pages = [Page([said])]
    engine.collect(NOW)
    done = engine.estimate(NOW)
    (one,) = done.estimates.values()
    moved = (
        int(one.phase in ("applying", "continuing")),
        int(one.phase in ("unaware", "selecting")),
    )
    assert (done.moved_on, done.moved_back) == moved


@pytest.mark.parametrize(
    "moment", [datetime(2026, 3, 29, 1, 30, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)]
)
def test_a_clock_that_jumps_and_a_leap_day_are_days_like_any_other(
    make: Make, moment: datetime
) -> None:
    records = [lesson("x", days) for days in range(1, 20)]
    engine = make(sources={"list": ListSource([Page(records)])})
    engine.collect(moment)
    assert rows(engine.estimate(moment).estimates) == rows(infer(records, at=moment))
