"""What is issued: its contents, the keys, the register and the files that are published."""

from __future__ import annotations

import json
import logging
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from leercultuur_core import ConfigError, StoreError
from leercultuur_core.extension import Issuer, Secret, structure
from leercultuur_core.testing import IssuerContract
from leercultuur_records.commands_credentials import keys as keys_command
from leercultuur_records.issuing import (
    Alignment,
    Claim,
    Evidence,
    LocalIssuer,
    LocalIssuerSettings,
    Qualification,
    build_credential,
)
from leercultuur_records.issuing.issuer import did_address
from leercultuur_records.issuing.recipient import identity, is_about
from leercultuur_records.keys import KeyRing, did_document
from leercultuur_records.publish import publish
from leercultuur_records.status import LENGTH, Register, decode, encode
from leercultuur_records.verifying import Bundle, verify

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
DID = "did:web:korenaar.example:leren"
RING = KeyRing.new(AT)
CLAIM = Claim(
    id="urn:uuid:5f0f8a30-6a5e-4b9b-8c3c-0d7f5c3a1b11",
    achievement="urn:uuid:0b8de7a8-4d2c-4a55-9c38-0a1ad1a6f6d2",
    name="Zuurdesem",
    description="Bakt zelfstandig met zuurdesem.",
    criteria="Een collega keek mee.",
    valid_from=AT,
    subject={"email": "sanne@korenaar.example"},
    evidence=(Evidence("Foto", sha256=bytes(32)),),
    alignments=(Alignment("brood bakken", "http://data.europa.eu/esco/skill/1", "ESCO 1.2.0"),),
    qualification=Qualification(eqf=3, nlqf="3", ects=2.5, study_load_hours=70),
)


def issuer(folder: Path, **changes: Any) -> LocalIssuer:
    given_settings = {
        "keys": Secret(RING.dump()),
        "organisation": "De Korenaar",
        "did": DID,
        "register": folder / "register.db",
        "status": "https://korenaar.example/leren/status",
    }
    return LocalIssuer(LocalIssuerSettings(**{**given_settings, **changes}), clock=lambda: AT)


class TestContract(IssuerContract):
    @pytest.fixture
    def issuer(self, tmp_path: Path) -> Issuer:
        return issuer(tmp_path)

    # It asks no server whose faults could reach it.
    test_a_server_that_fails = None
    test_secret_echoed_in_an_error = None  # type: ignore[assignment]


def test_a_field_goes_where_open_badges_has_a_place() -> None:
    badge = build_credential(CLAIM)
    achievement = badge["credentialSubject"]["achievement"]
    assert achievement["creditsAvailable"] == 2.5
    assert [one["targetName"] for one in achievement["alignment"]] == [
        "brood bakken",
        "EQF 3",
        "NLQF 3",
    ]
    assert achievement["studyLoadHours"] == 70
    assert achievement["type"] == ["Achievement", "EuropeanAchievement"]
    assert badge["evidence"][0]["digestSRI"].startswith("sha256-")


def test_without_fields_of_our_own_there_is_no_context_of_our_own() -> None:
    plain = build_credential(evolve(CLAIM, qualification=Qualification(eqf=3, ects=1)))
    assert all(isinstance(context, str) for context in plain["@context"])
    assert plain["credentialSubject"]["achievement"]["type"] == ["Achievement"]


WORDS = st.text(min_size=1, max_size=40).filter(str.strip)


@settings(max_examples=25, deadline=None)
@given(WORDS, WORDS, WORDS, st.sampled_from(["json", "jwt"]))
def test_any_words_are_signed_as_they_are(name: str, criteria: str, title: str, form: str) -> None:
    claim = evolve(CLAIM, name=name, criteria=criteria, evidence=(Evidence(title),))
    bare = LocalIssuerSettings(Secret(RING.dump()), "De Korenaar", format=form)  # type: ignore[arg-type]
    signed = LocalIssuer(bare, clock=lambda: AT).issue(build_credential(claim))
    verdict = verify(signed, at=AT)
    assert verdict.accepted, verdict.text()
    assert verdict.document["name"] == name
    assert verdict.document["evidence"][0]["name"] == title


