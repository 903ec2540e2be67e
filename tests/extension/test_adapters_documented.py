"""Each adapter of the repository has a page, and a row that says what one must know before it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "adapters"
SYSTEMS = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/pyproject.toml"))
ROWS = {
    page: [cell.strip() for cell in rest.split("|")[:-1]]
    for page, rest in re.findall(
        r"^\| \[[^]]+\]\(([\w-]+\.md)\) \|(.*)$",
        (PAGES / "index.md").read_text("utf-8"),
        re.MULTILINE,
    )
}


@pytest.mark.parametrize("distribution", SYSTEMS)
def test_an_adapter_has_a_page_and_a_whole_row(distribution: str) -> None:
    page = f"{distribution.removeprefix('leercultuur-')}.md"
    assert (PAGES / page).read_text("utf-8").startswith("# ")
    reads, writes, rights, cannot_see = ROWS[page]
    assert all((reads, writes, rights, cannot_see))
    assert {reads, writes} != {"nothing"}


def test_no_row_is_about_a_page_that_is_not_there() -> None:
    assert ROWS
    assert not [page for page in ROWS if not (PAGES / page).is_file()]
