"""People, against the scripted Moodle."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from scripted_moodle import AGENT, LEA, LEO, LINA, LUC, TESS, TOKEN, ScriptedMoodle, recorded_error

from leercultuur_core import AccessDenied, SourceUnavailable, identity
from leercultuur_core.extension import DirectoryPerson, Secret
from leercultuur_core.testing import DirectoryContract, Employee, Responder, ScriptedServer
from leercultuur_core.testing.scripted import Scripted, scripted
from leercultuur_moodle import MoodleDirectorySettings
from leercultuur_moodle.directory import MoodlePeople

BOSS = 40
"""Somebody who is in no course."""


def named_by(site: ScriptedMoodle, user: int, manager: str) -> None:
    """A profile names a manager. The shape is that of Moodle's source (user/lib.php); no recorded
    account has such a field."""
    field = {"type": "text", "value": manager, "shortname": "manager", "name": "Leidinggevende"}
    site.users[user]["customfields"] = [field]


class TestPeople(DirectoryContract):
    """People are participants."""

    @pytest.fixture
    def directory(self, scripted: ScriptedServer) -> MoodlePeople:
        return made(scripted, manager_field="manager")

    @pytest.fixture
    def employs(self) -> Any:
        def serve(people: Sequence[Employee]) -> Responder:
            site = ScriptedMoodle()
            site.enrolled = {2: {}, 3: {}}
            for one in people:
                number = 100 + int(one.number)
                site.add_user(number, f"worker{one.number}", one.name)
                site.users[number].update(email=one.mail, fullname=one.name)
                if one.manager:
                    named_by(site, number, f"worker{one.manager}")
                site.enrol(2, number)
            return site.respond

        return serve


@pytest.fixture
def site() -> ScriptedMoodle:
    return ScriptedMoodle()


@pytest.fixture
def server(site: ScriptedMoodle) -> Iterator[Scripted]:
    with scripted(site.respond) as running:
        yield running


def made(server: Any, **more: Any) -> MoodlePeople:
    return MoodlePeople(
        MoodleDirectorySettings(url=server.url, token=Secret(TOKEN), rate=1000, **more)
    )


People = Callable[..., dict[int, DirectoryPerson]]


@pytest.fixture
def people(server: Scripted) -> People:
    """Reads people with some settings: Moodle's number → person."""

    def read(**more: Any) -> dict[int, DirectoryPerson]:
        (page,) = made(server, **more).people()
        return {int(one.addresses["moodle"]): one for one in page}

    return read


def test_who_is_in_the_courses(people: People, server: Scripted, site: ScriptedMoodle) -> None:
    site.enrol(2, AGENT)
    found = people()
    assert sorted(found) == [LEA, LUC, LINA, LEO, TESS]
    assert found[LEA] == DirectoryPerson(
        identifiers=(
            f"account|{server.url}|{LEA}",
            identity.mailbox("learner1@example.invalid"),
        ),
        name="Lea One",
        language="en",
        addresses={"moodle": "3", "mail": "learner1@example.invalid"},
    )
    assert [name for name, _ in site.calls].count("core_user_get_users_by_field") == 1


def test_accounts_by_username(people: People, server: Scripted, site: ScriptedMoodle) -> None:
    assert people(account="username")[LEA].identifiers[0] == f"account|{server.url}|learner1"
    site.revoke("moodle/user:viewalldetails")
    with pytest.raises(AccessDenied, match="viewalldetails"):
        people(account="username")


def test_chosen_courses_only(people: People) -> None:
    assert sorted(people(courses=(3,))) == [LEO]


def test_a_student_of_moodle_is_an_employee_and_a_teacher_a_coach(people: People) -> None:
    found = people()
    assert {one.employment for one in found.values()} == {"employee"}
    assert found[LEA].roles == ("worker",)
    assert found[TESS].roles == ("worker", "coach")


def test_a_manager_of_courses_manages_nobody(people: People, site: ScriptedMoodle) -> None:
    site.enrol(2, LEO, role="manager")
    assert people()[LEO].roles == ("worker",)


