"""What those who monitor the learning culture may see, and how many can be seen at all."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import asdict, evolve
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.activity.activity import Activity
from leercultuur_core.advice import selection
from leercultuur_core.advice.practice import Practised
from leercultuur_core.extension import DirectoryPerson, Page
from leercultuur_core.privacy import Band
from leercultuur_core.run import practice, reach
from leercultuur_core.run.culture import Culture, UnitCulture
from leercultuur_core.run.engine import Engine
from leercultuur_core.storage import AuditEntry, ReadCount

from .conftest import NOW, ListDirectory, ListSource, Make
from .outside import Mailbox, OnceSink

LATER = datetime(2026, 4, 7, 9, tzinfo=UTC)
VERB = "http://adlnet.gov/expapi/verbs/progressed"
SAFE = "safety"
DAY = date(2026, 1, 12)


def activity(who: int, day: int, source: str = "lms") -> Activity:
    return Activity(
        id=f"{source} {who} {day}",
        identities=(f"account|home|w{who}",),
        verb=VERB,
        source=source,
        occurred_at=NOW + timedelta(days=day),
    )


def person(who: str, unit: str = "", **fields: Any) -> DirectoryPerson:
    return DirectoryPerson((f"account|home|{who}",), name=who, unit=unit, language="en", **fields)


DIRECTOR = person("dirk", roles=("director", "hr"))


def made(
    make: Make,
    people: Sequence[DirectoryPerson],
    seen: Iterable[int],
    *,
    also: Iterable[int] = (),
    tmp_path: Any = None,
) -> Engine:
    traces = [activity(n, day) for n in seen for day in range(-40, 0, 4)]
    traces += [activity(n, day, "logbook") for n in also for day in range(-40, 0, 4)]
    engine = make(
        sources={"lms": ListSource([Page(traces)])},
        directories={"people": ListDirectory(people)},
        sinks={"sink": OnceSink(Mailbox(tmp_path / "lines"))} if tmp_path else {},
    )
    engine.collect(NOW)
    return engine


def workers(count: int, unit: str = "Brood", **fields: Any) -> list[DirectoryPerson]:
    return [person(f"w{n}", unit, **fields) for n in range(count)]


def note(engine: Engine, *rows: tuple[str, str, Any]) -> None:
    with engine.store.transaction() as tx:
        practice.put(tx, [Practised(unit, name, state, DAY) for unit, name, state in rows])


def unit_of(culture: Culture, name: str) -> UnitCulture:
    return next(one for one in culture.units if one.unit == name)


# -- reach ----------------------------------------------------------------------------------------


def test_it_is_told_in_bands_where_people_can_be_seen(make: Make, tmp_path: Any) -> None:
    engine = made(make, [DIRECTOR, *workers(39)], range(24), also=range(12), tmp_path=tmp_path)
    engine.plan(NOW)
    assert engine.culture(NOW).reach == reach.Reach(
        made="2026-Q1",
        minimum=10,
        seen=Band(50, 75),
        sources={"lms": Band(50, 75), "logbook": Band(25, 50)},
        messages=Band(75, 100),
        groups=("employee",),
    )


def test_a_system_where_few_can_be_seen_is_not_named(make: Make) -> None:
    engine = made(make, workers(40), range(24), also=range(9))
    engine.plan(NOW)
    found = engine.culture(NOW).reach
    assert found is not None
    assert list(found.sources) == ["lms"]
    assert found.messages == Band(0, 25)


@given(st.integers(5, 400), st.integers(5, 30), st.data())
def test_the_first_and_the_last_band_point_at_nobody(
    whole: int, k: int, data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, whole))
    low, high = reach.band(count, whole, k)
    assert low * whole <= count * 100 <= high * whole
    if low == 0:
        assert high == 100 or high * whole >= 100 * k
    if high == 100:
        assert low == 0 or (100 - low) * whole >= 100 * k


def test_a_form_of_employment_is_named_from_the_minimum(make: Make) -> None:
    people = [
        *workers(12),
        *(person(f"t{n}", "Brood", employment="temporary") for n in range(10)),
        *(person(f"s{n}", employment="self_employed") for n in range(9)),
    ]
    engine = made(make, people, range(12))
    engine.plan(NOW)
    culture = engine.culture(NOW)
    assert culture.reach is not None
    assert culture.reach.groups == ("employee", "temporary")
    left = [(one.kind, one.name, one.reason, one.minimum) for one in culture.left_out]
    assert left == [("employment", "temporary", "no_action", 10)]


def test_students_whose_phase_is_not_estimated_are_left_out(make: Make) -> None:
    people = [*workers(12), *(person(f"s{n}", "Brood", employment="student") for n in range(10))]
    engine = made(make, people, range(12))
    engine.plan(NOW)
    left = [(one.name, one.reason, one.minimum) for one in engine.culture(NOW).left_out]
    assert left == [("student", "not_estimated", 10)]


def test_of_a_small_organisation_nothing_is_told(make: Make) -> None:
    engine = made(make, workers(9), range(9))
    engine.plan(NOW)
    culture = engine.culture(NOW)
    assert culture.reach is None
    assert all(one.release is None or one.release.release is None for one in culture.units)


def test_it_is_frozen_for_the_quarter(make: Make) -> None:
    engine = made(make, workers(40), range(24))
    engine.plan(NOW)
    before = engine.culture(NOW).reach
    source = engine.adapters.sources["lms"]
    assert isinstance(source, ListSource)
    source.pages = [Page([activity(n, 1) for n in range(24, 40)])]
    for uuid in engine.find("account|home|w1", NOW):
        engine.consent(uuid, "group_releases", False, NOW)
    for day in (5, 12):
        engine.run(NOW + timedelta(days=day))
        assert engine.culture(NOW + timedelta(days=day)).reach == before


def test_one_who_comes_or_objects_makes_nothing_new(make: Make) -> None:
    engine = made(make, workers(40), range(24))
    engine.plan(NOW)
    before = engine.culture(NOW).reach
    (uuid,) = engine.find("account|home|w1", NOW)
    engine.consent(uuid, "group_releases", False, NOW)
    engine.run(LATER)
    assert engine.culture(LATER).quarter == "2026-Q2"
    assert engine.culture(LATER).reach == before


def test_another_ten_make_something_new(make: Make) -> None:
    engine = made(make, workers(40), range(24))
    engine.plan(NOW)
    directory = engine.adapters.directories["people"]
    assert isinstance(directory, ListDirectory)
    directory.list = workers(24)
    engine.run(LATER)
    found = engine.culture(LATER).reach
    assert found is not None
    assert (found.made, found.seen) == ("2026-Q2", Band(50, 100))


def test_somebody_erased_still_counts_as_somebody(make: Make) -> None:
    engine = made(make, workers(40), range(24))
    engine.plan(NOW)
    before = engine.culture(NOW).reach
    (uuid,) = engine.find("account|home|w1", NOW)
    engine.erase(uuid, NOW)
    engine.run(LATER)
    assert engine.culture(LATER).reach == before


# -- what is done, and where it lands -------------------------------------------------------------


def test_an_action_lands_in_its_layer_and_phases(make: Make) -> None:
    engine = made(make, [DIRECTOR, *workers(24)], range(24))
    engine.plan(NOW)
    one = engine.model.interventions(layer="hr")[0]
    note(engine, ("Brood", one.id, "running"))
    for unit in ("", "Brood"):
        cells = unit_of(engine.culture(NOW), unit).cells
        assert len(cells) == 30
        assert {(cell.layer, cell.phase) for cell in cells if cell.lands} == {
            ("hr", phase) for phase in one.phases
        }
        assert all(
            cell.known == len(engine.model.interventions(cell.phase, cell.layer)) for cell in cells
        )


def test_what_is_planned_or_stopped_does_not_land(make: Make) -> None:
    engine = made(make, workers(24), range(24))
    engine.plan(NOW)
    first, second = engine.model.interventions(layer="hr")[:2]
    note(engine, ("", first.id, "planned"), ("", second.id, "stopped"))
    cells = unit_of(engine.culture(NOW), "").cells
    assert sum(cell.lands for cell in cells) == 0
    assert sum(cell.planned for cell in cells) == len(first.phases)


def test_an_action_that_a_precondition_holds_back_does_not_land(make: Make) -> None:
    engine = made(make, workers(24), range(24))
    engine.plan(NOW)
    items = [item for item in engine.model.items if item.facet == SAFE]
    for n in range(24):
        (uuid,) = engine.find(f"account|home|w{n}", NOW)
        for item in items:
            engine.answer_item(uuid, item.id, 1 if item.keying == "agree-is-good" else 5, NOW)
    engine.release_preconditions(NOW)
    (known,) = engine.preconditions(NOW)
    held = engine.model[known.held[0].intervention]
    note(engine, ("Brood", held.id, "running"))
    found = unit_of(engine.culture(NOW), "Brood")
    assert found.preconditions == known
    assert sum(cell.held for cell in found.cells) == len(held.phases)
    assert sum(cell.lands for cell in found.cells) == 0


def test_what_is_held_in_one_unit_lands_in_another(make: Make) -> None:
    people = [person(f"w{n}", "Brood" if n < 12 else "Taart") for n in range(24)]
    engine = made(make, people, range(24))
    engine.plan(NOW)
    items = [item for item in engine.model.items if item.facet == SAFE]
    for n in range(24):
        (uuid,) = engine.find(f"account|home|w{n}", NOW)
        for item in items:
            good = (item.keying == "agree-is-good") == (n >= 12)
            engine.answer_item(uuid, item.id, 5 if good else 1, NOW)
    engine.release_preconditions(NOW)
    known = {one.unit: one for one in engine.preconditions(NOW)}
    assert not known["Taart"].held
    held = engine.model[known["Brood"].held[0].intervention]

    def counts(unit: str) -> tuple[int, int]:
        cells = unit_of(engine.culture(NOW), unit).cells
        return sum(cell.lands for cell in cells), sum(cell.held for cell in cells)

    note(engine, ("Brood", held.id, "running"))
    many = len(held.phases)
    assert (counts("Brood"), counts("Taart"), counts("")) == ((0, many), (0, 0), (0, many))
    note(engine, ("Taart", held.id, "running"))
    assert (counts("Brood"), counts("Taart"), counts("")) == ((0, many), (many, 0), (many, 0))


def test_the_register_says_who_does_it_without_a_name(make: Make) -> None:
    engine = made(make, [DIRECTOR, *workers(24)], range(24))
    hr, manager = (engine.model.interventions(layer=layer)[0].id for layer in ("hr", "manager"))
    note(engine, ("", hr, "running"), ("Brood", manager, "planned"))
    assert [
        (one.unit, one.intervention, one.role, one.stands_in, one.state, one.begin, one.end)
        for one in engine.culture(NOW).register
    ] == [
        ("", hr, "hr", False, "running", DAY, None),
        ("Brood", manager, "director", True, "planned", DAY, None),
    ]


def test_a_change_in_a_directory_counts_at_once(make: Make) -> None:
    engine = made(make, [DIRECTOR, *workers(24)], range(24))
    name = engine.model.interventions(layer="manager")[0].id
    note(engine, ("Brood", name, "running"))

    def who() -> tuple[str, bool]:
        (one,) = engine.culture(NOW).register
        return one.role, one.stands_in

    assert who() == ("director", True)
    directory = engine.adapters.directories["people"]
    assert isinstance(directory, ListDirectory)
    directory.list = [DIRECTOR, person("bea", "Brood", roles=("manager",)), *workers(24)]
    engine.collect(NOW)
    assert who() == ("manager", False)
    (bea,) = engine.find("account|home|bea", NOW)
    engine.erase(bea, NOW)
    assert who() == ("director", True)


def test_the_plan_has_days(make: Make) -> None:
    engine = made(make, [DIRECTOR, *workers(24)], range(24))
    assert engine.culture(NOW).plan == ()
    engine.plan(NOW)
    plan = engine.culture(NOW).plan
    assert plan
    assert all(one.proposed and one.state == "planned" for one in plan)
    for one in plan:
        assert one.end is not None
        assert date(2026, 1, 1) <= one.begin < one.end <= date(2026, 4, 1)
        assert (one.end - one.begin).days % 7 == 6


def test_without_a_solver_there_is_no_plan_and_the_rest_is_there(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = made(make, workers(24), range(24))
    engine.plan(NOW)
    selection._choose.cache_clear()
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    culture = engine.culture(NOW)
    assert culture.plan is None
    assert unit_of(culture, "Brood").release is not None


# -- what it never does ---------------------------------------------------------------------------


def test_it_holds_no_name_and_no_id(make: Make) -> None:
    engine = made(make, [DIRECTOR, *workers(24)], range(24))
    engine.plan(NOW)
    told = str(asdict(engine.culture(NOW)))
    uuids = [uuid for n in range(24) for uuid in engine.find(f"account|home|w{n}", NOW)]
    assert not any(word in told for word in ("w1'", "dirk", "home|", *uuids))


def test_what_one_person_does_and_says_changes_nothing(make: Make) -> None:
    engine = made(make, [DIRECTOR, *workers(24)], range(24))
    engine.plan(NOW)
    at = NOW + timedelta(days=3)
    before = engine.culture(at)
    source = engine.adapters.sources["lms"]
    assert isinstance(source, ListSource)
    source.pages = [Page([activity(3, 1), activity(3, 2, "elsewhere")])]
    (uuid,) = engine.find("account|home|w3", NOW)
    for purpose in ("group_releases", "own_prompts"):
        engine.consent(uuid, purpose, False, at)
    engine.answer_item(uuid, engine.model.items[0].id, 1, at)
    engine.run(at)
    assert engine.culture(at) == before


@pytest.mark.parametrize("refused", ["off", "no_go_live"])
def test_where_nothing_may_be_told_it_says_why(make: Make, refused: str) -> None:
    engine = made(make, workers(24), range(24))
    engine.plan(NOW)
    configuration = engine.configuration
    engine.configuration = (
        evolve(configuration, privacy=evolve(configuration.privacy, group_releases="off"))
        if refused == "off"
        else evolve(configuration, organisation=evolve(configuration.organisation, go_live=None))
    )
    culture = engine.culture(NOW)
    assert culture.refused == refused
    assert culture.reach is None
    assert [one.unit for one in culture.units] == [""]
    assert all(one.release is None and one.preconditions is None for one in culture.units)


def test_before_anything_it_is_empty_and_whole(make: Make) -> None:
    engine = make()
    culture = engine.culture(NOW)
    assert culture.refused is None
    assert (culture.reach, culture.left_out, culture.register, culture.studies) == (
        None,
        (),
        (),
        (),
    )
    assert all(one.kind in {"phase", "layer"} for one in culture.spots)
    assert engine.culture(NOW) == culture


def test_looking_is_no_reading_of_anybody(make: Make) -> None:
    engine = made(make, workers(24), range(24))
    engine.plan(NOW)
    engine.culture(NOW)
    assert engine.reads(NOW - timedelta(days=1)) == ()


def test_reads_are_counted_by_day_without_whose_data(make: Make) -> None:
    engine = made(make, workers(3), range(3))
    uuids = [uuid for n in range(3) for uuid in engine.find(f"account|home|w{n}", NOW)]
    day = timedelta(days=1)
    for uuid in uuids:
        engine.export(uuid, NOW, by="anna")
    engine.export(uuids[0], NOW + day, by="anna")
    engine.why(uuids[0], NOW + day, by="hr")
    engine.export(uuids[0], NOW + day, by="self")
    engine.export(uuids[0], NOW - 9 * day, by="anna")
    today = NOW.date()
    assert engine.reads(NOW - day) == (
        ReadCount(today + day, "anna", "export", 1),
        ReadCount(today + day, "hr", "why", 1),
        ReadCount(today, "anna", "export", 3),
    )
    engine.erase(uuids[1], NOW + day)
    with engine.store.transaction() as tx:
        tx.privacy.note(AuditEntry(NOW + 2 * day, "anna", "export", None))
    assert engine.reads(NOW + 2 * day) == (ReadCount(today + 2 * day, "anna", "export", 1),)
