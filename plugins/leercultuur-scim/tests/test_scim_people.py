"""Users and groups as people: who is one person, who leads, in which unit, in which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core import ConfigError, Secret, identity
from leercultuur_core.extension import DirectoryPerson, structure
from leercultuur_scim import RoleWords, ScimPeople, ScimSettings
from leercultuur_scim.resources import Person
from leercultuur_scim.translate import translate

HOME = "https://leren.korenaar.example"
SERVICE = "https://id.korenaar.example/scim/v2"

Read = Callable[..., list[DirectoryPerson]]


@pytest.fixture
def read(directory: Callable[..., ScimPeople]) -> Read:
    def read(**more: Any) -> list[DirectoryPerson]:
        return [one for page in directory(**more).people() for one in page]

    return read


@pytest.fixture
def warnings(directory: Callable[..., ScimPeople]) -> Callable[..., list[str]]:
    def warnings(**more: Any) -> list[str]:
        return [one.text for one in directory(**more).check() if one.level == "warning"]

    return warnings


def mails(*addresses: str) -> list[dict[str, Any]]:
    return [{"value": address} for address in addresses]


# -- identifiers --------------------------------------------------------------------------------


def test_identifiers(scim: Any, read: Read, server: Any) -> None:
    scim.hire("E1", id="a", userName="sanne", emails=mails("Sanne@Korenaar.local", "s@x.example"))
    (person,) = read(home_pages=(HOME, "https://toets.example"))
    assert person.identifiers == (
        "employee|korenaar|E1",
        f"account|{server.url}|a",
        f"account|{HOME}|sanne",
        "account|https://toets.example|sanne",
        identity.mailbox("Sanne@Korenaar.local"),
        identity.mailbox("sanne@korenaar.local"),
        identity.mailbox("s@x.example"),
    )
    assert person.addresses == {
        "mail": "Sanne@Korenaar.local",
        "account": "sanne",
        "employee": "E1",
    }


def test_mail_goes_to_the_primary_address_else_that_of_work(scim: Any, read: Read) -> None:
    home = {"value": "thuis@x.example", "type": "home"}
    work = {"value": "werk@x.example", "type": "Work"}
    scim.hire("E1", emails=[home, work])
    scim.hire("E2", emails=[{**work, "value": "b@x.example"}, {**home, "primary": True}])
    scim.hire("E3", emails=[{"value": "geen adres"}])
    assert [one.addresses.get("mail") for one in read()] == [
        "werk@x.example",
        "thuis@x.example",
        None,
    ]


def test_the_number_may_stand_in_external_id(scim: Any, read: Read) -> None:
    scim.hire("E1", externalId="007")
    (person,) = read(employee_number="externalId")
    assert person.identifiers[0] == "employee|korenaar|007"


def test_without_a_number_the_resource_is_what_stays(
    scim: Any, read: Read, server: Any, warnings: Any
) -> None:
    scim.hire("", id="a")
    (person,) = read()
    assert person.identifiers[0] == f"account|{server.url}|a"
    assert warnings() == ["scim: 1 entries without an employee number"]


def test_an_address_of_two_people_is_nobodys(scim: Any, read: Read, warnings: Any) -> None:
    scim.hire("E1", emails=mails("info@korenaar.example", "sanne@korenaar.example"))
    scim.hire("E2", emails=mails("info@korenaar.example"))
    sanne, bram = read()
    info = identity.mailbox("info@korenaar.example")
    assert info not in sanne.identifiers + bram.identifiers
    assert identity.mailbox("sanne@korenaar.example") in sanne.identifiers
    assert bram.addresses["mail"] == "info@korenaar.example"
    assert warnings() == ["scim: 2 people share a mail address or account with another"]


# -- who comes back -----------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["E1", ""])
def test_who_comes_back_is_one_person(scim: Any, read: Read, server: Any, number: str) -> None:
    """By the number, or by externalId where there is none."""
    old = {"userName": "bram", "emails": mails("bram@korenaar.example"), "active": False}
    scim.hire(number, id="old", externalId="x", **old)
    scim.hire("E2", id="boss", manager="old")
    new = {"userName": "bram2", "emails": mails("bram@korenaar.example", "b2@korenaar.example")}
    scim.hire(number, id="new", externalId="x", department="Winkel", manager="boss", **new)
    bram, boss = read()
    assert {
        f"account|{server.url}|old",
        f"account|{server.url}|new",
        f"account|{HOME}|bram",
        f"account|{HOME}|bram2",
        identity.mailbox("bram@korenaar.example"),
    } <= set(bram.identifiers)
    assert (bram.active, bram.unit, bram.addresses["account"]) == (True, "Winkel", "bram2")
    # Whoever still names the old entry as manager has the person.
    assert boss.manager == bram.identifiers[0]
    assert bram.manager == boss.identifiers[0]


def test_who_left_twice_is_one_person_who_left(scim: Any, read: Read) -> None:
    for number in (1, 2):
        scim.hire("E1", userName=f"bram{number}", active=False)
    (bram,) = read()
    assert (bram.active, bram.addresses["account"]) == (False, "bram2")


def test_two_who_are_here_under_one_number_stay_two(scim: Any, read: Read, warnings: Any) -> None:
    """A mistake in the service must not give one the other's history."""
    scim.hire("E1", id="a")
    scim.hire("E1", id="b")
    people = read()
    assert len({one.identifiers[0] for one in people}) == 2
    assert not any("employee|" in name for one in people for name in one.identifiers)
    assert warnings() == ["scim: 2 active entries share an employee number with another"]