@pytest.mark.parametrize(
    "account",
    [{"suspended": True}, {"auth": "nologin"}, {"confirmed": False}],
)
def test_who_cannot_log_in_is_not_active(
    people: People, site: ScriptedMoodle, account: dict[str, Any]
) -> None:
    site.users[LUC].update(account)
    assert {user for user, one in people().items() if not one.active} == {LUC}


@pytest.mark.parametrize(
    ("lang", "language"), [("nl", "nl"), ("nl_be", "nl"), ("fr", "nl"), ("", "nl"), ("en_us", "en")]
)
def test_language(people: People, site: ScriptedMoodle, lang: str, language: str) -> None:
    site.users[LEA]["lang"] = lang
    assert people()[LEA].language == language
    site.users[LEA]["lang"] = "fr"
    assert people(language="en")[LEA].language == "en"


def test_without_a_mail_address(people: People, site: ScriptedMoodle) -> None:
    site.revoke("moodle/site:viewuseridentity")
    one = people()[LEA]
    assert (len(one.identifiers), dict(one.addresses)) == (1, {"moodle": "3"})


# -- managers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "named", ["learner2", "LEARNER2 ", "learner2@example.invalid", "ID-learner2", "4"]
)
def test_managers_as_profiles_name_them(people: People, site: ScriptedMoodle, named: str) -> None:
    named_by(site, LEA, named)
    assert people()[LEA].manager is None
    found = people(manager_field="manager")
    assert found[LEA].manager == found[LUC].identifiers[0]
    assert found[LUC].roles == ("worker", "manager")
    assert found[LINA].roles == ("worker",)


@pytest.mark.parametrize("named", ["boss", "boss@example.invalid", "ID-boss", "40"])
def test_a_manager_in_no_course(people: People, site: ScriptedMoodle, named: str) -> None:
    site.add_user(BOSS, "boss", "Bo Boss")
    site.add_user(41, "other", "Ot Her")
    named_by(site, LEA, named)
    found = people(manager_field="manager")
    assert found[LEA].manager == found[BOSS].identifiers[0]
    assert found[BOSS].roles == ("worker", "manager")
    assert 41 not in found


@pytest.mark.parametrize(
    "named", ["nobody", "Jan de Vries", "a@b@c", "9" * 40, "agentws", "<b>x</b>"]
)
def test_a_manager_who_is_not_seen(
    people: People, site: ScriptedMoodle, server: Scripted, named: str
) -> None:
    named_by(site, LEA, named)
    assert people(manager_field="manager")[LEA].manager is None
    texts = [one.text for one in made(server, manager_field="manager").check()]
    assert any("1 people have a manager in their profile who is not seen" in one for one in texts)
    assert not any(named in one for one in texts)


@pytest.mark.parametrize(
    ("named", "right"),
    [
        ("boss", "moodle/user:viewalldetails"),
        ("boss@example.invalid", "moodle/site:viewuseridentity"),
    ],
)
def test_managers_that_are_not_seen_do_not_vanish(
    people: People, site: ScriptedMoodle, named: str, right: str
) -> None:
    site.add_user(BOSS, "boss", "Bo Boss")
    named_by(site, LEA, named)
    site.revoke(right)
    with pytest.raises(AccessDenied, match=right):
        people(manager_field="manager")


def test_a_field_that_no_profile_shows(people: People) -> None:
    with pytest.raises(AccessDenied, match="no profile shows it"):
        people(manager_field="manager")


def test_a_name_that_moodle_does_not_take_spoils_nothing(
    people: People, site: ScriptedMoodle
) -> None:
    site.add_user(BOSS, "boss", "Bo Boss")
    named_by(site, LEA, "boss")
    named_by(site, LUC, "a..b@")

    def refuses(function: str, parameters: dict[str, Any]) -> Any:
        odd = function == "core_user_get_users_by_field" and "a..b@" in parameters["values"]
        return recorded_error("users_by_field_bad_field") if odd else None

    site.misbehave = refuses
    assert people(manager_field="manager")[LEA].manager is not None


