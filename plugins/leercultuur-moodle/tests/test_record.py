"""The recorder, against the scripted Moodle."""

from __future__ import annotations

import json
from pathlib import Path

from record import SITE, cleaned, questions, record
from scripted_moodle import TOKEN, ScriptedMoodle

from leercultuur_core.extension import Secret
from leercultuur_core.extension.http import HttpClient, Limits
from leercultuur_core.testing.scripted import scripted
from leercultuur_moodle import MoodleClient, MoodleSettings


def shape(value: object) -> object:
    """Names and types, without what stands there."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return [shape(one) for one in value] if isinstance(value, list) else type(value).__name__


def test_asks_only_what_reads() -> None:
    assert "core_enrol_get_enrolled_users" in questions()
    assert not any(word in name for name in questions() for word in ("_send_", "_add_"))


def test_people_and_secrets_are_replaced_and_the_shape_is_kept(tmp_path: Path) -> None:
    site = ScriptedMoodle()
    with scripted(site.respond) as server:
        http = HttpClient(server.url, limits=Limits(attempts=1))
        client = MoodleClient(MoodleSettings(server.url, Secret(TOKEN)), http)
        refused = record(client, tmp_path, {TOKEN: "TOKEN", server.url: SITE})
    written = {path.stem: path.read_text("utf-8") for path in tmp_path.glob("*.json")}
    assert set(written) | set(refused) == set(questions())
    assert len(written) > 30
    said = {where: json.dumps(json.loads(text)["answer"]) for where, text in written.items()}
    for name in ("Lea", "Luc", "learner1", "learner1@", "Tess", "Agent Service", TOKEN):
        assert not [where for where, text in said.items() if name in text], name
    people = json.loads(written["core_enrol_get_enrolled_users"])["answer"]
    assert people[0]["fullname"] == "Name 3"
    assert shape(people[:1]) == shape(list(site.enrolled[2].values())[:1])


def test_what_people_wrote_is_not_kept() -> None:
    assert cleaned([{"id": 1, "message": "<p>Lea: help</p>", "n": 2}], {}) == [
        {"id": 1, "message": "<p>text</p>", "n": 2}
    ]
