"""``people.csv``: every mistake at once with its place, and tolerance where nothing is guessed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from leercultuur_core.activity.identity import mailbox
from leercultuur_core.advice import Person, parse_people, read_people
from leercultuur_core.demo import people_csv
from leercultuur_core.errors import ConfigError

HEAD = "identifier,name,roles,manager,unit,language,employment,working_days\n"


def test_a_full_row() -> None:
    directory = parse_people(
        HEAD
        + "account|https://l.example|karel,Karel,manager|worker,,Winkel,,,\n"
        + "account|https://l.example|sanne,Sanne,,account|https://l.example|karel,Bakkerij / Productie,en,temporary,ma-wo|vr\n"
    )
    karel, sanne = directory.people
    assert sanne == Person(
        identifier="account|https://l.example|sanne",
        written="account|https://l.example|sanne",
        name="Sanne",
        roles=("worker",),
        manager=karel.identifier,
        unit="Bakkerij/Productie",
        language="en",
        employment="temporary",
        working_days=(1, 2, 3, 5),
    )
    assert karel.roles == ("worker", "manager")
    assert (karel.language, karel.employment, karel.working_days) == (None, "employee", ())


def test_ten_mistakes_are_ten_problems_each_with_line_and_column() -> None:
    text = HEAD + (
        "a,A,wroker,,,,,\n"  # 1 role
        "b,B,,nobody,,,,\n"  # 2 manager
        "c,C,,,,de,,\n"  # 3 language
        "d,D,,,,,employe,\n"  # 4 employment
        "e,E,,,,,,monday\n"  # 5 working day
        "a,A again,,,,,,\n"  # 6 double
        ",F,,,,,,\n"  # 7 no identifier
        "g,G,,,Bakkerij//Winkel,,,\n"  # 8 unit
        "h,H\n"  # 9 short
        'i,"I\tI",,,,,,\n'  # 10 a tab in a name
    )
    with pytest.raises(ConfigError, match="has 10 problems") as raised:
        parse_people(text)
    found = {problem.place: problem for problem in raised.value.problems}
    assert list(found) == [
        "people.csv, line 2, roles",
        "people.csv, line 3, manager",
        "people.csv, line 4, language",
        "people.csv, line 5, employment",
        "people.csv, line 6, working_days",
        "people.csv, line 7, identifier",
        "people.csv, line 8, identifier",
        "people.csv, line 9, unit",
        "people.csv, line 10",
        "people.csv, line 11, name",
    ]
    assert found["people.csv, line 2, roles"].hint == "did you mean 'worker'?"
    assert "also on line 2" in found["people.csv, line 7, identifier"].expected


@pytest.mark.parametrize("separator", ["|", ";", " ", " | ", ", "])
def test_roles_may_be_separated_in_several_ways(separator: str) -> None:
    directory = parse_people(f'identifier,roles\na,"worker{separator}hr{separator}director"\n')
    assert directory.people[0].roles == ("worker", "hr", "director")


@pytest.mark.parametrize(
    ("days", "expected"),
    [("mon-fri", (1, 2, 3, 4, 5)), ("1|3", (1, 3)), ("zo za", (6, 7)), ("", ())],
)
def test_working_days(days: str, expected: tuple[int, ...]) -> None:
    assert parse_people(f"identifier,working_days\na,{days}\n").people[0].working_days == expected


def test_a_spreadsheets_semicolons_capitals_and_empty_lines_are_read() -> None:
    directory = parse_people("Identifier;Name;Roles\r\na;A, B;HR\r\n;;\r\n\r\nb;;\r\n")
    assert [(p.identifier, p.name, p.roles) for p in directory.people] == [
        ("a", "A, B", ("hr",)),
        ("b", "", ("worker",)),
    ]


def test_a_mail_address_is_one_person_however_it_is_written() -> None:
    with pytest.raises(ConfigError, match="each person once"):
        parse_people(f"identifier\nsanne@l.example\n{mailbox('sanne@l.example')}\n")


def test_a_manager_may_be_named_by_account_name_when_that_is_one_person() -> None:
    rows = "account|x|ans,\nsanne,ans\n"
    assert parse_people(f"identifier,manager\n{rows}").people[1].manager == "account|x|ans"
    with pytest.raises(ConfigError, match=r"line 3, manager.*what is 2 people"):
        parse_people(f"identifier,manager\n{rows}account|y|ans,\n")


def test_columns_are_checked_before_rows() -> None:
    with pytest.raises(ConfigError, match="has 3 problems") as raised:
        parse_people("identifer,name,name\na,b,c\n")
    assert raised.value.problems[0].hint == "did you mean 'identifier'?"
    with pytest.raises(ConfigError, match="a column identifier, found nothing"):
        parse_people("")


def test_an_open_quote_is_told_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"line 3: expected comma separated values"):
        parse_people('identifier,name\na,A\nb,"B\n')


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_people(tmp_path / "none.csv")
    latin = tmp_path / "latin.csv"
    latin.write_bytes("identifier,name\na,Ren\xe9\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="expected a readable UTF-8 file, found other bytes"):
        read_people(latin)
    marked = tmp_path / "marked.csv"
    marked.write_bytes(b"\xef\xbb\xbfidentifier\na\n")
    assert len(read_people(marked)) == 1


def test_the_made_up_bakery_can_be_read() -> None:
    directory = parse_people(people_csv())
    assert len({person.unit for person in directory.people if person.unit}) == 3
    assert all(p.manager in directory.by_identifier for p in directory.people if p.manager)


def test_absences_have_a_first_and_a_last_day() -> None:
    text = "identifier,away\na,2026-05-04;2026-03-02/2026-03-13;2026-05-04\nb,\n"
    sanne, piet = parse_people(text).people
    assert sanne.away == (
        (date(2026, 3, 2), date(2026, 3, 13)),
        (date(2026, 5, 4), date(2026, 5, 4)),
    )
    assert piet.away == ()
    years = ";".join(f"2026-{month:02}-01/2026-{month:02}-20" for month in range(1, 13))
    (long,) = parse_people(f"identifier,away\na,{years}\n").people
    assert len(long.away) == 12


@pytest.mark.parametrize("cell", ["ziek", "2026-03-13/2026-03-02", "2026-03-02/", "2026-02-30"])
def test_an_absence_that_is_none_is_a_problem_with_its_place(cell: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_people(f"identifier,away\na,2026-01-05;{cell}\n")
    (problem,) = raised.value.problems
    assert problem.place == "people.csv, line 2, away"
    assert problem.found == "another text"


def test_managers_and_doubles_are_told_by_their_lines() -> None:
    text = "identifier,manager\naccount|x|sanne,\naccount|x|sanne,account|x|sannne\n"
    with pytest.raises(ConfigError) as raised:
        parse_people(text)
    assert "sann" not in str(raised.value)
    assert "also on line 2" in str(raised.value)
    assert "is it who stands on line 2?" in str(raised.value)


def test_a_file_without_a_header_or_with_its_columns_swapped_quotes_nobody() -> None:
    swapped = "identifier,roles,language,working_days,unit,away\na,Sanne,Sanne,Sanne,Sanne/,Sanne\n"
    for text in (swapped, "Sanne,worker\n", "identifier,Sanne\n"):
        with pytest.raises(ConfigError) as raised:
            parse_people(text)
        assert "sanne" not in str(raised.value).lower()
