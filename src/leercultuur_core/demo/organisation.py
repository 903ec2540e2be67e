"""The bakery as an organisation that runs the engine: its configuration, its keys, and their removal."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ..errors import ConfigError, Problem

FILE, KEY, STORE, MESSAGES = "leercultuur.toml", "identity.key", "leercultuur.db", "messages"
LINKS_KEY = "links.key"
SITE, PAGES_AT = "https://leren.korenaar.example", "http://localhost:8000"
"""Where people answer: an address that is made up, or one on this machine where pages can be opened."""

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
url = "{site}/a"
key = {{ file = "{key}" }}

"""

_PAGES = f"""\
# The pages, for this machine only: `leercultuur serve`.
[web]
url = "{PAGES_AT}"

[roles]
works_council = ["Noor"]

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
{{plugins}}
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


def bakery_lists(mail_url: str = "", *, pages: bool = False) -> str:
    """The bakery's source, directory and sinks, as TOML. ``mail_url`` is where mail is handed in;
    without it all messages are files. With ``pages`` links go to the pages on this machine."""
    site = PAGES_AT if pages else SITE
    mail = _MAIL.format(url=mail_url, key=LINKS_KEY, site=site) if mail_url else ""
    return (_PAGES if pages else "") + mail + _LISTS


def practice_csv() -> str:
    """What the bakery does already, as `leercultuur practice import` reads it."""
    rows = (
        ("", "hr.learning-platform", "running", "2025-09-01"),
        ("", "hr.development-plan-format", "running", "2026-01-12"),
        ("", "hr.manager-training", "planned", "2026-04-01"),
        ("bakkerij", "colleagues.buddy-mentoring", "running", "2025-11-03"),
        ("bakkerij", "manager.development-talks", "running", "2026-02-02"),
        ("winkel", "colleagues.appreciation", "running", "2026-01-19"),
        ("bezorging", "colleagues.peer-feedback", "running", "2026-01-05"),
        ("bezorging", "manager.training-transfer", "planned", "2026-03-16"),
    )
    return "\n".join(["unit,intervention,state,since", *map(",".join, rows)]) + "\n"


def write_organisation(folder: Path, lists: str = _LISTS, *, pages: bool = False) -> Path:
    """Writes a configuration and its keys (mode 0600) into ``folder``; gives the path of the
    configuration. `clear` it first. ``lists``: which source, directory and sink, as TOML; ``pages``
    switches on the plugin of the pages."""
    configuration = folder / FILE
    # The configuration comes first: by its first line `clear` knows that the rest is ours.
    configuration.write_text(
        _CONFIGURATION.format(lists=lists, plugins='plugins = ["web"]\n' if pages else ""), "utf-8"
    )
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
