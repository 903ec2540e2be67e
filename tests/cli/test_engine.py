"""The commands of the night and the day, on the made-up bakery."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from leercultuur_core.cli.engine import told_estimated
from leercultuur_core.demo import write_bakery
from leercultuur_core.phases import infer
from leercultuur_core.run.engine import Engine
from leercultuur_core.run.estimating import Estimated
from leercultuur_core.run.links import Link
from leercultuur_core.storage.lock import locked
from leercultuur_core.storage.schema import VERSION

from .conftest import Run

NIGHT = ("--now", "2026-03-03T09:00:00Z")
ADAPTERS = """
[[source]]
name = "drop"
kind = "files"
path = "data/*.ndjson.gz"

[[directory]]
name = "people"
kind = "people-file"
path = "data/people.csv"

[[sink]]
name = "files"
folder = "out"
"""


@pytest.fixture
def bakery_store(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration and a store, before anything was collected."""
    monkeypatch.chdir(tmp_path)
    assert run("init", "--name", "Bakkerij De Korenaar").code == 0
    write_bakery(tmp_path / "data")
    path = tmp_path / "leercultuur.toml"
    text = path.read_text("utf-8").replace("# go_live", "go_live")
    path.write_text(text.replace('"opt-in"', '"opt-out"') + ADAPTERS, "utf-8")
    return tmp_path


def test_a_night_and_the_night_after(run: Run, bakery_store: Path) -> None:
    first = run("run", *NIGHT)
    assert first.code == 0, first.err
    assert first.out.splitlines() == [
        "collect   people      43 people · 43 new",
        "collect   drop        3,368 new · 0 rejected",
        "estimate  42 people · fewer than 10 moved on · fewer than 10 moved back",
        "plan      46 new prompts · 1 not a worker",
        "deliver   42 sent",
    ]
    sent = sorted((bakery_store / "out").glob("*.json"))
    assert len(sent) == 42
    second = run("run", "--now", "2026-03-04T09:00:00Z")
    assert second.code == 0
    assert second.out.splitlines()[-1] == "deliver   nothing to send"
    assert sorted((bakery_store / "out").glob("*.json")) == sent
    assert run("status", "--why", "sanne", "--now", "2026-03-04T09:00:00Z").out == (
        "Vandaag niets: één bericht op dinsdag, hoogstens één per week.\n"
    )


def test_the_verbs_one_by_one(run: Run, bakery_store: Path) -> None:
    for verb in ("collect", "estimate", "plan", "deliver"):
        assert run(verb, *NIGHT).code == 0
    told = run("status", *NIGHT).out
    assert "Bakkerij De Korenaar · 43 people · live" in told
    assert "outbox    46 sent" in told
    assert told.endswith("left      nothing\n")
    status = json.loads(run("status", "--format", "json", *NIGHT).out)
    assert status["outbox"] == {"sent": 46}
    assert [one["outcome"] for one in status["runs"]] == ["done"] * 4
    message = json.loads(next((bakery_store / "out").glob("*.json")).read_text("utf-8"))
    assert run("answer", message["prompts"][0]["id"], "done", *NIGHT).out == "noted\n"
    assert run("answer", "nothing", "done", *NIGHT).code == 1


def test_an_answer_by_link(run: Run, bakery_store: Path) -> None:
    path = bakery_store / "leercultuur.toml"
    text = (
        path.read_text("utf-8")
        .replace("# [answers]", "[answers]")
        .replace('# url = "https', 'url = "https')
    )
    path.write_text(text.replace('# key = { file = "links', 'key = { file = "links'), "utf-8")
    run("run", *NIGHT)
    message = json.loads(next((bakery_store / "out").glob("*.json")).read_text("utf-8"))
    (prompt, *_) = message["prompts"]
    with Engine.from_config(path) as engine:
        assert engine.answer_links is not None
        expires = datetime(2026, 5, 1, tzinfo=UTC)
        token = engine.answer_links.token(Link("answer", prompt["id"], "done", expires))
    assert run("answer", "--link", token, *NIGHT).out == "noted: done\n"
    again = run("answer", "--link", token, *NIGHT)
    assert (again.code, again.err) == (1, "that link was used before\n")
    assert "not a link of ours" in run("answer", "--link", "x", *NIGHT).err
    assert run("answer", "--link", token, prompt["id"], *NIGHT).code == 2
    assert run("answer", prompt["id"], *NIGHT).code == 2