def test_a_number_of_the_staff_comes_before_moodles_own(
    people: People, site: ScriptedMoodle
) -> None:
    site.users[LINA]["idnumber"] = str(LUC)
    named_by(site, LEA, str(LUC))
    assert people(manager_field="manager")[LEA].manager == people()[LINA].identifiers[0]


def test_a_mail_address_of_two_is_nobodys(people: People, site: ScriptedMoodle) -> None:
    for user in (LUC, LINA):
        site.users[user]["email"] = "balie@example.invalid"
    named_by(site, LEA, "balie@example.invalid")
    assert people(manager_field="manager")[LEA].manager is None


# -- units ---------------------------------------------------------------------------------------


def test_units(people: People, site: ScriptedMoodle) -> None:
    assert {one.unit for one in people().values()} == {""}
    assert people(unit_from="group")[LEA].unit == "Group A"
    site.users[LUC]["department"] = "Zorg/Nacht &amp; dag"
    assert people(unit_from="department")[LUC].unit == "Zorg-Nacht & dag"
    site.cohorts = [{"id": 2, "name": "B"}, {"id": 1, "name": "A"}]
    site.cohort_members = {2: [LEA, LUC], 1: [LEA, 99]}
    found = people(unit_from="cohort")
    assert [found[one].unit for one in (LEA, LUC, LINA)] == ["A", "B", ""]


@pytest.mark.parametrize("unit_from", ["cohort", "department"])
def test_units_that_are_not_seen_do_not_vanish(
    people: People, site: ScriptedMoodle, unit_from: str
) -> None:
    site.cohorts = [{"id": 1, "name": "A"}]
    site.cohort_members = {1: [LEA]}
    site.revoke("moodle/cohort:view")
    with pytest.raises(AccessDenied, match="none is seen"):
        people(unit_from=unit_from)


def test_groups_that_are_not_seen_do_not_vanish(people: People, site: ScriptedMoodle) -> None:
    for one in site.enrolled[2].values():
        one.pop("groups", None)
    with pytest.raises(AccessDenied, match="accessallgroups"):
        people(unit_from="group")


# -- all or nothing ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "right", ["moodle/user:viewdetails", "moodle/course:view", "moodle/course:viewparticipants"]
)
def test_a_right_is_missing(people: People, site: ScriptedMoodle, right: str) -> None:
    site.revoke(right)
    with pytest.raises((AccessDenied, SourceUnavailable)):
        people()


@pytest.mark.parametrize("settings", [{"courses": (2, 3)}, {"courses": (2, 9)}])
def test_a_course_in_the_settings_is_not_seen(
    people: People, site: ScriptedMoodle, settings: dict[str, Any]
) -> None:
    site.hidden.add(3)
    with pytest.raises(AccessDenied, match=r"course [39] is not seen"):
        people(**settings)


def test_one_person_is_not_seen(people: People, site: ScriptedMoodle) -> None:
    del site.users[LINA]
    with pytest.raises(AccessDenied, match="1 of 5 people"):
        people()


def test_nobody_is_enrolled(people: People, site: ScriptedMoodle) -> None:
    site.enrolled = {2: {}, 3: {AGENT: site.enrolled[2].pop(LEA) | {"id": AGENT}}}
    with pytest.raises(SourceUnavailable, match="found none"):
        people()


def test_check(server: Scripted, site: ScriptedMoodle) -> None:
    site.suspend(LUC)
    found = list(made(server).check())
    assert not [one for one in found if one.level == "problem"]
    assert any(one.text == "moodle: 5 people, 4 active" for one in found)
    everything = " ".join(f"{one.text} {one.hint}" for one in found)
    assert not re.search("Lea|Luc|learner", everything)
    site.revoke("moodle/user:viewdetails")
    assert any(one.level == "problem" for one in made(server).check())
