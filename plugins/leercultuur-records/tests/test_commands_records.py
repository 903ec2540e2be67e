"""``leercultuur record …`` as somebody types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from leercultuur_core.cli import main

from .conftest import Organisation  # type: ignore[import-not-found]

VRAAK = ("variation", "relevance", "authenticity", "currency", "quantity")


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(
    org: Organisation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """``run("list", "--by", "Ann")`` in the folder of the organisation."""
    org.engine.close()
    monkeypatch.chdir(org.folder)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: str, now: str = "2026-03-02T09:00:00Z", command: str = "record") -> Ran:
        typed = ["leercultuur", command, *arguments, "--now", now]
        monkeypatch.setattr("sys.argv", typed)
        with pytest.raises(SystemExit) as stopped:
            main()
        said = capsys.readouterr()
        return Ran(int(stopped.value.code or 0), said.out, said.err)

    return call


def done(ran: Ran) -> str:
    assert ran.code == 0, ran.err
    return ran.out.strip()


def documented(run: Run) -> str:
    record = done(
        run(
            "new",
            "Sanne",
            "Ik leerde zuurdesem.",
            "--standard",
            "KD-25188",
            "2026",
            "--how",
            "informal",
        )
    )
    done(
        run(
            "add-evidence", record, "Klant", "--on", "2026-02-01", "--statement", "Lekker", "--relation",
            "client", "--shows", "W1",
        )
    )  # fmt: skip
    return record


def judged(run: Run, record: str, by: str) -> Ran:
    marks = [part for name in VRAAK for part in ("--vraak", f"{name}=met")]
    criteria = ("--criterion", "W1=met", "--criterion", "W2=met")
    return run("assess", record, *marks, *criteria, "--by", by)


def test_the_whole_road(run: Run, tmp_path: Path) -> None:
    record = documented(run)
    done(run("submit", record))
    assert record in done(run("list", "--by", "Ann"))
    assert done(judged(run, record, "Ann")).startswith("submitted")
    assert done(run("decide", record, "recognised", "--by", "Ann")).startswith("assessed")
    out = tmp_path / "badge.json"
    told = done(run("certify", record, "--by", "Iris", "--out", str(out)))
    assert "give it to its holder" in told
    assert out.stat().st_mode & 0o777 == 0o600
    assert json.loads(out.read_text())["name"] == "Brood bakken"
    again = tmp_path / "again.json"
    done(run("credential", record, "--by", "Sanne", "--out", str(again)))
    assert again.read_bytes() == out.read_bytes()
    shown = done(run("show", record, "--by", "Sanne"))
    assert "certified" in shown
    assert "Criteria met bewijs dat ernaar verwijst: 1 van 2." in shown
    assert json.loads(done(run("show", record, "--by", "Sanne", "--json")))["stage"] == "certified"
    taken = done(run("take-back", record, "--by", "Iris", "--reason", "vergissing"))
    assert taken.startswith("withdrawn")


def test_no_appeal_hand_back_and_withdraw(run: Run) -> None:
    record = documented(run)
    done(run("submit", record))
    assert "documented" in done(run("hand-back", record, "--by", "Ann", "--reason", "Meer graag"))
    done(run("submit", record))
    done(judged(run, record, "Ann"))
    done(
        run("decide", record, "rejected", "--by", "Ann", "--criterion", "W1", "--reason", "W2 mist")
    )
    assert "appealed" in done(run("appeal", record, "--reason", "W2 lukte wel"))
    refused = judged(run, record, "Ann")
    assert (refused.code, "did not judge it before" in refused.err) == (1, True)
    done(judged(run, record, "Bob"))
    assert "withdrawn" in done(run("withdraw", record))


def test_sharing_filling_in_and_listing(run: Run) -> None:
    record = done(run("new", "Sanne", "Ik leerde plannen."))
    assert run("show", record, "--by", "Carla").code == 1
    done(run("share", record, "Carla", "--until", "2026-04-01"))
    assert "Ik leerde plannen." in done(run("show", record, "--by", "Carla"))
    done(run("share", record, "client:portal", "--until", "2026-04-01"))
    assert done(run("share", record, "client:portal", "--stop")) == "not shared any more"
    filled = run(
        "fill", record, "--task", "rooster", "--by", "Carla", "--from", "2026-01-01", "--until",
        "2026-02-01", "--skill", "plan shifts of employees", "--level", "NLQF 3",
    )  # fmt: skip
    assert done(filled) == "documented, version 2"
    assert "plan shifts of employees (ESCO 1.2.0)" in done(run("show", record, "--by", "Sanne"))
    assert done(run("list", "--by", "Carla", "--stage", "identified")) == "none"
    assert done(run("share", record, "Carla", "--stop")) == "not shared any more"
    assert done(run("list", "--by", "Carla")) == "none"
    stale = run("fill", record, "--task", "x", "--seen", "1")
    assert (stale.code, "changed in between" in stale.err) == (1, True)


def test_files_links_and_activities_as_evidence(run: Run, tmp_path: Path) -> None:
    record = done(run("new", "Sanne", "Ik leerde bakken."))
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"photo")
    on = ("--on", "2026-02-01")
    done(run("add-evidence", record, "Foto", *on, "--file", str(photo)))
    done(run("add-evidence", record, "Blog", *on, "--link", "https://brood.example"))
    done(run("add-evidence", record, "Terugblik", *on, "--activity", "statement-1"))
    shown = json.loads(done(run("show", record, "--by", "Sanne", "--json")))
    assert [one["kind"] for one in shown["evidence"]] == ["file", "link", "activity"]
    assert shown["evidence"][0]["media_type"] == "image/jpeg"
    assert run("add-evidence", record, "Niets", *on).code == 2
    assert run("add-evidence", record, "Link", *on, "--link", "brood").code == 2


def test_a_batch_and_a_standard_from_files(run: Run, tmp_path: Path) -> None:
    standard = tmp_path / "eigen.csv"
    standard.write_text("standard,version,title,criterion,text\nEIGEN,1,Overdragen,A,Legt uit\n")
    assert done(run("standard", str(standard))) == "1 new, 0 known"
    assert done(run("standard", str(standard))) == "0 new, 1 known"
    standard.write_text("standard,version,title,criterion,text\nEIGEN,1,Overdragen,A,Anders\n")
    assert run("standard", str(standard)).code == 2
    batch = tmp_path / "batch.csv"
    batch.write_text(
        "reference,holder,name,agreed_on,learned,standard,version\n"
        "1,noor@elders.example,Noor,2026-03-01,Ik leerde uitleggen.,EIGEN,1\n"
    )
    assert done(run("import", str(batch), "--dry-run", "--by", "Carla")) == "1 rows fit"
    assert done(run("import", str(batch), "--by", "Carla")) == "1 new, 0 known"
    assert done(run("import", str(batch), "--by", "Carla")) == "0 new, 1 known"
    assert "EIGEN 1" in done(run("list", "--by", "noor@elders.example"))
    assert "records_records" in done(run("forget", "noor@elders.example", "--yes"))
    batch.write_bytes(b"\xff\xfe")
    assert run("import", str(batch), "--by", "Carla").code == 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("new", "Wie", "Iets."), "nobody is known"),
        (("new", "Sanne", " "), "in the holder's words"),
        (("new", "Sanne", "Iets.", "--standard", "X", "1"), "import it first"),
        (("new", "Sanne", "Iets.", "--skill", "kneden"), "address|scheme|version"),
        (("new", "Sanne", "Iets.", "--level", "mbo"), "NLQF 3"),
        (("new", "Sanne", "Iets.", "--from", "2026-01-01"), "or neither"),
        (("fill", "r"), "say what to fill in"),
        (("share", "r", "Ann"), "--until"),
        (("assess", "r", "--vraak", "variation=perfect", "--by", "Ann"), "met, partly, not_met"),
        (("forget", "wie@elders.example"), "no candidate"),
        (("candidate", "Noor", "elders"), "mail address"),
    ],
)
def test_what_is_typed_wrongly_is_said_and_changes_nothing(
    run: Run, typed: tuple[str, ...], said: str
) -> None:
    ran = run(*typed)
    assert ran.code == 2
    assert said in ran.err
    assert done(run("list", "--by", "Sanne")) == "none"


def test_a_record_that_is_not_there(run: Run) -> None:
    ran = run("submit", "no-such-record", "--by", "Sanne")
    assert (ran.code, ran.err) == (1, "Error: there is no record with that id\n")