def test_a_channel_of_ones_own(run: Run, bakery_store: Path) -> None:
    run("collect", *NIGHT)
    assert run("person", "channel", "bram", "files", *NIGHT).out == "noted\n"
    held = json.loads(run("person", "export", "bram", *NIGHT).out)
    assert held["person"]["channels"] == ["files"]
    wrong = run("person", "channel", "bram", "pigeon", *NIGHT)
    assert wrong.code == 2
    assert "expected one of files; found 'pigeon'" in wrong.err
    assert run("person", "channel", "bram", *NIGHT).code == 0
    assert json.loads(run("person", "export", "bram", *NIGHT).out)["person"]["channels"] == []


def test_one_person_from_export_to_erase(run: Run, bakery_store: Path) -> None:
    run("run", *NIGHT)
    held = json.loads(run("person", "export", "bram", *NIGHT).out)
    assert held["person"]["name"] == "Bram"
    assert len(held["activities"]) > 20
    assert held["prompts"][0]["payload"]["believed"]["phase"]
    assert "2026-W" in run("history", "Bram", *NIGHT).out
    assert run("person", "consent", "bram", "own_prompts", "no", *NIGHT).out == "noted\n"
    why = run("status", "--why", "bram", "--lang", "en", *NIGHT)
    assert why.out == "No: there was an objection, or a yes was withdrawn.\n"
    badge = "account|https://badge.example|7"
    assert run("person", "link", badge, "bram", *NIGHT).out == "linked\n"
    apart = run("person", "unlink", badge, *NIGHT).out.strip()
    assert apart != held["person"]["person"]
    assert run("person", "unlink", "account|https://badge.example|8", *NIGHT).code == 1
    assert "persons               1 gone" in run("person", "erase", "bram", "--yes", *NIGHT).out
    assert run("person", "export", "bram", *NIGHT).code == 2
    run("run", *NIGHT)
    assert run("person", "export", "bram", *NIGHT).code == 2
    files = [bakery_store / f"leercultuur.db{end}" for end in ("", "-wal")]
    content = b"".join(path.read_bytes() for path in files if path.exists())
    assert b"Bram" not in content
    assert held["person"]["person"].encode() not in content


def test_a_second_run_at_once_says_so(run: Run, bakery_store: Path) -> None:
    with locked(bakery_store / "leercultuur.db.lock"):
        ran = run("run", *NIGHT)
    assert ran.code == 2
    assert ran.err == (
        "another run is at work with this store; wait until it is done, then run again\n"
    )


def test_done_in_part_is_code_three(run: Run, bakery_store: Path) -> None:
    (bakery_store / "data" / "torn.ndjson.gz").write_bytes(b'{"half')
    ran = run("collect", *NIGHT)
    assert ran.code == 3
    assert "1 rejected" in ran.out


def test_check_and_init_say_what_is_wrong(run: Run, bakery_store: Path) -> None:
    fine = run("check")
    assert fine.code == 0
    assert "ok      go-live recorded: OR-besluit 2026-03" in fine.out
    people = bakery_store / "data" / "people.csv"
    people.write_text(people.read_text("utf-8") + "x,y\n", "utf-8")
    wrong = run("check")
    assert wrong.code == 2
    assert "expected 8 cells, found 2" in wrong.out
    assert run("init").code == 2
    (bakery_store / "leercultuur.db").unlink()
    assert run("collect", *NIGHT).code == 1
    assert run("init").out == f"{bakery_store / 'leercultuur.db'}  the store, empty\n"


def test_rules_rebuild_and_upgrade(run: Run, bakery_store: Path) -> None:
    run("collect", *NIGHT)
    assert run("rules", "apply", "--dry-run").out == "nothing differs\n"
    assert run("rebuild").out == "the ledger was right\n"
    assert run("upgrade").out.endswith(f"schema {VERSION}\n")


