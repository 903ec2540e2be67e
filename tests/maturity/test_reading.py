"""A directory of tables of one's own: the same model, or every problem at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from leercultuur_core.errors import ConfigError
from leercultuur_core.maturity import copy_catalogue, maturity_model, read_interventions

Edit = Callable[[str, int, str, str], None]


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A copy of the shipped tables."""
    copy_catalogue(tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture
def edit(mine: Path) -> Edit:
    """``edit(file, row, column, value)`` changes one cell; rows count as in a spreadsheet."""

    def change(file: str, row: int, column: str, value: str) -> None:
        lines = (mine / file).read_text("utf-8").split("\n")
        cells = lines[row - 1].split("\t")
        cells[lines[0].split("\t").index(column)] = value
        lines[row - 1] = "\t".join(cells)
        (mine / file).write_text("\n".join(lines), "utf-8")

    return change


def _problems(directory: Path) -> dict[str, str]:
    """Place → the rest of the line, of each problem."""
    with pytest.raises(ConfigError) as caught:
        maturity_model(directory)
    return {each.place: str(each).split(": ", 1)[1] for each in caught.value.problems}


def test_a_copy_is_the_same_model(mine: Path) -> None:
    assert maturity_model(mine) == maturity_model()
    assert maturity_model(str(mine)) == maturity_model()


def test_a_translation_is_read(mine: Path, edit: Edit) -> None:
    edit("texts.tsv", 2, "step_nl", "Kijk deze week een half uur mee op een andere plek.")
    changed = maturity_model(mine)["tasks.job-rotation"]
    assert changed.steps["nl"] == "Kijk deze week een half uur mee op een andere plek."
    assert changed.steps["en"] == maturity_model()["tasks.job-rotation"].steps["en"]


def test_a_copy_overwrites_nothing(mine: Path) -> None:
    (mine / "texts.tsv").write_text("my own work", "utf-8")
    (mine / "labels.tsv").unlink()
    with pytest.raises(ConfigError, match=r"texts\.tsv: expected no such file yet"):
        copy_catalogue(mine)
    assert (mine / "texts.tsv").read_text("utf-8") == "my own work"
    assert not (mine / "labels.tsv").exists()


def test_ten_mistakes_in_one_file_are_ten_problems(mine: Path, edit: Edit) -> None:
    file = "interventions.tsv"
    edit(file, 2, "layer", "task")
    edit(file, 3, "phases", "unaware,selection")
    edit(file, 4, "primary_phase", "")
    edit(file, 5, "basis", "guess")
    edit(file, 6, "stated_level", "all")
    edit(file, 7, "basis_text", "")
    edit(file, 8, "seed_line", "three hundred")
    edit(file, 9, "science", "maybe")
    edit(file, 10, "kind", "informel")
    edit(file, 11, "processes", "consciousness rasing")
    assert _problems(mine) == {
        "interventions.tsv, row 2, layer": 'expected one of tasks, colleagues, manager, hr, leadership, environment, found "task"; did you mean "tasks"?',
        "interventions.tsv, row 3, phases": 'expected one of unaware, selecting, acting, applying, continuing, found "selection"; did you mean "selecting"?',
        "interventions.tsv, row 4, primary_phase": "expected one of unaware, selecting, acting, applying, continuing, found an empty cell",
        "interventions.tsv, row 5, basis": 'expected one of stated, layout, judgement, found "guess"',
        "interventions.tsv, row 6, stated_level": 'expected one of intervention, layer, partly, none, found "all"',
        "interventions.tsv, row 7, basis_text": "expected a text, found an empty cell",
        "interventions.tsv, row 8, seed_line": 'expected a whole number, found "three hundred"',
        "interventions.tsv, row 9, science": 'expected yes or no, found "maybe"',
        "interventions.tsv, row 10, kind": 'expected one of informal, formal, both, found "informel"; did you mean "informal"?',
        "interventions.tsv, row 11, processes": 'expected one of consciousness raising, dramatic relief, self-reevaluation, environmental reevaluation, social liberation, self-liberation, helping relationships, counterconditioning, reinforcement management, stimulus control, found "consciousness rasing"; did you mean "consciousness raising"?',
    }  # fmt: skip


def test_mistakes_between_tables_are_told_together(mine: Path, edit: Edit) -> None:
    edit("texts.tsv", 2, "id", "tasks.job-rotatoin")
    edit("conditions.tsv", 3, "id", "tasks.job-rotation")
    edit("preconditions.tsv", 2, "repaired_by", "manager.easy-contcat")
    edit("precondition_items.tsv", 2, "precondition", "flour-involvement")
    edit("precondition_items.tsv", 5, "facet", "means")
    edit("precondition_rules.tsv", 5, "low_facets", "openess")
    edit("precondition_rules.tsv", 13, "favours", "tasks.hard")
    edit("labels.tsv", 2, "id", "task")
    found = _problems(mine)
    assert set(found) == {
        "interventions.tsv, row 2, id",  # its texts are gone
        "texts.tsv, row 2, id",
        "interventions.tsv, row 3, id",  # its conditions are gone
        "conditions.tsv, row 3, id",
        "preconditions.tsv, row 2, repaired_by",
        "precondition_items.tsv, row 2, precondition",
        "precondition_items.tsv, row 8, facet",  # the second that claims *means*
        "precondition_rules.tsv, row 2, low_facets",  # *sense* lost its precondition
        "precondition_rules.tsv, row 3, low_facets",
        "precondition_rules.tsv, row 4, low_facets",  # and *direction* its item
        "precondition_rules.tsv, row 5, low_facets",
        "precondition_rules.tsv, row 6, low_facets",
        "precondition_rules.tsv, row 13, favours",
        "labels.tsv",
        "labels.tsv, row 2, id",
    }
    assert found["texts.tsv, row 2, id"] == (
        'expected a row with this id in interventions.tsv too, found "tasks.job-rotatoin"; did you mean "tasks.job-rotation"?'
    )
    assert found["preconditions.tsv, row 2, repaired_by"] == (
        'expected an intervention\'s id, found "manager.easy-contcat"; did you mean "manager.easy-contact"?'
    )
    assert found["precondition_items.tsv, row 2, precondition"].endswith(
        'did you mean "floor-involvement"?'
    )
    assert found["precondition_rules.tsv, row 5, low_facets"] == (
        'expected facets of readiness, found "openess"; did you mean "openness"?'
    )
    assert found["labels.tsv"] == "expected a row for layer tasks, found none"


def test_what_contradicts_itself(mine: Path, edit: Edit) -> None:
    edit("interventions.tsv", 2, "phases", "selecting,unaware")
    edit("interventions.tsv", 3, "primary_phase", "acting")
    edit("interventions.tsv", 3, "phases", "unaware,selecting")
    edit("interventions.tsv", 4, "also_plausible", "unaware")
    edit("interventions.tsv", 5, "basis", "judgement")
    assert _problems(mine) == {
        "interventions.tsv, row 2, phases": "expected the order of the spiral, each once: unaware,selecting, found selecting,unaware",
        "interventions.tsv, row 3, primary_phase": "expected one of its phases unaware,selecting, found acting",
        "interventions.tsv, row 4, also_plausible": "expected phases that are not already in phases, found unaware",
        "interventions.tsv, row 5, stated_level": "expected intervention or layer with basis stated, and partly or none with another basis, found layer with basis judgement",
    }  # fmt: skip


def test_an_intervention_without_a_text_row(mine: Path) -> None:
    path = mine / "texts.tsv"
    lines = path.read_text("utf-8").split("\n")
    del lines[4]
    path.write_text("\n".join(lines), "utf-8")
    assert _problems(mine) == {
        "interventions.tsv, row 5, id": 'expected a row with this id in texts.tsv too, found "tasks.job-enrichment"'
    }


def test_a_missing_table_does_not_bury_the_other_problems(mine: Path, edit: Edit) -> None:
    (mine / "texts.tsv").unlink()
    edit("interventions.tsv", 2, "science", "maybe")
    found = _problems(mine)
    assert set(found) == {"texts.tsv", "interventions.tsv, row 2, science"}
    assert found["texts.tsv"].endswith("copy the shipped tables and edit those")


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert len(_problems(tmp_path / "nowhere")) == 8


def test_a_directory_in_the_place_of_a_table(mine: Path) -> None:
    (mine / "labels.tsv").unlink()
    (mine / "labels.tsv").mkdir()
    assert list(_problems(mine)) == ["labels.tsv"]


@pytest.mark.parametrize(
    ("head", "places"),
    [
        ('schema = 2\nversion = "1"\nsource = "me"\n', ["catalogue.toml, schema"]),
        ('schema = true\nversion = "1"\nsource = "me"\n', ["catalogue.toml, schema"]),
        (
            'schema = 1\nversion = 3\nsource = ""\n',
            ["catalogue.toml, version", "catalogue.toml, source"],
        ),
        (
            'schema = 1\nverison = "1"\nsource = "me"\n',
            ["catalogue.toml, verison", "catalogue.toml, version"],
        ),
        ("schema = \n", ["catalogue.toml"]),
    ],
)
def test_the_head(mine: Path, head: str, places: list[str]) -> None:
    (mine / "catalogue.toml").write_text(head, "utf-8")
    assert list(_problems(mine)) == places


def test_a_head_that_is_not_utf_8(mine: Path) -> None:
    (mine / "catalogue.toml").write_bytes(b'version = "\xe9"')
    assert _problems(mine) == {
        "catalogue.toml": "expected UTF-8, found other bytes; save the file as UTF-8"
    }


def test_the_message_counts_and_names_the_directory(mine: Path, edit: Edit) -> None:
    edit("texts.tsv", 3, "ask_en", "")
    with pytest.raises(ConfigError) as caught:
        maturity_model(mine)
    assert str(caught.value) == (
        f"the catalogue in {mine} has 1 problem\n"
        "  texts.tsv, row 3, ask_en: expected a text, found an empty cell"
    )


def _only_rows(directory: Path, prefix: str, addition: str) -> None:
    """Leaves the three tables of interventions, with the rows whose id begins with ``prefix``."""
    for path in directory.iterdir():
        if path.name in ("interventions.tsv", "texts.tsv", "conditions.tsv"):
            header, *rows = path.read_text("utf-8").rstrip("\n").split("\n")
            kept = [row.replace(prefix, "library") for row in rows if row.startswith(prefix)]
            if path.name == "interventions.tsv":
                kept = [row.rsplit("\t", 1)[0] + f"\t{addition}" for row in kept]
            path.write_text("\n".join([header, *kept]) + "\n", "utf-8")
        elif path.name != "catalogue.toml":
            path.unlink()


def test_more_rows_from_a_directory_of_their_own(mine: Path) -> None:
    _only_rows(mine, "education", "yes")
    more = read_interventions(mine)
    assert len(more) == 10
    larger = maturity_model().extended(more)
    assert len(larger.interventions(layer="education")) == 20
    assert larger["library.hubs-and-labs"].addition


def test_more_rows_with_a_mistake(mine: Path, edit: Edit) -> None:
    _only_rows(mine, "education", "yes")
    edit("texts.tsv", 2, "ask_nl", "")
    edit("conditions.tsv", 3, "exposes_people", "soms")
    with pytest.raises(ConfigError) as caught:
        read_interventions(mine)
    assert [each.place for each in caught.value.problems] == [
        "texts.tsv, row 2, ask_nl",
        "conditions.tsv, row 3, exposes_people",
    ]
