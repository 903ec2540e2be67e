"""Asks a live Moodle again what is in ``recorded/``, and writes its answers there.

    LEERCULTUUR_MOODLE_URL=… LEERCULTUUR_MOODLE_TOKEN=… python tests/record.py recorded-new

Each recording is a question too: the fields in its ``form`` are sent as they are, so the site needs
things with those numbers (the first course with number 2, a learner with number 3, and so on). Only
functions that read are asked. The token, the site's address, and names, mail addresses and other
marks of people are replaced. Read what it wrote before you share it: free text that people wrote may
name others.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from leercultuur_core import LeercultuurError
from leercultuur_core.extension import Secret
from leercultuur_core.extension.http import HttpClient, Limits
from leercultuur_moodle import MoodleClient, MoodleSettings

RECORDED = Path(__file__).parent / "recorded"
SITE = "http://127.0.0.1:8080"
_READS = ("_get_", "_list_", "_data_for_")
_NAMES = {
    "firstname": "Name",
    "lastname": "{number}",
    "fullname": "Name {number}",
    "userfullname": "Name {number}",
    "usermodifiedfullname": "Name {number}",
    "usertofullname": "Name",
    "userfromfullname": "Name",
    "recipientfullname": "Name",
    "authorfullname": "Name",
    "username": "user{number}",
    "email": "user{number}@example.invalid",
    "idnumber": "ID-{number}",
    "useridnumber": "ID-{number}",
    "userprivateaccesskey": "REDACTED",
    "city": "",
    "country": "",
    "department": "",
    "institution": "",
    "phone1": "",
    "phone2": "",
    "address": "",
}
"""Fields about people → what stands there instead; ``{number}`` is Moodle's number of the user."""

_TEXTS = frozenset(
    [
        "message",
        "text",
        "fullmessage",
        "fullmessagehtml",
        "smallmessage",
        "content",
        "definition",
        "description",
        "feedback",
        "cachedcontent",
        "printval",
        "rawval",
        "subject",
        "replysubject",
        "summary",
        "intro",
        "note",
    ]
)
"""Fields that hold what people wrote; their length class is kept, their words are not."""


def names_in(value: Any) -> set[str]:
    """What people are called in an answer: it may stand in other places too, in the middle of HTML."""
    if isinstance(value, list):
        return set().union(*map(names_in, value))
    if not isinstance(value, dict):
        return set()
    own = {
        one
        for key, one in value.items()
        if key in _NAMES and _NAMES[key] and isinstance(one, str) and len(one) > 2
    }
    return own.union(*map(names_in, value.values()))


def cleaned(value: Any, secrets: dict[str, str], number: int = 0) -> Any:
    """``value`` without people and secrets, in the same shape."""
    if isinstance(value, list):
        return [cleaned(one, secrets, number) for one in value]
    if isinstance(value, dict):
        own = value.get("userid", value.get("id", number))
        number = own if isinstance(own, int) else number
        return {key: _field(key, one, secrets, number) for key, one in value.items()}
    if isinstance(value, str):
        for found in sorted(secrets, key=len, reverse=True):
            value = re.sub(rf"(?<!\w){re.escape(found)}(?!\w)", secrets[found], value)
    return value


def _field(key: str, value: Any, secrets: dict[str, str], number: int) -> Any:
    if isinstance(value, str) and value and key in _NAMES:
        return _NAMES[key].format(number=number)
    if isinstance(value, str) and value and key in _TEXTS:
        return "<p>text</p>" if "<" in value else "text"
    return cleaned(value, secrets, number)


def questions() -> dict[str, list[list[str]]]:
    """Name of a recording → the form that was sent for it; those that only read."""
    found = {}
    for path in sorted(RECORDED.glob("*.json")):
        said = json.loads(path.read_text("utf-8"))
        if "form" in said and any(word in path.stem for word in _READS):
            found[path.stem] = said["form"]
    return found


def record(client: MoodleClient, folder: Path, secrets: dict[str, str]) -> dict[str, str]:
    """Asks everything and writes it to ``folder``; gives what was refused, with the reason."""
    folder.mkdir(parents=True, exist_ok=True)
    answers, refused = {}, {}
    for name, form in questions().items():
        try:
            answers[name] = form, client.read(name.partition(".")[0], **dict(form))
        except LeercultuurError as error:
            refused[name] = str(error)
    people = set().union(*(names_in(answer) for _, answer in answers.values()))
    hidden = {**dict.fromkeys(people, "Name"), **secrets}
    for name, (form, answer) in answers.items():
        kept = {"form": form, "answer": cleaned(answer, hidden)}
        text = json.dumps(kept, indent=1, ensure_ascii=False)
        (folder / f"{name}.json").write_text(text + "\n", "utf-8")
    return refused


def main() -> None:
    """Records the site that the environment names."""
    url, token = os.environ["LEERCULTUUR_MOODLE_URL"], os.environ["LEERCULTUUR_MOODLE_TOKEN"]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else RECORDED
    settings = MoodleSettings(url, Secret(token))
    client = MoodleClient(
        settings, HttpClient(url, agent="leercultuur-moodle", limits=Limits(interval=0.2))
    )
    print(f"Moodle {client.site().release}")  # noqa: T201 - a command
    secrets = {token: "TOKEN", url.rstrip("/"): SITE}
    for name, why in record(client, folder, secrets).items():
        print(f"not recorded: {name}: {why}")  # noqa: T201


if __name__ == "__main__":
    main()
