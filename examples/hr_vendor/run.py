"""An HR vendor, end to end on this machine: people and events in, a group view and signed messages out.

Run it as `python examples/hr_vendor/run.py`, with `--out FOLDER` to look at the files afterwards.
Everybody in it is made up. Needs leercultuur-core[engine] and leercultuur-csv.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from vendor import Inbox, events, receiver, write_people  # noqa: E402

TUESDAY, WEDNESDAY = "2026-03-03T09:00:00Z", "2026-03-04T09:00:00Z"
SAID_YES = ("0103", "0118", "0133")
"""Three people who say yes to messages of their own, in your software or on paper."""


class Organisation:
    """A folder with a configuration, and `leercultuur` run in it."""

    def __init__(self, folder: Path, inbox: Inbox, secret: str) -> None:
        self._folder = folder
        self._environment = {**os.environ, "LEERCULTUUR_WEBHOOK_SECRET": secret, "NO_COLOR": "1"}
        text = (HERE / "leercultuur.toml").read_text("utf-8")
        text = text.replace("http://127.0.0.1:8765/leercultuur", inbox.url)
        (folder / "leercultuur.toml").write_text(text, "utf-8")
        key = os.open(folder / "identity.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(key, "w") as file:
            file.write(secrets.token_hex(32) + "\n")

    def does(self, *arguments: str, given: str = "", shown: bool = True) -> str:
        """Runs a command, says which, and gives what it prints."""
        done = subprocess.run(  # noqa: S603 - our own program, by the path of this Python
            [Path(sys.executable).parent / "leercultuur", *arguments],
            cwd=self._folder,
            env=self._environment,
            input=given,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        if shown:
            print(f"\n$ leercultuur {' '.join(arguments)}\n{done.stdout}{done.stderr}".rstrip())
        if done.returncode:
            sys.exit(f"leercultuur {arguments[0]} ended with {done.returncode}\n{done.stderr}")
        return done.stdout


def shown(folder: Path) -> None:
    """The whole of it, in ``folder``."""
    secret = secrets.token_hex(32)
    write_people(folder / "people.csv")
    lines = "".join(json.dumps(event) + "\n" for event in events())
    (folder / "events.jsonl").write_text(lines, "utf-8")
    with receiver(secret) as inbox:
        organisation = Organisation(folder, inbox, secret)
        print("In: people from an export, events as JSON Lines.")
        organisation.does("init")
        organisation.does("check")
        organisation.does("collect", "--now", TUESDAY)
        organisation.does("push", "hr", "--now", TUESDAY, given=lines)
        print("\nThe same events again do no harm.")
        organisation.does("push", "hr", "--now", TUESDAY, given=lines)

        print("\nOut: a group view. Nobody said yes yet, so there is nothing about anyone.")
        organisation.does("run", "--now", TUESDAY)
        view = organisation.does("releases", "--now", TUESDAY, "--format", "json", shown=False)
        (folder / "group_view.json").write_text(view, "utf-8")
        for one in json.loads(view):
            print(f"  {one['unit'] or 'everybody':<20} {one.get('shares') or 'nothing to show'}")
        report(inbox)

        print("\nThree people say yes to messages of their own.")
        for number in SAID_YES:
            organisation.does(
                "person", "consent", f"employee|delinde|{number}", "own_prompts", "yes",
                "--now", TUESDAY, shown=False,
            )  # fmt: skip
        organisation.does("run", "--now", WEDNESDAY)
        report(inbox)

        message = next(iter(inbox.messages.values()))
        print(f"\nA stranger posts a message without the secret: {stranger(inbox.url, message)}")
        (folder / "received.json").write_text(
            json.dumps(list(inbox.messages.values()), ensure_ascii=False, indent=1), "utf-8"
        )


def report(inbox: Inbox) -> None:
    """What came in so far: numbers of prompts by role."""
    roles = Counter(
        prompt["role"] for message in inbox.messages.values() for prompt in message["prompts"]
    )
    told = ", ".join(f"{count} as {role}" for role, count in sorted(roles.items())) or "nothing"
    print(f"received so far, signatures right: {told}")


def stranger(url: str, message: dict[str, Any]) -> str:
    """What the receiver answers to a message that carries no signature of ours."""
    headers = {"X-Leercultuur-Timestamp": "1772442000", "X-Leercultuur-Signature": "sha256=00"}
    request = Request(url, json.dumps(message).encode(), headers)  # noqa: S310 - our own receiver
    try:
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            return str(answer.status)
    except HTTPError as refusal:
        with refusal:
            return f"refused ({refusal.code})"


def main() -> None:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, help="an empty folder to leave the files in")
    options = parser.parse_args()
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        if any(options.out.iterdir()):
            sys.exit(f"{options.out}: expected an empty folder, found files in it")
        shown(options.out.resolve())
        return
    with tempfile.TemporaryDirectory() as folder:
        shown(Path(folder))


if __name__ == "__main__":
    main()
