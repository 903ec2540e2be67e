"""What plugins keep of people in the store: handed over and forgotten with the rest, or nothing is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from leercultuur_core import PluginError
from leercultuur_core.extension import Plugins, hookimpl
from leercultuur_core.run.engine import Engine

from .conftest import NOW, workers

Make = Callable[..., Engine]


class Notes:
    """A plugin with a table of notes."""

    fails = False

    @hookimpl
    def leercultuur_personal_data(self, connection: Connection, person: str) -> Mapping[str, Any]:
        if self.fails:
            raise RuntimeError("the notes are locked")
        found = connection.execute(
            text("SELECT note FROM acme_notes WHERE person = :p"), {"p": person}
        )
        return {"notes": [note for (note,) in found]}

    @hookimpl
    def leercultuur_erase_person(self, connection: Connection, person: str) -> Mapping[str, int]:
        gone = connection.execute(text("DELETE FROM acme_notes WHERE person = :p"), {"p": person})
        if self.fails:
            raise RuntimeError("the notes are locked")
        return {"acme_notes": gone.rowcount}


def organised(make: Make, notes: Notes | None) -> tuple[Engine, list[str]]:
    """An engine with two people who each have a note at the plugin, and their ids."""
    plugins = Plugins()
    if notes is not None:
        plugins.register(notes, "acme")
    engine = make(directories={"people": workers(2)}, plugins=plugins)
    engine.collect(NOW)
    people = [engine.find(f"Worker {number}", NOW)[0] for number in range(2)]
    with engine.database(write=True) as connection:
        connection.execute(text("CREATE TABLE acme_notes (person TEXT, note TEXT)"))
        for number, person in enumerate(people):
            values = {"p": person, "n": f"note {number}"}
            connection.execute(text("INSERT INTO acme_notes VALUES (:p, :n)"), values)
    return engine, people


def notes_in(engine: Engine) -> list[str]:
    with engine.database() as connection:
        return [n for (n,) in connection.execute(text("SELECT note FROM acme_notes ORDER BY 1"))]


def test_an_export_holds_what_a_plugin_keeps(make: Make) -> None:
    engine, (sanne, _) = organised(make, Notes())
    assert engine.export(sanne, NOW, by="test")["plugins"] == {"acme": {"notes": ["note 0"]}}
    assert engine.export("nobody", NOW, by="test") == {}


def test_an_erase_reaches_a_plugin_and_no_other_person(make: Make) -> None:
    engine, (sanne, _) = organised(make, Notes())
    assert engine.erase(sanne, NOW)["acme_notes"] == 1
    assert notes_in(engine) == ["note 1"]
    assert engine.find("Worker 0", NOW) == ()


def test_a_plugin_that_fails_leaves_everything_as_it_was_and_is_named(make: Make) -> None:
    notes = Notes()
    engine, (sanne, _) = organised(make, notes)
    notes.fails = True
    with pytest.raises(PluginError, match=r"acme: nothing was done.*notes are locked"):
        engine.erase(sanne, NOW)
    assert notes_in(engine) == ["note 0", "note 1"]
    assert engine.find("Worker 0", NOW) == (sanne,)
    # It is out for this run; the next question says so too.
    with pytest.raises(PluginError, match=r"acme: nothing was done"):
        engine.export(sanne, NOW, by="test")


def test_a_plugin_that_is_not_switched_on_cannot_be_passed_over(make: Make) -> None:
    engine, (sanne, _) = organised(make, None)
    for asked in (lambda: engine.erase(sanne, NOW), lambda: engine.export(sanne, NOW, by="test")):
        with pytest.raises(PluginError, match=r'acme_notes.*add "acme" to `plugins`'):
            asked()
    assert engine.find("Worker 0", NOW) == (sanne,)


def test_who_retention_lets_go_of_goes_at_a_plugin_too(make: Make) -> None:
    engine, people = organised(make, Notes())
    engine.adapters.directories["people"].list = []  # type: ignore[attr-defined]
    engine.collect(NOW)
    later: datetime = NOW + timedelta(days=3 * 365)
    assert engine.tidy(later)["acme_notes"] == len(people)
    assert notes_in(engine) == []


def test_a_snapshot_cannot_be_written_to(make: Make) -> None:
    engine, _ = organised(make, Notes())
    with pytest.raises(Exception, match="cannot be written"), engine.database() as connection:
        connection.execute(text("DELETE FROM acme_notes"))
    assert len(notes_in(engine)) == 2
