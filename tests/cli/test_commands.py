"""The smaller commands: rules, plugins, explain, evaluate, calibrate, try, demo, help."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from leercultuur_core.maturity.vocabulary import PHASES

Run = Callable[..., Any]


def test_help_names_every_command_and_teaches(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0
    for name in (
        "try",
        "demo",
        "infer",
        "explain",
        "advise",
        "calibrate",
        "evaluate",
        "catalogue",
        "rules",
        "plugins",
    ):
        assert f"\n  {name} " in ran.out
        helped = run(name, "--help")
        assert helped.code == 0
        assert "Usage: leercultuur" in helped.out
    assert "Exit codes" in ran.out


def test_a_command_that_is_none_is_wrong_use(run: Run) -> None:
    ran = run("infre")
    assert ran.code == 2
    assert "No such command" in ran.err


def test_unknown_verbs_come_with_a_snippet_that_works(
    run: Run, tmp_path: Path, bakery: list[str]
) -> None:
    statement = json.loads(bakery[0])
    statement["verb"] = {"id": "https://korenaar.example/verbs/baked"}
    path, mine = tmp_path / "s.ndjson", tmp_path / "mine.toml"
    path.write_text(json.dumps(statement))
    shown = run("rules", "--unknown", path)
    assert shown.code == 0
    assert "https://korenaar.example/verbs/baked" in shown.out
    mine.write_text(shown.out.replace('kind = "other"', 'kind = "applied"'), "utf-8")
    assert run("rules", "--check", mine).out == f"{mine}: 1 rule, no mistakes\n"
    assert (
        run("rules", "--unknown", path, "--rules", mine).out
        == "Every verb in these files is known.\n"
    )
    infer = run("infer", path, "--at", "2026-03-02", "--rules", mine)
    assert "unknown" not in infer.err
    (row,) = json.loads(run("rules", "--unknown", path, "--format", "json").out)
    assert row["activities"] == 1


def test_rules_are_shown_and_a_wrong_file_is_told_whole(run: Run, tmp_path: Path) -> None:
    shown = json.loads(run("rules", "--format", "json").out)
    assert {"verb", "kind", "ground"} <= set(shown["rules"][-1])
    assert "practised" in run("rules").out
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('[[rule]]\nkind = "x"\n[[rule]]\nverb = 1\n')
    ran = run("rules", "--check", wrong)
    assert ran.code == 2
    assert ran.err.startswith(f"{wrong} has 6 problems")


def test_plugins_are_listed_with_what_they_give(run: Run) -> None:
    ran = run("plugins")
    assert ran.code == 0
    assert "source xapi" in ran.out
    (row,) = [
        row for row in json.loads(run("plugins", "--format", "json").out) if row["name"] == "xapi"
    ]
    assert row["error"] is None
    assert row["adapters"] == ["reader xapi", "source xapi", "sink xapi"]


def test_a_story_is_drawn_and_given_as_json(
    run: Run, bakery_file: Path, snapshot: SnapshotAssertion
) -> None:
    for language in ("nl", "en"):
        ran = run(
            "explain", bakery_file, "--at", "2026-03-02", "--learner", "sanne", "--lang", language
        )
        assert ran.code == 0
        assert ran.out == snapshot
    row = json.loads(
        run(
            "explain", bakery_file, "--at", "2026-03-02", "--learner", "sanne", "--format", "json"
        ).out
    )
    assert len(row["weeks"]) == 26
    assert row["weeks"][-1]["probabilities"] == row["probabilities"]


def test_a_learner_who_is_not_there_is_wrong_use(run: Run, bakery_file: Path) -> None:
    ran = run("explain", bakery_file, "--at", "2026-03-02", "--learner", "nobody")
    assert ran.code == 2
    assert "nobody" in ran.err
    assert "sanne" not in ran.err


def test_evaluation_against_labels(run: Run, tmp_path: Path, bakery_file: Path) -> None:
    rows = run("infer", bakery_file, "--at", "2026-03-02", "--format", "jsonl").rows
    labels = tmp_path / "labels.csv"
    best = {
        row["identifier"]: max(row["probabilities"], key=row["probabilities"].get) for row in rows
    }
    lines = [f"{who},{phase}" for who, phase in best.items()]
    labels.write_text("\n".join(["identifier,phase", *lines, "nobody,acting"]) + "\n")
    result = json.loads(
        run(
            "evaluate", bakery_file, "--at", "2026-03-02", "--labels", labels, "--format", "json"
        ).out
    )
    assert result["macro_f1"] == 1.0
    assert (result["n"], result["missing"]) == (42, ["nobody"])
    table = run("evaluate", bakery_file, "--at", "2026-03-02", "--labels", labels)
    assert table.code == 0
    assert "macro-F1" in table.out


def test_labels_with_mistakes_are_told_whole(run: Run, tmp_path: Path, bakery_file: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("identifier,phase\na,actief\nb\nc,acting\nc,acting\n")
    ran = run("evaluate", bakery_file, "--labels", labels)
    assert ran.code == 2
    assert [line.split(":")[0].strip() for line in ran.err.splitlines()[1:]] == [
        "line 2, phase",
        "line 3",
        "line 5, identifier",
    ]
    labels.write_text("who,what\n")
    assert "the columns identifier,phase" in run("evaluate", bakery_file, "--labels", labels).err


def test_labels_with_a_cell_without_end_are_no_table(
    run: Run, tmp_path: Path, bakery_file: Path
) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text('identifier,phase\n"' + "x" * 200_000)
    ran = run("evaluate", bakery_file, "--labels", labels)
    assert ran.code == 2
    assert "expected comma separated values" in ran.err


@pytest.mark.parametrize("text", ["sanne,acting\n", "identifier,phase\nacting,sanne\n"])
def test_labels_in_the_wrong_columns_name_nobody(
    run: Run, tmp_path: Path, bakery_file: Path, text: str
) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(text)
    ran = run("evaluate", bakery_file, "--labels", labels)
    assert ran.code == 2
    assert "sanne" not in ran.err


def test_calibration_writes_parameters_that_infer_takes(
    run: Run, tmp_path: Path, bakery_file: Path
) -> None:
    out = tmp_path / "params.toml"
    ran = run("calibrate", bakery_file, "--at", "2026-03-02", "--out", out)
    if ran.code == 0:
        rows = run(
            "infer", bakery_file, "--at", "2026-03-02", "--parameters", out, "--format", "jsonl"
        ).rows
        assert len(rows) == 42
    else:  # refused: said why, and wrote nothing
        assert ran.code == 1
        assert "Not written" in ran.err
        assert not out.exists()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_try_needs_no_files(run: Run, snapshot: SnapshotAssertion, language: str) -> None:
    ran = run("try", "--lang", language)
    assert ran.code == 0
    assert ran.out == snapshot


def test_the_demo_goes_from_phases_to_two_nights(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "demo"
    ran = run("demo")
    assert ran.code == 0, ran.err
    assert (folder / "statements.ndjson.gz").exists()
    assert (folder / "people.csv").exists()
    assert "everybody here is made up" in ran.out
    assert all(phase in ran.out for phase in PHASES)
    assert ran.out.count("\nto ") == 3
    assert " as manager" in ran.out
    # A plan in concert is as wide as `leercultuur plan` writes it.
    before, _, plan = ran.out.partition("\n6 · ")
    plan, _, after = plan.partition("\n7 · ")
    assert max(len(line) for line in (before + after).splitlines()) <= 80
    assert "Plan voor bezorging, 2026-Q1" in plan
    assert "een voorwaarde is nog niet op orde" in plan

    assert "546 answers of 42 people" in ran.out
    assert re.search(r"bakkerij\n  low: workload-not-too-high · \d\d of 83 held back", ran.out)
    assert re.search(r"bezorging\n  low: safety · \d\d of 83 held back", ran.out)
    assert "winkel\n  in order, or not sure: nothing is held back" in ran.out

    files = len(list((folder / "messages").glob("*.json")))
    (mails,) = map(int, re.findall(r"(\d+) went by SMTP to a mail server", ran.out))
    assert (mails, files) == (29, 13)
    pages = find_spec("leercultuur_web") is not None
    site = "http://localhost:8000" if pages else "https://leren.korenaar.example"
    assert f"Receive no more small steps: {site}/a/…" in ran.out
    sent = mails + files
    assert f"deliver   {sent} sent" in ran.out
    assert "deliver   nothing to send" in ran.out
    assert "0 more: nothing is sent twice" in ran.out
    prompts = re.search(r"outbox +(\d+) sent\n", ran.out)
    assert prompts is not None
    assert int(prompts[1]) > sent  # who acts for a unit got two in one message
    assert "Vandaag niets: één bericht op dinsdag" in ran.out
    assert re.search(r"activities +147\n", ran.out)
    assert re.search(r"persons +1 gone\n", ran.out)
    assert "with her name in them: 0." in ran.out
    assert "known as Sanne: 0" in ran.out

    (folder / "mine.txt").write_text("kept")
    again = run("demo").out
    assert (folder / "mine.txt").exists()
    # Which of the two steps in one mail comes first hangs on ids, which are new each time.
    mail = re.compile(r"(?<=One of the mails:\n).*?(?=\nAnd the night after:)", re.DOTALL)
    # A link to sign in with is new each time as well.
    links = re.compile(r"(?<=/in/)\S+")
    told = [links.sub("…", mail.sub("", out)) for out in (again, ran.out)]
    assert told[0] == told[1] != ran.out
    assert len(links.findall(ran.out)) == (4 if pages else 0)
    if pages:
        assert "pages are open at http://localhost:8000" in ran.out
        assert (folder / "report.html").read_text("utf-8").startswith("<!doctype html>")
    for out in (again, ran.out):
        (shown,) = mail.findall(out)
        assert "To: Omar <omar@korenaar.example>" in shown
        assert "This helps with something that is needed here first" in shown


def test_the_demo_without_a_mail_server_writes_files_and_says_what_is_needed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leercultuur_core.demo.post.NEEDED", ("aiosmtpd", "leercultuur_absent"))
    ran = run("demo", "--out", tmp_path, "--lang", "en")
    assert ran.code == 0, ran.err
    assert len(list((tmp_path / "messages").glob("*.json"))) == 42
    assert "pip install leercultuur-absent" in ran.out
    assert "smtp" not in (tmp_path / "leercultuur.toml").read_text()


def test_the_demo_leaves_an_organisation_of_your_own_alone(run: Run, tmp_path: Path) -> None:
    assert run("init", tmp_path).code == 0
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    ran = run("demo", "--out", tmp_path)
    assert ran.code == 2
    assert "choose another folder with --out" in ran.err
    assert before == {path: path.read_bytes() for path in tmp_path.iterdir()}
    (tmp_path / "leercultuur.toml").unlink()
    assert run("demo", "--out", tmp_path).code == 2
    assert (tmp_path / "identity.key").exists()
