"""The bakery as an organisation that runs the engine: its configuration, its keys, and their removal."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ..errors import ConfigError, Problem

FILE, KEY, STORE, MESSAGES = "leercultuur.toml", "identity.key", "leercultuur.db", "messages"
LINKS_KEY = "links.key"

_FIRST_LINE = (
    "# Bakkerij De Korenaar is made up. `leercultuur demo` wrote this, and removes it again."
)

_HINT = "choose another folder with --out"

_MAIL = """\
# A mail server that is there while the demo runs. Who has no mail address gets a file.
[[sink]]
name = "mail"
url = "{url}"
sender = "leren@korenaar.example"
sender_name = "Leren bij De Korenaar"

# Where people answer by a link in a message, and the key that signs those links. Made up too.
[answers]
url = "https://leren.korenaar.example/a"
key = {{ file = "{key}" }}

"""

_LISTS = f"""\
[[source]]
name = "statements"
kind = "files"
path = "statements.ndjson.gz"

[[directory]]
name = "people"
kind = "people-file"
path = "people.csv"

[[sink]]
name = "messages"
kind = "files"
folder = "{MESSAGES}"
"""

_CONFIGURATION = f"""\
{_FIRST_LINE}

store = "{STORE}"

[organisation]
name = "Bakkerij De Korenaar"
time_zone = "Europe/Amsterdam"
identity_key = {{{{ file = "{KEY}" }}}}
# The yes of the staff meeting. Made up too: in a real organisation nothing goes out without one.
go_live = {{{{ date = 2026-02-01, reference = "made up", scope = "everybody" }}}}

{{lists}}
[privacy]
# Everybody is in unless they say no. That needs another basis than consent, and the bakery's is
# made up. The default is "opt-in".
own_prompts = "opt-out"
"""


def bakery_lists(mail_url: str = "") -> str:
    """The bakery's source, directory and sinks, as TOML. ``mail_url`` is where mail is handed in;
    without it all messages are files."""
    return (_MAIL.format(url=mail_url, key=LINKS_KEY) if mail_url else "") + _LISTS


def write_organisation(folder: Path, lists: str = _LISTS) -> Path:
    """Writes a configuration and its keys (mode 0600) into ``folder``; gives the path of the
    configuration. `clear` it first. ``lists``: which source, directory and sink, as TOML."""
    configuration = folder / FILE
    # The configuration comes first: by its first line `clear` knows that the rest is ours.
    configuration.write_text(_CONFIGURATION.format(lists=lists), "utf-8")
    for key in (KEY, LINKS_KEY):
        handle = os.open(folder / key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(secrets.token_hex(32) + "\n")
    return configuration


def clear(folder: Path) -> None:
    """Removes from ``folder`` what an earlier demo wrote there for the engine, and nothing else.

    Raises `ConfigError` where there is a configuration, key or store that is not the demo's.
    """
    configuration = folder / FILE
    files = (configuration, folder / KEY, folder / LINKS_KEY, *store_files(folder))
    found = [path for path in files if path.exists()]
    if not found:
        return
    ours = configuration in found and configuration.read_bytes().startswith(_FIRST_LINE.encode())
    if not ours:
        raise ConfigError(
            "the folder of the demo",
            [
                Problem(
                    str(path), "a folder without an organisation of your own", "this file", _HINT
                )
                for path in found
            ],
        )
    # The configuration goes last: a demo that is stopped here can be cleared by the next.
    for path in [*messages(folder), folder / f"{STORE}.lock", *reversed(found)]:
        path.unlink(missing_ok=True)


def messages(folder: Path) -> list[Path]:
    """The files that the sink wrote."""
    return sorted([*(folder / MESSAGES).glob("*.json"), *(folder / MESSAGES).glob("*.txt")])


def store_files(folder: Path) -> list[Path]:
    """The files of the store, its journal too."""
    every = (folder / f"{STORE}{end}" for end in ("", "-wal", "-shm"))
    return [path for path in every if path.exists()]
