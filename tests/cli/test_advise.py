"""``leercultuur advise``: JSON Lines, readable text, and the files it writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from leercultuur_core.advice import Advice, advise, parse_people
from leercultuur_core.cli.advise import file_name, note_lines, write_prompts
from leercultuur_core.demo.sanne import AT, sanne
from leercultuur_core.phases import infer

DAY = ("--at", "2026-03-02")


def question(*identifiers: str) -> Advice:
    """Prompts for people of whom nothing was seen."""
    return advise([], people=parse_people("\n".join(["identifier", *identifiers])))


def test_one_line_a_person_in_the_agreed_shape(run: Any, bakery_file: Path) -> None:
    ran = run("advise", bakery_file, *DAY, "--format", "jsonl")
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.rows) == 42
    assert all(row["recipient"] == row["subject"] for row in ran.rows)
    recipients = [row["recipient"] for row in ran.rows]
    assert recipients == sorted(set(recipients))
    assert {row["language"] for row in ran.rows} == {"nl"}


def test_with_people_whoever_leads_a_unit_reads_about_the_unit(
    run: Any, bakery_file: Path, people_file: Path
) -> None:
    ran = run("advise", bakery_file, *DAY, "--people", people_file, "--format", "jsonl")
    assert ran.code == 0
    assert len(ran.rows) == len({row["recipient"] for row in ran.rows}) == 42
    groups = {row["subject"]: row for row in ran.rows if row["subject"] != row["recipient"]}
    assert groups.keys() == {"unit|", "unit|bakkerij", "unit|winkel", "unit|bezorging"}
    assert groups["unit|winkel"]["recipient"].endswith("|anna")
    assert groups["unit|winkel"]["recipient_role"] == "manager"
    assert groups["unit|"]["recipient"].endswith("|ans")
    assert groups["unit|bezorging"]["language"] == "en"
    assert "held" in ran.err or "vastgehouden" in ran.err


def test_a_larger_minimum_group_says_nothing_about_smaller_ones(
    run: Any, bakery_file: Path, people_file: Path
) -> None:
    ran = run(
        "advise",
        bakery_file,
        *DAY,
        "--people",
        people_file,
        "--minimum-group",
        "20",
        "--format",
        "jsonl",
    )
    subjects = {row["subject"] for row in ran.rows if row["subject"] != row["recipient"]}
    assert subjects == {"unit|"}
    assert "groep te klein" in ran.err


def test_a_group_below_five_is_wrong_use(run: Any, bakery_file: Path) -> None:
    ran = run("advise", bakery_file, *DAY, "--minimum-group", "4")
    assert ran.code == 2
    assert "4 is not in the range x>=5" in ran.err


def test_text_is_for_reading(run: Any, bakery_file: Path) -> None:
    ran = run("advise", bakery_file, *DAY, "--lang", "en")
    assert ran.code == 0
    assert "--- Sanne (worker)\nHi Sanne,\n" in ran.out
    assert ran.out.count("--- ") == 42


def test_a_people_file_with_mistakes_is_told_before_anything_is_read(
    run: Any, bakery_file: Path, tmp_path: Path
) -> None:
    people = tmp_path / "wrong.csv"
    people.write_text("identifier,roles,language\na,boss,xx\n", "utf-8")
    ran = run("advise", bakery_file, *DAY, "--people", people)
    assert (ran.code, ran.out) == (2, "")
    assert "has 2 problems" in ran.err
    assert "line 2, language" in ran.err


def test_out_writes_lines_and_a_text_each(run: Any, bakery_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "prompts"
    ran = run("advise", bakery_file, *DAY, "--out", out)
    assert ran.code == 0
    assert f"{out / 'prompts.jsonl'}: 42 prompts, and 42 texts beside it" in ran.out
    rows = [json.loads(line) for line in (out / "prompts.jsonl").read_text("utf-8").splitlines()]
    texts = {path.name: path.read_text("utf-8") for path in out.glob("*.txt")}
    assert len(rows) == len(texts) == 42
    for row in rows:
        assert row["text"] in texts[file_name(row["recipient"])]
    before = {path: path.read_bytes() for path in out.iterdir()}
    assert run("advise", bakery_file, *DAY, "--out", out).code == 0
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_a_second_run_takes_away_what_the_first_wrote_and_nothing_else(tmp_path: Path) -> None:
    assert write_prompts(question("anna", "bram"), tmp_path) == 2
    mine = tmp_path / "notes.txt"
    mine.write_text("mine", "utf-8")
    assert write_prompts(question("bram"), tmp_path) == 1
    assert {path.name for path in tmp_path.iterdir()} == {
        "notes.txt",
        "prompts.jsonl",
        file_name("bram"),
    }
    (tmp_path / "prompts.jsonl").write_text("[1]\nnot json", "utf-8")
    assert write_prompts(question("anna"), tmp_path) == 1
    assert (tmp_path / file_name("bram")).exists(), "what cannot be known as its own is left alone"


@pytest.mark.parametrize(
    "identifier",
    [
        "../../etc/passwd",
        "account|x|/root",
        "a\\b",
        "con",
        ".",
        "Ünïcode",
        "x" * 300,
        "日本",
        "a\x00b",
    ],
)
def test_no_name_leads_to_another_place(identifier: str, tmp_path: Path) -> None:
    name = file_name(identifier)
    assert (tmp_path / name).resolve().parent == tmp_path.resolve()
    assert name.removesuffix(".txt").replace("-", "").isascii()
    assert len(name) < 60
    assert file_name("account|x|sanne") != file_name("account|y|sanne")


def test_nobody_to_write_to_is_said(run: Any, tmp_path: Path) -> None:
    empty = tmp_path / "empty.ndjson"
    empty.write_text("", "utf-8")
    ran = run("advise", empty, *DAY)
    assert (ran.code, ran.out) == (
        0,
        "Nobody was seen before this day, so there is nobody to write to.\n",
    )


def test_of_many_notes_of_a_kind_a_few_are_shown() -> None:
    lines = note_lines(question(*"abcdefg").notes)
    assert lines[-1] == "note: 4 more of kind unseen"
    assert len([line for line in lines if "vraag" in line]) == 3


def test_an_account_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    advice = advise(
        infer(
            [msgspec.structs.replace(one, identities=("account|x|\x1b[2Jx",)) for one in sanne()],
            at=AT,
        )
    )
    assert write_prompts(advice, tmp_path) == 1
    (text,) = tmp_path.glob("*.txt")
    assert text.read_text("utf-8").startswith("?[2Jx (worker)\n\nHoi,\n")


def test_a_written_line_is_the_prompt(tmp_path: Path) -> None:
    (prompt,) = advise(infer(sanne(), at=AT))
    assert write_prompts(Advice((prompt,)), tmp_path) == 1
    assert json.loads((tmp_path / "prompts.jsonl").read_text("utf-8")) == prompt.as_row()
