"""A skills passport: the credentials that a holder chose, as one file to hand over.

It is a zip and not a Verifiable Presentation. The proof of a presentation (Verifiable Credentials 2.0,
4.13) says that who shows it holds a key; our credentials name their holder by a salted hash of a mail
address, because workers have no keys, so such a proof could only be the organisation's, which would then
take part in each showing. Each credential carries its own signature and stands in the zip byte for byte as
it was issued; the hashes in the manifest find what was lost or damaged on the way, and claim no more.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

from attrs import field, frozen

from leercultuur_core import AccessDenied, LeercultuurError

from .documents.pages import page
from .documents.words import Words, clean
from .record import Language, Record
from .verifying.reading import Presented, Unreadable, read

MANIFEST = "manifest.json"
FORMAT = "leercultuur-passport-1"
MOST_FILES = 500
MOST_BYTES = 64 * 1024 * 1024


class NoPassport(LeercultuurError):
    """A passport that cannot be made or read; the message says why. Nothing was written."""


@frozen
class Item:
    """One credential that the holder chose: its record, the credential as it was issued, and a document
    to read beside it (``""`` for none)."""

    record: Record
    credential: bytes = field(repr=False)
    document: str = field(default="", repr=False)


@frozen
class Opened:
    """A passport that was handed over.

    ``files`` has what is in it by name, ``problems`` what differs from its manifest. Without problems
    it is as it was made, which says nothing of the credentials: check each of them.
    """

    files: Mapping[str, bytes] = field(repr=False)
    problems: tuple[str, ...] = ()

    @property
    def credentials(self) -> Mapping[str, bytes]:
        """The credentials by name."""
        return {n: data for n, data in self.files.items() if n.startswith("credentials/")}


def make(
    items: Sequence[Item],
    *,
    by: str,
    name: str,
    at: datetime,
    zone: tzinfo,
    language: Language = "nl",
) -> bytes:
    """The zip, for the holder and by their act: ``by`` is the uuid of who asks.

    ``name`` is how the holder wants to be called in it. The same choice at the same moment gives the
    same bytes. Raises `AccessDenied` where a record is not theirs, `NoPassport` where nothing was
    chosen, something twice, or a credential that was taken back.
    """
    _may(items, by)
    say = Words("passport", language)
    today = at.astimezone(zone).date()
    files: dict[str, bytes] = {}
    entries = []
    for number, item in enumerate(items, 1):
        presented = _presented(item)
        stem = f"{number:02d}"
        suffix = "jwt" if presented.token else "json"
        entry = {
            **_shown(presented, say, today, zone),
            "credential": f"credentials/{stem}.{suffix}",
        }
        files[str(entry["credential"])] = item.credential
        entry["document"] = f"documents/{stem}.html" if item.document else ""
        if item.document:
            files[entry["document"]] = item.document.encode("utf-8")
        entries.append(entry)
    heading = say("title.of", name=name) if clean(name) else say("title")
    index = page(
        "passport.html",
        say=say,
        language=language,
        heading=heading,
        name=clean(name),
        entries=entries,
        on=say.day(today),
    )
    files = {"index.html": index.encode("utf-8"), **files}
    return _zip({**files, MANIFEST: _manifest(files, entries, at)}, at)


def open_passport(data: bytes) -> Opened:
    """What is in a passport, compared with its manifest. Nothing is unpacked to disk.

    Raises `NoPassport` where it is no passport, or larger than one can be.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            # What the list says of sizes is not to be believed: read no more than may be there.
            if len(parts) > MOST_FILES or sum(part.file_size for part in parts) > MOST_BYTES:
                raise NoPassport(
                    "expected a passport, found a file that unpacks to far more than one"
                )
            files: dict[str, bytes] = {}
            left = MOST_BYTES
            for part in parts:
                with archive.open(part) as stream:
                    content = stream.read(left + 1)
                left -= len(content)
                if left < 0 or part.filename in files:
                    raise NoPassport("expected a passport, found one file too many in it")
                files[part.filename] = content
        manifest = json.loads(files.pop(MANIFEST))
        if manifest["format"] != FORMAT:
            raise NoPassport(f"expected a passport of format {FORMAT}, found another")
        listed = {str(one["path"]): str(one["sha256"]) for one in manifest["files"]}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise NoPassport("expected a passport (a zip), found a file that is none") from error
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise NoPassport("expected a passport, found a zip without a good manifest") from error
    return Opened(files, tuple(_differences(files, listed)))


