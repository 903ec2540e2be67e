"""The source ``csv``: files that a pattern names, read as the configuration says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar

from attrs import evolve, frozen

from leercultuur_core import SourceUnavailable
from leercultuur_core.extension import Finding, Page, Source, State

from .mapping import ActivityMapping
from .pages import read_pages

__all__ = ["CsvActivities", "CsvActivitiesSettings"]

_MARK = "csv-1"


@frozen(kw_only=True)
class CsvActivitiesSettings(ActivityMapping):
    """``path``: the files to read, ``*`` stands for any, as in ``drop/*.csv``; the rest as in
    `ActivityMapping`."""

    path: Path


class CsvActivities(Source):
    """Activities from CSV, TSV and Parquet files, each read once for as long as it stays the same.

    A file that has grown or was replaced is read again from its start: what was read before has the
    same ids and counts once.
    """

    name: ClassVar[str] = "csv"
    settings = CsvActivitiesSettings

    def __init__(self, settings: CsvActivitiesSettings) -> None:
        """Raises `ConfigError` for a mapping that makes no sense."""
        super().__init__(settings)
        self._own = settings
        settings.check(f"source {self.name}")

    def check(self) -> Iterable[Finding]:
        """Whether each file that the pattern names can be read, and how many rows cannot."""
        paths = matching(self._own.path)
        if not paths:
            text = f"{self._own.path}: no files"
            yield Finding("warning", text, "is the path right? (* stands for any)")
        for path in paths:
            count, first = 0, ""
            try:
                for page in read_pages(path, self._own):
                    count += len(page.rejects)
                    first = first or (str(page.rejects[0]) if page.rejects else "")
            except SourceUnavailable as error:
                yield Finding("problem", str(error))
                continue
            if count:
                yield Finding("warning", f"{path}: {count:,} rows cannot be used; first {first}")
            else:
                yield Finding("ok", f"{path}: every row can be used")

    def fetch(self, state: State) -> Iterator[Page]:
        """The records of all files that are new or changed, by name of file.

        A file that cannot be read does not stop the others: `SourceUnavailable` comes at the end,
        and the file is tried again next time.
        """
        known = _read_mark(state.mark)
        files = [(path, _fingerprint(path)) for path in matching(self._own.path)]
        # What is no longer there is forgotten, so that the mark does not grow for ever.
        finished = known & {fingerprint for _, fingerprint in files}
        unreadable: list[str] = []
        done = 0
        for path, fingerprint in files:
            if fingerprint in known:
                continue
            read = 0
            try:
                for page in read_pages(path, self._own):
                    read = page.bytes_read
                    yield evolve(page, bytes_read=done + read)
            except SourceUnavailable as error:
                unreadable.append(str(error))
                continue
            done += read
            finished |= {fingerprint}
            yield Page(mark=" ".join([_MARK, *sorted(finished)]), bytes_read=done)
        if unreadable:
            raise SourceUnavailable("; ".join(unreadable))


def matching(pattern: Path) -> list[Path]:
    """The files that ``pattern`` names, sorted. Folders that are there are taken as they are written,
    also with a bracket in their name; a mapping beside a file is no table."""
    fixed, rest = Path(*pattern.parts[:1]), list(pattern.parts[1:])
    while rest and (fixed / rest[0]).exists():
        fixed /= rest.pop(0)
    found = sorted(fixed.glob("/".join(rest))) if rest else [fixed]
    return [path for path in found if path.is_file() and path.suffix != ".toml"]


def _fingerprint(path: Path) -> str:
    """16 hexadecimal digits that change when a file does: from its name, inode, size and times."""
    try:
        found = path.stat()
    except OSError:
        return ""  # gone since it was listed: the reader will say so
    written = (str(path), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return blake2b(repr(written).encode(errors="surrogateescape"), digest_size=8).hexdigest()


def _read_mark(mark: str | None) -> frozenset[str]:
    """The fingerprints in a mark; none in one that is not ours: reading again does no harm."""
    kind, *fingerprints = (mark or "").split(" ")
    return frozenset(fingerprints) if kind == _MARK else frozenset()
