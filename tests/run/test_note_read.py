"""That a plugin showed somebody's data stands in the audit, and in what that person exports."""

from __future__ import annotations

from .conftest import NOW, Make, workers


def test_what_a_plugin_showed_is_in_the_audit_of_whom_it_was_about(make: Make) -> None:
    engine = make(directories={"people": workers(2)})
    engine.collect(NOW)
    one, other = (engine.find(f"employee|bakery|{n}", NOW)[0] for n in range(2))
    engine.note_read(one, "record", NOW, by="assessor", detail="r-1")
    engine.note_read("nobody-here", "record", NOW, by="assessor")
    found = engine.export(one, NOW, by="self")["read_by"]
    assert [(row["who"], row["what"], row["detail"]) for row in found] == [
        ("assessor", "record", "r-1"),
        ("self", "export", ""),
    ]
    assert [row["what"] for row in engine.export(other, NOW, by="self")["read_by"]] == ["export"]