# -- managers -----------------------------------------------------------------------------------


def test_a_manager_is_who_leads_somebody_who_works_here(
    scim: Any, read: Read, warnings: Any
) -> None:
    scim.hire("E1", id="a")
    scim.hire("E2", id="b", manager="a")
    scim.hire("E3", id="c", active=False, manager="b")
    scim.hire("E4", id="d", manager="d")
    scim.hire("E5", id="e", manager="nobody")
    scim.hire("E6", id="f", manager="")
    people = read()
    assert ["manager" in one.roles for one in people] == [True] + 5 * [False]
    assert [one.manager and one.manager[-2:] for one in people] == [
        None, "E1", "E2", "E4", None, None,
    ]  # fmt: skip
    assert warnings() == ["scim: 1 with a manager who is not in the list (id e)"]


# -- roles and units ----------------------------------------------------------------------------


def test_roles_of_groups_roles_and_titles(scim: Any, read: Read) -> None:
    scim.hire("E1", id="a", title="directeur", roles=[{"value": "Coach"}])
    scim.hire("E2", id="b")
    scim.hire("E3", id="c")
    scim.gather("hr-Team", "a", "inner")
    scim.gather("Binnen", "b", "group-1", id="inner")  # the groups hold each other
    words = RoleWords(
        groups={"HR-team": "hr"}, roles={"coach": "coach"}, titles={"Directeur": "director"}
    )
    assert [one.roles for one in read(roles=words)] == [
        ("worker", "hr", "director", "coach"),
        ("worker", "hr"),
        ("worker",),
    ]


def test_units_of_attributes_and_groups(scim: Any, read: Read) -> None:
    where = {"organization": "Korenaar", "division": "Productie", "department": "Oven/Rijs"}
    scim.hire("E1", id="a", **where, costCenter="410")
    scim.hire("E2", id="b", **where)
    scim.hire("E3", id="c")
    scim.gather("Team Nacht", "b")
    path = ("organization", "division", "department", "costCenter")
    units = {"team nacht": "Korenaar/Nacht"}
    assert [one.unit for one in read(unit=path, unit_groups=units)] == [
        "Korenaar/Productie/Oven-Rijs/410",
        "Korenaar/Nacht",
        "",
    ]
    assert read()[0].unit == "Oven-Rijs"


def test_groups_that_mean_nothing_are_not_asked_for(scim: Any, read: Read) -> None:
    scim.hire("E1")
    scim.gather("HR")
    read()
    assert len(scim.asked) == 1


def test_a_group_that_is_not_there_is_named(scim: Any, warnings: Any) -> None:
    scim.hire("E1")
    words = RoleWords(groups={"HR": "hr", "Directie": "director"})
    assert warnings(roles=words) == ["scim: no members of the groups HR, Directie"]


# -- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preferred", "locale", "language"),
    [
        ("nl-NL", "", "nl"),
        ("NL_nl", "", "nl"),
        ("en;q=0.5, nl;q=0.8", "", "nl"),
        ("de, en-GB;q=0.7", "nl-NL", "en"),
        ("nl;q=0, en;q=0.1", "", "en"),
        ("de-DE", "nl_BE", "nl"),
        ("", "en-US", "en"),
        ("de", "fr-FR", None),
        ("nl;q=much", "", None),
        ("", "", None),
    ],
)
def test_language(scim: Any, read: Read, preferred: str, locale: str, language: str | None) -> None:
    scim.hire("E1", preferredLanguage=preferred, locale=locale)
    assert read()[0].language == language


def test_a_language_that_is_not_ours_is_counted(scim: Any, directory: Any) -> None:
    scim.hire("E1", preferredLanguage="tlh")
    last = list(directory().check())[-1]
    assert (last.level, "1 people want another language" in last.text) == ("ok", True)