def test_what_is_not_installed_is_named(
    run: Run, bakery_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("no", name="holidays.registry")

    monkeypatch.setattr("leercultuur_core.run.engine.Engine.from_config", absent)
    ran = run("collect", *NIGHT)
    assert ran.code == 2
    assert "pip install 'leercultuur-core[engine]'" in ran.err


def test_nobody_and_too_many_are_not_guessed(run: Run, bakery_store: Path) -> None:
    people = bakery_store / "data" / "people.csv"
    line = "account|https://other.example|s2,Sanne,worker,,,nl,employee,\n"
    people.write_text(people.read_text("utf-8") + line, "utf-8")
    run("collect", *NIGHT)
    assert "nobody is known by that" in run("status", "--why", "nemo", *NIGHT).err
    both = run("status", "--why", "Sanne", *NIGHT)
    assert both.code == 2
    assert "2 people are known by that" in both.err


def test_another_program_may_push(
    run: Run, bakery_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = {
        "type": "activity",
        "id": "hr-1",
        "identities": ["employee|korenaar|12"],
        "verb": "http://adlnet.gov/expapi/verbs/completed",
        "occurred_at": "2026-03-02T10:30:00+01:00",
    }
    stream = TextIOWrapper(BytesIO(json.dumps(line).encode() + b"\n"))
    monkeypatch.setattr("sys.stdin", stream)
    ran = run("push", "hr", *NIGHT)
    assert (ran.code, ran.out) == (0, "collect   hr          1 new · 0 rejected\n")


def test_the_few_who_moved_are_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    nobody = infer([], at=datetime(2026, 3, 3, tzinfo=UTC))
    for people, moved, told in (
        (40, (12, 9), "40 people · 12 moved on · fewer than 10 moved back"),
        (40, (0, 10), "40 people · fewer than 10 moved on · 10 moved back"),
        (9, (3, 4), "9 people"),
    ):
        told_estimated(Estimated(people, *moved, {}, nobody), 10)
        assert capsys.readouterr().out == f"estimate  {told}\n"


def test_what_is_of_who_was_erased_is_counted_and_left_out(run: Run, bakery_store: Path) -> None:
    run("run", *NIGHT)
    assert "erased" not in run("collect", *NIGHT).out
    assert run("person", "erase", "bram", "--yes", *NIGHT).code == 0
    data = bakery_store / "data"
    shutil.copy(data / "statements.ndjson.gz", data / "again.ndjson.gz")
    people, drop = run("collect", *NIGHT).out.splitlines()
    assert people == "collect   people      43 people · 0 new · 1 erased before"
    assert " erased before · 0 rejected" in drop
    assert "bram" not in (people + drop).lower()


def test_a_night_can_be_logged(run: Run, bakery_store: Path) -> None:
    ran = run("run", "--log-format", "json", *NIGHT)
    assert ran.code == 0
    rows = [json.loads(line) for line in ran.err.splitlines()]
    assert [row["event"] for row in rows] == [
        "directory",
        "source",
        "collect",
        "estimate",
        "plan",
        "sink",
        "deliver",
        "tidy",
    ]
    assert (rows[1]["source"], rows[1]["new"]) == ("drop", 3368)
    names = [
        line.split(",")[1]
        for line in (bakery_store / "data/people.csv").read_text("utf-8").splitlines()[1:]
    ]
    assert "Sanne" in names
    assert not [name for name in names if name and name in ran.err]
    text = run("deliver", "--log-format", "text", *NIGHT)
    assert " info leercultuur.deliver event=deliver outcome=done " in text.err
    assert run("plan", *NIGHT).err == ""


def test_the_invitation_is_in_the_configuration_that_init_writes(
    run: Run, bakery_store: Path
) -> None:
    path = bakery_store / "leercultuur.toml"
    text = path.read_text("utf-8").replace("\ngo_live", "\n# go_live")
    path.write_text(text, "utf-8")
    assert "nothing is sent\n" in run("check").out.replace(" (docs/privacy.md)", "")
    path.write_text(text.replace("# invitation", "invitation"), "utf-8")
    assert "but the general invitation, once to everybody" in " ".join(run("check").out.split())
    assert run("run", *NIGHT).out.splitlines()[-2:] == [
        "plan      43 new prompts",
        "deliver   43 sent",
    ]
    assert run("run", "--now", "2026-03-17T09:00:00Z").out.splitlines()[-1] == (
        "deliver   nothing to send"
    )
