"""The hand-over file: what an institution fills in, as edubadges names it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from attrs import evolve
from syrupy.assertion import SnapshotAssertion

from leercultuur_records import demo
from leercultuur_records.edubadge import CannotHandOver, handover
from leercultuur_records.issuing import Qualification
from leercultuur_records.record import Record, Skill
from leercultuur_records.standard import Standard

ON = date(2026, 3, 3)

# The choices of edubadges, as its pages offer them (edubadges-ui, `newBadgeClassForm.form`).
PARTICIPATION = {"online", "onsite", "blended", "work_experience"}
ASSESSMENT = {
    "written_exam",
    "report_paper",
    "behavioural_assessment",
    "professional_product",
    "development_report",
    "portfolio_assessment",
    "oram_exam",
    "personalized_assessment",
}
# What its server takes (`BadgeClassSerializer`), and of what type an extension's value must be.
FIELDS = {
    "name", "formal", "is_private", "narrative_required", "evidence_required", "criteria_text",
    "description", "badge_class_type", "participation", "assessment_type", "assessment_id_verified",
    "assessment_supervised", "quality_assurance_name", "quality_assurance_url",
    "quality_assurance_description", "grade_achieved_required", "eqf_nlqf_level_verified",
    "stackable", "alignments", "extensions",
}  # fmt: skip
EXTENSIONS: dict[str, tuple[type, ...]] = {
    "Language": (str,),
    "LearningOutcome": (str,),
    "EQF": (int, float),
    "ECTS": (int, float),
    "StudyLoad": (int, float),
}


def made(
    record: Record | None = None, standard: Standard | None = None, **more: Any
) -> dict[str, Any]:
    return handover(
        record or demo.certified(),
        standard or demo.standard(),
        organisation="Bakkerij De Korenaar",
        on=ON,
        **more,
    )


FULL = Qualification(
    nlqf="2",
    study_load_hours=40,
    participation="work experience",
    assessment="portfolio",
    supervision="onsite with identity check",
    quality_assurance="https://korenaar.example/kwaliteit",
)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_an_institution_gets(language: Any, snapshot: SnapshotAssertion) -> None:
    file = made(qualification=FULL, language=language)
    assert json.dumps(file, ensure_ascii=False, indent=1) == snapshot


@pytest.mark.parametrize("qualification", [None, FULL, Qualification(eqf=4, ects=2.5)])
@pytest.mark.parametrize("kind", ["extra_curricular", "micro_credential", "regular"])
def test_edubadges_knows_every_field_and_choice(qualification: Any, kind: Any) -> None:
    badge = made(qualification=qualification, badge_class_type=kind)["badge_class"]
    assert set(badge) <= FIELDS
    assert badge["participation"] in PARTICIPATION | {None}
    assert badge["assessment_type"] in ASSESSMENT | {None}
    assert badge["formal"] is (kind == "regular")
    for key, extension in badge["extensions"].items():
        name = key.removeprefix("extensions:").removesuffix("Extension")
        assert isinstance(extension[name], EXTENSIONS[name])
        assert extension["type"] == ["Extension", key]
        assert (
            extension["@context"]
            == f"https://api.edubadges.nl/extensions/{name}Extension/context.json"
        )


@pytest.mark.parametrize(
    "assessment",
    ["portfolio", "observation", "interview", "test", "application of a skill", "none"],
)
@pytest.mark.parametrize(
    "participation", ["online", "onsite", "blended", "work experience", "volunteering"]
)
def test_our_choices_become_theirs_or_are_asked_for(assessment: Any, participation: Any) -> None:
    file = made(qualification=Qualification(assessment=assessment, participation=participation))
    needed = " ".join(file["still_needed"])
    for key, choices, value in (
        ("assessment_type", ASSESSMENT, assessment),
        ("participation", PARTICIPATION, participation),
    ):
        found = file["badge_class"][key]
        assert (found in choices) is (value not in {"none", "volunteering"})
        assert (f"{key}:" in needed) is (found is None)


@pytest.mark.parametrize(
    ("framework", "level", "eqf"),
    [("NLQF", "3", 3), ("NLQF", "4+", 4), ("NLQF", "entry", None), ("EQF", "5", 5), ("", "", None)],
)
def test_levels(framework: str, level: str, eqf: int | None) -> None:
    standard = evolve(demo.standard(), framework=framework, level=level)
    file = made(standard=standard)
    found = file["badge_class"]["extensions"].get("extensions:EQFExtension", {})
    assert found.get("EQF") == eqf
    assert any("EQFExtension" in one for one in file["still_needed"]) is (eqf is None)


def test_a_level_that_was_only_claimed_is_not_one() -> None:
    standard = evolve(demo.standard(), framework="", level="")
    assert demo.certified().level is not None
    assert "extensions:EQFExtension" not in made(standard=standard)["badge_class"]["extensions"]


def test_evidence_has_an_address_or_words_as_the_server_asks() -> None:
    items = made()["award"]["evidence_items"]
    assert len(items) == 3
    for item in items:
        assert item.get("evidence_url") or item.get("narrative")
        assert set(item) <= {"name", "description", "narrative", "evidence_url"}
    assert "hoeft niet meer te vragen" not in json.dumps(items)


def test_more_skills_than_fit() -> None:
    skills = tuple(Skill(f"https://x.example/{n}", "ESCO", "1.2.0", f"s{n}") for n in range(9))
    file = made(evolve(demo.certified(), skills=skills))
    assert len(file["badge_class"]["alignments"]) == 7
    assert any(one.startswith("alignments:") for one in file["still_needed"])


def test_the_holder_is_named_only_where_they_want_it() -> None:
    assert "recipient_email" not in made()["award"]
    file = made(recipient="sanne@eduid.example")
    assert file["award"]["recipient_email"] == "sanne@eduid.example"
    assert not any("eduID" in one for one in file["still_needed"])
    for person in (demo.HOLDER, demo.ASSESSOR, demo.ISSUER):
        assert person not in json.dumps(file)


def test_it_says_plainly_that_it_is_none() -> None:
    assert made()["read_me"].startswith("Dit is geen edubadge. Alleen leden van SURF")
    assert made(language="en")["read_me"].startswith(
        "This is not an edubadge. Only members of SURF"
    )


def test_only_what_was_recognised() -> None:
    with pytest.raises(CannotHandOver, match="documented"):
        made(demo.record())
    with pytest.raises(CannotHandOver, match="standard"):
        made(standard=evolve(demo.standard(), version="2027"))
