"""What a load puts on disk beside the store, and what is left of one that was killed."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from leercultuur_core.activity.evidence import default_rules
from leercultuur_core.storage import Identifier

pytest.importorskip("duckdb")

from leercultuur_core.storage.load import Load, loading

IDENTIFY = Identifier([b"a key for tests, of some length"])
RULES = default_rules()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left_by_a_kill(temporary: Path) -> Path:
    folder = temporary / "leercultuur-load-killed"
    (folder / "tables").mkdir(parents=True)
    (folder / "lock").touch()
    (folder / "tables" / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"ids")
    return folder


def spill(load: Load) -> None:
    load.run(
        "CREATE TABLE large AS SELECT repeat(md5(i::VARCHAR), 20) AS text FROM range(200000) t(i)"
    )


def test_what_does_not_fit_is_for_this_user_only_and_gone_at_the_end(temporary: Path) -> None:
    with loading(RULES, IDENTIFY, memory="30MB") as load:
        spill(load)
        (folder,) = temporary.iterdir()
        assert sum(path.stat().st_size for path in (folder / "tables").iterdir()) > 10_000_000
        if os.name == "posix":
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not list(temporary.iterdir())


def test_what_a_killed_load_left_is_gone_after_the_next_start(temporary: Path) -> None:
    killed = left_by_a_kill(temporary)
    with loading(RULES, IDENTIFY):
        assert not killed.exists()


def test_what_a_load_is_using_stays(temporary: Path) -> None:
    with loading(RULES, IDENTIFY, memory="30MB") as load:
        spill(load)
        with loading(RULES, IDENTIFY):
            assert len(list(temporary.iterdir())) == 2
        ((count,),) = load.run("SELECT count(DISTINCT text) FROM large")
        assert count == 200_000


def test_what_may_be_anything_else_stays(temporary: Path) -> None:
    about_to_be_locked = temporary / "leercultuur-load-new"
    about_to_be_locked.mkdir()
    of_another_name = left_by_a_kill(temporary).rename(temporary / "leercultuur-other")
    link = temporary / "leercultuur-load-link"
    link.symlink_to(of_another_name)
    with loading(RULES, IDENTIFY):
        pass
    assert about_to_be_locked.exists()
    assert (of_another_name / "tables" / "duckdb_temp_storage_DEFAULT-0.tmp").exists()
