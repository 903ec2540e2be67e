"""Checking credentials of others and of our own: what is said, and that nothing else is done."""

from __future__ import annotations

import copy
import json
import socket
import string
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from leercultuur_core import SourceUnavailable
from leercultuur_core.extension import Secret
from leercultuur_core.testing.servers import python_environment
from leercultuur_records.commands_credentials import verify as verify_command
from leercultuur_records.issuing import Claim, LocalIssuer, LocalIssuerSettings, build_credential
from leercultuur_records.issuing.signing import with_proof
from leercultuur_records.keys import KeyRing
from leercultuur_records.publish import publish
from leercultuur_records.verifying import Bundle, Check, Web, verify
from leercultuur_records.verifying.documents import Nowhere

HERE = Path(__file__).parent
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
RING = KeyRing.new(AT)
KEY = RING.current
CLAIM = Claim(
    id="urn:uuid:5f0f8a30-6a5e-4b9b-8c3c-0d7f5c3a1b11",
    achievement="urn:uuid:0b8de7a8-4d2c-4a55-9c38-0a1ad1a6f6d2",
    name="Zuurdesem",
    description="Bakt zelfstandig met zuurdesem.",
    criteria="Een collega keek mee.",
    valid_from=AT,
    subject={"email": "sanne@korenaar.example"},
)


def local(**changes: Any) -> LocalIssuer:
    given_settings = {"keys": Secret(RING.dump()), "organisation": "De Korenaar", **changes}
    return LocalIssuer(LocalIssuerSettings(**given_settings), clock=lambda: AT)


@cache
def badge() -> bytes:
    return local().issue(build_credential(CLAIM))


class Served:
    """A site, with what stands where."""

    fetched = True

    def __init__(self, pages: Mapping[str, Any]) -> None:
        self.pages = pages

    def get(self, address: str) -> bytes | None:
        page = self.pages.get(address)
        return None if page is None else json.dumps(page).encode()


def test_all_of_it_proved() -> None:
    verdict = verify(badge(), at=AT, subject="Sanne@korenaar.example", issuer=KEY.did)
    assert verdict.accepted
    assert verdict.complete, verdict.text()


def test_what_was_not_asked_is_said() -> None:
    verdict = verify(badge(), at=AT)
    assert verdict.accepted
    assert not verdict.complete
    assert verdict["subject"].code == "subject.not-asked"
    assert verdict["issuer"].code == "issuer.key"


