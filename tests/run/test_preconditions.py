"""The questionnaire and the votes in the running engine: what is told, what it holds back."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from leercultuur_core.activity.activity import Activity
from leercultuur_core.advice.networks import Contact, Network
from leercultuur_core.advice.preconditions import Gate, Measured, verdict
from leercultuur_core.errors import ConfigError
from leercultuur_core.extension import DirectoryPerson, Page
from leercultuur_core.maturity import maturity_model
from leercultuur_core.run import acting, questionnaire
from leercultuur_core.run.config import Preconditions, Roles
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.group_prompts import is_group
from leercultuur_core.run.rights import Rights
from leercultuur_core.run.setup import check
from leercultuur_core.storage import KeptRelease, OutboxPrompt

from .conftest import NOW, ListDirectory, ListSource, Make
from .outside import Mailbox, OnceSink

K = 5
MODEL = maturity_model()
QUARTERS = tuple(datetime(2026, month, 7, 9, tzinfo=UTC) for month in (4, 7, 10))
SAFE, BRAVE = (item.id for item in MODEL.items if item.facet == "safety")
BUSY = "safety-and-workload.workload-not-too-high"
SAFETY = ("safety-and-workload", "safety")
WORKLOAD = ("safety-and-workload", "workload-not-too-high")
UNIT = "Bakkerij/Brood"


def worker(who: int, unit: str = UNIT, **fields: Any) -> DirectoryPerson:
    fields.setdefault("name", f"Zwaantje{who}")
    return DirectoryPerson((f"account|home|w{who}",), unit=unit, language="en", **fields)


def lead(role: str = "manager", unit: str = UNIT) -> DirectoryPerson:
    name = f"Lead {role} {unit}"
    return DirectoryPerson(
        (f"employee|home|{role}-{unit}",), name, (role,), unit=unit, language="en"
    )


def active(count: int) -> list[Activity]:
    verbs = ("progressed", "registered")
    return [
        Activity(
            id=f"{who}-{day}",
            identities=(f"account|home|w{who}",),
            verb=f"http://adlnet.gov/expapi/verbs/{verbs[who % 2]}",
            source="lms",
            occurred_at=NOW - timedelta(days=day),
        )
        for who in range(count)
        for day in range(1, 40, 2)
    ]


class Organised:
    """Makes organisations with a minimum of K, collected and not yet planned."""

    def __init__(self, make: Make, tmp_path: Path) -> None:
        self._make, self._tmp_path = make, tmp_path

    def __call__(
        self, people: Sequence[DirectoryPerson], activities: Sequence[Activity] = ()
    ) -> Engine:
        engine = self._make(
            sources={"lms": ListSource([Page(activities)])},
            directories={"people": ListDirectory(people)},
            sinks={"sink": OnceSink(Mailbox(self._tmp_path / "lines"))},
        )
        privacy = evolve(engine.configuration.privacy, minimum_group=K)
        engine.configuration = evolve(engine.configuration, privacy=privacy)
        engine.collect(NOW)
        return engine

    def copy(self, engine: Engine) -> Engine:
        path = Path(engine.store.name)
        other = path.with_name(f"{path.stem}-{len(list(path.parent.iterdir()))}.db")
        with engine.store.reading():
            shutil.copy(path, other)
            if path.with_name(path.name + "-wal").exists():
                shutil.copy(
                    path.with_name(path.name + "-wal"), other.with_name(other.name + "-wal")
                )
        directory = engine.adapters.directories["people"]
        assert isinstance(directory, ListDirectory)
        twin = self._make(
            sources={"lms": ListSource([])},
            directories={"people": ListDirectory(directory.list)},
            sinks=engine.adapters.sinks,
            path=other,
        )
        twin.configuration = evolve(engine.configuration, store=str(other))
        return twin


@pytest.fixture
def organisation(make: Make, tmp_path: Path) -> Organised:
    return Organised(make, tmp_path)


def one(engine: Engine, who: int) -> str:
    (uuid,) = engine.find(f"account|home|w{who}", NOW)
    return uuid


def everybody_says(
    engine: Engine, people: Iterable[int], item: str, value: int, at: datetime = NOW
) -> None:
    for who in people:
        assert engine.answer_item(one(engine, who), item, value, at)


def releases(engine: Engine) -> list[KeptRelease]:
    with engine.store.reading() as tx:
        return [r for r in tx.privacy.releases() if r.purpose.startswith("preconditions/")]


def outbox(engine: Engine) -> list[OutboxPrompt]:
    with engine.store.reading() as tx:
        return tx.delivery.prompts()


def states(engine: Engine, unit: str = UNIT, at: datetime = NOW) -> dict[Any, Measured]:
    return {
        key: s for u in engine.preconditions(at) if u.unit == unit for key, s in u.states.items()
    }


# -- what is told of a unit -----------------------------------------------------------------------


@pytest.mark.parametrize("size", range(3, K + 3))
def test_below_k_nothing_is_told(organisation: Organised, size: int) -> None:
    engine = organisation([worker(n) for n in range(K + 3)])
    assert engine.preconditions(NOW) == ()
    everybody_says(engine, range(size), SAFE, 1)
    told = engine.release_preconditions(NOW)
    if size < K:
        assert told == 0
        assert releases(engine) == []
        assert engine.preconditions(NOW) == ()
    else:
        assert told == 2, "the unit and the one above it, which are the same people"
        assert states(engine)[SAFETY].low
        assert states(engine)[SAFETY].contributors == K
        assert engine.release_preconditions(NOW) == 0, "once a quarter"


def test_who_objects_is_not_counted_and_nobody_twice(organisation: Organised) -> None:
    engine = organisation([worker(n) for n in range(K)])
    everybody_says(engine, range(K), SAFE, 1)
    everybody_says(engine, range(K), BRAVE, 1)
    everybody_says(engine, range(K), SAFE, 2, NOW + timedelta(days=1))
    assert engine.consent(one(engine, 0), "group_releases", False, NOW)
    assert engine.release_preconditions(NOW + timedelta(days=1)) == 0
    assert engine.consent(one(engine, 0), "group_releases", True, NOW)
    engine.release_preconditions(NOW + timedelta(days=1))
    contributors = [r.contributors for r in releases(engine) if r.purpose.endswith("/safety")]
    assert {len(people) for people in contributors} == {K}


def test_what_is_told_stays_for_a_quarter_and_then_grows_old(organisation: Organised) -> None:
    engine = organisation([worker(n) for n in range(2 * K)])
    everybody_says(engine, range(K), SAFE, 1)
    engine.release_preconditions(NOW)
    everybody_says(engine, range(2 * K), SAFE, 5, NOW + timedelta(days=2))
    assert engine.release_preconditions(NOW + timedelta(days=2)) == 0
    assert states(engine)[SAFETY].low
    later = NOW + timedelta(days=60)
    assert engine.release_preconditions(later) > 0
    assert states(engine, at=later)[SAFETY].state == "in_order"
    long_after = NOW + timedelta(days=420)
    assert not states(engine, at=long_after)[SAFETY].known
    engine.configuration = evolve(engine.configuration, preconditions=Preconditions(24))
    assert states(engine, at=long_after)[SAFETY].known


def test_before_go_live_nothing_is_told(make: Make) -> None:
    engine = make(
        directories={"people": ListDirectory([worker(n) for n in range(12)])}, go_live=None
    )
    engine.collect(NOW)
    everybody_says(engine, range(12), SAFE, 1)
    assert engine.release_preconditions(NOW) == 0
    assert engine.preconditions(NOW) == ()


def test_no_sequence_of_quarters_tells_of_a_few(organisation: Organised) -> None:
    """By enumeration of who is where and answers in three quarters, for one who joins a group of
    the smallest size, and parts that are too small."""
    places = {"a": "Bakkerij/Brood", "b": "Bakkerij/Taart"}
    shapes = ("aaaaabbbbb..", "aaaaaabbbbb.", "aaaaa....bbb")
    start = organisation([worker(n) for n in range(12)])
    nodes = [start]
    told = 0
    for at in QUARTERS:
        following = []
        for engine, shape in product(nodes, shapes):
            twin = organisation.copy(engine)
            people = [worker(n, places[p]) for n, p in enumerate(shape) if p in places]
            directory = twin.adapters.directories["people"]
            assert isinstance(directory, ListDirectory)
            directory.list = people
            twin.collect(at)
            everybody_says(twin, [n for n, p in enumerate(shape) if p in places], SAFE, 1, at)
            twin.release_preconditions(at)
            told += assert_nothing_of_a_few(twin, at)
            following.append(twin)
        for engine in nodes:
            engine.close()
        nodes = following
    assert told > 0
    for engine in nodes:
        engine.close()


def assert_nothing_of_a_few(engine: Engine, at: datetime) -> int:
    every = [r for r in releases(engine) if r.contributors]
    assert all(len(r.contributors) >= K for r in every)
    sizes = [len(a.contributors ^ b.contributors) for a, b in combinations(every, 2)]
    for whole in every:
        parts = [
            r.contributors
            for r in every
            if r.quarter == whole.quarter and r.unit.startswith(f"{whole.unit}/")
        ]
        if parts:
            sizes.append(len(whole.contributors ^ frozenset().union(*parts)))
    assert not [size for size in sizes if 0 < size < K]
    for unit in engine.preconditions(at):
        for measured in unit.states.values():
            assert measured.contributors in (0, K), "never how many there are"
    return sum(size >= K for size in sizes)


# -- what it holds back ---------------------------------------------------------------------------


def test_a_team_that_is_not_safe_gets_what_mends_it_and_nothing_that_exposes(
    organisation: Organised,
) -> None:
    engine = organisation([lead(), *(worker(n) for n in range(10))], active(10))
    everybody_says(engine, range(10), SAFE, 1)
    engine.release_preconditions(NOW)
    unit = next(u for u in engine.preconditions(NOW) if u.unit == UNIT)
    assert unit.released == "2026-Q1"
    assert {held.intervention for held in unit.held} == {
        i.id for i in MODEL.all if isinstance(verdict(i, unit.states, model=MODEL), Gate)
    }
    assert all(why.repaired_by for held in unit.held for why in held.reasons)
    engine.plan(NOW)
    prompts = outbox(engine)
    assert any(is_group(p) for p in prompts)
    assert any(not is_group(p) for p in prompts)
    for prompt in prompts:
        if prompt.asks != "step":
            continue
        assert not isinstance(
            verdict(MODEL[prompt.intervention], unit.states, model=MODEL), Gate
        ), prompt.intervention
    mending = [p.intervention for p in prompts if is_group(p) and p.layer == "manager"]
    assert set(mending) <= set(unit.mending)
    assert mending
    (text,) = [p.payload["prompt"]["text"] for p in prompts if is_group(p) and p.layer == "manager"]
    assert "needed here first: psychological safety" in text


def test_an_own_answer_holds_back_own_prompts_and_nobody_elses(organisation: Organised) -> None:
    engine = organisation([worker(n) for n in range(2)], active(2))
    assert engine.answer_item(one(engine, 1), BUSY, 1, NOW)
    assert engine.preconditions(NOW) == ()
    engine.plan(NOW)
    made = {p.recipient: p for p in outbox(engine)}
    low = {WORKLOAD: Measured("low", 1)}
    held = verdict(MODEL[made[one(engine, 1)].intervention], low, model=MODEL)
    assert made[one(engine, 1)].asks == "step"
    assert not isinstance(held, Gate)
    twin = organisation([worker(n) for n in range(2)], active(2))
    twin.plan(NOW)
    others = {p.recipient: p.intervention for p in outbox(twin)}
    assert made[one(engine, 0)].intervention == others[one(twin, 0)]


@pytest.mark.parametrize("bundled", [False, True])
def test_what_waits_is_withdrawn_when_it_is_held_back(
    organisation: Organised, bundled: bool
) -> None:
    engine = organisation([worker(0)], active(1))
    engine.plan(NOW)
    (waiting,) = outbox(engine)
    with engine.store.transaction() as tx:
        gated = next(
            i.id
            for i in MODEL.all
            if i.layer == "tasks"
            and i.kind == "informal"
            and not i.fits_inside_work
            and i.id not in MODEL.preconditions[3].repaired_by
        )
        tx.run("UPDATE outbox SET intervention = ?", gated)
    if bundled:
        with engine.store.transaction() as tx:
            tx.delivery.bundle("m", [waiting.prompt_id], sink="sink", at=NOW)
    assert engine.answer_item(one(engine, 0), SAFE, 5, NOW)
    assert outbox(engine)[0].state == waiting.state
    assert engine.answer_item(one(engine, 0), BUSY, 1, NOW)
    (gone,) = outbox(engine)
    assert (gone.state, gone.reason) == ("withdrawn", "preconditions")
    with engine.store.reading() as tx:
        assert {one.state for one in tx.delivery.messages()} <= {"withdrawn"}
    assert engine.plan(NOW).made == 1, "something that fits inside the work comes instead"


def test_an_answer_must_be_one(organisation: Organised) -> None:
    engine = organisation([worker(0)])
    with pytest.raises(ValueError, match="item of the questionnaire"):
        engine.answer_item(one(engine, 0), "mood", 1, NOW)
    for value in (0, 6):
        with pytest.raises(ValueError, match="from 1 to 5"):
            engine.answer_item(one(engine, 0), SAFE, value, NOW)
    assert not engine.answer_item("nobody", SAFE, 1, NOW)
    assert engine.answer_item(one(engine, 0), SAFE, 1, NOW)
    assert not engine.answer_item(one(engine, 0), SAFE, 5, NOW - timedelta(days=1))


# -- the form -------------------------------------------------------------------------------------


def test_the_form_that_is_printed_is_read_again(organisation: Organised) -> None:
    engine = organisation([worker(0)])
    head, *rows = questionnaire.form(MODEL, "nl").splitlines()
    assert engine.import_answers("\n".join([head, *rows]), NOW).empty == len(MODEL.items)
    filled = [head] + [f"account|home|w0,{item.id},,4,2026-03-01" for item in MODEL.items]
    done = engine.import_answers("\n".join(filled), NOW)
    assert (done.taken, len(done.people), done.problems) == (len(MODEL.items), 1, ())
    again = engine.import_answers("\n".join(filled), NOW)
    assert again.taken == len(MODEL.items)
    with engine.store.reading() as tx:
        assert len(tx.preconditions.answers()) == len(MODEL.items)
    older = engine.import_answers(f"{head}\naccount|home|w0,{SAFE},,1,2026-02-01", NOW)
    assert (older.taken, older.older) == (0, 1)


def test_a_row_that_cannot_be_used_is_told_and_the_rest_is_in(organisation: Organised) -> None:
    engine = organisation([worker(0), worker(1, name="Zwaantje0")])
    text = "\n".join(
        [
            "identifier;item;answer;on",
            f"account|home|w0;{SAFE};4;",
            f"Gijsbrecht;{SAFE};4;",
            f"zwaantje0;{SAFE};4;",
            f"account|home|w0;{SAFE}s;4;",
            f"account|home|w0;{BRAVE};bang;",
            f"account|home|w0;{BRAVE};4;2026-03-09",
            f"account|home|w0;{BRAVE};4;gisteren",
        ]
    )
    done = engine.import_answers(text, NOW, place="a.csv")
    assert done.taken == 1
    assert [problem.place for problem in done.problems] == [
        "a.csv, line 3, identifier",
        "a.csv, line 4, identifier",
        "a.csv, line 5, item",
        "a.csv, line 6, answer",
        "a.csv, line 7, on",
        "a.csv, line 8, on",
    ]
    told = " ".join(map(str, done.problems))
    assert not [word for word in ("Gijsbrecht", "zwaantje", "w0", "bang") if word in told]


def test_another_file_is_refused_whole(organisation: Organised) -> None:
    engine = organisation([worker(0)])
    with pytest.raises(ConfigError) as refused:
        engine.import_answers(f"identifier,itm,answer\nw0,{SAFE},4\nw0,4\n", NOW)
    unknown = (
        f"answers.csv, line 1: expected each of {', '.join(questionnaire.COLUMNS)} once, found 'itm'; "
        'did you mean "item"?'
    )
    assert [str(p) for p in refused.value.problems] == [
        "answers.csv, line 1: expected a column item, found no such column",
        unknown,
        "answers.csv, line 3: expected 3 cells, found 2",
    ]


# -- votes ----------------------------------------------------------------------------------------


OPTIONS = ("manager.appreciation", "hr.training-funds", "colleagues.easy-contact")


def test_a_team_chooses_and_what_it_chose_leads(organisation: Organised) -> None:
    engine = organisation([lead(), *(worker(n) for n in range(10))], active(10))
    engine.open_vote(UNIT, OPTIONS, NOW)
    for who in range(6):
        engine.vote(one(engine, who), OPTIONS[1], NOW)
    for who in range(6):
        engine.vote(one(engine, who), OPTIONS[0], NOW)
    assert (engine.votes()[0].chosen, engine.votes()[0].closed) == ("", None)
    assert engine.export(one(engine, 0), NOW, by="t")["votes"][0]["choice"] == OPTIONS[0]
    assert engine.close_vote(UNIT, NOW).chosen == OPTIONS[0]
    assert engine.votes()[0].chosen == OPTIONS[0]
    assert engine.export(one(engine, 0), NOW, by="t")["votes"] == [], "let go of"
    engine.plan(NOW)
    (prompt,) = [p for p in outbox(engine) if is_group(p)]
    assert prompt.intervention == OPTIONS[0]
    assert "The team itself chose this to begin with." in prompt.payload["prompt"]["text"]
    with pytest.raises(ConfigError, match="ask again next quarter"):
        engine.open_vote(UNIT, OPTIONS, NOW)


def test_three_are_proposed_that_fit_what_is_shown_of_the_team(organisation: Organised) -> None:
    engine = organisation([lead(), *(worker(n) for n in range(10))], active(10))
    with pytest.raises(ConfigError, match="too little is shown of this unit to propose three"):
        engine.open_vote(UNIT, (), NOW)
    engine.plan(NOW)
    options = engine.open_vote(UNIT, (), NOW).options
    layers = [engine.model[one].layer for one in options]
    assert layers == ["tasks", "colleagues", "manager"]


def test_a_team_that_is_too_small_or_divided_has_no_choice(organisation: Organised) -> None:
    engine = organisation([worker(n) for n in range(8)])
    engine.open_vote(UNIT, OPTIONS, NOW)
    for who in range(K):
        engine.vote(one(engine, who), OPTIONS[0], NOW)
    engine.consent(one(engine, 0), "group_releases", False, NOW)
    told = engine.close_vote(UNIT, NOW)
    assert (told.chosen, told.tied) == ("", False)
    engine.open_vote(UNIT, OPTIONS, NOW)
    for who in range(1, 7):
        engine.vote(one(engine, who), OPTIONS[who % 2], NOW)
    assert engine.close_vote(UNIT, NOW).tied
    assert [vote.tied for vote in engine.votes()] == [False, True]


def test_everything_in_the_way_of_a_vote_is_told(organisation: Organised) -> None:
    engine = organisation([worker(0), worker(1, "Bakkerij/Taart")])
    with pytest.raises(ConfigError) as refused:
        engine.open_vote("Bakerij", ("hr.training-funds", "hr.training-fund"), NOW)
    assert [problem.place for problem in refused.value.problems] == ["unit", "options", "options"]
    engine.open_vote(UNIT, OPTIONS, NOW)
    with pytest.raises(ConfigError, match="close it first"):
        engine.open_vote("Bakkerij", OPTIONS, NOW)
    with pytest.raises(ConfigError, match="one of manager"):
        engine.vote(one(engine, 0), "mood", NOW)
    with pytest.raises(ConfigError, match="open round"):
        engine.vote(one(engine, 1), OPTIONS[0], NOW)
    with pytest.raises(ConfigError, match="open round"):
        engine.close_vote("Bakkerij", NOW)


def test_nothing_of_somebody_who_is_erased_stays(organisation: Organised) -> None:
    engine = organisation([worker(n) for n in range(6)])
    everybody_says(engine, range(6), SAFE, 1)
    engine.open_vote(UNIT, OPTIONS, NOW)
    engine.vote(one(engine, 0), OPTIONS[0], NOW)
    engine.release_preconditions(NOW)
    gone = one(engine, 0)
    held = engine.export(gone, NOW, by="t")
    assert held["precondition_answers"] == [{"item": SAFE, "value": 1, "day": "2026-03-03"}]
    counts = engine.erase(gone, NOW)
    assert (counts["precondition_answers"], counts["votes"]) == (1, 1)
    assert gone.encode() not in Path(engine.store.name).read_bytes()
    assert states(engine)[SAFETY].low, "what was told stays told"


# -- who acts -------------------------------------------------------------------------------------


def test_an_organisation_names_its_own(organisation: Organised) -> None:
    engine = organisation([lead("hr"), lead("manager"), *(worker(n) for n in range(8))], active(8))
    left = " ".join(engine.status(NOW).left)
    assert "nobody acts for leadership" in left
    assert "nobody acts for hr" not in left
    roles = Roles(hr=("account|home|w7",), director=("Zwaantje6", "Zwaantje66"))
    engine.configuration = evolve(engine.configuration, roles=roles)
    left = " ".join(engine.status(NOW).left)
    assert "roles.director: 1 of the 2 named cannot be told" in left
    assert "leadership" not in left
    assert "Zwaantje" not in left
    engine.plan(NOW)
    told = {p.recipient: p.layer for p in outbox(engine) if is_group(p)}
    assert told[one(engine, 7)] == "hr"
    assert told[one(engine, 6)] == "manager", "nobody leads the whole bakery: they stand in"
    (old,) = engine.find(f"Lead hr {UNIT}", NOW)
    assert old not in told


def test_circles_are_reported_without_names(organisation: Organised) -> None:
    engine = organisation(
        [
            worker(0, manager="account|home|w0"),
            worker(1, manager="account|home|w2"),
            worker(2, manager="account|home|w1"),
        ]
    )
    left = " ".join(engine.status(NOW).left)
    assert "1 people are named as their own manager" in left
    assert "2 people are in a circle" in left
    assert "Zwaantje" not in left


def test_check_tells_it_too(organisation: Organised, tmp_path: Path) -> None:
    engine = organisation([worker(0, manager="account|home|w0")])
    path = tmp_path / "leercultuur.toml"
    path.write_text(
        f"""
