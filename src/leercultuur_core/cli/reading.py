"""Reading files of activity: with a progress bar, what was kept aside, exit codes."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click
from attrs import Factory, define, field

from ..activity.evidence import EvidenceRules, default_rules, read_rules
from ..activity.ledger import Fold
from ..errors import SourceUnavailable
from ..extension import FileSource, Page, Plugins, Reject, installed
from ..run.sources import ActivityLines

_F = TypeVar("_F", bound=Callable[..., Any])

_SHOWN_REJECTS = 5
_PATIENCE = 1.0  # seconds before a progress bar is worth showing


def language_option(function: _F) -> _F:
    """``--lang``, shared by every command that writes for people."""
    return click.option(
        "--lang",
        "language",
        type=click.Choice(["nl", "en"]),
        default="nl",
        show_default=True,
        help="Language of what people read.",
    )(function)


class Noted(Protocol):
    """What a fold, of whatever engine, says beside its ledger."""

    @property
    def conflicts(self) -> tuple[str, ...]: ...
    @property
    def unknown_verbs(self) -> Counter[tuple[str, str]]: ...
    def after(self, at: datetime) -> int: ...


@define
class Kept:
    """What was kept of the pages of files. Of what was rejected, the first few; the rest is counted."""

    labels: dict[str, str] = Factory(dict)
    rejects: list[Reject] = Factory(list)
    rejected: int = 0
    unreadable: list[SourceUnavailable] = Factory(list)

    def take(self, page: Page) -> None:
        """Keeps of ``page`` what is no record."""
        self.labels.update(page.labels)
        self.rejected += len(page.rejects)
        self.rejects += page.rejects[: _SHOWN_REJECTS - len(self.rejects)]

    @property
    def exit_code(self) -> int:
        """3 when something was kept aside or a file failed, else 0."""
        return 3 if self.rejected or self.unreadable else 0


@define
class Reading(Kept):
    """What came out of a set of files."""

    fold: Fold = field(kw_only=True)


def load_rules(plugins: Plugins, rule_files: Iterable[str] = ()) -> EvidenceRules:
    """The shipped rules, those of the plugins that are on, then those of the user's files."""
    rules = default_rules()
    for more in plugins.evidence_rules():
        rules += more
    for path in rule_files:
        rules += read_rules(path)
    return rules


def choose_reader(name: str) -> tuple[Plugins, type[FileSource]]:
    """Switches on the one plugin that reads files of kind ``name``; exit code 2 where it cannot.

    A reader has the name of its plugin, or one that begins with it: ``moodle-log`` is of ``moodle``.
    ``activities`` is the core's own.
    """
    if name == ActivityLines.name:
        return Plugins.load([]), ActivityLines
    owners = [one.name for one in installed() if f"{name}-".startswith(f"{one.name}-")]
    owner = max(owners, key=len, default=name)
    plugins = Plugins.load([owner])
    reader = plugins.adapters(FileSource).get(name)
    if owner in plugins.broken:
        raise click.UsageError(str(plugins.broken[owner]))
    if reader is None:
        known = ", ".join(plugins.adapters(FileSource))
        instead = f"it has {known}" if known else "choose another --reader"
        raise click.UsageError(f"plugin {owner}: has no reader {name}; {instead}")
    return plugins, reader


def read_files(
    files: Iterable[str],
    *,
    reader: str = "xapi",
    rule_files: Iterable[str] = (),
    rejects: str | None = None,
    at: datetime | None = None,
) -> Reading:
    """Reads all ``files`` into one fold, tells on standard error what was kept aside, and why.

    Exit code 2 when no file could be read at all.
    """
    plugins, adapter = choose_reader(reader)
    reading = Reading(fold=Fold(load_rules(plugins, rule_files)))
    paths = [Path(name) for name in dict.fromkeys(files)]
    total = sum(path.stat().st_size for path in paths if path.is_file())
    done = 0
    with (
        no_garbage_collection(),
        keeper(rejects) as keep,
        progress("reading", total) as advance,
    ):
        for path in paths:
            try:
                for page in adapter(path).pages():
                    reading.fold.add(page.records)
                    reading.take(page)
                    keep(page.rejects)
                    advance(done + page.bytes_read)
            except SourceUnavailable as error:
                reading.unreadable.append(error)
            if path.is_file():
                done += path.stat().st_size
    report(reading, reading.fold, plugins, rejects, at)
    if len(reading.unreadable) == len(paths):
        click.get_current_context().exit(2)
    return reading


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """A fold keeps millions of small values and makes no cycles; going over them all again and
    again in search of some costs a quarter of the time, then and in what comes after."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def report(
    reading: Kept, fold: Noted, plugins: Plugins, rejects: str | None, at: datetime | None
) -> None:
    """Says on standard error what the user may want to know; nothing where all is well."""
    for broken in plugins.broken.values():
        click.echo(str(broken), err=True)
    for error in reading.unreadable:
        click.echo(str(error), err=True)
    for reject in reading.rejects:
        click.echo(f"rejected: {reject}", err=True)
    more = reading.rejected - len(reading.rejects)
    if more > 0:
        where = f"all are in {rejects}" if rejects else "--rejects FILE keeps them all"
        click.echo(f"rejected: {more:,} more; {where}", err=True)
    notes = []
    if count := len(fold.conflicts):
        what = "1 id" if count == 1 else f"{count:,} ids"
        notes.append(f"{what} with two contents (the lowest digest counts)")
    if at is not None:
        if late := fold.after(at):
            what = "1 activity" if late == 1 else f"{late:,} activities"
            notes.append(f"{what} on or after {at.astimezone(UTC):%Y-%m-%d}, left out")
        if count := len(fold.unknown_verbs):
            what = "1 verb" if count == 1 else f"{count:,} verbs"
            notes.append(f"{what} unknown (leercultuur rules --unknown FILE)")
    if notes:
        click.echo("note: " + " · ".join(notes), err=True)


@contextmanager
def keeper(path: str | None) -> Iterator[Callable[[Sequence[Reject]], None]]:
    """Yields what keeps rejects: in the file ``path`` as JSON Lines, or nowhere."""
    if path is None:
        yield lambda _: None
        return
    with Path(path).open("w", encoding="utf-8") as out:

        def keep(rejects: Sequence[Reject]) -> None:
            for reject in rejects:
                row = {
                    "file": reject.place,
                    "line": reject.line,
                    "reason": reject.reason,
                    "raw": reject.raw.decode("utf-8", "backslashreplace"),
                }
                out.write(json.dumps(row, ensure_ascii=False) + "\n")

        yield keep


def printable(name: str) -> str:
    """``name`` for a terminal: control characters, which a file may hold, are shown as ``\ufffd``."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error for what takes over a second; silent when piped.

    Yields a function that takes how much of ``total`` is done.
    """
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console  # noqa: PLC0415 - only for people who watch
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    bar = Progress(
        TextColumn(what),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(what, total=total or None)
    started = time.monotonic()
    running = False

    def advance(done: int) -> None:
        nonlocal running
        if not running and time.monotonic() - started > _PATIENCE:
            bar.start()
            running = True
        bar.update(task, completed=done)

    try:
        yield advance
    finally:
        if running:
            bar.stop()
