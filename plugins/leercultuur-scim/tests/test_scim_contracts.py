"""The contract of a directory: on what the real service answered, and on one in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest

from leercultuur_core.testing import (
    DirectoryContract,
    Employee,
    RecordedFile,
    Responder,
    ScriptedServer,
    recorded,
)
from leercultuur_core.testing.directories import Employs
from leercultuur_scim import RoleWords, ScimPeople, ScimSettings


class TestRecorded(DirectoryContract):
    """Five people in three pages, and a group."""

    does_not_apply: ClassVar[Mapping[str, str]] = {
        "managers_in_a_circle": "a recording shows no made-up people; TestInMemory does",
        "a_manager_who_is_not_there": "a recording shows no made-up people; TestInMemory does",
        "odd_names": "a recording shows no made-up people; TestInMemory does",
    }

    @pytest.fixture
    def directory(self, scripted: ScriptedServer, access: dict[str, Any]) -> ScimPeople:
        roles = RoleWords(groups={"HR-team": "hr"}, titles={"Directeur": "director"})
        return ScimPeople(ScimSettings(url=scripted.url, **access, roles=roles, page_size=2))

    @pytest.fixture
    def script(self) -> RecordedFile:
        return recorded("recorded/people.json")


class TestInMemory(DirectoryContract):
    """Made-up people, in pages smaller than asked."""

    @pytest.fixture
    def directory(self, scripted: ScriptedServer, access: dict[str, Any]) -> ScimPeople:
        return ScimPeople(ScimSettings(url=scripted.url, **access))

    @pytest.fixture
    def employs(self, new_scim: Any) -> Employs:
        def employs(people: Sequence[Employee]) -> Responder:
            scim = new_scim()
            scim.most = 3
            for one in people:
                more = {"manager": f"id-{one.manager}"} if one.manager else {}
                scim.hire(
                    one.number,
                    id=f"id-{one.number}",
                    displayName=one.name,
                    emails=[{"value": one.mail}],
                    department=one.unit,
                    **more,
                )
            answers: Responder = scim.answers
            return answers

        return employs