store = "{engine.store.name}"
[organisation]
name = "Bakkerij"
identity_key = {{ env = "KEY" }}
[roles]
hr = ["nobody@korenaar.example"]
[[contact]]
name = "ROC"
address = "roc@school.example"
""",
        "utf-8",
    )
    told = [f.text for f in check(path, NOW.date(), {"KEY": "k" * 40}) if f.level == "warning"]
    assert any("roles.hr: 1 of the 1 named" in text for text in told)
    assert any("their own manager" in text for text in told)
    assert not any("environment" in text for text in told), "there is a contact"


def test_a_contact_is_named_to_whom_it_is_for(organisation: Organised) -> None:
    self_employed = worker(0, "", employment="self_employed")
    engine = organisation([self_employed], active(1))
    with engine.store.reading() as tx:
        rights = Rights.read(tx, engine.configuration, NOW)
    people = acting.rows(rights)
    (kees,) = people.values()
    outside = acting.holders(people).outside(kees)
    assert isinstance(outside, Network)
    assert outside.id == "leerwerkloketten"
    contact = Contact("ROC", "roc@school.example")
    assert acting.holders(people, [contact]).outside(kees) == contact


def test_retention_lets_go_of_answers_and_of_votes_that_nobody_counted(
    organisation: Organised,
) -> None:
    engine = organisation([worker(0)])
    assert engine.answer_item(one(engine, 0), SAFE, 1, NOW)
    engine.open_vote(UNIT, OPTIONS, NOW)
    engine.vote(one(engine, 0), OPTIONS[0], NOW)
    assert not {"precondition_answers", "votes"} & engine.tidy(NOW).keys()
    gone = engine.tidy(NOW + timedelta(days=800))
    assert (gone["precondition_answers"], gone["votes"]) == (1, 1)
