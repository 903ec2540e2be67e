"""``leercultuur infer``: the JSON it gives, and that order, split and repetition do not matter."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from leercultuur_core.maturity.vocabulary import PHASES, UNKNOWN

Run = Callable[..., Any]
AT = ("--at", "2026-03-02", "--format", "jsonl")


def test_one_row_a_person_sorted_by_identifier_in_the_agreed_shape(
    run: Run, bakery_file: Path
) -> None:
    ran = run("infer", bakery_file, *AT)
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.rows) == 42
    identifiers = [row["identifier"] for row in ran.rows]
    assert identifiers == sorted(identifiers)
    row = next(row for row in ran.rows if row["learner"] == "sanne")
    assert list(row) == [
        "learner",
        "identifier",
        "at",
        "phase",
        "you_said",
        "probability",
        "probabilities",
        "episode",
        "cycles",
    ]
    assert row["identifier"] == "account|https://login.korenaar.example|sanne"
    assert row["at"] == "2026-03-02"
    assert row["phase"] in {*PHASES, UNKNOWN}
    assert list(row["probabilities"]) == list(PHASES)
    assert sum(row["probabilities"].values()) == pytest.approx(1, abs=5e-6)
    shown = (
        row["phase"]
        if row["phase"] != UNKNOWN
        else max(row["probabilities"], key=row["probabilities"].get)
    )
    assert row["probability"] == row["probabilities"][shown]


def test_reasons_come_in_the_language_asked_for(run: Run, bakery_file: Path) -> None:
    for language, word in (("nl", "keer"), ("en", "viewed")):
        ran = run("infer", bakery_file, *AT, "--reasons", "--lang", language)
        texts = [reason["text"] for row in ran.rows for reason in row["reasons"]]
        assert any(word in text for text in texts)
        assert all(
            list(r) == ["kind", "count", "weeks", "log_odds", "text"]
            for row in ran.rows
            for r in row["reasons"]
        )


def test_shuffled_split_doubled_or_zipped_gives_the_same_bytes(
    run: Run, tmp_path: Path, bakery: list[str], bakery_file: Path
) -> None:
    for form in (AT, (*AT, "--reasons"), ("--at", "2026-03-02")):
        whole = run("infer", bakery_file, *form)
        shuffled = list(bakery)
        random.Random(7).shuffle(shuffled)
        one, two = tmp_path / "one.ndjson", tmp_path / "two.json.gz"
        one.write_text("\n".join(shuffled[:700]), "utf-8")
        two.write_bytes(gzip.compress(("[" + ",".join(shuffled[500:]) + "]").encode()))
        assert run("infer", two, one, *form).out == whole.out
        assert run("infer", bakery_file, two, bakery_file, one, *form).out == whole.out


def test_the_table_sums_up_and_names_few_people(
    run: Run, bakery_file: Path, snapshot: SnapshotAssertion
) -> None:
    ran = run("infer", bakery_file, "--at", "2026-03-02")
    assert ran.code == 0
    assert ran.out == snapshot
    assert "\x1b" not in ran.out


def test_what_happened_later_is_left_out_and_counted(run: Run, bakery_file: Path) -> None:
    ran = run("infer", bakery_file, "--at", "2026-01-05T00:00:00+01:00", "--format", "jsonl")
    assert ran.code == 0
    assert "activities on or after 2026-01-04, left out" in ran.err
    assert {row["at"] for row in ran.rows} == {"2026-01-04"}
    earlier = run("infer", bakery_file, "--at", "2020-01-01", "--format", "jsonl")
    assert (earlier.code, earlier.out) == (0, "")


@pytest.mark.parametrize("moment", ["2026-03-02T10:00:00", "yesterday", "2026-02-30"])
def test_a_moment_that_is_none_is_wrong_use(run: Run, bakery_file: Path, moment: str) -> None:
    ran = run("infer", bakery_file, "--at", moment)
    assert ran.code == 2
    assert "expected a" in ran.err


def test_a_bad_line_is_kept_aside_and_the_rest_goes_on(
    run: Run, tmp_path: Path, bakery: list[str], bakery_file: Path
) -> None:
    good = run("infer", bakery_file, *AT)
    mixed = tmp_path / "mixed.ndjson"
    mixed.write_text("\n".join([*bakery[:100], '{"broken": ', *bakery[100:]]), "utf-8")
    kept = tmp_path / "rejects.jsonl"
    ran = run("infer", mixed, *AT, "--rejects", kept)
    assert (ran.code, ran.out) == (3, good.out)
    assert "mixed.ndjson, line 101" in ran.err
    (reject,) = [json.loads(line) for line in kept.read_text("utf-8").splitlines()]
    assert (reject["line"], reject["raw"]) == (101, '{"broken": ')


def test_exit_codes_for_files(run: Run, tmp_path: Path, bakery_file: Path) -> None:
    empty = tmp_path / "empty.ndjson"
    empty.touch()
    page = tmp_path / "page.html"
    page.write_text("<!DOCTYPE html><html><body>Log in</body></html>")
    missing = tmp_path / "missing.ndjson"
    assert run("infer", empty, *AT)[:2] == (0, "")
    for bad in (missing, page, tmp_path):
        alone, beside = run("infer", bad, *AT), run("infer", bad, bakery_file, *AT)
        assert (alone.code, beside.code) == (2, 3)
        assert len(beside.rows) == 42
        assert bad.name in alone.err


def test_parameters_with_many_mistakes_are_told_whole(
    run: Run, tmp_path: Path, bakery_file: Path
) -> None:
    wrong = tmp_path / "params.toml"
    wrong.write_text('schema = 9\nversion = ""\nawai = 3\n', "utf-8")
    ran = run("infer", bakery_file, *AT, "--parameters", wrong)
    assert ran.code == 2
    assert "params.toml has" in ran.err
    assert "Traceback" not in ran.err
    gone = run("infer", bakery_file, *AT, "--parameters", tmp_path / "gone.toml")
    assert gone.code == 2
    assert "gone.toml" in gone.err


def test_a_reader_that_is_not_there_is_wrong_use(run: Run, bakery_file: Path) -> None:
    ran = run("infer", bakery_file, "--reader", "nosuch")
    assert ran.code == 2
    assert "pip install leercultuur-nosuch" in ran.err


def test_what_is_not_expected_is_still_no_traceback(
    run: Run, bakery_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("sanne@korenaar.example")

    monkeypatch.setattr("leercultuur_core.cli.asked.estimate", broken)
    ran = run("infer", bakery_file, *AT)
    assert ran.code == 1
    assert "RuntimeError" in ran.err
    assert "sanne" not in ran.err
    assert "Traceback" not in ran.err
