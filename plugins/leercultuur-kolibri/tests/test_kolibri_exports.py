"""An export as Kolibri writes it, and what is none."""

from __future__ import annotations

import pytest

from leercultuur_core import SourceUnavailable
from leercultuur_kolibri import exports

HEAD = (
    "Facility name,Username,User type,Channel id,Channel name,Content id,Content title,"
    "Time of first interaction,Time of last interaction,Time Spent (sec),Progress (0-1),Content kind\r\n"
)
ROW = "De Korenaar,sanne,Learner,c1,Brood,r1,Deeg,2026-03-02 09:00:00+00:00,,60.0,0.5,video\r\n"


def test_a_row_that_cannot_be_read_is_kept_aside_and_names_nobody() -> None:
    rows, rejects = exports._parsed(
        HEAD + ROW + ROW.replace("0.5", "half"), "session", "the export"
    )
    assert [row.username for row in rows] == ["sanne"]
    assert [reject.line for reject in rejects] == [3]
    assert "sanne" not in str(rejects[0])


def test_a_cell_without_end_is_no_table() -> None:
    text = HEAD + ROW + '"' + "x" * 200_000
    with pytest.raises(SourceUnavailable, match=r"found no table after line \d"):
        exports._parsed(text, "session", "the export")
