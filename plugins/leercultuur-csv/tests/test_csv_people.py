"""The directory ``csv``: the contract of every directory, and what is its own."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from leercultuur_core import ConfigError, SourceUnavailable, identity
from leercultuur_core.extension import DirectoryPerson, structure
from leercultuur_core.testing import DirectoryContract, Employee
from leercultuur_csv.people import CsvPeople, CsvPeopleSettings

COLUMNS = {
    "employee": "Personeelsnummer",
    "mail": "E-mail",
    "first_name": "Roepnaam",
    "infix": "Tussenvoegsel",
    "last_name": "Achternaam",
    "manager": "Leidinggevende",
    "unit": "Afdeling",
    "roles": "Functie",
    "employment": "Dienstverband",
    "working_days": "Werkdagen",
    "active": "In dienst",
}

HEAD = "Personeelsnummer;E-mail;Roepnaam;Tussenvoegsel;Achternaam;Leidinggevende;Afdeling;Functie;Dienstverband;Werkdagen;In dienst;;\n"

WHOLE = HEAD + (
    "0001;an@x.example;An;;Bakker;;Korenaar;Directeur;Vast;ma-vr;ja;;\n"
    "0002;bo@x.example;Bo;de;Wit;0001;Korenaar/Winkel;Verkoper, ervaren;Inhuur;ma di;ja;;\n"
    ";;;;;;;;;;;;\n"
    "0003;;Cor;;Oud;0009;Korenaar;;;;nee;;\n"
    "0004;di@x.example;Di;;Jong;0003;Korenaar/Winkel;;;;;;\n"
)


def made(folder: Path, text: str, encoding: str = "cp1252", **more: Any) -> CsvPeople:
    (folder / "people.csv").write_bytes(text.encode(encoding))
    settings = {
        "path": "people.csv",
        "organisation": "korenaar",
        "columns": COLUMNS,
        "roles": {"Directeur": "director", "verkoper, ervaren": "worker"},
        "employments": {"Vast": "employee", "Inhuur": "temporary"},
        **more,
    }
    return CsvPeople(structure(CsvPeopleSettings, settings, base=folder))


def read(directory: CsvPeople) -> list[DirectoryPerson]:
    return [person for page in directory.people() for person in page]


class TestCsvPeople(DirectoryContract):
    """A file that an HR system writes each night."""

    does_not_apply: ClassVar[Mapping[str, str]] = {
        "half": "it reads a file: the faults of a server do not reach it",
        "endless_pages": "a file has no pages",
        "redirect_to_another_host": "it asks no server",
        "secret_echoed_in_an_error": "it asks no server",
        "secrets_are_silent": "its settings hold no secret",
    }

    @pytest.fixture
    def directory(self, tmp_path: Path) -> CsvPeople:
        settings = {
            "path": "people.csv",
            "organisation": "korenaar",
            "columns": {
                "employee": "nummer",
                "name": "naam",
                "mail": "mail",
                "manager": "baas",
                "unit": "afdeling",
            },
        }
        return CsvPeople(structure(CsvPeopleSettings, settings, base=tmp_path))

    @pytest.fixture
    def employs(self, tmp_path: Path) -> Callable[[Sequence[Employee]], None]:
        def put(people: Sequence[Employee]) -> None:
            out = io.StringIO()
            writer = csv.writer(out, delimiter=";")
            writer.writerow(["nummer", "naam", "mail", "baas", "afdeling"])
            for one in people:
                writer.writerow([one.number, one.name, one.mail, one.manager, one.unit])
            (tmp_path / "people.csv").write_text(out.getvalue(), "utf-8-sig")

        return put


def test_reads_what_an_hr_system_exports(tmp_path: Path) -> None:
    an, bo, di = read(made(tmp_path, WHOLE))
    assert an.identifiers == ("employee|korenaar|0001", identity.mailbox("an@x.example"))
    assert (an.name, an.roles, an.working_days) == (
        "An Bakker",
        ("manager", "director"),
        (1, 2, 3, 4, 5),
    )
    assert an.addresses == {"mail": "an@x.example", "employee": "0001"}
    assert (bo.name, bo.manager, bo.unit) == (
        "Bo de Wit",
        "employee|korenaar|0001",
        "Korenaar/Winkel",
    )
    assert (bo.roles, bo.employment, bo.working_days) == (("worker",), "temporary", (1, 2))
    assert (di.manager, di.employment, di.working_days) == (None, "employee", None)
    (one, two, _) = read(made(tmp_path, WHOLE, managers_lead=False))
    assert (one.roles, two.roles) == (("director",), ("worker",))


@pytest.mark.parametrize(
    ("rows", "line", "reason"),
    [
        ("0002;;B;;;;;;;;;\n", 7, "each person once, found the one of line 3"),
        ("5;an@x.example;B;;;;;;;;;\n", 7, "each person once, found the one of line 2"),
        (";;Zoë;;;;;;;;;\n", 7, "expected one of identity"),
        ("5;geen mail;B;;;;;;;;;\n", 7, "mail: expected a mail address"),
        ("5;;B;;;;a//b;;;;;\n", 7, "unit: expected a path"),
        ("5;;B;;;;;Bakker;;;;\n", 7, "roles: expected one of Directeur"),
        ("5;;B;;;;;;Oproep;;;\n", 7, "employment: expected one of Vast"),
        ("5;;B;;;;;;;altijd;;\n", 7, "working_days: expected days such as ma-do"),
        ("5;;B;;;;;;;;soms;\n", 7, "active: expected ja or nee"),
        (f"5;;{'B' * 300};;;;;;;;;\n", 7, "first_name: expected at most 200"),
        ("5;;B", 7, "cut short"),
        ('5;;"B;;;;;;;;;\n', 7, "quote"),
    ],
)
def test_a_file_with_a_mistake_is_no_list(
    tmp_path: Path, rows: str, line: int, reason: str
) -> None:
    directory = made(tmp_path, WHOLE + rows)
    with pytest.raises(SourceUnavailable, match="has 1 mistake, so nobody"):
        read(directory)
    (finding,) = directory.check()
    assert finding.level == "problem"
    assert f"line {line}: " in finding.text
    assert reason in finding.text
    assert not any(word in finding.text for word in ("Zoë", "geen mail", "Oproep", "Bakker,"))


def test_half_a_file_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="1 mistake"):
        read(made(tmp_path, HEAD))
    directory = made(tmp_path, WHOLE, at_least=100)
    with pytest.raises(SourceUnavailable):
        read(directory)
    assert ["at least 100 people, found 3" in one.text for one in directory.check()] == [True]


def test_a_manager_who_is_not_there(tmp_path: Path) -> None:
    text = WHOLE + "0005;;Ed;;Een;0099;;;;;;\n"
    directory = made(tmp_path, text)
    assert [one.manager for one in read(directory)][-1] is None
    assert [one.level for one in directory.check()] == ["ok", "warning"]
    strict = made(tmp_path, text, unknown_managers="refuse")
    with pytest.raises(SourceUnavailable):
        read(strict)
    assert "line 7: manager: expected somebody in this file" in next(iter(strict.check())).text


def test_a_manager_may_be_named_by_mail(tmp_path: Path) -> None:
    text = "Naam,Mail,Baas\nAn,an@x.example,\nBo,bo@x.example,an@x.example\n"
    columns = {"name": "naam", "mail": "mail", "manager": "baas"}
    an, bo = read(made(tmp_path, text, columns=columns, manager_is="mail"))
    assert bo.manager == an.identifiers[0]
    assert an.roles == ("worker", "manager")


def test_settings_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="4 problems"):
        made(tmp_path, "", organisation="", columns={"employee": "n"}, roles={"x": "boss"},
             employments={"x": "y"}, languages={"x": "fr"})  # fmt: skip
    with pytest.raises(ConfigError, match="none of them"):
        made(tmp_path, "", columns={"name": "Naam"})


def test_people_of_parquet(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "employee": [1, 2],
        "name": ["An", "Bo"],
        "manager": [None, 1],
        "active": [True, False],
    }
    parquet.write_table(arrow.table(columns), tmp_path / "people.parquet")
    settings = {"path": "people.parquet", "organisation": "k"}
    (an,) = read(CsvPeople(structure(CsvPeopleSettings, settings, base=tmp_path)))
    assert (an.identifiers, an.name) == (("employee|k|1",), "An")
