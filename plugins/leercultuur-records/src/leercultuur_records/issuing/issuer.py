"""The organisation's own issuer: signs with a key that is here, and asks nobody.

What it gives is the organisation's own badge. An *edubadge* comes from SURF's service, in the name of a
member of SURF; the same record can be handed over to one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

from leercultuur_core import ConfigError, Problem
from leercultuur_core.extension import Finding, Issuer, Secret

from ..keys import KeyRing, did_document
from ..status import Register, entry, list_address, list_credential
from .signing import as_jwt, with_proof

_DID_WEB = re.compile(r"did:web:[A-Za-z0-9.-]+(%3A\d+)?(:[A-Za-z0-9._~-]+)*")


@frozen
class LocalIssuerSettings:
    """Settings of `LocalIssuer`.

    keys
        The key ring, as ``{ env = "…" }`` or ``{ file = "…" }``.
    organisation
        The issuer's name, as people know it.
    did
        A ``did:web:…`` on a site of yours. Without one the issuer is its key (``did:key``): that needs
        no site, cannot say whose key it is, and ends with the key.
    register, status
        The file that remembers what was issued, and the ``https`` address below which status lists are
        published. Without both a credential cannot be taken back.
    format
        ``json`` (a readable document) or ``jwt`` (one line of text).
    """

    keys: Secret
    organisation: str
    did: str = ""
    url: str = ""
    register: Path | None = None
    status: str = ""
    status_holds: timedelta = timedelta(days=90)
    format: Literal["json", "jwt"] = "json"


class LocalIssuer(Issuer):
    """Signs Open Badges with the organisation's own key."""

    name = "records"
    settings: Any = LocalIssuerSettings

    def __init__(
        self,
        settings: LocalIssuerSettings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Raises `ConfigError` with everything that does not fit."""
        super().__init__(settings)
        self._clock = clock
        self.ring = KeyRing.parse(settings.keys.reveal())
        problems = list(_problems(settings))
        if problems:
            raise ConfigError("the issuer records", problems)
        self.did = settings.did or self.ring.current.did

    def issue(self, credential: Mapping[str, Any]) -> bytes:
        """The credential with this issuer, a place in the status list, and a signature.

        The same credential again has the same place. Raises `ConfigError` where it holds what cannot
        be signed, `StoreError` where the register cannot be written; then nothing is issued.
        """
        document = {**credential, "issuer": self._profile()}
        settings = self.settings
        if settings.register is not None:
            place = Register(settings.register).place(
                document["id"], document["validFrom"], document.get("validUntil")
            )
            document["credentialStatus"] = entry(place, settings.status, settings.format)
        return self._sign(document, settings.format)

    def revoke(self, credential: str, at: datetime) -> bool:
        """Takes the credential with this id back; gives whether it was issued with a status here.
        It shows once the lists are published again."""
        register = self.settings.register
        return register is not None and Register(register).revoke(credential, at)

    def site(self) -> dict[str, bytes]:
        """Address → what must be served there: the did document, and each status list twice."""
        pages: dict[str, bytes] = {}
        if self.settings.did:
            document = did_document(self.did, self.ring)
            pages[did_address(self.did)] = _json(document)
        if self.settings.register is not None:
            for number, places in Register(self.settings.register).revoked().items():
                for suffix in ("json", "jwt"):
                    address = list_address(self.settings.status, number, suffix)
                    unsigned = list_credential(
                        address, places, at=self._clock(), holds_for=self.settings.status_holds
                    )
                    pages[address] = self._sign({**unsigned, "issuer": self.did}, suffix)
        return pages

    def check(self) -> Iterable[Finding]:
        """Whether what it issues can be checked by others, and taken back."""
        if not self.settings.did:
            hint = "set did to a did:web on a site of yours"
            yield Finding("warning", "the issuer is a bare key: nobody can see whose", hint)
        if self.settings.register is None:
            hint = "set register and status"
            yield Finding("warning", "what is issued cannot be taken back", hint)

    def _profile(self) -> dict[str, Any]:
        profile: dict[str, Any] = {
            "id": self.did,
            "type": ["Profile"],
            "name": self.settings.organisation,
        }
        return {**profile, "url": self.settings.url} if self.settings.url else profile

    def _sign(self, document: Mapping[str, Any], suffix: str) -> bytes:
        key = self.ring.current
        # Both ways, so that a JWT too holds nothing that its contexts do not explain.
        signed = with_proof(document, key, self.did, self._clock())
        if suffix == "jwt":
            return as_jwt(document, key, self.did).encode("ascii")
        return _json(signed)


def did_address(did: str) -> str:
    """Where the document of a did:web is served (https://w3c-ccg.github.io/did-method-web/)."""
    host, *path = did.removeprefix("did:web:").split(":")
    folder = "/".join(path) if path else ".well-known"
    return f"https://{host.replace('%3A', ':')}/{folder}/did.json"


def _problems(settings: LocalIssuerSettings) -> Iterable[Problem]:
    if settings.did and not _DID_WEB.fullmatch(settings.did):
        yield Problem("did", "a did:web such as did:web:korenaar.example", f'"{settings.did}"')
    if bool(settings.status) != (settings.register is not None):
        given = "status" if settings.status else "register"
        yield Problem("register and status", "both or neither", f"only {given}")
    if settings.status and not settings.status.startswith("https://"):
        yield Problem("status", "an address that begins with https://", f'"{settings.status}"')
    if not settings.organisation.strip():
        yield Problem("organisation", "the name of your organisation", "nothing")


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode("utf-8") + b"\n"
