"""Reading one table: what it gives, and that each mistake is told once, with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leercultuur_core.errors import Problem
from leercultuur_core.maturity.tables import (
    Schema,
    check_references,
    check_same_ids,
    choice,
    choices_of,
    names,
    read_table,
    shown,
    text,
    whole_number,
    yes_no,
)

BREAD = Schema(
    "bread.tsv",
    (
        text("id"),
        text("note", required=False),
        choice("flour", ("wheat", "rye", "spelt")),
        choices_of("days", ("mon", "tue", "wed"), required=False),
        names("with"),
        yes_no("sour"),
        whole_number("grams", required=False),
    ),
)
HEADER = "id\tnote\tflour\tdays\twith\tsour\tgrams"
GOOD = 'loaf\ta "good" one\twheat\tmon, tue\tbutter\tyes\t800'


def _read(*lines: str) -> tuple[list[dict[str, object]], list[Problem]]:
    problems: list[Problem] = []
    table = read_table("\n".join(lines).encode(), BREAD, problems)
    return [dict(row.values) for row in table.rows], problems


def test_a_good_table() -> None:
    rows, problems = _read(HEADER, GOOD, "", "bun\t\trye\t\t\tno\t", "")
    assert problems == []
    assert rows == [
        {
            "id": "loaf",
            "note": 'a "good" one',
            "flour": "wheat",
            "days": ("mon", "tue"),
            "with": ("butter",),
            "sour": True,
            "grams": 800,
        },
        {
            "id": "bun",
            "note": "",
            "flour": "rye",
            "days": (),
            "with": (),
            "sour": False,
            "grams": None,
        },
    ]


def test_what_a_spreadsheet_does_to_a_file_is_no_mistake() -> None:
    plain: list[Problem] = []
    dressed: list[Problem] = []
    lines = [HEADER, GOOD]
    one = read_table("\n".join(lines).encode(), BREAD, plain)
    two = read_table(b"\xef\xbb\xbf" + "\r\n".join([*lines, ""]).encode(), BREAD, dressed)
    assert plain == dressed == []
    assert one.rows == two.rows


def test_columns_may_stand_in_another_order() -> None:
    order = [6, 0, 5, 1, 4, 2, 3]
    turned = ["\t".join(line.split("\t")[at] for at in order) for line in (HEADER, GOOD)]
    assert _read(*turned) == _read(HEADER, GOOD)


def _cells(**changes: str) -> str:
    cells = dict(zip(HEADER.split("\t"), GOOD.split("\t"), strict=True))
    return "\t".join((cells | changes).values())


@pytest.mark.parametrize(
    ("cell", "place", "expected", "found", "hint"),
    [
        ({"id": ""}, "id", "a text", "an empty cell", ""),
        ({"note": '"a quoted one"'}, "note", "a text without quotes around it", '""a quoted one""', "save as tab separated, without quoting"),
        ({"flour": "weat"}, "flour", "one of wheat, rye, spelt", '"weat"', 'did you mean "wheat"?'),
        ({"flour": ""}, "flour", "one of wheat, rye, spelt", "an empty cell", ""),
        ({"days": "mon,tues"}, "days", "one of mon, tue, wed", '"tues"', 'did you mean "tue"?'),
        ({"days": "mon,,tue"}, "days", "one or more of mon, tue, wed, separated by commas", '"mon,,tue"', "a comma too many"),
        ({"days": "mon,mon"}, "days", "each value once", '"mon,mon"', ""),
        ({"sour": "true"}, "sour", "yes or no", '"true"', ""),
        ({"sour": "Yes"}, "sour", "yes or no", '"Yes"', ""),
        ({"grams": "8 00"}, "grams", "a whole number", '"8 00"', ""),
        ({"grams": "-1"}, "grams", "a whole number", '"-1"', ""),
        ({"grams": "²"}, "grams", "a whole number", '"²"', ""),
    ],
)  # fmt: skip
def test_one_wrong_cell(
    cell: dict[str, str], place: str, expected: str, found: str, hint: str
) -> None:
    rows, problems = _read(HEADER, _cells(id="first"), _cells(**cell))
    assert problems == [Problem(f"bread.tsv, row 3, {place}", expected, found, hint)]
    assert place not in rows[1]


def test_rows_that_are_too_short_or_too_long() -> None:
    rows, problems = _read(HEADER, "loaf\tnote\twheat", GOOD + "\tmore")
    assert problems == [
        Problem("bread.tsv, row 2", "7 cells", "3", "a tab too few"),
        Problem("bread.tsv, row 3", "7 cells", "8", "a tab too many, or a tab inside a text"),
        Problem("bread.tsv, row 3, id", "each row once", '"loaf", also in row 2'),
    ]
    assert rows == [{"id": "loaf"}, {"id": "loaf"}]


def test_a_header_with_a_wrong_name_and_one_twice() -> None:
    rows, problems = _read(HEADER.replace("flour", "flower") + "\tid", GOOD + "\tagain")
    assert problems == [
        Problem("bread.tsv, row 1", "a column flour", "no such column"),
        Problem("bread.tsv, row 1", "only declared columns", '"flower" in column 3', 'did you mean "flour"?'),
        Problem("bread.tsv, row 1", "each column once", '"id" again in column 8'),
    ]  # fmt: skip
    assert "flour" not in rows[0]


def test_an_empty_file() -> None:
    problems: list[Problem] = []
    assert not read_table(b"", BREAD, problems).readable
    assert {problem.place for problem in problems} == {"bread.tsv, row 1"}


def test_bytes_that_are_not_utf_8_are_placed() -> None:
    problems: list[Problem] = []
    content = f"{HEADER}\n{GOOD}\n".encode() + b"caf\xe9\t"
    assert read_table(content, BREAD, problems).rows == ()
    assert problems == [Problem("bread.tsv, row 3", "UTF-8", "byte 0xe9", "save the file as UTF-8")]


def test_references_and_pairs() -> None:
    problems: list[Problem] = []
    one = read_table(f"{HEADER}\n{GOOD}\n{_cells(id='bun')}".encode(), BREAD, problems)
    other = read_table(f"{HEADER}\n{GOOD}\n{_cells(id='bunn')}".encode(), BREAD, problems)
    assert problems == []
    check_references(one, "with", ["buttr"], "a spread", problems)
    assert [(each.place, each.hint) for each in problems] == [
        ("bread.tsv, row 2, with", 'did you mean "buttr"?'),
        ("bread.tsv, row 3, with", 'did you mean "buttr"?'),
    ]
    problems.clear()
    check_same_ids(one, other, problems)
    assert [(each.place, each.found, each.hint) for each in problems] == [
        ("bread.tsv, row 3, id", '"bun"', 'did you mean "bunn"?'),
        ("bread.tsv, row 3, id", '"bunn"', 'did you mean "bun"?'),
    ]


@given(st.binary(max_size=200))
def test_any_bytes_give_a_table_or_a_problem(content: bytes) -> None:
    problems: list[Problem] = []
    read_table(content, BREAD, problems)
    # Only the whole header makes a table without a problem.
    assert problems or content.decode("utf-8-sig").startswith("id")


@given(st.text(max_size=300))
def test_what_is_shown_fits_on_one_line(found: str) -> None:
    assert len(shown(found)) <= 62
    assert shown(found).isprintable()


@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.sampled_from(["", "?", '"x"', "mon,", "1.5"])),
        max_size=8,
    )
)
def test_every_wrong_cell_is_told_where_it_stands(mistakes: list[tuple[int, str]]) -> None:
    lines = []
    for number, (column, cell) in enumerate(mistakes):
        cells = _cells(id=f"loaf-{number}").split("\t")
        cells[column] = cell
        lines.append("\t".join(cells))
    rows, problems = _read(HEADER, *lines)
    told = {problem.place for problem in problems}
    for number, row in enumerate(rows, start=2):
        for name in HEADER.split("\t"):
            assert (f"bread.tsv, row {number}, {name}" in told) == (name not in row)
