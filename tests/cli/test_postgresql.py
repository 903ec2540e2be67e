"""An organisation whose store is in PostgreSQL, from `init` to `person erase`."""

from __future__ import annotations

from pathlib import Path

import pytest

from leercultuur_core.demo import write_bakery
from leercultuur_core.testing.postgresql import PASSWORD, needs_postgresql

from ..conftest import Databases
from .conftest import Run
from .test_engine import ADAPTERS, NIGHT

pytestmark = [needs_postgresql, pytest.mark.server]


@pytest.fixture
def bakery(run: Run, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration, before anything was collected."""
    monkeypatch.chdir(tmp_path)
    assert run("init", "--name", "Bakkerij De Korenaar").code == 0
    (tmp_path / "leercultuur.db").unlink()
    monkeypatch.setenv("STORE", databases.without_tables())
    write_bakery(tmp_path / "data")
    path = tmp_path / "leercultuur.toml"
    text = path.read_text("utf-8").replace("# go_live", "go_live").replace('"opt-in"', '"opt-out"')
    text = text.replace('store = "leercultuur.db"', 'store = { env = "STORE" }')
    path.write_text(text + ADAPTERS, "utf-8")
    return tmp_path


def test_from_init_to_erase(run: Run, bakery: Path) -> None:
    assert not [line for line in run("check").out.splitlines() if line.startswith("problem")]
    early = run("run", *NIGHT)
    assert (early.code, PASSWORD in early.err) == (1, False)
    assert "leercultuur init" in early.err
    made = run("init")
    assert made.code == 0, made.err
    assert made.out.startswith("postgresql://127.0.0.1:")
    first = run("run", *NIGHT)
    assert first.code == 0, first.err
    assert first.out.splitlines() == [
        "collect   people      43 people · 43 new",
        "collect   drop        3,368 new · 0 rejected",
        "estimate  42 people · fewer than 10 moved on · fewer than 10 moved back",
        "plan      46 new prompts · 1 not a worker",
        "deliver   42 sent",
    ]
    assert run("run", *NIGHT).out.splitlines()[1] == "collect   drop        0 new · 0 rejected"
    status = run("status", *NIGHT)
    assert "43 people" in status.out
    assert run("upgrade").out.startswith("postgresql://127.0.0.1:")
    assert run("person", "erase", "bram", "--yes", *NIGHT).code == 0
    assert run("person", "export", "bram", *NIGHT).code == 2
    assert not list(bakery.glob("*.lock"))
    assert not list(bakery.glob("*.db"))
