"""A small organisation with people in every role, a standard, and an issuer with a key of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from attrs import frozen

from leercultuur_core import Engine
from leercultuur_records import Evidence, Judgement, Records, RoadRules, Standard
from leercultuur_records.keys import KeyRing
from leercultuur_records.standard import Criterion

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

CONFIG = """\
store = "leercultuur.db"
plugins = ["records"]

[organisation]
name = "Bakkerij Korenaar"
identity_key = { file = "identity.key" }
go_live = { date = 2026-01-01, reference = "OR 2026-01", scope = "alle medewerkers" }

[[directory]]
name = "people-file"
path = "people.csv"
home_page = "https://leren.korenaar.example"

[[source]]
name = "records"
store = "leercultuur.db"

[[issuer]]
name = "records"
organisation = "Bakkerij Korenaar"
keys = { file = "credentials.key" }
register = "register.db"
status = "https://korenaar.example/status"
"""

PEOPLE = """\
identifier,name,roles,manager,unit,language,employment,working_days
sanne@korenaar.example,Sanne,worker,baas@korenaar.example,Bakkerij,nl,employee,
pieter@korenaar.example,Pieter,worker,baas@korenaar.example,Bakkerij,nl,employee,
baas@korenaar.example,Baas,manager assessor issuer,,Bakkerij,nl,employee,
ann@korenaar.example,Ann,assessor,,Kantoor,nl,employee,
bob@korenaar.example,Bob,second_assessor assessor,,Kantoor,nl,employee,
carla@korenaar.example,Carla,coach,,Kantoor,nl,employee,
iris@korenaar.example,Iris,issuer,,Kantoor,nl,employee,
"""

STANDARD = Standard(
    "KD-25188",
    "2026",
    "Brood bakken",
    (
        Criterion("W1", "Kneedt deeg en beoordeelt het.", "B1-K1", "Deeg maken"),
        Criterion("W2", "Bakt zelfstandig met zuurdesem."),
    ),
    framework="NLQF",
    level="3",
)


@frozen
class Organisation:
    """An engine with its records, and who is who: name → id."""

    engine: Engine
    records: Records
    ids: dict[str, str]
    folder: Path

    def __getitem__(self, name: str) -> str:
        return self.ids[name]

    def documented(self, holder: str = "Sanne") -> str:
        """The id of a record with one piece of evidence, for the standard."""
        record = self.records.new(
            self[holder],
            "Ik leerde zuurdesem bakken.",
            NOW,
            standard=STANDARD.key,
            evidence=(Evidence("link", "Foto's", date(2026, 2, 1), url="https://brood.example"),),
        )
        return record.id

    def submitted(self, holder: str = "Sanne") -> str:
        record = self.documented(holder)
        self.records.submit(record, self[holder], NOW)
        return record

    def judgement(self) -> Judgement:
        marks = dict.fromkeys(self.records.rubric.ids, "met")
        return Judgement(marks, {"W1": "met", "W2": "met"})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration, keys, and a store that holds the people."""
    folder = tmp_path_factory.mktemp("korenaar")
    (folder / "leercultuur.toml").write_text(CONFIG, "utf-8")
    (folder / "people.csv").write_text(PEOPLE, "utf-8")
    for name, text in (("identity.key", "k" * 40), ("credentials.key", KeyRing.new(NOW).dump())):
        (folder / name).write_text(text, "utf-8")
        (folder / name).chmod(0o600)
    with Engine.from_config(folder / "leercultuur.toml", create=True) as engine:
        assert not engine.plugins.broken, engine.plugins.broken
        assert engine.collect(NOW).complete
        records = Records(engine)
        records.put_standards((STANDARD,))
    return folder


@pytest.fixture
def organise(prepared: Path, tmp_path: Path) -> Iterator[Callable[..., Organisation]]:
    """Makes an organisation, with rules of its own where given."""
    opened: list[Engine] = []

    def make(rules: RoadRules | None = None) -> Organisation:
        folder = tmp_path / f"org-{len(opened)}"
        shutil.copytree(prepared, folder)
        engine = Engine.from_config(folder / "leercultuur.toml")
        opened.append(engine)
        names = ("Sanne", "Pieter", "Baas", "Ann", "Bob", "Carla", "Iris")
        ids = {name: engine.find(name, NOW)[0] for name in names}
        return Organisation(engine, Records(engine, rules=rules), ids, folder)

    yield make
    for engine in opened:
        engine.close()


@pytest.fixture
def org(organise: Callable[..., Organisation]) -> Organisation:
    return organise()
