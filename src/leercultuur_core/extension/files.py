"""Files in a folder as a source: those that a pattern names, each read once while it stays the same,
as the settings beside it say."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from attrs import evolve

from ..errors import ConfigError, SourceUnavailable
from .contracts import Page, State
from .settings import structure

_T = TypeVar("_T")

_MARK = "files-1"


def matching_files(pattern: Path) -> list[Path]:
    """The files that ``pattern`` names (``*`` stands for any), sorted.

    Folders that are there are taken as they are written, also with a bracket in their name.
    """
    parts = pattern.parts
    fixed = Path(*parts[:1])
    rest = list(parts[1:])
    while rest and (fixed / rest[0]).exists():
        fixed /= rest.pop(0)
    if not rest:
        return [fixed] if fixed.is_file() else []
    return sorted(path for path in fixed.glob("/".join(rest)) if path.is_file())


def read_changed(
    files: Iterable[Path], state: State, read: Callable[[Path], Iterator[Page]]
) -> Iterator[Page]:
    """The pages of the ``files`` that are new or changed since ``state``, in their order.

    A file that has grown or was replaced is read again from its start: what was read before counts
    once. One of which ``read`` raises `SourceUnavailable` does not stop the others; that is raised at
    the end, and the file is tried again next time.
    """
    known = _read_mark(state.mark)
    found = [(path, _fingerprint(path)) for path in files]
    # What is no longer there is forgotten, so that the mark does not grow for ever.
    finished = known & {fingerprint for _, fingerprint in found}
    unreadable: list[str] = []
    done = 0
    for path, fingerprint in found:
        if fingerprint in known:
            continue
        position = 0
        try:
            for page in read(path):
                position = page.bytes_read
                yield evolve(page, bytes_read=done + position, mark=None)
        except SourceUnavailable as error:
            unreadable.append(str(error))
            continue
        done += position
        finished = finished | {fingerprint}
        yield Page(mark=_write_mark(finished), bytes_read=done)
    if unreadable:
        raise SourceUnavailable("; ".join(unreadable))


def settings_beside(path: Path, cls: type[_T], *, folder_file: str) -> _T | None:
    """The settings that the attrs class ``cls`` has for the file ``path``; ``None`` where there are none.

    They are ``<file>.toml``, else the file called ``folder_file`` in the same folder, which holds for
    every file there that has none of its own; the two are not mixed. Relative paths in them start from
    that folder. Raises `ConfigError` with every mistake in them, and `SourceUnavailable` where they
    cannot be read or are no TOML.
    """
    for beside in (path.with_name(f"{path.name}.toml"), path.with_name(folder_file)):
        try:
            data = tomllib.loads(beside.read_text("utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, RecursionError) as error:
            raise SourceUnavailable(f"{beside}: expected a readable TOML file; {error}") from None
        try:
            return structure(cls, data, base=beside.parent)
        except ConfigError as error:
            raise ConfigError(str(beside), error.problems) from None
    return None


def _fingerprint(path: Path) -> str:
    """16 hexadecimal digits that change when a file does.

    From name, size and both times: the time of the last change of its entry cannot be set back, so
    that a file put back with its old date is seen too.
    """
    try:
        found = path.stat()
    except OSError:
        return ""  # gone or shut since it was listed: the reader will say so
    written = (str(path), found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return blake2b(repr(written).encode(errors="surrogateescape"), digest_size=8).hexdigest()


def _read_mark(mark: str | None) -> frozenset[str]:
    """The fingerprints in a mark; none in one that is not ours: reading again does no harm."""
    kind, *fingerprints = (mark or "").split(" ")
    return frozenset(fingerprints) if kind == _MARK else frozenset()


def _write_mark(fingerprints: Iterable[str]) -> str:
    return " ".join([_MARK, *sorted(fingerprints)])
