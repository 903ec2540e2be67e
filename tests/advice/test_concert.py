"""A plan in concert: from released values, exact, within budgets, steady, and with its reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from leercultuur_core import maturity_model
from leercultuur_core.advice import Directory, Person
from leercultuur_core.advice.concert import WHOLE, Action, Concert, Quarter, Reason, concert
from leercultuur_core.advice.concert_choice import Chooser
from leercultuur_core.advice.concert_rules import (
    ConcertRules,
    default_concert_rules,
    parse_concert_rules,
    read_concert_rules,
)
from leercultuur_core.advice.concert_weeks import APART
from leercultuur_core.advice.concert_words import grounds, left_out, meanwhile, why
from leercultuur_core.advice.practice import Practised
from leercultuur_core.advice.preconditions import Facet, Measured
from leercultuur_core.advice.roles import Holders
from leercultuur_core.errors import ConfigError
from leercultuur_core.maturity.vocabulary import LANGUAGES, LAYERS, PHASES
from leercultuur_core.privacy import Band, Release
from leercultuur_core.privacy.release import _EDGES

from .test_practice import DAY
from .test_selection import by_hand

MODEL = maturity_model()
RULES = default_concert_rules()
BANDS = tuple(pairwise(_EDGES))
MANY, FEW = Band(50, 75), Band(0, 10)
ROLES = ("director", "hr", "education_contact")


def release(unit: str, *phases: str) -> Release:
    """Most people of ``unit`` are in ``phases``."""
    return Release(unit, 10, {phase: MANY if phase in phases else FEW for phase in PHASES})


def holders(roles: Sequence[str] = ROLES, units: Sequence[str] = ("Bakkerij", "Winkel")) -> Holders:
    people = [Person(role, roles=(role,)) for role in roles]  # type: ignore[arg-type]
    people += [Person(f"m {unit}", roles=("manager",), unit=unit) for unit in units]
    return Holders.of(Directory(tuple(people)))


def quarter(*releases: Release, name: str = "2026-Q1", hidden: tuple[str, ...] = ()) -> Quarter:
    return Quarter(name, releases, hidden)


BAKERY = quarter(
    release(WHOLE, "unaware", "selecting"),
    release("Bakkerij", "unaware"),
    release("Winkel", "applying"),
)


def plan(*quarters: Quarter, who: Holders | None = None, **known: object) -> Concert:
    known.setdefault("model", MODEL)
    return concert(quarters or (BAKERY,), holders=who or holders(), **known)  # type: ignore[arg-type]


def ids(found: Concert, unit: str = "Bakkerij") -> set[str]:
    return {one.id for one in found.plans[unit].actions}


def action(found: Concert, unit: str, name: str) -> Action:
    return next(one for one in found.plans[unit].actions if one.id == name)


def low(*facets: Facet) -> Mapping[Facet, Measured]:
    return {
        (item.precondition, item.facet): Measured(
            "low" if (item.precondition, item.facet) in facets else "in_order"
        )
        for item in MODEL.items
    }


releases = st.builds(
    lambda unit, bands: Release(
        unit, 10, {p: Band(*band) for p, band in zip(PHASES, bands, strict=True)}
    ),
    st.just("Bakkerij"),
    st.tuples(*[st.sampled_from(BANDS)] * 5),
)


@given(releases, st.data())
@settings(max_examples=25, deadline=None)
def test_no_other_actions_of_a_small_catalogue_are_worth_more(
    one: Release, data: st.DataObject
) -> None:
    some = data.draw(st.lists(st.sampled_from(MODEL.all), min_size=1, max_size=9, unique=True))
    small = evolve(MODEL, all=tuple(some))
    chooser = Chooser(small, holders(), (), {}, {}, RULES)
    for place in chooser.compose(quarter(one), {}).values():
        assert place.picked == by_hand(place.selection)


def test_each_phase_gets_an_approach_of_its_own() -> None:
    found = plan()
    assert "addition.notice-daily-learning" in ids(found, "Bakkerij")
    assert "addition.notice-daily-learning" not in ids(found, "Winkel")
    for unit, phase in (("Bakkerij", "unaware"), ("Winkel", "applying")):
        assert all(phase in one.intervention.phases for one in found.plans[unit].actions)
        assert {one.intervention.layer for one in found.plans[unit].actions} == {
            "manager",
            "tasks",
            "colleagues",
        }


def test_the_budget_of_each_role_holds_and_nothing_costs_nothing() -> None:
    found = plan()
    for unit in found.plans.values():
        taken = Counter(one.role for one in unit.actions)
        assert taken
        assert all(count <= RULES.budget[role] for role, count in taken.items())
    none = evolve(RULES, budget=dict.fromkeys(RULES.budget, 0))
    empty = plan(rules=none)
    assert all(not one.actions for one in empty.plans.values())
    assert {one.reason for one in empty.plans["Winkel"].left_out} == {"budget"}


def test_nothing_released_is_no_plan() -> None:
    assert concert([], model=MODEL, holders=holders()) == Concert("", {})
    assert plan(quarter(hidden=("Bakkerij",))) == Concert("2026-Q1", {})
    assert plan(quarter()).of("Bakkerij") == ()


def test_a_plan_is_the_same_whatever_the_order_of_what_goes_in() -> None:
    backwards = evolve(BAKERY, releases=BAKERY.releases[::-1])
    model = evolve(MODEL, all=MODEL.all)
    assert plan(backwards, model=model) == plan()


def test_of_equals_science_goes_first_then_the_id() -> None:
    a, b, c = (
        evolve(MODEL["manager.invite-suppliers"], id=f"manager.{name}", science=name == "z")
        for name in "abz"
    )
    one = evolve(RULES, budget={**RULES.budget, "manager": 1})
    unit = quarter(release("Bakkerij", "continuing"))
    small = evolve(MODEL, all=(b, a))
    assert ids(plan(unit, model=small, rules=one)) == {"manager.a"}
    assert ids(plan(unit, model=evolve(MODEL, all=(a, b, c)), rules=one)) == {"manager.z"}


def test_what_is_done_is_not_chosen_again_and_counts() -> None:
    name = "manager.role-models"
    assert name in ids(plan())
    running = plan(practice=[Practised(WHOLE, name, "running", DAY)])
    planned = plan(practice=[Practised("Bakkerij", name, "planned", DAY)])
    stopped = plan(practice=[Practised("Bakkerij", name, "stopped", DAY)])
    for found, reason in ((running, "running"), (planned, "planned")):
        assert name not in ids(found)
        (left,) = [one for one in found.plans["Bakkerij"].left_out if one.intervention.id == name]
        assert left.reason == reason
        # It is built upon as if it had been chosen.
        share = action(found, "Bakkerij", "colleagues.share-learning")
        assert name in next(one.names for one in share.reasons if one.code == "builds_on")
    # What is planned takes a place of its manager's two.
    managers = [one.intervention.layer for one in planned.plans["Bakkerij"].actions]
    assert managers.count("manager") == RULES.budget["manager"] - 1
    assert Reason("tried") in action(stopped, "Bakkerij", name).reasons


def test_a_precondition_that_is_low_holds_and_mends() -> None:
    unsafe = low(("safety-and-workload", "safety"))
    found = plan(states={"Winkel": unsafe, WHOLE: unsafe})
    held = [one for one in found.plans["Winkel"].left_out if one.reason == "held"]
    assert "manager.project-reviews" in {one.intervention.id for one in held}
    assert all("manager.room-for-mistakes" in one.names for one in held)
    mends = action(found, "Winkel", "manager.room-for-mistakes")
    assert Reason("repairs") in mends.reasons
    assert all(one.reason != "held" for one in found.plans["Bakkerij"].left_out)
    # Low safety warns about all that exposes nobody, but not about what mends it.
    assert all(
        (Reason("repairs") in one.reasons) != (Reason("caution") in one.reasons)
        for one in found.plans["Winkel"].actions
    )


def test_all_is_held() -> None:
    """Formal learning needs means."""
    formal = evolve(MODEL, all=tuple(one for one in MODEL.all if one.kind == "formal"))
    states = dict.fromkeys((WHOLE, "Bakkerij", "Winkel"), low(("readiness", "means")))
    # What mends a precondition is never held by it, so it is taken out of what mends here.
    preconditions = tuple(evolve(one, repaired_by=()) for one in MODEL.preconditions)
    found = plan(model=evolve(formal, preconditions=preconditions), states=states)
    assert all(not one.actions for one in found.plans.values())
    assert {one.reason for one in found.plans[WHOLE].left_out} == {"held"}


def test_what_a_team_chose_leads_unless_it_is_held() -> None:
    name = "manager.project-reviews"
    assert name not in ids(plan(), "Bakkerij")
    found = plan(chosen={"Bakkerij": name})
    assert Reason("chosen") in action(found, "Bakkerij", name).reasons
    states = {"Bakkerij": low(("safety-and-workload", "safety"))}
    assert name not in ids(plan(chosen={"Bakkerij": name}, states=states), "Bakkerij")


def test_who_stands_in_has_one_budget_for_all() -> None:
    found = plan(who=holders(roles=("director",), units=("Winkel",)))
    whole = found.plans[WHOLE].actions
    assert [one.role for one in whole] == ["director"] * RULES.budget["director"]
    assert not any(one.intervention.layer == "manager" for one in found.plans["Bakkerij"].actions)
    assert any(one.intervention.layer == "manager" for one in found.plans["Winkel"].actions)
    nobody = {
        one.reason for one in found.plans[WHOLE].left_out if one.intervention.layer == "environment"
    }
    assert nobody == {"nobody"}


def test_what_an_action_is_worth_is_the_sum_of_what_the_rules_say() -> None:
    weight = RULES.weights
    # The middle of 50-75 %, for an action that serves the phase first; 70 of 100 for one listed too.
    first, listed = 625 - weight["effort"], 437 - weight["effort"]
    found = plan()
    assert action(found, "Bakkerij", "manager.role-models").worth == first
    assert action(found, "Bakkerij", "colleagues.share-learning").worth == listed
    unsafe = {"Winkel": low(("safety-and-workload", "safety"))}
    for one in plan(states=unsafe).plans["Winkel"].actions:
        fits = first if one.intervention.primary_phase == "applying" else listed
        mends = Reason("repairs") in one.reasons
        assert one.worth == fits + (weight["repairs"] if mends else -weight["caution"])
    again = plan(evolve(BAKERY, name="2025-Q4"), BAKERY)
    assert action(again, "Bakkerij", "manager.role-models").worth == first + weight["stays"]
    led = plan(chosen={"Bakkerij": "manager.role-models"})
    assert action(led, "Bakkerij", "manager.role-models").worth == first + weight["chosen"]


def test_of_two_that_fit_as_well_the_one_for_another_phase_goes_first() -> None:
    half = Band(25, 50)
    shares = {**release("Bakkerij").shares, "unaware": half, "applying": half}
    names = ("manager.map-talents", "manager.share-developments", "manager.training-transfer")
    found = plan(
        quarter(Release("Bakkerij", 10, shares)),
        model=evolve(MODEL, all=tuple(evolve(MODEL[name], science=False) for name in names)),
        rules=evolve(RULES, weights={**RULES.weights, "formal_informal": 0}),
    )
    assert ids(found) == {"manager.map-talents", "manager.training-transfer"}


def test_who_holds_two_roles_has_one_budget_for_both() -> None:
    both = Person("ans", roles=("director", "hr"))
    others = [Person(f"m {unit}", roles=("manager",), unit=unit) for unit in ("Bakkerij", "Winkel")]
    found = plan(who=Holders.of(Directory((both, *others)))).plans[WHOLE]
    larger = max(RULES.budget["director"], RULES.budget["hr"])
    assert len(found.actions) == larger < RULES.budget["director"] + RULES.budget["hr"]
    begin = sorted(one.begin for one in found.actions)
    assert all(b - a >= APART for a, b in pairwise(begin))


def test_what_is_done_for_a_unit_without_a_manager_is_no_other_units() -> None:
    found = plan(
        who=holders(units=("Winkel",)),
        rules=evolve(RULES, budget={**RULES.budget, "director": 3}),
    )
    layers = {
        unit: {a.intervention.layer for each in found.of(unit)[:1] for a in each.actions}
        for unit in (WHOLE, "Bakkerij", "Winkel")
    }
    assert "manager" in layers[WHOLE]
    assert layers["Bakkerij"] == layers[WHOLE]
    assert layers["Winkel"] == layers[WHOLE] - {"manager"}
    # For half of the units it is worth half.
    manager = [a for a in found.plans[WHOLE].actions if a.intervention.layer == "manager"]
    assert all(2 * a.worth < 625 for a in manager)


def test_a_hidden_unit_is_planned_for_one_level_up() -> None:
    units = (release(WHOLE, "acting"), release("Bakkerij", "acting"))
    found = plan(quarter(*units, hidden=("Winkel", "Bakkerij/Nacht")))
    assert {one.intervention.layer for one in found.plans[WHOLE].actions} == set(LAYERS)
    assert [one.unit for one in found.of("Winkel")] == [WHOLE]
    assert [one.unit for one in found.of("Bakkerij/Nacht")] == [WHOLE, "Bakkerij"]
    # With all of its parts shown, what workers do is planned there.
    parts = (*units, release("Bakkerij/Nacht", "acting"), release("Winkel", "acting"))
    found = plan(quarter(*parts))
    assert {one.intervention.layer for one in found.plans["Bakkerij"].actions} == {"manager"}
    assert {one.intervention.layer for one in found.plans["Bakkerij/Nacht"].actions} == {
        "tasks",
        "colleagues",
    }


def test_formal_and_informal_and_students_and_professionals_meet() -> None:
    found = plan(quarter(*(release(unit, "continuing") for unit in (WHOLE, "Bakkerij"))))
    actions = [one for each in found.of("Bakkerij") for one in each.actions]
    assert {"informal"} < {one.intervention.kind for one in actions}
    chosen = {one.id for one in actions}
    assert chosen & RULES.groups["students"]
    assert chosen & RULES.groups["professionals"]


def test_the_last_plan_is_worth_something_and_a_real_change_more() -> None:
    before = quarter(release("Bakkerij", "selecting"), name="2025-Q4")
    edge = Release(
        "Bakkerij",
        10,
        {**before.releases[0].shares, "selecting": Band(25, 50), "acting": Band(25, 50)},
    )
    steady = plan(before, quarter(edge))
    assert len(ids(plan(before)) - ids(steady)) <= len(ids(plan(before)) - ids(plan(quarter(edge))))
    assert any(Reason("stays") in one.reasons for one in steady.plans["Bakkerij"].actions)
    other = plan(before, quarter(release("Bakkerij", "continuing")))
    assert not ids(other) & ids(plan(before))


def test_weeks_make_room_and_ask_one_thing_at_a_time() -> None:
    found = plan(quarter(*(release(unit, "unaware") for unit in (WHOLE, "Bakkerij", "Winkel"))))
    begin = {one.id: one.begin for each in found.of("Bakkerij") for one in each.actions}
    for link in RULES.links:
        if {link.first, link.then} <= begin.keys():
            assert begin[link.first] < begin[link.then]
    for each in found.plans.values():
        for role in {one.role for one in each.actions}:
            mine = sorted(one.begin for one in each.actions if one.role == role)
            assert all(b - a >= APART for a, b in pairwise(mine))
        assert all(1 <= one.begin < one.end <= 13 for one in each.actions)


def test_each_action_says_why_and_what_the_others_do() -> None:
    found = plan()
    actions = [one for each in found.of("Bakkerij") for one in each.actions]
    for one in actions:
        assert one.reasons
        for language in LANGUAGES:
            assert all(why(each, model=MODEL, language=language) for each in one.reasons)
            texts = meanwhile(one, actions, rules=RULES, language=language)
            assert texts
            assert one.intervention.summaries[language] not in texts
    share = action(found, "Bakkerij", "colleagues.share-learning")
    texts = meanwhile(share, actions, rules=RULES, language="en")
    assert texts[0] == "Everyone sees one thing the day taught; colleagues tell each other."
    assert sum(grounds(actions).values()) == len(actions)
    lines = left_out(found.of("Bakkerij"), model=MODEL, language="en")
    assert [line.partition(" · ")[2] for line in lines] == [
        "more than who does this can take up now",
        "fits this group less now",
    ]


def test_all_that_is_left_out_has_a_reason_and_nothing_is_in_twice() -> None:
    for each in plan().plans.values():
        seen = [one.id for one in each.actions] + [one.intervention.id for one in each.left_out]
        assert len(seen) == len(set(seen))
        layers = {MODEL[name].layer for name in seen}
        assert {one.id for one in MODEL.all if one.layer in layers} == set(seen)


# -- the rules --------------------------------------------------------------------------------------


def shipped() -> str:
    from importlib import resources

    return resources.files("leercultuur_core.data").joinpath("concert.toml").read_text("utf-8")


def test_the_shipped_links_and_groups_name_what_there_is() -> None:
    for link in RULES.links:
        assert link.first in MODEL
        assert link.then in MODEL
        assert link.first != link.then
    assert all(name in MODEL for group in RULES.groups.values() for name in group)
    first = {link.first: link for link in RULES.links}
    for start in first:
        seen, here = {start}, [link.then for link in RULES.links if link.first == start]
        while here:
            one = here.pop()
            assert one != start, "links go round"
            if one not in seen:
                seen.add(one)
                here += [link.then for link in RULES.links if link.first == one]


def test_every_number_has_its_ground() -> None:
    rules: ConcertRules = RULES
    keys = [f"budget.{one}" for one in rules.budget] + [f"weights.{one}" for one in rules.weights]
    assert set(keys) | {f"weeks.{one}" for one in LAYERS} == set(rules.grounds)


def test_every_mistake_in_a_file_is_told_at_once() -> None:
    text = (
        shipped()
        .replace("manager = { actions = 2", "manger = { actions = 2")
        .replace("hr = { actions = 2", "hr = { actions = true")
        .replace("leadership = { begin = [1, 5]", "leadership = { begin = [5, 1]")
        .replace('version = "1"', "")
    )
    with pytest.raises(ConfigError) as caught:
        parse_concert_rules(text, "own.toml")
    assert [(one.place, one.hint) for one in caught.value.problems] == [
        ("version", ""),
        ("budget.manger", 'did you mean "manager"?'),
        ("budget.manager", ""),
        ("budget.hr.actions", ""),
        ("weeks.leadership.begin", ""),
    ]


def test_a_file_that_is_none(tmp_path: object) -> None:
    with pytest.raises(ConfigError, match="a TOML file"):
        parse_concert_rules("= 1")
    with pytest.raises(ConfigError, match="a readable UTF-8 file"):
        read_concert_rules(f"{tmp_path}/none.toml")
    with pytest.raises(ConfigError, match="a table"):
        parse_concert_rules('version = "1"\nbudget = 3\nweights = {}\nweeks = {}')
