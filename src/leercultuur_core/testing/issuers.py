"""The contract of an issuer; see `IssuerContract`."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from ..errors import LeercultuurError
from ..extension import Issuer
from . import faults
from .contract import Contract, ScriptedServer, expect, logged, secrets_of, texts_of
from .recordings import Recording


class IssuerContract(Contract):
    """What the engine relies on in every `Issuer`. Inherit it and give the fixture ``issuer``.

    An issuer that asks a server gives ``script`` too: what the real one answered.
    """

    adapter = "issuer"

    @pytest.fixture
    def issuer(self) -> Issuer:
        """The adapter: override it."""
        pytest.fail("give a fixture `issuer` that makes your adapter", pytrace=False)

    @pytest.fixture
    def credential(self) -> Mapping[str, Any]:
        """An unsigned Open Badges 3.0 document; override it where your issuer needs more."""
        return {
            "@context": [
                "https://www.w3.org/ns/credentials/v2",
                "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
            ],
            "id": "urn:uuid:5f0f8a30-6a5e-4b9b-8c3c-0d7f5c3a1b11",
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "issuer": {"id": "https://bakkerij.example/issuer", "type": ["Profile"]},
            "validFrom": "2026-03-02T09:00:00Z",
            "credentialSubject": {
                "type": ["AchievementSubject"],
                "achievement": {
                    "id": "urn:uuid:0b8de7a8-4d2c-4a55-9c38-0a1ad1a6f6d2",
                    "type": ["Achievement"],
                    "name": "Zuurdesem",
                    "description": "Bakt zelfstandig met zuurdesem.",
                    "criteria": {"narrative": "Een collega keek mee."},
                },
            },
        }

    @pytest.fixture
    def issued(
        self,
        issuer: Issuer,
        credential: Mapping[str, Any],
        scripted: ScriptedServer,
        recording: Recording | None,
    ) -> bytes:
        """A credential as it came back."""
        if recording is not None:
            scripted.play(recording.responder())
        issued = self.again(issuer).issue(credential)
        expect(not scripted.unknown, "; ".join(dict.fromkeys(scripted.unknown)))
        return issued

    def test_gives_bytes(self, issued: bytes) -> None:
        """The signed credential, as it is handed over."""
        expect(isinstance(issued, bytes), f"issue() gives bytes, found {type(issued).__name__}")
        expect(issued, "issue() gives an empty credential")

    def test_leaves_what_it_was_given(
        self,
        issuer: Issuer,
        credential: Mapping[str, Any],
        scripted: ScriptedServer,
        recording: Recording | None,
    ) -> None:
        """The document is the caller's."""
        before = copy.deepcopy(credential)
        if recording is not None:
            scripted.play(recording.responder())
        self.again(issuer).issue(credential)
        expect(credential == before, "issue() changes the document it was given: copy it first")

    def test_secrets_are_silent(self, issuer: Issuer, issued: bytes) -> None:
        """The key is neither shown nor handed over."""
        secrets = secrets_of(issuer)
        shown = f"{issuer!r}{issuer}{issuer.settings!r}{issuer.settings}"
        expect(
            not any(secret in shown for secret in secrets),
            "a secret in a repr: give it the type Secret",
        )
        expect(
            not any(secret.encode() in issued for secret in secrets),
            "a secret in the credential: sign with it, do not write it",
        )

    def test_secrets_and_subject_stay_out_of_logs(
        self,
        issuer: Issuer,
        credential: Mapping[str, Any],
        scripted: ScriptedServer,
        recording: Recording | None,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Also at debug level."""
        secrets = secrets_of(issuer)
        if recording is not None:
            scripted.play(recording.responder())
        with caplog.at_level(logging.DEBUG):
            self.again(issuer).issue(credential)
        expect(
            not any(secret in logged(caplog) for secret in secrets),
            "a secret in a log line: log numbers and codes",
        )
        expect(
            str(credential["id"]) not in logged(caplog),
            "a credential's id in a log line: it leads to its holder",
        )

    @pytest.mark.parametrize("fault", ["connection lost", "500", "HTML with 200", "truncated"])
    def test_a_server_that_fails(
        self,
        issuer: Issuer,
        credential: Mapping[str, Any],
        scripted: ScriptedServer,
        recording: Recording | None,
        fault: str,
    ) -> None:
        """No credential, and an error that says so."""
        self._fails(issuer, credential, scripted, recording, fault, _FAULTS[fault])

    def test_secret_echoed_in_an_error(
        self,
        issuer: Issuer,
        credential: Mapping[str, Any],
        scripted: ScriptedServer,
        recording: Recording | None,
    ) -> None:
        """Servers repeat what they do not accept, the token included."""
        secrets = secrets_of(issuer)
        error = self._fails(
            issuer, credential, scripted, recording, "401", faults.saying(401, *secrets)
        )
        expect(
            not any(secret in texts_of(error) for secret in secrets),
            "secret echoed in an error: it stands in your error; use self.http, which hides it",
        )

    def _fails(
        self,
        issuer: Issuer,
        credential: Mapping[str, Any],
        scripted: ScriptedServer,
        recording: Recording | None,
        fault: str,
        change: faults.Change,
    ) -> LeercultuurError | None:
        if recording is None:
            pytest.skip("asks no server: its faults do not reach it")
        scripted.play(recording.responder())
        scripted.fault(change)
        try:
            self.again(issuer).issue(credential)
        except LeercultuurError as error:
            return error
        pytest.fail(
            f"{fault}: expected SourceUnavailable or AccessDenied, found a credential",
            pytrace=False,
        )


_FAULTS: dict[str, faults.Change] = {
    "connection lost": faults.hang_up,
    "500": faults.status(500),
    "HTML with 200": faults.web_page,
    "truncated": faults.truncated,
}
