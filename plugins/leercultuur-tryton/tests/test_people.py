"""Employees as people: managers, departments, who has left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from leercultuur_core import SourceUnavailable
from leercultuur_core.extension import DirectoryPerson
from leercultuur_core.testing.scripted import Scripted, scripted
from leercultuur_tryton import TrytonPeople, TrytonPeopleSettings


@pytest.fixture
def tryton(new_tryton: Any) -> Any:
    return new_tryton()


@pytest.fixture
def server(tryton: Any) -> Iterator[Scripted]:
    with scripted(tryton.answers) as running:
        yield running


@pytest.fixture
def read(server: Scripted, access: dict[str, Any]) -> Any:
    def read(**more: Any) -> list[DirectoryPerson]:
        directory = TrytonPeople(TrytonPeopleSettings(url=server.url, **access, **more))
        return [one for page in directory.people() for one in page]

    return read


def employ(tryton: Any, number: int, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = tryton.row_like("company.employee")
    row |= {"id": number, "supervisor": None, **more}
    row["party."] |= {"code": f"E{number}", "categories": []}
    tryton.tables.setdefault("company.employee", []).append(row)
    return row


def test_a_manager_is_who_supervises_somebody_who_works_here_now(tryton: Any, read: Any) -> None:
    employ(tryton, 1)
    employ(tryton, 2, supervisor=1)
    employ(tryton, 3)
    employ(tryton, 4, supervisor=3, active=False)
    people = read()
    assert [one.roles for one in people] == [
        ("worker", "manager"), ("worker",), ("worker",), ("worker",),
    ]  # fmt: skip
    assert [one.manager for one in people][1::2] == ["employee|korenaar|E1", "employee|korenaar|E3"]
    assert [one.active for one in people] == [True, True, True, False]


@pytest.mark.parametrize("more", [{"supervisor": [1]}, {"supervisor": {}}])
def test_a_field_of_another_shape_is_said_and_not_half_a_list(
    tryton: Any, read: Any, more: dict[str, Any]
) -> None:
    employ(tryton, 1)
    employ(tryton, 2, **more)
    with pytest.raises(SourceUnavailable, match="another shape"):
        read()


def test_departments_are_parts_of_one_category(tryton: Any, read: Any) -> None:
    tryton.tables["party.category"] = [
        {"id": 1, "name": "Afdelingen", "parent": None},
        {"id": 2, "name": "Productie", "parent": 1},
        {"id": 3, "name": "Oven/Rijs", "parent": 2},
        {"id": 4, "name": "Klanten", "parent": None},
    ]
    employ(tryton, 1)["party."]["categories"] = [4, 3]
    employ(tryton, 2)["party."]["categories"] = [4]
    assert [one.unit for one in read(departments="Afdelingen")] == [
        "Bakkerij De Korenaar/Productie/Oven-Rijs",
        "Bakkerij De Korenaar",
    ]
    assert {one.unit for one in read()} == {"Bakkerij De Korenaar"}


def test_without_mail_or_a_language_of_ours(tryton: Any, read: Any) -> None:
    employ(tryton, 1)["party."] |= {"email": None, "lang.": {"code": "de", "id": 9}}
    (person,) = read()
    assert person.identifiers == ("employee|korenaar|E1",)
    assert person.language is None
    assert person.addresses == {"tryton": "1"}


def test_half_a_list_is_no_list(tryton: Any, read: Any) -> None:
    employ(tryton, 1)
    employ(tryton, 2)["party."]["code"] = None
    with pytest.raises(
        SourceUnavailable, match=r"company\.employee 2: expected a party with a code"
    ):
        read()
    tryton.tables["company.employee"] = []
    with pytest.raises(SourceUnavailable, match="expected employees, found none"):
        read()
