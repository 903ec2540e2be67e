"""The example of an HR vendor runs, and gives away no more than its table says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from leercultuur_core import PHASES

SCRIPT = Path(__file__).parents[2] / "examples" / "hr_vendor" / "run.py"
SAID_YES = {"0103", "0118", "0133"}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the example leaves, with what it printed."""
    folder = tmp_path_factory.mktemp("vendor")
    done = subprocess.run(  # noqa: S603 - our own example
        [sys.executable, SCRIPT, "--out", folder],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (folder / "printed.txt").write_text(done.stdout, "utf-8")
    return folder


def test_the_same_events_again_do_no_harm(out: Path) -> None:
    printed = (out / "printed.txt").read_text("utf-8")
    pushed = re.findall(r"collect   hr +(\S+) new", printed)
    assert len(pushed) == 2
    assert pushed[0] != "0"
    assert pushed[1] == "0"


def test_only_signed_messages_come_in(out: Path) -> None:
    printed = (out / "printed.txt").read_text("utf-8")
    assert "without the secret: refused (401)" in printed


def test_workers_are_written_to_only_after_their_yes(out: Path) -> None:
    before, _, _ = (out / "printed.txt").read_text("utf-8").partition("Three people say yes")
    assert "as worker" not in before
    received = json.loads((out / "received.json").read_text("utf-8"))
    workers = {
        message["recipient"]["address"]
        for message in received
        if any(prompt["role"] == "worker" for prompt in message["prompts"])
    }
    assert workers == SAID_YES
    roles = {prompt["role"] for message in received for prompt in message["prompts"]}
    assert roles == {"worker", "manager", "hr"}


def test_no_field_holds_what_was_worked_out(out: Path) -> None:
    for message in json.loads((out / "received.json").read_text("utf-8")):
        assert message.keys() == {
            "id",
            "recipient",
            "prompts",
            "links",
            "unsubscribe",
            "moment",
        }
        assert message["recipient"].keys() == {"person", "address", "language"}
        for prompt in message["prompts"]:
            assert (
                not {"phase", "phase_mix", "probability", "subject", "intervention"} & prompt.keys()
            )
        whole = json.dumps(message)
        assert "employee|" not in whole
        assert "account|" not in whole


def test_the_group_view_holds_bands_and_nobody(out: Path) -> None:
    view = json.loads((out / "group_view.json").read_text("utf-8"))
    shares = [one["shares"] for one in view if "shares" in one]
    assert shares
    assert all(set(one) == set(PHASES) for one in shares)
    (small,) = (one for one in view if one["unit"] == "De Linde/ICT")
    assert "shares" not in small
    numbers = re.findall(r"\b0[0-9]{3}\b", json.dumps(view))
    assert numbers == []
