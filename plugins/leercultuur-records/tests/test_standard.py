"""Standards from a file; the rubric, and what is counted for it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core import ConfigError
from leercultuur_records.record import Evidence, Record
from leercultuur_records.skills import esco, skill
from leercultuur_records.standard import Criterion, Standard, parse_standards
from leercultuur_records.vraak import default_rubric, hints, parse_rubric

FILE = """\
standard;version;title;language;framework;level;process;process_title;criterion;text;required
KD-25188;2026;Brood bakken;nl;NLQF;3;B1-K1;Deeg maken;W1;"Kneedt; en beoordeelt";

KD-25188;2026;Brood bakken;nl;NLQF;3;B1-K1;Deeg maken;W2;Laat rijzen;yes
KD-25188;2026;Brood bakken;nl;NLQF;3;B1-K2;Bakken;W3;Versiert;no
EIGEN;1;Overdragen;nl;;;;;A;Legt uit;
"""
ON = date(2026, 3, 2)


def test_a_file_gives_its_standards() -> None:
    bread, own = parse_standards("\ufeff" + FILE)
    assert bread.key == ("KD-25188", "2026")
    assert bread.criteria[0] == Criterion("W1", "Kneedt; en beoordeelt", "B1-K1", "Deeg maken")
    assert (bread.framework, bread.level) == ("NLQF", "3")
    assert [one.code for one in bread.aimed_at()] == ["W1", "W2"]
    assert [one.code for one in bread.aimed_at(("W3", "W1"))] == ["W1", "W3"]
    with pytest.raises(KeyError):
        bread.aimed_at(("W9",))
    assert own == Standard("EIGEN", "1", "Overdragen", (Criterion("A", "Legt uit"),))


def test_everything_that_is_wrong_is_said_at_once_with_its_place() -> None:
    wrong = (
        FILE.replace("B1-K1;Deeg maken;W2;Laat rijzen;yes", ";;W1;;maybe")
        .replace("Bakken;W3;Versiert;no", "Bakken;W3")
        .replace("EIGEN;1;Overdragen;nl;;", "EIGEN;;Overdragen;nl;HBO;nine")
        + "EIGEN;;Anders;nl;HBO;nine;;;B;Legt uit;\n"
    )
    with pytest.raises(ConfigError) as found:
        parse_standards(wrong, "kd.csv")
    assert [problem.place for problem in found.value.problems] == [
        "kd.csv, line 5",
        "kd.csv, line 4, text",
        "kd.csv, line 4, required",
        "kd.csv, line 4, criterion",
        "kd.csv, line 6, version",
        "kd.csv, line 6, framework",
        "kd.csv, line 6, level",
        "kd.csv, line 7, version",
        "kd.csv, line 7, framework",
        "kd.csv, line 7, level",
        "kd.csv, line 7, title",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "no column standard"),
        ("standard,version,title,criterion,text\n", "a row for each criterion"),
        ("standard,version,title,criterion,text,text\n", "'text' twice"),
        ("standard,version,title,criterion,text,colour\n", r"another one \(column 6\)"),
        ('standard,version,title,criterion,text\na,"b', "comma separated values"),
    ],
)
def test_a_file_that_is_no_standard(content: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        parse_standards(content)


@given(st.text(max_size=200))
def test_any_text_is_a_standard_or_a_clear_no(text: str) -> None:
    head = "standard,version,title,criterion,text\n"
    for content in (text, head + text):
        try:
            found: object = parse_standards(content)
        except ConfigError as error:
            found = error.problems
        assert found


STANDARD = Standard("S", "1", "S", (Criterion("A", "a"), Criterion("B", "b")))
EVIDENCE = (
    Evidence("link", "foto", date(2026, 2, 20), context="nachtdienst", shows=("A",)),
    Evidence(
        "statement", "klant", date(2020, 1, 1), text="Fijn", relation="client", context="winkel"
    ),
    Evidence(
        "statement", "baas", date(2025, 1, 1), text="Goed", relation="manager", context="Winkel"
    ),
)
RECORD = Record("r", "h", "Iets", ON, evidence=EVIDENCE, standard=STANDARD.key)


def counted(record: Record) -> dict[str, dict[str, int | None]]:
    found = hints(record, ON, rubric=default_rubric(), standard=STANDARD)
    return {one.criterion: dict(one.numbers) for one in found}


def test_hints_count_and_judge_nothing() -> None:
    assert counted(RECORD) == {
        "variation": {"kinds": 2, "contexts": 2},
        "relevance": {"shown": 1, "asked": 2},
        "authenticity": {"statements": 2, "relations": 2},
        "currency": {"newest": 10, "old": 1, "count": 3, "years": 5},
        "quantity": {"count": 3, "enough": 2},
    }
    (first, *_) = hints(RECORD, ON, rubric=default_rubric(), standard=STANDARD)
    assert first.text.nl == "Soorten bewijs: 2. Situaties die genoemd zijn: 2."
    assert first.text.en == "Kinds of evidence: 2. Situations named: 2."


def test_without_evidence_there_is_nothing_to_count() -> None:
    empty = evolve(RECORD, evidence=())
    assert counted(empty)["currency"]["newest"] is None
    told = hints(empty, ON, rubric=default_rubric(), standard=None)
    assert "Days since the newest evidence: –" in told[3].text.en


@given(st.integers(0, 4000))
def test_evidence_only_gets_older(days: int) -> None:
    later = hints(RECORD, ON + timedelta(days=days), rubric=default_rubric(), standard=STANDARD)
    assert later[3].numbers["newest"] == 10 + days
    assert (later[3].numbers["old"] or 0) >= 1


def test_the_shipped_rubric_is_vraak_in_both_languages() -> None:
    rubric = default_rubric()
    assert "".join(one.label.nl[0] for one in rubric.criterion) == "VRAAK"
    for one in rubric.criterion:
        for words in (one.label, one.question, one.met, one.partly, one.not_met, one.hint):
            assert words["nl"]
            assert words["en"] != words["nl"]
            assert "!" not in words.nl + words.en


def test_a_rubric_of_ones_own_says_all_that_is_wrong() -> None:
    with pytest.raises(ConfigError) as found:
        parse_rubric(
            'schema = 2\nversion = "x"\n[[criterion]]\nid = "variation"\n'
            + "".join(
                f'{name} = {{ nl = "a", en = "b" }}\n'
                for name in ("label", "question", "met", "partly", "not_met")
            )
            + 'hint = { nl = "{stars}", en = "{" }\n',
            "rubric.toml",
        )
    places = [problem.place for problem in found.value.problems]
    assert places == [
        "schema",
        "criterion",
        "criterion variation.hint.nl",
        "criterion variation.hint.en",
    ]
    with pytest.raises(ConfigError, match="TOML"):
        parse_rubric("=", "rubric.toml")
    with pytest.raises(ConfigError, match="schema"):
        parse_rubric('version = "x"', "rubric.toml")


def test_a_skill_is_an_address_with_scheme_and_version() -> None:
    assert len(esco()) == 32
    assert all(uri.startswith("http://data.europa.eu/esco/skill/") for uri in esco())
    bread = skill("prepare bakery products")
    assert (bread.scheme, bread.version) == ("ESCO", "1.2.0")
    assert skill(bread.uri) == bread
    own = skill("https://competentnl.example/1|CompetentNL|2024-1|kneden")
    assert (own.scheme, own.version, own.name) == ("CompetentNL", "2024-1", "kneden")
    for wrong in (
        "kneden",
        "https://x.example",
        "https://x.example|ESCO",
        "x|ESCO|1",
        "https://x||1",
    ):
        with pytest.raises(ValueError, match="skill"):
            skill(wrong)
