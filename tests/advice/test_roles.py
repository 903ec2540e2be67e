"""Who acts for a layer, after fallback; gaps and circles are seen, never filled by a guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.advice.networks import (
    Contact,
    Network,
    contact_for,
    networks,
    parse_networks,
)
from leercultuur_core.advice.people import Directory, Person, parse_people
from leercultuur_core.advice.roles import Holders
from leercultuur_core.errors import ConfigError

FULL = """\
identifier,roles,manager,unit,employment
worker,worker,boss,team,
boss,manager,director,team,
hr1,hr,director,,
hr2,hr,director,,
director,director,,,
school,education_contact,,,
alone,worker,,,self_employed
"""


def without(*identifiers: str) -> Holders:
    """The full organisation, less some people."""
    lines = [
        ",".join("" if cell in identifiers else cell for cell in line.split(","))
        for line in FULL.splitlines()
        if line.split(",")[0] not in identifiers
    ]
    return Holders.of(parse_people("\n".join(lines)))


def who(holders: Holders, identifier: str, layer: str) -> tuple[tuple[str, ...], str, bool] | None:
    person = holders.directory.by_identifier[identifier]
    holder = holders.for_person(person, layer)
    if holder is None:
        return None
    return tuple(p.identifier for p in holder.people), holder.role, holder.stands_in


@pytest.mark.parametrize(
    ("absent", "person", "layer", "expected"),
    [
        ((), "worker", "tasks", (("worker",), "worker", False)),
        ((), "worker", "colleagues", (("worker",), "worker", False)),
        ((), "worker", "manager", (("boss",), "manager", False)),
        ((), "worker", "hr", (("hr1", "hr2"), "hr", False)),
        ((), "worker", "leadership", (("director",), "director", False)),
        ((), "worker", "environment", (("school",), "education_contact", False)),
        (("boss",), "worker", "manager", (("director",), "director", True)),
        (("hr1", "hr2"), "worker", "hr", (("director",), "director", True)),
        (("boss", "director"), "worker", "manager", None),
        (("hr1", "hr2", "director"), "worker", "hr", None),
        (("director",), "worker", "leadership", None),
        (("school",), "worker", "environment", None),
        ((), "alone", "manager", (("alone",), "worker", False)),
        ((), "alone", "hr", (("alone",), "worker", False)),
        ((), "alone", "leadership", (("alone",), "worker", False)),
        ((), "alone", "environment", (("school",), "education_contact", False)),
        (("school",), "alone", "environment", None),
    ],
)
def test_the_fallback_table(
    absent: tuple[str, ...],
    person: str,
    layer: str,
    expected: tuple[tuple[str, ...], str, bool] | None,
) -> None:
    assert who(without(*absent), person, layer) == expected


def test_a_unit_is_led_by_whom_most_of_its_people_name() -> None:
    rows = "a,,x,team\nb,,x,team\nc,,y,team\nx,manager,,\ny,manager,,team\n"
    holders = Holders.of(parse_people(f"identifier,roles,manager,unit\n{rows}"))
    holder = holders.for_unit("team", "manager")
    assert holder is not None
    assert [person.identifier for person in holder.people] == ["x"]


def test_where_nobody_is_named_the_role_in_the_unit_counts() -> None:
    holders = Holders.of(
        parse_people("identifier,roles,unit\na,,team\nb,manager,team\nc,manager,other\n")
    )
    holder = holders.for_unit("team", "manager")
    assert holder is not None
    assert [person.identifier for person in holder.people] == ["b"]
    assert who(holders, "a", "manager") == (("b",), "manager", False)
    assert who(holders, "b", "manager") is None, "nobody leads themselves"


def test_reporting_to_oneself_is_seen_and_read_as_no_manager() -> None:
    holders = Holders.of(parse_people("identifier,roles,manager\na,,a\nd,director,\n"))
    assert [person.identifier for person in holders.own_managers] == ["a"]
    assert holders.in_a_circle == ()
    assert who(holders, "a", "manager") == (("d",), "director", True)


def test_a_circle_of_managers_is_seen_and_read_as_no_manager() -> None:
    holders = Holders.of(
        parse_people("identifier,roles,manager\na,,b\nb,,c\nc,,a\nx,,a\nd,director,\n")
    )
    assert [person.identifier for person in holders.in_a_circle] == ["a", "b", "c"]
    assert who(holders, "a", "manager") == (("d",), "director", True)
    assert who(holders, "x", "manager") == (("a",), "manager", False)


@given(named=st.lists(st.integers(-1, 7), min_size=8, max_size=8))
def test_exactly_those_on_a_circle_are_found(named: list[int]) -> None:
    people = tuple(
        Person(str(n), manager="" if boss < 0 else str(boss)) for n, boss in enumerate(named)
    )
    holders = Holders.of(Directory(people))
    found = {p.identifier for p in (*holders.own_managers, *holders.in_a_circle)}
    expected = set()
    for start in range(len(named)):
        at = named[start]
        for _ in named:
            if at == start:
                expected.add(str(start))
            at = named[at] if at >= 0 else -1
    assert found == expected


# ---- outside


LOCAL = Contact("Bakkersvakschool", "loket@bakkers.example", units=("Bakkerij",))
BREAD = Contact("Brood BV", "les@brood.example", units=("Bakkerij/Brood",), skills=("Zuurdesem",))
ANYBODY = Contact("ROC", "bedrijven@roc.example")


@pytest.mark.parametrize(
    ("unit", "skill", "expected"),
    [
        ("Bakkerij/Brood", None, BREAD),
        ("Bakkerij/Brood", "zuurdesem", BREAD),
        ("Bakkerij/Brood", "boekhouden", LOCAL),
        ("Bakkerij/Taart", None, LOCAL),
        ("Bakkerijwinkel", None, ANYBODY),
        ("", None, ANYBODY),
    ],
)
def test_the_contact_of_the_nearest_unit_that_teaches_it(
    unit: str, skill: str | None, expected: Contact
) -> None:
    for contacts in ([ANYBODY, LOCAL, BREAD], [BREAD, LOCAL, ANYBODY]):
        assert contact_for(contacts, unit, skill=skill) == expected
    assert contact_for([BREAD], "", skill=skill) is None


def test_whom_to_turn_to_outside() -> None:
    holders = without("school")
    known = holders.directory.by_identifier
    assert holders.outside(known["worker"]) is None, "HR can look for one"
    alone = holders.outside(known["alone"])
    assert isinstance(alone, Network)
    assert "self_employed" in alone.serves
    small = without("school", "hr1", "hr2")
    firm = small.outside(small.directory.by_identifier["worker"])
    assert isinstance(firm, Network)
    assert "small_firm" in firm.serves
    named = Holders.of(small.directory, contacts=[ANYBODY])
    assert named.outside(known["alone"]) == ANYBODY


def test_gaps_are_seen() -> None:
    assert without().gaps() == ()
    assert without("school").gaps() == (("environment", ""),)
    assert Holders.of(without("school").directory, contacts=[ANYBODY]).gaps() == ()
    assert without("boss", "hr1", "hr2", "director").gaps() == (
        ("hr", ""),
        ("leadership", ""),
        ("manager", "team"),
    )
    assert Holders.of(parse_people("identifier,employment\nk,self_employed\n")).gaps() == (
        ("environment", ""),
    )


def test_the_networks_of_the_report() -> None:
    every = networks()
    assert len(every) == len({one.id for one in every}) == 15
    assert [one.seed_line for one in every] == sorted(one.seed_line for one in every)
    for one in every:
        assert one.about["nl"] != one.about["en"]
        assert set(one.first_for) <= set(one.serves)


def test_every_mistake_in_a_table_of_networks_is_told() -> None:
    with pytest.raises(ConfigError) as refused:
        parse_networks(
            b"id\tname\treach\tserves\tfirst_for\tabout_nl\tabout_en\tseed_line\n"
            b"a\tA\tfar\tself_employed\tself_employed\tx\ty\t1\n"
        )
    assert [problem.place for problem in refused.value.problems] == [
        "networks.tsv, row 2, reach",
        "networks.tsv, first_for",
    ]