def test_keys_from_the_environment(tmp_path: Path) -> None:
    given_settings = structure(
        LocalIssuerSettings,
        {"keys": {"env": "RECORDS_KEYS"}, "organisation": "De Korenaar", "status_holds": "30d"},
        environ={"RECORDS_KEYS": RING.dump()},
    )
    assert LocalIssuer(given_settings).did == RING.current.did

    path = tmp_path / "keys.json"
    path.write_text(RING.dump())
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="mode 0600"):
        structure(
            LocalIssuerSettings,
            {"keys": {"file": "keys.json"}, "organisation": "De Korenaar"},
            base=tmp_path,
        )


def test_nobody_is_named(tmp_path: Path) -> None:
    assert b"sanne" not in issuer(tmp_path).issue(build_credential(CLAIM)).lower()
    assert "sanne" not in repr(CLAIM)


def test_what_no_signature_would_cover_is_not_signed(tmp_path: Path) -> None:
    badge = build_credential(CLAIM)
    badge["credentialSubject"]["cumLaude"] = True
    with pytest.raises(ConfigError, match="words that no signature covers"):
        issuer(tmp_path).issue(badge)
    with pytest.raises(ConfigError, match="not whole"):
        issuer(tmp_path).issue({**build_credential(CLAIM), "id": "badge-1"})


def test_the_same_credential_has_the_same_place(tmp_path: Path) -> None:
    first, again, other = (
        json.loads(issuer(tmp_path).issue(build_credential(claim)))["credentialStatus"]
        for claim in (CLAIM, CLAIM, evolve(CLAIM, id="urn:uuid:2"))
    )
    assert first == again != other


def test_a_register_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "register.db"
    path.write_text("not a database, and long enough to be looked at " * 40)
    with pytest.raises(StoreError, match="register of credentials cannot be used"):
        Register(path).place("urn:uuid:1", "2026-03-02T09:00:00Z")
    assert path.read_text().startswith("not a database")


