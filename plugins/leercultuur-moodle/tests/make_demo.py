"""Makes the package's ``demo_site.json`` of the scripted Moodle, which is made of ``recorded/``.

    python tests/make_demo.py

Everything that source, directory and sink ask in two nights is asked, and kept with its answer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from scripted_moodle import AGENT, TOKEN, ScriptedMoodle

from leercultuur_core.extension import Secret
from leercultuur_core.testing import Seen, Step, as_json
from leercultuur_core.testing.scripted import scripted
from leercultuur_core.testing.taking import take
from leercultuur_moodle import MoodleDirectorySettings, MoodleSourceSettings, demo
from leercultuur_moodle.directory import MoodlePeople
from leercultuur_moodle.messages import MoodleMessages, MoodleMessageSettings
from leercultuur_moodle.source import MoodleSource

FILE = Path(demo.__file__).with_name("demo_site.json")
RECORDED_AT = "http://127.0.0.1:8080"
_LIVE = {
    "core_user_get_users_by_field",
    "core_course_get_updates_since",
    "core_message_get_messages",
}


def made() -> dict[str, Any]:
    """The answers, as the file has them."""
    site = ScriptedMoodle()
    for course in site.courses:
        site.enrol(course, AGENT, role="leerwijzer")
    # As the demo does: nothing changes between the two nights.
    quiet = as_json({"instances": [], "warnings": []})
    site.misbehave = lambda function, _: (
        quiet if function == "core_course_get_updates_since" else None
    )
    calls: dict[str, Any] = {}

    def watched(seen: Seen) -> Step:
        step = site.respond(seen)
        form = dict(parse_qsl(seen.body.decode(), keep_blank_values=True))
        if form["wsfunction"] not in _LIVE:
            calls[demo.key_of(form)] = _short(json.loads(step.body))
        return step

    with scripted(watched) as server:
        access: dict[str, Any] = {"url": server.url, "token": Secret(TOKEN), "rate": 1000}
        source = MoodleSource(MoodleSourceSettings(**access))
        people = MoodlePeople(MoodleDirectorySettings(**access))
        messages = MoodleMessages(MoodleMessageSettings(**access))
        for adapter in (source, people, messages):
            list(adapter.check())
        list(people.people())
        take(source, take(source).state)
    answers = {"accounts": _short(list(site.users.values())), "calls": dict(sorted(calls.items()))}
    text = json.dumps(answers, ensure_ascii=False).replace(RECORDED_AT, "http://demo.invalid")
    found: dict[str, Any] = json.loads(text)
    return found


def _short(value: Any) -> Any:
    """Without long descriptions and pictures, which nobody reads."""
    if isinstance(value, list):
        return [_short(one) for one in value]
    if isinstance(value, dict):
        kept = {k: _short(v) for k, v in value.items() if not k.startswith("profileimageurl")}
        long = isinstance(kept.get("description"), str) and len(kept["description"]) > 200
        return kept | ({"description": ""} if long else {})
    return value


if __name__ == "__main__":
    FILE.write_text(json.dumps(made(), indent=1, ensure_ascii=False) + "\n", "utf-8")