def test_employment_of_user_type(scim: Any, read: Read, warnings: Any) -> None:
    for word in ("Stagiair", "self-employed", "Temporary", "", "Robot", "Robot"):
        scim.hire(f"E{len(scim.users)}", userType=word)
    employments = {"stagiair": "student"}
    assert [one.employment for one in read(employments=employments)] == [
        "student", "self_employed", "temporary", "employee", "employee", "employee",
    ]  # fmt: skip
    assert warnings(employments=employments) == [
        'scim: userType without an employment: "Robot" (2); they count as employee'
    ]


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ({"displayName": "Sanne", "name": {"formatted": "Mw. S. de Vries"}}, "Sanne"),
        ({"name": {"formatted": "Mw. S. de Vries", "givenName": "Sanne"}}, "Mw. S. de Vries"),
        ({"name": {"givenName": "Sanne", "familyName": "de Vries"}}, "Sanne de Vries"),
        ({"name": {"familyName": "de Vries"}}, "de Vries"),
        ({}, ""),
    ],
)
def test_name(scim: Any, read: Read, given_name: dict[str, Any], name: str) -> None:
    scim.hire("E1", **given_name)
    assert read()[0].name == name


# -- settings -----------------------------------------------------------------------------------


def test_settings_as_the_configuration_has_them() -> None:
    environ = {"SCIM_TOKEN": "token-5f2c9e7a"}
    data = {
        "url": SERVICE,
        "token": {"env": "SCIM_TOKEN"},
        "organisation": "korenaar",
        "unit": ["division", "department"],
        "roles": {"groups": {"HR-team": "hr"}},
        "employments": {"Stagiair": "student"},
    }
    settings = structure(ScimSettings, data, environ=environ)
    assert settings.groups == ("HR-team",)
    assert "5f2c" not in repr(settings)
    wrong = {
        **data,
        "organisation": "koren|aar",
        "home_pages": ["a|b"],
        "page_size": 0,
        "unit": ["afdeling"],
        "roles": {"groups": {"HR-team": "boss"}},
    }
    with pytest.raises(ConfigError) as caught:
        structure(ScimSettings, wrong, place="directory[1]", environ=environ)
    assert {"directory[1].unit[0]", "directory[1].roles.groups[HR-team]"} <= {
        one.place for one in caught.value.problems
    }
    for wrong_value in ({"organisation": "koren|aar"}, {"home_pages": ["a|b"]}, {"page_size": 0}):
        with pytest.raises(ConfigError):
            structure(ScimSettings, {**data, **wrong_value}, environ=environ)


# -- laws ---------------------------------------------------------------------------------------

_few = st.sampled_from(["", "1", "2", "3"])
_user = st.fixed_dictionaries(
    {
        "number": _few,
        "external": _few,
        "mail": st.sampled_from(["a@x.example", "A@x.example", "b@x.example", ""]),
        "name": st.sampled_from(["u1", "u2", "u3"]),
        "manager": st.integers(0, 7),
        "active": st.booleans(),
    }
)


@given(st.lists(_user, min_size=1, max_size=6))
def test_nobody_is_lost_doubled_or_mixed_up(rows: list[dict[str, Any]]) -> None:
    settings = ScimSettings(
        url=SERVICE, token=Secret("token-5f2c9e7a"), organisation="k", home_pages=(HOME,)
    )
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    users = [
        Person.model_validate(
            {
                "id": str(at),
                "userName": row["name"],
                "externalId": row["external"],
                "emails": mails(row["mail"]),
                "active": row["active"],
                enterprise: {
                    "employeeNumber": row["number"],
                    "manager": {"value": str(row["manager"])},
                },
            }
        )
        for at, row in enumerate(rows)
    ]
    people = translate(settings, SERVICE, users, []).people
    names = [name for one in people for name in one.identifiers]
    # Each identifier is of one person, and each resource is somebody.
    assert len(names) == len(set(names))
    assert {identity.account(SERVICE, str(at)) for at in range(len(rows))} <= set(names)
    # Whoever works here does, and nobody works here twice by being two entries.
    assert sum(one.active for one in people) == sum(row["active"] for row in rows)
    known = {one.identifiers[0] for one in people}
    assert all(one.manager is None or one.manager in known for one in people)
    # The order in which a service gives people makes no difference to who is whom.
    turned = translate(settings, SERVICE, users[::-1], []).people
    assert {frozenset(one.identifiers) for one in turned} == {
        frozenset(one.identifiers) for one in people
    }
