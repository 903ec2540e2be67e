"""The bakery that the tests are about: when it is, how it is configured, and who is who."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from attrs import define

from leercultuur_core import Engine
from leercultuur_core.demo import write_bakery
from leercultuur_web.texts import texts

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
URL = "https://leren.korenaar.example"
LOGIN = "https://login.korenaar.example"

ORGANISATION = """
[organisation]
name = "Bakkerij De Korenaar"
identity_key = { file = "identity.key" }
go_live = { date = 2026-02-01, reference = "OR-besluit 2026-03", scope = "alle medewerkers" }
"""
ACTIVITY = """
[[source]]
name = "drop"
kind = "files"
path = "*.ndjson.gz"
"""
PEOPLE = """
[[directory]]
name = "people"
kind = "people-file"
path = "people.csv"
"""


@define
class Clock:
    """Stands still until a test moves it."""

    now: datetime = NOW + timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


def keep(folder: Path, **secrets: str) -> None:
    """Files that only their owner reads: ``identity`` in ``identity.key``, and so on."""
    for name, text in secrets.items():
        file = folder / f"{name}.key"
        file.write_text(text, "utf-8")
        file.chmod(0o600)


def bakery(folder: Path, configuration: str, **secrets: str) -> Path:
    """A folder with the bakery's files, its configuration and its secrets."""
    write_bakery(folder)
    keep(folder, **secrets)
    (folder / "leercultuur.toml").write_text(configuration, "utf-8")
    return folder


def engine_of(folder: Path, *, create: bool = False) -> Engine:
    """The engine of a folder."""
    return Engine.from_config(folder / "leercultuur.toml", {}, create=create)


def person(engine: Engine, name: str = "jan") -> str:
    """The id of the one person called so."""
    (found,) = engine.find(name, NOW)
    return found


def words(key: str, language: str = "nl", **values: object) -> str:
    """What a page says."""
    return texts()[key][language].format(**values)
