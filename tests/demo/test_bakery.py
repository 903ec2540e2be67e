"""The made-up bakery: the same whoever logs in how, and every answer to every question."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from leercultuur_core.advice import read_people
from leercultuur_core.demo import AT, answers_csv, people_csv, statements, write_bakery
from leercultuur_core.demo.bakery import HOME
from leercultuur_core.maturity import maturity_model


def test_who_logs_in_by_mail_does_the_same() -> None:
    plain, mailed = list(statements()), list(statements(by_mail=True))
    assert len(plain) == len(mailed)
    for one, other in zip(plain, mailed, strict=True):
        assert {**one, "actor": None} == {**other, "actor": None}
    kinds = Counter("mbox" in one["actor"] for one in mailed)  # type: ignore[operator]
    assert kinds[True] > 1000
    assert kinds[False] > 1000, "the bakers keep their accounts"
    assert not any("mbox" in one["actor"] for one in plain)  # type: ignore[operator]
    assert list(statements()) == plain, "the same seed, the same statements"


def test_the_people_file_names_everybody_as_they_log_in(tmp_path: Path) -> None:
    _, path = write_bakery(tmp_path, by_mail=True)
    people = read_people(path).people
    assert len(people) == 43
    by_mail = {one.name for one in people if one.written.endswith("@korenaar.example")}
    assert len(by_mail) == 29
    assert {"Ans", "Kees", "Omar", "Anna"} <= by_mail
    assert "Sanne" not in by_mail
    (omar,) = (one for one in people if one.name == "Omar")
    (bo,) = (one for one in people if one.name == "Bo")
    assert bo.manager == omar.identifier
    assert people_csv().count(f"account|{HOME}|") == 42 + 39, "all, and a manager for each employee"


def test_everybody_answers_each_question_once() -> None:
    for by_mail in (False, True):
        rows = list(csv.DictReader(answers_csv(by_mail=by_mail).splitlines()))
        items = {item.id for item in maturity_model().items}
        told = Counter((row["identifier"], row["item"]) for row in rows)
        assert len(told) == 42 * len(items)
        assert set(told.values()) == {1}
        assert {row["item"] for row in rows} == items
        people = people_csv(by_mail=by_mail)
        assert all(f"\n{row['identifier']}," in people for row in rows)


def test_the_half_year_ends_where_it_says() -> None:
    days = [str(one["timestamp"]) for one in statements()]
    assert max(days) < AT.isoformat()
