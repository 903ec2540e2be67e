"""A batch of records from a file: all of it or nothing, and never twice."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core import ConfigError
from leercultuur_records.intake import COLUMNS, evidence_of_activity, parse_batch, take_in

from .conftest import NOW, Organisation  # type: ignore[import-not-found]

FILE = """\
reference,holder,name,agreed_on,learned,task,from,until,how,skills,level,standard,version,criteria,evidence,evidence_on,evidence_url,statement,relation,shows
1,sanne@korenaar.example,,2026-03-01,Ik leerde kneden.,brood,2026-01-01,2026-02-01,informal,http://data.europa.eu/esco/skill/50db2b5e-edda-496d-8a6e-aff91dc243d9,NLQF 3,KD-25188,2026,W1,Foto,2026-02-01,https://brood.example,,,W1
2,noor@elders.example,Noor,2026-02-28,Ik leerde plannen.,,,,,,,,,,Klant,2026-02-02,,Ging goed,client,
3,noor@elders.example,Noor,2026-02-28,Ik leerde overdragen.,,,,non-formal,,,,,,,,,,,
"""


def test_a_batch_becomes_records_of_their_holders(org: Organisation) -> None:
    done = take_in(org.records, parse_batch(FILE), org["Carla"], NOW)
    assert (done.new, done.known) == (3, 0)
    (mine,) = org.records.list(org["Sanne"], NOW)
    assert (mine.learned, mine.task, mine.criteria) == ("Ik leerde kneden.", "brood", ("W1",))
    assert mine.skills[0].name == "prepare bakery products"
    assert mine.level is not None
    assert (mine.level.framework, mine.level.value) == ("NLQF", "3")
    assert (mine.stage, mine.origin, mine.agreed_on) == ("documented", "import", date(2026, 3, 1))
    noor = org.records.candidate("noor@elders.example")
    assert noor is not None
    stages = {one.learned: one.stage for one in org.records.list(noor.id, NOW)}
    assert stages == {"Ik leerde plannen.": "documented", "Ik leerde overdragen.": "identified"}
    # Who handed them over has no right to read them.
    assert org.records.list(org["Carla"], NOW) == ()


def test_the_same_batch_again_doubles_nothing(org: Organisation) -> None:
    drafts = parse_batch(FILE)
    take_in(org.records, drafts[:2], org["Carla"], NOW)
    assert take_in(org.records, drafts, org["Carla"], NOW).new == 1
    assert take_in(org.records, drafts, org["Carla"], NOW).known == 3
    assert len(org.records.list(org["Sanne"], NOW)) == 1


def test_everything_that_is_wrong_is_said_at_once_without_quoting_anybody() -> None:
    wrong = (
        FILE.replace("2026-03-01,Ik leerde kneden.", "gisteren,")
        .replace("2026-01-01,2026-02-01", "2026-01-01,")
        .replace("NLQF 3", "mbo 3")
        .replace("Klant,2026-02-02,,Ging goed,client", "Klant,,,,baas")
        .replace("\n3,", "\n2,")
        .replace("non-formal", "anders")
    )
    with pytest.raises(ConfigError) as found:
        parse_batch(wrong, "b.csv")
    assert [problem.place for problem in found.value.problems] == [
        "b.csv, line 2, learned",
        "b.csv, line 2, agreed_on",
        "b.csv, line 2, until",
        "b.csv, line 2, level",
        "b.csv, line 3, evidence_on",
        "b.csv, line 3, evidence_url",
        "b.csv, line 4, how",
        "b.csv, line 4, reference",
    ]
    assert "sanne" not in str(found.value)
    assert "gisteren" not in str(found.value)


def test_a_holder_or_standard_that_is_not_known_keeps_the_whole_batch_out(
    org: Organisation,
) -> None:
    wrong = (
        FILE.replace("sanne@", "wie@")
        .replace("KD-25188", "KD-9")
        .replace("3,noor@elders.example,Noor,2026-02-28", "3,nee,Noor,2026-03-09")
    )
    with pytest.raises(ConfigError) as found:
        take_in(org.records, parse_batch(wrong), org["Carla"], NOW, "b.csv")
    assert [problem.place for problem in found.value.problems] == [
        "b.csv, line 2, holder",
        "b.csv, line 4, holder",
        "b.csv, line 2, standard",
        "b.csv, line 4, agreed_on",
    ]
    assert "wie@" not in str(found.value)
    assert org.records.candidate("noor@elders.example") is None
    unknown = FILE.replace(",W1,Foto", ",W9,Foto")
    with pytest.raises(ConfigError, match="line 2, criteria"):
        take_in(org.records, parse_batch(unknown), org["Carla"], NOW)


def test_an_empty_batch_is_said_to_be_empty() -> None:
    with pytest.raises(ConfigError, match="a row for each record"):
        parse_batch(FILE.partition("\n")[0])
    with pytest.raises(ConfigError, match="no column reference"):
        parse_batch("")


def test_a_batch_without_its_head_line_quotes_nobody() -> None:
    with pytest.raises(ConfigError, match="no column reference") as raised:
        parse_batch(FILE.partition("\n")[2])
    assert "sanne" not in str(raised.value).lower()


@given(st.lists(st.text(max_size=12), min_size=len(COLUMNS), max_size=len(COLUMNS)))
def test_any_row_is_a_draft_or_a_clear_no(cells: list[str]) -> None:
    row = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    try:
        found: object = parse_batch(",".join(COLUMNS) + "\n" + row)
    except ConfigError as error:
        found = error.problems
    assert found


def test_an_activity_is_named_by_the_digest_of_its_id() -> None:
    found = evidence_of_activity("statement-1", "Teruggekeken", date(2026, 2, 1))
    assert (found.kind, len(found.sha256)) == ("activity", 64)
    assert "statement-1" not in repr(found)
