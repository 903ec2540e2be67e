"""The texts: complete in both languages, warm in tone, and strictly read."""

from __future__ import annotations

from importlib import resources

import pytest

from leercultuur_core.advice.phrases import default_phrases, parse_phrases
from leercultuur_core.errors import ConfigError
from leercultuur_core.maturity.vocabulary import LANGUAGES

SHIPPED = resources.files("leercultuur_core.data").joinpath("phrases.tsv").read_text("utf-8")


def test_both_languages_are_complete_and_differ() -> None:
    nl, en = (default_phrases().texts[language] for language in LANGUAGES)
    assert nl.keys() == en.keys()
    same = {key for key in nl if nl[key] == en[key]}
    assert same == {"role.hr", "asks.line"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_shouts_orders_or_blames(language: str) -> None:
    for key, phrase in default_phrases().texts[language].items():
        words = phrase.lower().replace(",", " ").replace(".", " ").split()
        assert "!" not in phrase, key
        assert not {"moet", "moeten", "must", "should", "helaas", "unfortunately"} & set(words), key


def test_ten_mistakes_are_ten_problems() -> None:
    lines = SHIPPED.splitlines()
    at = {line.split("\t")[0]: place for place, line in enumerate(lines)}
    lines[at["greeting.named"]] = "greeting.named\tHoi,\tHi {name},"  # 1 nothing filled in
    lines[at["greeting.nameless"]] = "greeting.nameless\t\tHi,"  # 2 empty
    lines[at["seen.acting"]] = "seen.actng\tx\ty"  # 3 unknown, and 4 seen.acting is missing
    lines[at["step.when"]] = "step.when\tWanneer"  # 5 short, and 6 step.when is missing
    lines[at["note.gap"]] = "note.gap\t{who} {rol}\t{who} {role}"  # 7 another name
    lines[at["unit.share"]] = "unit.share\t{low:d} {high} {people}\t{low} {high} {people}"  # 8
    lines[at["why.heading"]] = "why.heading\t{why\t{why}"  # 9 an open brace
    lines.append(lines[at["role.hr"]])  # 10 double
    with pytest.raises(ConfigError) as raised:
        parse_phrases("\n".join(lines), "my.tsv")
    places = [problem.place for problem in raised.value.problems]
    assert places == [
        f"my.tsv, line {at['greeting.named'] + 1}, nl",
        f"my.tsv, line {at['greeting.nameless'] + 1}, nl",
        f"my.tsv, line {at['seen.acting'] + 1}, key",
        f"my.tsv, line {at['step.when'] + 1}",
        f"my.tsv, line {at['why.heading'] + 1}, nl",
        f"my.tsv, line {at['unit.share'] + 1}, nl",
        f"my.tsv, line {at['note.gap'] + 1}, nl",
        f"my.tsv, line {len(lines)}, key",
        "my.tsv",
        "my.tsv",
    ]


@pytest.mark.parametrize("text", ["", "key\tnl\n", "key,nl,en\n"])
def test_another_head_is_one_clear_problem(text: str) -> None:
    with pytest.raises(ConfigError, match="the columns key, nl, en"):
        parse_phrases(text, "my.tsv")