def test_many_at_once_get_a_place_each(tmp_path: Path) -> None:
    places: list[int] = []

    def issue(number: int) -> None:
        places.append(Register(tmp_path / "r.db").place(f"urn:uuid:{number}", "2026-03-02"))

    threads = [threading.Thread(target=issue, args=(number % 10,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(places) == 20
    assert len(set(places)) == 10
    assert all(0 <= place < LENGTH for place in places)


@given(st.sets(st.integers(0, LENGTH - 1), max_size=30))
def test_a_list_gives_back_what_it_was_given(places: set[int]) -> None:
    bits = decode(encode(places))
    assert all(bits[n // 8] >> (7 - n % 8) & 1 for n in places)
    assert sum(byte.bit_count() for byte in bits) == len(places)


@pytest.mark.parametrize("text", ["", "u", "zabc", "uAAAA", encode([])[:-9]])
def test_what_is_no_list(text: str) -> None:
    with pytest.raises(ValueError, match=r"multibase|GZIP|length|base64|padding"):
        decode(text)


def test_publishing_twice_changes_nothing(tmp_path: Path) -> None:
    one = issuer(tmp_path)
    one.issue(build_credential(CLAIM))
    site = tmp_path / "site"
    written = publish(one, site, at=AT)
    assert [path.relative_to(site).as_posix() for path in written] == [
        "leren/did.json",
        "leren/status/revocation-1.json",
        "leren/status/revocation-1.jwt",
    ]
    assert publish(one, site, at=AT + DAY) == ()
    assert not [path for path in site.rglob("*") if path.name.startswith(".")]

    assert one.revoke(CLAIM.id, AT)
    assert not one.revoke("urn:uuid:unknown", AT)
    assert len(publish(one, site, at=AT + DAY)) == 2


def test_a_list_is_made_anew_before_it_ends(tmp_path: Path) -> None:
    one = issuer(tmp_path)
    one.issue(build_credential(CLAIM))
    publish(one, tmp_path / "site", at=AT)
    later = LocalIssuer(one.settings, clock=lambda: AT + 60 * DAY)
    assert len(publish(later, tmp_path / "site", at=AT + 60 * DAY)) == 2


def test_what_an_old_key_signed_stays_good(tmp_path: Path) -> None:
    badge = issuer(tmp_path).issue(build_credential(CLAIM))
    rotated = RING.rotate(AT + DAY)
    now = LocalIssuer(
        evolve(issuer(tmp_path).settings, keys=Secret(rotated.dump())), clock=lambda: AT + 2 * DAY
    )
    publish(now, tmp_path / "site", at=AT + 2 * DAY)
    verdict = verify(badge, at=AT + 2 * DAY, documents=Bundle(tmp_path / "site"))
    assert verdict.accepted, verdict.text()


def test_a_ring_survives_being_written() -> None:
    ring = RING.rotate(AT + DAY).rotate(AT + 2 * DAY, compromised=True)
    again = KeyRing.parse(ring.dump())
    assert [(key.id, key.state, key.created) for key in again.keys] == [
        (key.id, key.state, key.created) for key in ring.keys
    ]
    assert [key.state for key in again.keys] == ["replaced", "revoked", "current"]
    assert again.current.id == ring.current.id


def test_keys_show_themselves_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = json.loads(RING.dump())["keys"][0]["secret"]
    with caplog.at_level(logging.DEBUG):
        one = issuer(tmp_path)
        issued = one.issue(build_credential(CLAIM)).decode()
    served = "".join(page.decode() for page in one.site().values())
    shown = f"{RING!r} {RING.keys!r} {one!r} {one.settings!r} {RING.current}"
    assert secret not in shown + issued + served + caplog.text
    with pytest.raises(ConfigError) as caught:
        KeyRing.parse(RING.dump().replace(secret, secret[:-1] + "0"))
    assert secret[:-1] not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"keys": []}', '{"keys": [{"secret": 1}]}'])
def test_what_is_no_ring(text: str) -> None:
    with pytest.raises(ConfigError, match="key ring"):
        KeyRing.parse(text)


def test_a_revoked_key_may_sign_no_more() -> None:
    document = did_document(DID, RING.rotate(AT, compromised=True))
    assert len(document["verificationMethod"]) == 2
    assert len(document["assertionMethod"]) == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"did": "https://korenaar.example"}, "did:web such as"),
        ({"status": ""}, "both or neither"),
        ({"status": "http://korenaar.example"}, "https://"),
        ({"organisation": " "}, "name of your organisation"),
    ],
)
def test_settings_that_do_not_fit(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        issuer(tmp_path, **changes)


def test_check_says_what_others_will_miss(tmp_path: Path) -> None:
    assert not list(issuer(tmp_path).check())
    bare = issuer(tmp_path, did="", register=None, status="")
    assert [finding.level for finding in bare.check()] == ["warning", "warning"]


@pytest.mark.parametrize(
    ("did", "address"),
    [
        ("did:web:korenaar.example", "https://korenaar.example/.well-known/did.json"),
        ("did:web:korenaar.example:a:b", "https://korenaar.example/a/b/did.json"),
        ("did:web:korenaar.example%3A8443", "https://korenaar.example:8443/.well-known/did.json"),
    ],
)
def test_where_a_did_is_served(did: str, address: str) -> None:
    assert did_address(did) == address


@given(st.emails(), st.text("0123456789abcdef", max_size=32))
def test_a_hash_is_of_one_person(mail: str, salt: str) -> None:
    one = identity("email", mail, salt)
    assert is_about(one, mail)
    assert is_about(one, f" mailto:{mail.upper()} ".replace("MAILTO", "mailto"))
    assert not is_about(one, f"x{mail}")
    assert mail not in json.dumps(one)


@pytest.fixture
def at_the_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    return CliRunner()


def test_keys_at_the_prompt(at_the_prompt: CliRunner) -> None:
    def run(*words: str) -> str:
        done = at_the_prompt.invoke(keys_command, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    made = run("new", "keys.json", "--now", "2026-03-02")
    path = Path("keys.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    with pytest.raises(ConfigError, match="rotate"):
        at_the_prompt.invoke(keys_command, ["new", "keys.json"], catch_exceptions=False)
    assert path.read_text() == before

    assert "signs from now on" in run("rotate", "keys.json", "--now", "2026-03-03")
    assert "refused once you publish" in run("rotate", "keys.json", "--compromised")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    listed = run("list", "keys.json")
    assert [line.split()[1] for line in listed.splitlines()] == [
        "replaced,",
        "revoked,",
        "current,",
    ]
    assert not any(json.loads(before)["keys"][0]["secret"] in output for output in (made, listed))

    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        at_the_prompt.invoke(keys_command, ["list", "keys.json"], catch_exceptions=False)