def _may(items: Sequence[Item], by: str) -> None:
    if any(item.record.holder != by for item in items):
        raise AccessDenied(
            "a passport holds only one's own records, and its holder makes it", "holder"
        )
    if not items:
        raise NoPassport("expected at least one credential, found none chosen")
    ids = [item.record.id for item in items]
    if len(set(ids)) != len(ids):
        raise NoPassport("expected each record once, found one twice")
    for item in items:
        if item.record.stage not in {"certified", "expired"}:
            raise NoPassport(
                f"expected certified records, found {item.record.id}, which is {item.record.stage}"
            )


def _presented(item: Item) -> Presented:
    try:
        return read(item.credential)
    except Unreadable as error:
        raise NoPassport(f"the credential of {item.record.id} cannot be read: {error}") from None


def _shown(presented: Presented, say: Words, today: date, zone: tzinfo) -> dict[str, str]:
    """What the index says of a credential: its own words, for reading, not for believing."""
    document = presented.document
    subject = _object(document.get("credentialSubject"))
    achievement = _object(subject.get("achievement"))
    issuer = document.get("issuer")
    first, last = (_day(document.get(key), zone) for key in ("validFrom", "validUntil"))
    if last is not None and last < today:
        valid = say("valid.over", last=say.day(last))
    elif last is not None and first is not None:
        valid = say("valid.until", first=say.day(first), last=say.day(last))
    else:
        valid = say("valid.from", first=say.day(first)) if first is not None else ""
    name = clean(str(document.get("name") or achievement.get("name") or ""))
    description = clean(str(achievement.get("description") or ""))
    return {
        "id": str(document.get("id", "")),
        "name": name,
        "description": "" if description == name else description,
        "language": "en" if achievement.get("inLanguage") == "en" else "nl",
        "issuer": clean(str(_object(issuer).get("name") or presented.issuer)),
        "valid": valid,
    }


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _day(value: object, zone: tzinfo) -> date | None:
    try:
        return datetime.fromisoformat(str(value)).astimezone(zone).date()
    except ValueError:
        return None


def _manifest(
    files: Mapping[str, bytes], entries: Sequence[Mapping[str, str]], at: datetime
) -> bytes:
    manifest = {
        "format": FORMAT,
        "made": at.isoformat(),
        "credentials": [
            {key: one[key] for key in ("id", "name", "credential", "document") if one[key]}
            for one in entries
        ],
        "files": [
            {"path": path, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for path, content in files.items()
        ],
    }
    return json.dumps(manifest, ensure_ascii=False, indent=2).encode("utf-8") + b"\n"


def _zip(files: Mapping[str, bytes], at: datetime) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            stamp = (at.year, at.month, at.day, at.hour, at.minute, at.second)
            part = zipfile.ZipInfo(path, stamp)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.external_attr = 0o644 << 16
            archive.writestr(part, content)
    return target.getvalue()


def _differences(files: Mapping[str, bytes], listed: Mapping[str, str]) -> Iterator[str]:
    for path, digest in listed.items():
        if path not in files:
            yield f"{clean(path)}: is not there"
        elif hashlib.sha256(files[path]).hexdigest() != digest:
            yield f"{clean(path)}: is not as it was when the passport was made"
    for path in files:
        if path not in listed:
            yield f"{clean(path)}: was added after the passport was made"
