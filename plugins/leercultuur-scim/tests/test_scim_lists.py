"""Lists: whole or not at all, whatever a service makes of pages."""

from __future__ import annotations

from typing import Any

import pytest

from leercultuur_core import AccessDenied, SourceUnavailable
from leercultuur_core.extension import DirectoryPerson
from leercultuur_core.testing.scripted import Scripted
from leercultuur_scim import RoleWords, ScimPeople


def read(directory: ScimPeople) -> list[DirectoryPerson]:
    return [one for page in directory.people() for one in page]


@pytest.mark.parametrize(("most", "asked"), [(100, 1), (4, 3), (1, 10)])
def test_a_service_that_gives_fewer_than_asked(
    scim: Any, directory: Any, most: int, asked: int
) -> None:
    for number in range(10):
        scim.hire(f"E{number}")
    scim.most = most
    assert len(read(directory())) == 10
    assert len(scim.asked) == asked


def test_half_the_people_is_no_list(scim: Any, directory: Any) -> None:
    for number in range(10):
        scim.hire(f"E{number}")
    scim.promised = 10
    with pytest.raises(SourceUnavailable, match="expected 20, as it says, found 10"):
        read(directory())


def test_a_service_that_counts_the_page_only(scim: Any, directory: Any) -> None:
    """The first page is full and says that it is all: one more question shows that it is not."""
    for number in range(10):
        scim.hire(f"E{number}")
    scim.counts_the_page = True
    with pytest.raises(SourceUnavailable, match="a number that changes"):
        read(directory(page_size=5))
    scim.counts_the_page = False
    assert len(read(directory(page_size=10))) == 10


def test_somebody_who_comes_while_it_is_read(scim: Any, directory: Any) -> None:
    """The list is begun again; one that never stands still is given up."""
    for number in range(4):
        scim.hire(f"E{number}")
    scim.most = 2
    pages = 0

    def once() -> None:
        nonlocal pages
        pages += 1
        if pages == 2:
            scim.hire("E9")

    scim.before_page = once
    assert len(read(directory())) == 5
    scim.before_page = lambda: scim.hire("")
    with pytest.raises(SourceUnavailable, match="3 times; try sort_by"):
        read(directory())


def test_somebody_who_is_in_two_pages(scim: Any, directory: Any) -> None:
    """Pages that overlap hide somebody else."""
    scim.most = 2
    for number in (1, 2, 2, 3):
        scim.hire(f"E{number}", id=f"id-{number}")
    with pytest.raises(SourceUnavailable, match="pages that overlap"):
        read(directory())


def test_it_asks_for_no_more_than_it_uses(scim: Any, directory: Any) -> None:
    scim.hire("E1")
    read(directory(filter='userType ne "Guest"', sort_by="id", unit=("division", "department")))
    (asked,) = scim.asked
    assert (asked["filter"], asked["sortBy"]) == ('userType ne "Guest"', "id")
    names = [name.rpartition(":")[2] for name in asked["attributes"].split(",")]
    assert names == [
        "userName", "externalId", "displayName", "name", "emails", "active", "userType",
        "preferredLanguage", "locale", "employeeNumber", "division", "department", "manager",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"emails": "ann@korenaar.example"}, "Resources.1.emails"),
        ({"active": "perhaps"}, "Resources.1.active"),
        ({"displayName": 7}, "Resources.1.displayName"),
    ],
)
def test_a_value_of_another_shape_is_named_and_not_shown(
    scim: Any, directory: Any, wrong: dict[str, Any], where: str
) -> None:
    scim.hire("E1")
    scim.hire("E2", **wrong)
    with pytest.raises(SourceUnavailable) as caught:
        read(directory())
    assert f"found another value at {where};" in str(caught.value)
    assert "ann@" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_somebody_without_an_id(scim: Any, directory: Any) -> None:
    del scim.hire("E1")["id"]
    with pytest.raises(SourceUnavailable, match="expected an id for each"):
        read(directory())


def test_what_is_not_ours_is_let_be(scim: Any, directory: Any) -> None:
    """Extensions of a service's own, attributes nobody asked for, a number that is no text."""
    user = scim.hire("", **{"urn:acme:2.0:User": {"badge": 7}, "shoeSize": 43})
    user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]["employeeNumber"] = 12
    (person,) = read(directory())
    assert person.identifiers[0] == "employee|korenaar|12"


def test_null_is_as_good_as_absent(scim: Any, directory: Any) -> None:
    """RFC 7643, section 2.5; and some services do without the enterprise extension."""
    absent = ("displayName", "name", "emails", "active", "roles", "title", "preferredLanguage")
    scim.hire("E1", **dict.fromkeys(absent))
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    scim.users[0][enterprise] |= {"manager": None, "department": None}
    del scim.hire("E2")[enterprise]
    scim.gather("HR")
    scim.groups[0]["members"] = None
    first, second = read(directory(roles=RoleWords(groups={"HR": "hr"}, titles={"x": "hr"})))
    assert (first.name, first.unit, first.active, first.roles) == ("", "", True, ("worker",))
    assert second.identifiers[0].startswith("account|")


# -- the check ----------------------------------------------------------------------------------


def test_the_check_of_a_service_that_does_not_say_what_it_can(scim: Any, directory: Any) -> None:
    scim.hire("E1")
    scim.features = None
    assert [(one.level, one.text) for one in directory().check()] == [
        ("warning", "scim: the service does not say what it can do"),
        ("ok", "scim: 1 people, 1 active"),
    ]


def test_the_check_of_a_filter_that_the_service_does_not_have(scim: Any, directory: Any) -> None:
    scim.hire("E1")
    assert [one.level for one in directory(filter="active eq true").check()] == ["ok"]
    scim.features = {**scim.features, "filter": {"supported": False}}
    first, *_ = directory(filter="active eq true").check()
    assert (first.level, "no filters" in first.text) == ("problem", True)


def test_the_check_of_a_service_that_lets_nobody_in(
    scim: Any, directory: Any, server: Scripted, access: dict[str, Any]
) -> None:
    scim.hire("E1")
    wrong = directory(token=type(access["token"])("another-token-5f2c"))
    (problem,) = wrong.check()
    assert problem.level == "problem"
    assert "does not accept the token" in problem.text
    with pytest.raises(AccessDenied):
        read(wrong)
