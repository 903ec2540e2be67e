"""Fails where a file of the repository holds what looks like a secret, and nobody said that it is none.

    python tests/scan_secrets.py [file ...] [--accept]

Without files all that git knows or would add are looked at. ``.secrets.baseline`` holds which finds are
none (ids in recordings, made-up passwords of servers under test), by their hash and file and not by
their line, so that it stays right when lines move. Look at each new find first; ``--accept`` then adds
what there is. Needs no network: *detect-secrets* knows forms, keywords and entropy, and asks nobody.
"""

# ruff: noqa: T201 - a program

from __future__ import annotations

import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from contextlib import chdir
from pathlib import Path

from detect_secrets.core import baseline
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.secrets_collection import SecretsCollection

ROOT = Path(__file__).resolve().parents[1]
BASELINE = ROOT / ".secrets.baseline"


def repository(root: Path = ROOT) -> list[str]:
    """The files that git knows, or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]


def known() -> SecretsCollection:
    """The finds that are no secrets; how to look is set from the same file."""
    return baseline.load(json.loads(BASELINE.read_text("utf-8")), BASELINE.name)


def scan(files: Iterable[str], root: Path = ROOT) -> SecretsCollection:
    """What is found in ``files``, as `known` has set how to look."""
    found = SecretsCollection()
    with chdir(root):  # names in a baseline are relative to where it stands
        found.scan_files(*files)
    return found


def new(found: SecretsCollection, known: SecretsCollection) -> list[PotentialSecret]:
    """What is found and not known, in the order of places."""
    old = {(name, one.secret_hash) for name, one in known}
    fresh = (one for name, one in found if (name, one.secret_hash) not in old)
    return sorted(fresh, key=lambda one: (one.filename, one.line_number))


def main() -> int:
    """Exit code 1 where there is something new."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", help="relative to the repository; default: all of them")
    parser.add_argument("--accept", action="store_true", help="none of the finds is a secret")
    options = parser.parse_args()
    before = known()
    found = scan(options.files or repository())
    if options.accept:
        if options.files:  # of the others what was known stays
            for name, one in found:
                before[name].add(one)
            found = before
        BASELINE.write_text(json.dumps(baseline.format_for_output(found), indent=1) + "\n", "utf-8")
        return 0
    fresh = new(found, before)
    for one in fresh:
        print(
            f"{one.filename}:{one.line_number}: looks like a secret ({one.type})", file=sys.stderr
        )
    if fresh:
        print(
            "Take it out, and out of git's history, and make it worthless where it was real; a find that "
            "is none: python tests/scan_secrets.py --accept",
            file=sys.stderr,
        )
    return 1 if fresh else 0


if __name__ == "__main__":
    sys.exit(main())
