"""Messages as files, and the form in which a message leaves the library."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from attrs import frozen

from ..errors import SourceUnavailable
from ..extension import Delivery, Finding, Message, Receipt, Sink

_HEADINGS = {"nl": "Voor {}", "en": "For {}"}


def message_row(message: Message, channel: str = "") -> dict[str, Any]:
    """A message as JSON: what the recipient reads, and where it should go.

    Nothing that was worked out about a person goes along: no phase, no probability, no intervention,
    nobody's identifier. ``recipient.person`` is a random id; ``recipient.address`` the recipient's
    address on ``channel``, ``None`` where they have none or no channel is given.
    """
    recipient = message.recipient
    return {
        "id": message.id,
        "recipient": {
            "person": recipient.person,
            "address": recipient.addresses.get(channel),
            "language": recipient.language,
        },
        "prompts": [
            {
                "id": prompt.id,
                "role": prompt.recipient_role,
                "language": prompt.language,
                "text": prompt.text,
                "step": prompt.step,
                "why": prompt.why,
                "when_question": prompt.when_question,
                "grounds": {"basis": prompt.grounds.basis, "text": prompt.grounds.text},
            }
            for prompt in message.prompts
        ],
        "links": {prompt: dict(links) for prompt, links in message.links.items()},
        "unsubscribe": message.unsubscribe or None,
        "moment": message.moment.isoformat() if message.moment else None,
    }


def message_text(message: Message) -> str:
    """A message as people read it."""
    recipient = message.recipient
    heading = _HEADINGS[recipient.language].format(recipient.name or recipient.person)
    return "\n\n".join([heading, *(prompt.text for prompt in message.prompts)]) + "\n"


@frozen
class FilesSinkSettings:
    """``folder``: where the files go. ``channel``: the kind of address to put in, such as
    ``mail``; without it there is none."""

    folder: Path
    channel: str = ""


class FilesSink(Sink):
    """Two files per message: ``<id>.json``, one line, and ``<id>.txt`` to read.

    ``cat folder/*.json`` is JSON Lines. Both files appear whole or not at all, the text first, and
    are for their owner only; sending a message again writes the same files again.
    """

    name = "files"
    settings = FilesSinkSettings
    delivery: ClassVar[Delivery] = "idempotent"

    def check(self) -> Iterable[Finding]:
        """Whether the folder can be written, or made."""
        folder: Path = self.settings.folder
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
            yield Finding("ok", f"{folder}: messages can be written here")
        else:
            yield Finding(
                "problem",
                f"{folder}: expected a folder that can be written",
                f"look at the rights of {there}",
            )

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Writes the files. Raises `SourceUnavailable` where that cannot be."""
        for message in messages:
            row = message_row(message, self.settings.channel)
            if self.settings.channel and row["recipient"]["address"] is None:
                yield Receipt(message.id, "refused", "no-address")
                continue
            self._write(message.id, "txt", message_text(message))
            self._write(message.id, "json", json.dumps(row, ensure_ascii=False) + "\n")
            yield Receipt(message.id, "sent")

    def _write(self, name: str, kind: str, text: str) -> None:
        folder: Path = self.settings.folder
        # Ids are letters and digits; whatever else one may hold leads to no other folder.
        path = folder / f"{quote(name, safe='')}.{kind}"
        unfinished = path.with_name(f".{path.name}.unfinished")
        why = ""
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
            with open(
                os.open(unfinished, flags, 0o600), "w", encoding="utf-8", newline="\n"
            ) as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            unfinished.replace(path)
            _keep_names(folder)
        except OSError as error:
            why = error.strerror or type(error).__name__
            with contextlib.suppress(OSError):
                unfinished.unlink()
        if why:
            raise SourceUnavailable(f"{folder}: a message cannot be written ({why})")


@frozen
class PullSettings:
    """``channel``: the kind of address to put in, such as ``mail``; without it there is none."""

    channel: str = ""


class PullSink(Sink):
    """Messages wait here until a program of somebody else's comes for them, and says what became of
    each: `leercultuur_core.run.pulling`. The nightly run passes them by."""

    name = "pull"
    settings = PullSettings
    delivery: ClassVar[Delivery] = "idempotent"

    def check(self) -> Iterable[Finding]:
        """That nothing is sent from here."""
        yield Finding("ok", f"{self.name}: messages wait until a program comes for them")

    def deliver(self, messages: Sequence[Message]) -> Iterator[Receipt]:  # noqa: ARG002
        """Raises `SourceUnavailable`: nothing is sent from here, and the messages go on waiting."""
        raise SourceUnavailable("a program comes for these messages; none can be sent")


def _keep_names(folder: Path) -> None:
    """A file's new name survives a power cut only when its folder was written too."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
