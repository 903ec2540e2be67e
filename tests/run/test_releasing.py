"""Releases in the running engine, and the prompts to others that are made of them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, product
from pathlib import Path
from typing import Any, Literal

import pytest
from attrs import evolve

from leercultuur_core.activity.activity import Activity
from leercultuur_core.extension import DirectoryPerson, Message, Page, Receipt
from leercultuur_core.run.config import GoLive
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.group_prompts import is_group
from leercultuur_core.run.releasing import PURPOSE
from leercultuur_core.storage import Consent, KeptRelease, OutboxPrompt

from .conftest import NOW, ListDirectory, ListSource, Make
from .outside import Calendar, Mailbox, OnceSink

K = 5
DAY = timedelta(days=1)
QUARTERS = tuple(datetime(2026, month, 7, 9, tzinfo=UTC) for month in (4, 7, 10))
"""A morning in each of three quarters, every one a Tuesday or a Wednesday."""

LEARNING = "http://adlnet.gov/expapi/verbs/progressed"
LOOKING = "http://adlnet.gov/expapi/verbs/registered"


def traces(who: int, days: Iterable[int], source: str = "lms", verb: str = "") -> list[Activity]:
    """Every second person is learning, the others are looking around: no group is too alike."""
    return [
        Activity(
            id=f"{who}-{source}-{day}",
            identities=(f"account|home|w{who}",),
            verb=verb or (LEARNING if who % 2 else LOOKING),
            source=source,
            occurred_at=NOW + timedelta(days=day),
        )
        for day in days
    ]


def worker(who: int, unit: str = "Bakkerij", **fields: object) -> DirectoryPerson:
    fields.setdefault("name", f"Zwaantje{who}")
    return DirectoryPerson((f"account|home|w{who}",), unit=unit, language="en", **fields)  # type: ignore[arg-type]


def leader(roles: Sequence[str] = ("manager",), unit: str = "Bakkerij") -> DirectoryPerson:
    """Somebody who acts for a group, of whom nothing was seen."""
    return DirectoryPerson(
        (f"employee|home|{'-'.join(roles)}-{unit}",),
        name=f"Lead {unit} {' '.join(roles)}",
        roles=tuple(roles),
        unit=unit,
        language="en",
    )


def set_privacy(engine: Engine, **choices: Any) -> None:
    privacy = evolve(engine.configuration.privacy, **choices)
    engine.configuration = evolve(engine.configuration, privacy=privacy)


def set_go_live(engine: Engine, day: date) -> None:
    go_live = GoLive(day, "OR", "allen")
    organisation = evolve(engine.configuration.organisation, go_live=go_live)
    engine.configuration = evolve(engine.configuration, organisation=organisation)


def set_people(engine: Engine, people: Sequence[DirectoryPerson]) -> None:
    directory = engine.adapters.directories["people"]
    assert isinstance(directory, ListDirectory)
    directory.list = people


def set_activities(engine: Engine, activities: Sequence[Activity]) -> None:
    source = engine.adapters.sources["lms"]
    assert isinstance(source, ListSource)
    source.pages = [Page(activities)]


def kept(engine: Engine) -> list[KeptRelease]:
    with engine.store.reading() as tx:
        return tx.privacy.releases(purpose=PURPOSE)


def outbox(engine: Engine) -> list[OutboxPrompt]:
    with engine.store.reading() as tx:
        return tx.delivery.prompts()


def group_prompts(engine: Engine) -> list[OutboxPrompt]:
    return [prompt for prompt in outbox(engine) if is_group(prompt)]


def texts(engine: Engine) -> list[str]:
    return [prompt.payload["prompt"]["text"] for prompt in group_prompts(engine)]


def uuids(engine: Engine, *numbers: int) -> set[str]:
    return {uuid for n in numbers for uuid in engine.find(f"account|home|w{n}", NOW)}


def believed(engine: Engine, who: int, at: datetime) -> object:
    (uuid,) = uuids(engine, who)
    estimate = engine.believed(uuid, at, by="t")
    return estimate and estimate.probabilities


@pytest.fixture
def organisation(make: Make, tmp_path: Path) -> Organised:
    return Organised(make, tmp_path)


class Organised:
    """Makes organisations whose people have been active for weeks, collected and not yet planned."""

    def __init__(self, make: Make, tmp_path: Path) -> None:
        self._make = make
        self._tmp_path = tmp_path

    def __call__(
        self,
        people: Sequence[DirectoryPerson],
        activities: Sequence[Activity] = (),
        *,
        path: Path | None = None,
        own_prompts: Literal["opt-in", "opt-out"] = "opt-out",
        at: datetime = NOW,
    ) -> Engine:
        engine = self._make(
            sources={"lms": ListSource([Page(activities)])},
            directories={"people": ListDirectory(people)},
            sinks={"sink": OnceSink(Mailbox(self._tmp_path / "lines"))},
            own_prompts=own_prompts,
            path=path,
        )
        set_privacy(engine, minimum_group=K)
        engine.collect(at)
        return engine

    def copy(self, engine: Engine) -> Engine:
        """The same organisation as it is now, to go on otherwise."""
        path = Path(engine.store.name)
        other = path.with_name(f"{path.stem}-{len(list(path.parent.iterdir()))}.db")
        with engine.store.reading():
            shutil.copy(path, other)
            if path.with_name(path.name + "-wal").exists():
                shutil.copy(
                    path.with_name(path.name + "-wal"), other.with_name(other.name + "-wal")
                )
        twin = self._make(
            sources={"lms": ListSource([])},
            directories={"people": ListDirectory(engine.adapters.directories["people"].list)},  # type: ignore[attr-defined]
            sinks=engine.adapters.sinks,
            path=other,
        )
        twin.configuration = evolve(engine.configuration, store=str(other))
        return twin


def active(count: int, days: Iterable[int] = range(-40, 0, 2)) -> list[Activity]:
    days = list(days)
    return [one for who in range(count) for one in traces(who, days)]


# -- what is released -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", range(K + 3))
def test_below_k_there_is_nothing_anywhere(organisation: Organised, size: int) -> None:
    engine = organisation([leader(), *map(worker, range(size))], active(size))
    for objections in range(min(size, 2) + 1):
        twin = organisation.copy(engine)
        for who in range(objections):
            (uuid,) = uuids(twin, who)
            assert twin.consent(uuid, "group_releases", False, NOW)
        twin.run(NOW)
        found = twin.releases(NOW)
        if size - objections >= K:
            assert [one.release is not None for one in found] == [True]
            assert len(group_prompts(twin)) == 1
        else:
            assert [(one.release, one.made) for one in found] in ([], [(None, "")])
            assert group_prompts(twin) == []
            assert "shares" not in str([release.payload for release in kept(twin)])
        contributors = {person for release in kept(twin) for person in release.contributors}
        assert contributors <= uuids(twin, *range(objections, size))


def arrangements(shape: str) -> list[DirectoryPerson]:
    """One letter a person: in which of two units they are, or that they are not there."""
    units = {"a": "Bakkerij/Brood", "b": "Bakkerij/Taart"}
    leaders = [leader(unit=unit) for unit in ("Bakkerij", *units.values())]
    return leaders + [worker(n, units[one]) for n, one in enumerate(shape) if one in units]


def test_no_sequence_of_quarters_shows_a_difference_of_a_few(organisation: Organised) -> None:
    shapes = (
        "aaaaabbbbb..",
        "aaaaaabbbbb.",  # two moved, one came
        "aaaaa....bbb",  # a part too small, and others in it
        "......aaaaaa",  # others altogether
    )
    start = organisation(arrangements(""), active(12, range(-40, 215, 5)))
    shown = 0
    nodes: list[tuple[Engine, tuple[KeptRelease, ...]]] = [(start, ())]
    for at in QUARTERS:
        following: list[tuple[Engine, tuple[KeptRelease, ...]]] = []
        for (engine, before), shape in product(nodes, shapes):
            twin = organisation.copy(engine)
            set_people(twin, arrangements(shape))
            twin.collect(at)
            twin.plan(at)
            now = tuple(one for one in kept(twin) if one.contributors)
            assert set(map(key, before)) <= set(map(key, now))
            shown += assert_nothing_of_a_few(now)
            said = {release.unit for release in now if release.quarter == quarter(at)}
            assert {
                one.subject.removeprefix("unit|")
                for one in group_prompts(twin)
                if one.episode == quarter(at)
            } <= said
            following.append((twin, now))
            if at == QUARTERS[-1]:
                twin.close()
        for engine, _ in nodes:
            engine.close()
        nodes = following
    assert shown > 0


def key(release: KeptRelease) -> tuple[str, str, str, frozenset[str]]:
    return release.quarter, release.unit, str(release.payload), release.contributors


def quarter(at: datetime) -> str:
    return f"{at.year}-Q{(at.month + 2) // 3}"


def assert_nothing_of_a_few(releases: Iterable[KeptRelease]) -> int:
    """Any two releases, and each unit against its parts, differ by nobody or by enough; gives how
    many differences are of enough people."""
    groups = [(one.quarter, one.unit, one.contributors) for one in releases]
    assert all(len(people) >= K for _, _, people in groups)
    sizes = [len(one ^ other) for (*_, one), (*_, other) in combinations(groups, 2)]
    for when, unit, whole in groups:
        parts = [
            people
            for q, part, people in groups
            if q == when and part.startswith(f"{unit}/") and unit
        ]
        if parts:
            sizes.append(len(whole ^ frozenset().union(*parts)))
    assert not any(0 < size < K for size in sizes)
    return sum(size >= K for size in sizes)


def test_a_second_night_in_one_quarter_changes_nothing(organisation: Organised) -> None:
    engine = organisation([leader(), *map(worker, range(12))], active(12))
    engine.run(NOW)
    before = kept(engine)
    assert [one.payload["made"] for one in before] == ["2026-Q1"]
    # Others come, somebody moves on, a unit appears: it waits for the next quarter.
    set_people(
        engine, [leader(), *map(worker, range(9)), *(worker(n, "Winkel") for n in range(9, 20))]
    )
    set_activities(engine, active(20, range(-39, 3)))
    for night in (NOW + DAY, NOW + 8 * DAY, NOW - 40 * DAY):
        engine.run(night)
        assert kept(engine) == before
    assert [one.unit for one in engine.releases(NOW + 8 * DAY)] == ["Bakkerij"]


def test_a_quarter_is_open_until_somebody_contributes(organisation: Organised) -> None:
    engine = organisation([leader(), *map(worker, range(6))])
    engine.run(NOW)
    assert kept(engine) == []
    set_activities(engine, active(6))
    engine.run(NOW + DAY)
    assert engine.releases(NOW + DAY)[0].release is not None


def test_a_clock_that_goes_back_makes_nothing_and_ends_nothing(organisation: Organised) -> None:
    engine = organisation([leader(), *map(worker, range(8))], active(8, range(-90, 60)))
    later = QUARTERS[0]
    engine.plan(later)
    before = kept(engine)
    assert engine.releases(NOW) == engine.releases(later)
    engine.plan(NOW)
    assert kept(engine) == before
    assert engine.deliver(NOW).states["sent"] == len(outbox(engine))


def test_an_objection_takes_effect_at_the_next_release(organisation: Organised) -> None:
    engine = organisation([leader(), *map(worker, range(12))], active(12, range(-40, 40)))
    engine.run(NOW)
    everybody, objectors = uuids(engine, *range(12)), uuids(engine, *range(6))
    for uuid in objectors:
        engine.consent(uuid, "group_releases", False, NOW)
    engine.run(NOW + DAY)
    assert [one.contributors for one in kept(engine)] == [everybody]
    engine.run(QUARTERS[0])
    assert [one.contributors for one in kept(engine)] == [everybody, everybody - objectors]
    assert [one.made for one in engine.releases(QUARTERS[0])] == ["2026-Q2"]


def test_one_objection_keeps_the_last_release_and_makes_no_new_one(organisation: Organised) -> None:
    engine = organisation([leader(), *map(worker, range(12))], active(12, range(-40, 40)))
    engine.run(NOW)
    (uuid,) = uuids(engine, 0)
    engine.consent(uuid, "group_releases", False, NOW)
    engine.run(QUARTERS[0])
    first, second = kept(engine)
    assert (second.payload, second.contributors) == (first.payload, first.contributors)


def test_who_contributes(organisation: Organised) -> None:
    """Of whom nothing could be seen in the period does not, nor who is not in the tree."""
    people = [
        *map(worker, range(7)),
        worker(7, employment="student"),
        worker(8, "", employment="self_employed"),
        worker(9),
        worker(10, active=False),
    ]
    old = [one for who in (9, 12) for one in traces(who, range(-200, -150), source="old-lms")]
    engine = organisation(people, [*active(9), *traces(10, range(-40, 0)), *traces(11, [-1]), *old])
    engine.plan(NOW)
    (release,) = kept(engine)
    assert release.contributors == uuids(engine, *range(7))


def test_somebody_erased_still_counts_as_somebody(organisation: Organised) -> None:
    engine = organisation([leader(), *map(worker, range(8))], active(8, range(-40, 40)))
    engine.plan(NOW)
    (uuid,) = uuids(engine, 0)
    engine.erase(uuid, NOW)
    (first,) = kept(engine)
    assert len(first.contributors) == 8
    assert uuid not in first.contributors
    engine.run(QUARTERS[0])
    # All but the erased: too near, and so not shown.
    assert [one.made for one in engine.releases(QUARTERS[0])] == ["2026-Q1"]


def test_off_and_before_go_live_there_is_none(organisation: Organised) -> None:
    engine = organisation([leader(), *map(worker, range(8))], active(8))
    set_go_live(engine, date(2026, 3, 10))
    engine.run(NOW)
    set_go_live(engine, date(2026, 1, 1))
    set_privacy(engine, group_releases="off")
    engine.run(NOW)
    assert (kept(engine), group_prompts(engine), engine.releases(NOW)) == ([], [], ())
    set_privacy(engine, group_releases="opt-out")
    evening = NOW + timedelta(hours=10)
    engine.plan(evening)
    (waiting,) = group_prompts(engine)
    assert waiting.state == "held"
    set_privacy(engine, group_releases="off")
    assert engine.releases(evening) == ()
    engine.deliver(evening + timedelta(hours=14))
    (withdrawn,) = group_prompts(engine)
    assert (withdrawn.state, withdrawn.reason) == ("withdrawn", "off")


# -- what others read -----------------------------------------------------------------------------


def test_a_prompt_holds_no_name_and_no_count(organisation: Organised) -> None:
    people = [leader(), leader(("hr",), ""), leader(("director",), ""), *map(worker, range(13))]
    engine = organisation(people, active(13))
    engine.run(NOW)
    prompts = group_prompts(engine)
    assert sorted(one.layer for one in prompts) == ["hr", "leadership", "manager"]
    for prompt in prompts:
        content = str({**prompt.payload, "prompt": {**prompt.payload["prompt"], "id": ""}})
        assert "Zwaantje" not in content
        assert not any(uuid in content for uuid in uuids(engine, *range(13)))
        assert "believed" not in prompt.payload
        said = prompt.payload["prompt"]["text"].replace("(2023)", "")
        assert {int(number) for number in re.findall(r"\d+", said)} <= {K, 0, 10, 25, 50, 75, 90}
        assert (prompt.subject, prompt.episode, prompt.state) == (
            "unit|Bakkerij",
            "2026-Q1",
            "sent",
        )


def test_one_persons_data_change_no_managers_prompt_before_the_next_quarter(
    organisation: Organised,
) -> None:
    engine = organisation([leader(), *map(worker, range(8))], active(8, range(-80, -50)), at=NOW)
    first = NOW - 42 * DAY
    engine.run(first)
    twin = organisation.copy(engine)
    set_activities(twin, traces(3, range(-41, 0), verb="http://adlnet.gov/expapi/verbs/shared"))
    twin.collect(first + DAY)
    (uuid,) = uuids(twin, 3)
    twin.consent(uuid, "group_releases", False, first + DAY)
    after = first + 28 * DAY
    for one in (engine, twin):
        for prompt in group_prompts(one):
            one.answer(prompt.prompt_id, "done", first + DAY)
        one.run(after)
    assert believed(engine, 3, after) != believed(twin, 3, after)
    assert len(texts(engine)) == 2
    assert [p.payload for p in group_prompts(engine)] == [p.payload for p in group_prompts(twin)]
    assert engine.releases(after) == twin.releases(after)


def test_a_director_who_is_also_hr_gets_one_message(organisation: Organised) -> None:
    both = leader(("hr", "director"), "")
    engine = organisation(
        [both, *(worker(n, "Brood" if n < 8 else "Taart") for n in range(16))], active(16)
    )
    ran = engine.run(NOW)
    prompts = group_prompts(engine)
    assert len(prompts) == 1
    # For the whole, although they stand in as manager of two teams as well.
    assert prompts[0].subject == "unit|"
    assert (
        len({one.message_id for one in outbox(engine) if one.recipient == prompts[0].recipient})
        == 1
    )
    assert ran.delivered.states["sent"] == 17
    assert engine.plan(NOW + DAY).made == 0


def test_the_whole_has_no_manager_and_each_unit_is_told_about_once(
    organisation: Organised,
) -> None:
    units = ("Brood", "Taart")
    people = [leader(("director",), ""), *(worker(n, units[n % 2]) for n in range(12))]
    engine = organisation(
        people, [one for n in range(12) for one in traces(n, range(-9, 90, n % 4 + 1))]
    )
    at = datetime(2026, 4, 7, 9, tzinfo=UTC)
    for _ in range(3):
        engine.run(at)
        engine.answer(group_prompts(engine)[-1].prompt_id, "done", at)
        at += 28 * DAY
    told = [(one.subject, one.layer) for one in group_prompts(engine)]
    assert ("unit|", "manager") not in told
    assert len(set(told)) == len(told) == 3


def test_a_group_goes_with_their_own_in_one_message_and_then_only_after_weeks(
    organisation: Organised,
) -> None:
    boss = worker(0, roles=("worker", "manager"))
    people = [boss, *(evolve(worker(n), manager=boss.identifiers[0]) for n in range(1, 8))]
    engine = organisation(people, active(8, range(-40, 60)))
    (uuid,) = uuids(engine, 0)
    at = datetime(2026, 4, 7, 9, tzinfo=UTC)
    nights = []
    for _ in range(5):
        assert engine.run(at).delivered.states["sent"] > 0
        tonight = [one for one in outbox(engine) if one.recipient == uuid and one.created == at]
        assert len({one.message_id for one in tonight}) == 1
        nights.append({one.intervention: is_group(one) for one in tonight})
        for one in tonight:
            # The manager's own estimate is in their own prompts only.
            assert ("believed" in one.payload) is not is_group(one)
            engine.answer(one.prompt_id, "not_for_me", at)
        at += 7 * DAY
    both, own = [False, True], [False]
    assert [sorted(night.values()) for night in nights] == [both, own, own, own, both]
    assert len({what for night in nights for what in night}) == 7


def test_a_managers_no_to_their_own_messages_leaves_those_of_their_role(
    organisation: Organised,
) -> None:
    boss = worker(0, roles=("worker", "manager"))
    people = [boss, *(evolve(worker(n), manager=boss.identifiers[0]) for n in range(1, 8))]
    engine = organisation(people, active(8), own_prompts="opt-in")
    evening = NOW + timedelta(hours=10)
    assert engine.plan(evening).nothing == {"not_opted_in": 7}
    (uuid,) = uuids(engine, 0)
    assert engine.consent(uuid, "own_prompts", False, evening)
    engine.deliver(evening + timedelta(hours=14))
    assert [(one.recipient, one.state) for one in outbox(engine)] == [(uuid, "sent")]
    assert engine.why(uuid, evening + 2 * DAY, by="t").reason == "objected"


class Refusing(OnceSink):
    """Cannot deliver until it is told to; then keeps what it got."""

    def __init__(self, mailbox: Mailbox) -> None:
        super().__init__(mailbox)
        self.works = False
        self.got: list[list[str]] = []

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        for message in messages:
            if self.works:
                self.got.append([one.id for one in message.prompts])
            yield Receipt(message.id, "sent" if self.works else "failed")


@pytest.mark.parametrize("how", ["a no by day", "a no that the desk finds"])
def test_a_no_takes_ones_own_out_of_a_message_and_the_rest_goes(
    organisation: Organised, tmp_path: Path, how: str
) -> None:
    boss = worker(0, roles=("worker", "manager"))
    people = [boss, *(evolve(worker(n), manager=boss.identifiers[0]) for n in range(1, 8))]
    engine = organisation(people, active(8, range(-40, 60)))
    sink = Refusing(Mailbox(tmp_path / "lines"))
    engine.adapters = evolve(engine.adapters, sinks={"sink": sink})
    engine.run(NOW)
    (uuid,) = uuids(engine, 0)
    mine = [one for one in outbox(engine) if one.recipient == uuid]
    assert sorted(is_group(one) for one in mine) == [False, True]
    assert {one.state for one in mine} == {"failed"}
    later = NOW + timedelta(hours=2)
    if how == "a no by day":
        engine.consent(uuid, "own_prompts", False, later)
    else:
        with engine.store.transaction() as tx:
            tx.privacy.consent(Consent(uuid, "own_prompts", False, later))
    sink.works = True
    engine.deliver(later)
    after = {is_group(one): one for one in outbox(engine) if one.recipient == uuid}
    assert (after[False].state, after[False].reason) == ("withdrawn", "objected")
    assert after[True].state == "sent"
    assert [after[True].prompt_id] in sink.got
    assert after[True].message_id != mine[0].message_id
    assert all(after[False].prompt_id not in one for one in sink.got)


def test_an_appointment_for_two_stays_until_neither_fits(organisation: Organised) -> None:
    boss = worker(0, roles=("worker", "manager"))
    people = [boss, *(evolve(worker(n), manager=boss.identifiers[0]) for n in range(1, 8))]
    engine = organisation(people, active(8, range(-40, 60)))
    calendar = Calendar()
    engine.adapters = evolve(engine.adapters, sinks={"calendar": calendar})
    engine.run(NOW)
    (uuid,) = uuids(engine, 0)
    (message,) = (one for one in calendar.there.values() if one.recipient.person == uuid)
    group, own = message.prompts
    assert (group.subject, own.subject) == ("unit|Bakkerij", uuid)
    for prompt, left in ((own, 8), (group, 7)):
        engine.answer(prompt.id, "done", NOW)
        engine.deliver(NOW + timedelta(hours=1))
        assert len(calendar.there) == left


def test_what_waits_expires_when_the_quarter_is_over(organisation: Organised) -> None:
    engine = organisation([leader(), *map(worker, range(8))], active(8, range(-40, 40)))
    evening = datetime(2026, 3, 31, 19, tzinfo=UTC)
    engine.plan(evening)
    assert [one.state for one in group_prompts(engine)] == ["held"]
    engine.deliver(evening + timedelta(hours=14))
    (old,) = group_prompts(engine)
    assert (old.state, old.reason) == ("expired", "moved_on")
    engine.run(evening + timedelta(hours=15))
    assert [one.episode for one in group_prompts(engine) if one.state == "sent"] == ["2026-Q2"]


def test_nobody_but_who_acts_now_is_told(organisation: Organised) -> None:
    engine = organisation([leader(), *map(worker, range(8))], active(8))
    evening = NOW + timedelta(hours=10)
    engine.plan(evening)
    set_people(engine, [evolve(leader(), active=False), *map(worker, range(8))])
    engine.run(evening + timedelta(hours=14))
    (old,) = group_prompts(engine)
    assert (old.state, old.reason) == ("withdrawn", "left")


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ({"unit": "Winkel"}, ("withdrawn", "other_hands")),
        ({"roles": ("worker",)}, ("withdrawn", "other_hands")),
        ({"language": "nl"}, ("sent", "")),
    ],
)
def test_who_changed_teams_is_not_told_about_the_old_one(
    organisation: Organised, now: dict[str, Any], ends: tuple[str, str]
) -> None:
    engine = organisation([leader(), *map(worker, range(8))], active(8))
    evening = NOW + timedelta(hours=10)
    engine.plan(evening)
    set_people(engine, [evolve(leader(), **now), *map(worker, range(8))])
    engine.collect(evening)
    engine.deliver(evening + timedelta(hours=14))
    (old,) = group_prompts(engine)
    assert (old.state, old.reason) == ends


def test_a_stand_in_is_not_told_when_there_is_a_manager_again(organisation: Organised) -> None:
    director = leader(("director",), "")
    engine = organisation([director, *map(worker, range(8))], active(8))
    evening = NOW + timedelta(hours=10)
    engine.plan(evening)
    before = {one.layer for one in group_prompts(engine)}
    engine.adapters.directories["people"].list = [leader(), director, *map(worker, range(8))]  # type: ignore[attr-defined]
    engine.collect(evening)
    engine.deliver(evening + timedelta(hours=14))
    ends = {one.layer: (one.state, one.reason) for one in group_prompts(engine)}
    for layer in before:
        gone = layer == "manager"
        assert ends[layer] == (("withdrawn", "other_hands") if gone else ("sent", ""))


def test_a_hidden_unit_is_in_nobodys_prompt(organisation: Organised) -> None:
    """A unit that is too small is told about to nobody, nor can it be had by subtracting."""
    people: Mapping[str, range] = {"Brood": range(8), "Taart": range(8, 11)}
    engine = organisation(
        [
            leader(("manager",), "Taart"),
            leader(("hr",), ""),
            *(worker(n, unit) for unit, numbers in people.items() for n in numbers),
        ],
        active(11),
    )
    engine.run(NOW)
    # With the three of Taart in a whole beside Brood, the whole minus Brood would be those three.
    shown = [(one.unit, one.release is not None, one.reason) for one in engine.releases(NOW)]
    assert shown == [("", True, None), ("Brood", True, None), ("Taart", False, "too_few")]
    (prompt,) = group_prompts(engine)
    assert (prompt.subject, prompt.payload["prompt"]["recipient_role"]) == ("unit|", "hr")
    (whole, brood, _) = kept(engine)
    assert whole.contributors == brood.contributors == uuids(engine, *range(8))