def test_words_in_both_languages() -> None:
    table = (HERE.parent / "src/leercultuur_records/verifying/words.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines()[1:]]
    assert len({code for code, _, _ in rows}) == len(rows)
    for code, english, dutch in rows:
        assert english
        assert dutch
        assert "!" not in english + dutch
        assert ("{found}" in english) == ("{found}" in dutch)
        if not code.startswith(("verdict.", "outcome.")):
            aspect = code.partition(".")[0]
            check = Check(aspect, "unknown", code, {"found": "iets"})  # type: ignore[arg-type]
            assert check.words("nl") != check.words("en")


def test_nothing_is_fetched_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        pytest.fail("something was fetched")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    web = local(did="did:web:korenaar.example").issue(build_credential(CLAIM))
    verdict = verify(web, at=AT)
    assert not verdict.accepted
    assert not verdict.refused
    assert verdict["proof"].code == "proof.no-key"
    changed = web.replace(b"https://www.w3.org/ns/credentials/v2", b"https://evil.example/v2")
    assert not verify(changed, at=AT).accepted


@pytest.mark.parametrize(
    "address",
    ["http://ander.example/x", "https://127.0.0.1/x", "https://localhost/x", "file:///etc/passwd"],
)
def test_what_is_never_fetched(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", lambda *args, **kwargs: pytest.fail("fetched"))
    assert Web().get(address) is None


def test_what_a_site_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripted after a static file server: 200 with the file, or 404."""
    asked = []

    class Client:
        def __init__(self, url: str, **_: object) -> None:
            self.url = url

        def __enter__(self) -> Client:
            return self

        def __exit__(self, *_: object) -> None: ...

        def send(self, method: str, path: str) -> Client:
            asked.append((method, self.url + path))
            self.path = path
            return self

        def checked(self) -> Client:
            if self.path != "a/did.json?v=1":
                raise SourceUnavailable("404")
            return self

        body = b"{}"

    monkeypatch.setattr("leercultuur_records.verifying.documents.HttpClient", Client)
    assert Web().get("https://korenaar.example/a/did.json?v=1") == b"{}"
    assert Web().get("https://korenaar.example/b") is None
    assert asked == [
        ("GET", "https://korenaar.example/a/did.json?v=1"),
        ("GET", "https://korenaar.example/b"),
    ]


def test_a_word_in_a_proof_that_is_not_known() -> None:
    document = json.loads(badge())
    for word, value in (("by", "De Korenaar"), ("expires", {"@value": "2030-01-01T00:00:00Z"})):
        proof = {**document["proof"][0], word: value}
        assert not verify(json.dumps({**document, "proof": proof}).encode(), at=AT).accepted


def test_a_credential_without_a_context_is_refused_and_not_an_error() -> None:
    document = json.loads(badge())
    del document["@context"]
    verdict = verify(json.dumps(document).encode(), at=AT)
    assert verdict.checks[0].code == "proof.not-signable"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("validFrom", "0001-01-01T00:00:00+00:00"),
        ("validFrom", "9999-12-31T23:59:59-14:00"),
        ("validUntil", "9999-12-31T23:59:59+00:00"),
        ("validUntil", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_the_ends_of_the_calendar_are_dates(name: str, value: str) -> None:
    document = {**json.loads(badge()), name: value}
    verdict = verify(json.dumps(document).encode(), at=AT)
    dates = next(one for one in verdict.checks if one.aspect == "dates")
    holds = value.startswith("0001") == (name == "validFrom")
    assert dates.outcome == ("proved" if holds else "refused")
    for word in ("expires", "created"):
        proof = {**document["proof"][0], word: value}
        assert not verify(json.dumps({**document, "proof": proof}).encode(), at=AT).accepted


def test_a_bundle_stays_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    inside = tmp_path / "bundle"
    (inside / "korenaar.example").mkdir(parents=True)
    (inside / "a.json").write_text("1")
    (inside / "korenaar.example" / "b.json").write_text("2")
    (inside / "link.json").symlink_to(tmp_path / "secret.json")
    bundle = Bundle(inside)
    assert bundle.get("https://korenaar.example/a.json") == b"1"
    assert bundle.get("https://korenaar.example/b.json") == b"2"
    for path in ("../secret.json", "%2e%2e/secret.json", "link.json", "none.json", ""):
        assert bundle.get(f"https://korenaar.example/{path}") is None
    assert bundle.get("https://../secret.json") is None


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in _leaves(item, (*path, key))]
    if isinstance(value, list):
        return [leaf for n, item in enumerate(value) for leaf in _leaves(item, (*path, n))]
    return [path] if isinstance(value, str) else []


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_letter_can_be_changed(data: st.DataObject) -> None:
    document = json.loads(badge())
    path = data.draw(st.sampled_from(_leaves(document)))
    changed = copy.deepcopy(document)
    *way, last = path
    inside = changed
    for step in way:
        inside = inside[step]
    text = inside[last]
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits))
    inside[last] = text[:at] + letter + text[at + 1 :]
    if changed != document:
        assert not verify(json.dumps(changed).encode(), at=AT).accepted


@cache
def token() -> str:
    return local(format="jwt").issue(build_credential(CLAIM)).decode()


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_letter_of_a_token_can_be_changed(data: st.DataObject) -> None:
    assert verify(token().encode(), at=AT).accepted
    at = data.draw(st.integers(0, len(token()) - 1) | st.just(len(token()) - 1))
    letter = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_."))
    changed = token()[:at] + letter + token()[at + 1 :]
    if changed != token():
        assert not verify(changed.encode(), at=AT).accepted


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_nothing_raises(data: bytes) -> None:
    assert not verify(data, at=AT).accepted


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.data(), _VALUES)
def test_nothing_raises_for_any_value(data: st.DataObject, value: Any) -> None:
    document = json.loads(badge())
    places = [(document, key) for key in (*document, "credentialStatus", "validUntil", "extra")]
    places += [(document["proof"][0], key) for key in (*document["proof"][0], "expires")]
    inside, key = data.draw(st.sampled_from(places))
    before = inside.get(key)
    inside[key] = value
    verdict = verify(json.dumps(document).encode(), at=AT, subject="x@korenaar.example")
    assert verdict.text("nl")
    if before != value:
        assert not verdict.accepted


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "neither"),
        (b"\x89PNG\r\n", "image"),
        (b"{" * 100_000, "valid JSON"),
        (b'{"id": "a", "id": "b"}', "twice"),
        (rb'{"id": "\ud800"}', "no valid JSON"),
        (b'{"id": NaN}', "NaN"),
        (b"[]", "neither"),
        (b"a.b.c", "base64url"),
        (b" " * 300_000, "KiB"),
    ],
)
def test_what_cannot_be_read(data: bytes, found: str) -> None:
    verdict = verify(data, at=AT)
    assert verdict.refused
    assert found in verdict["shape"].words()


def test_a_file_that_would_keep_a_machine_busy() -> None:
    """Two unnamed parts that look alike, each with nine of these: their orders are nine factorial."""
    document = json.loads(badge())
    part = {"type": "IdentityObject", "hashed": False, "identityHash": "x"}
    document["credentialSubject"] = [{"type": ["AchievementSubject"], "identifier": [part] * 9}] * 2
    verdict = verify(json.dumps(document).encode(), at=AT)
    assert verdict["proof"].code == "proof.not-signable"


def test_two_statuses_the_worst_counts(tmp_path: Path) -> None:
    issuer = local(
        did="did:web:korenaar.example",
        register=tmp_path / "r.db",
        status="https://korenaar.example/status",
    )
    signed = json.loads(issuer.issue(build_credential(CLAIM)))
    publish(issuer, tmp_path / "site", at=AT)
    entry = signed.pop("credentialStatus")
    del signed["proof"]
    other = {**entry, "id": "urn:x:2", "type": "1EdTechRevocationList"}

    def verdict(status: Any) -> Check:
        document = with_proof({**signed, "credentialStatus": status}, KEY, issuer.did, AT)
        data = json.dumps(document).encode()
        return verify(data, at=AT, documents=Bundle(tmp_path / "site"))["status"]

    assert verdict(entry).outcome == "proved"
    for index in ("-1", "x", "131072", "999999999999"):
        assert verdict({**entry, "statusListIndex": index}).outcome == "refused"
    assert verdict({**entry, "statusPurpose": "suspension"}).code == "status.list-refused"
    assert verdict({**entry, "statusPurpose": "message"}).outcome == "unknown"
    strange: tuple[Any, ...] = (["revocation"], {}, 1)
    for purpose in strange:
        data = json.dumps(
            {**signed, "credentialStatus": {**entry, "statusPurpose": purpose}}
        ).encode()
        assert verify(data, at=AT)["status"].code == "status.kind"
    data = json.dumps({**signed, "credentialStatus": [entry, other]}).encode()
    assert verify(data, at=AT, documents=Bundle(tmp_path / "site"))["status"].code == "status.kind"


def _token(key: Any, header: Mapping[str, Any], **changes: Any) -> bytes:
    document = {**build_credential(CLAIM), "issuer": "https://ander.example", **changes}
    algorithm = header["alg"]
    return jws.serialize_compact(
        dict(header), json.dumps(document).encode(), key, algorithms=[algorithm]
    ).encode()


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "ES384"])
def test_an_issuer_with_a_web_address(algorithm: str) -> None:
    """A JWK on the issuer's own site; the key decides what may be signed with it."""
    key: Any
    if algorithm.startswith("ES"):
        curve = ec.SECP256R1() if algorithm == "ES256" else ec.SECP384R1()
        name = "P-256" if algorithm == "ES256" else "P-384"
        numbers = ec.generate_private_key(curve)
        key = ECKey.import_key(_pem(numbers))
        assert key.curve_name == name
    else:
        key = RSAKey.import_key(_pem(rsa.generate_private_key(65537, 2048)))
    kid = "https://ander.example/key.json"
    served = Served({kid: key.as_dict(private=False)})
    token = _token(key, {"alg": algorithm, "kid": kid})
    assert verify(token, at=AT, documents=served).accepted
    assert verify(token, at=AT)["proof"].code == "proof.no-key"

    elsewhere = _token(key, {"alg": algorithm, "kid": "https://evil.example/key.json"})
    found = verify(
        elsewhere, at=AT, documents=Served({"https://evil.example/key.json": key.as_dict()})
    )
    assert found["proof"].code == "proof.not-tied"
    in_it = _token(key, {"alg": algorithm, "jwk": key.as_dict(private=False)})
    assert verify(in_it, at=AT, documents=served)["proof"].code == "proof.not-tied"
    late = _token(
        key, {"alg": algorithm, "kid": kid}, exp=int((AT - timedelta(days=1)).timestamp())
    )
    assert verify(late, at=AT, documents=served)["proof"].code == "proof.expired"
    differs = _token(key, {"alg": algorithm, "kid": kid}, jti="urn:uuid:other")
    assert verify(differs, at=AT, documents=served)["proof"].code == "proof.claims"


def _pem(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem


def test_a_proof_of_another_kind_is_not_called_false() -> None:
    document = json.loads(badge())
    document["proof"][0]["cryptosuite"] = "ecdsa-sd-2023"
    verdict = verify(json.dumps(document).encode(), at=AT)
    assert not verdict.accepted
    assert verdict["proof"].outcome == "unknown"


def test_a_second_proof_is_looked_at_too() -> None:
    document = json.loads(badge())
    bad = {**document["proof"][0], "proofValue": "z" + "1" * 64}
    document["proof"].append(bad)
    assert not verify(json.dumps(document).encode(), at=AT).accepted


def test_a_proof_may_stand_alone() -> None:
    document = json.loads(badge())
    document["proof"] = document["proof"][0]
    assert verify(json.dumps(document).encode(), at=AT).accepted


@pytest.mark.server
def test_badges_of_another_library() -> None:
    """Issued by openbadgeslib 4.6.3 at the moment, in four ways."""
    python = python_environment(HERE / "verifiers" / "openbadgeslib.txt") / "python"
    done = subprocess.run(  # noqa: S603 - a script of these tests
        [str(python), str(HERE / "verifiers" / "openbadgeslib_issue.py")],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    issued = json.loads(done.stdout)
    assert set(issued) == {"EdDSA", "ES256", "RS256", "eddsa-rdfc-2022"}
    for name, one in issued.items():
        credential = one["credential"]
        text = credential if isinstance(credential, str) else json.dumps(credential)
        where = one["issuer"].removeprefix("did:web:").replace(":", "/")
        site = Served({f"https://{where}/did.json": one["document"]})
        verdict = verify(text.encode(), at=AT, documents=site, subject="sanne@korenaar.example")
        assert verdict.accepted, f"{name}: {verdict.text()}"
        other = verify(text.encode(), at=AT, documents=site, subject="tim@korenaar.example")
        assert other["subject"].code == "subject.other"


def test_at_the_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("badge.json").write_bytes(badge())
    now = ["--now", "2026-03-02T09:00:00Z"]

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(verify_command, [*now, *words], catch_exceptions=False)
        return done.exit_code, done.output

    known = ["--subject", "sanne@korenaar.example", "--issuer", KEY.did]
    assert run("badge.json", *known)[0] == 0
    code, output = run("badge.json")
    assert code == 3
    assert "Not everything was." in output
    code, output = run("badge.json", "--subject", "tim@korenaar.example", "--language", "nl")
    assert code == 1
    assert "iemand anders" in output
    assert run("badge.json", "--fetch", "--bundle", ".")[0] == 2
    assert run("none.json")[0] == 2
    handed_over = CliRunner().invoke(verify_command, [*now, "-", *known], input=badge())
    assert handed_over.exit_code == 0
    assert run("badge.json", "--now", "yesterday")[0] == 2


def test_a_date_without_an_offset_is_no_date() -> None:
    document = json.loads(badge())
    del document["proof"]
    for said in ("2026-03-02T09:00:00", "2026-03-02", "soon", 5, None):
        signed = {**document, "validFrom": said}
        assert verify(json.dumps(signed).encode(), at=AT)["dates"].code == "dates.malformed"


def test_a_clock_may_differ_a_little() -> None:
    soon = local().issue(build_credential(evolve(CLAIM, valid_from=AT + timedelta(minutes=4))))
    assert verify(soon, at=AT)["dates"].outcome == "proved"
    assert Nowhere().get("https://korenaar.example") is None
