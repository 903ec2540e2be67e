"""Attacks on credentials, held against our verifier and against three of others.

``attacks.tsv`` says beforehand what each makes of each: ``accept``, ``refuse``, or why it does not look. A
verifier that does not look lets an attack pass (or refuses a good credential for what it does not know),
and that too is held against what it does: a cell that became better is a cell to mend.
"""

from __future__ import annotations

import base64
import csv
import json
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, field, frozen
from joserfc import jws
from joserfc.jwk import OctKey

from leercultuur_core.extension import Secret
from leercultuur_core.testing.servers import needs, node_environment, python_environment
from leercultuur_records.issuing import (
    Alignment,
    Claim,
    Evidence,
    LocalIssuer,
    LocalIssuerSettings,
    Qualification,
    build_credential,
)
from leercultuur_records.issuing.recipient import identity
from leercultuur_records.issuing.signing import as_jwt, with_proof
from leercultuur_records.keys import KeyRing
from leercultuur_records.status import list_address, list_credential
from leercultuur_records.verifying import Verdict, verify

HERE = Path(__file__).parent
# The verifiers of others look at the clock, and cannot be told another time.
AT = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
SANNE, TIM = "sanne@korenaar.example", "tim@korenaar.example"
NAMES = ("verifier-core", "vc", "openbadgeslib")

CLAIM = Claim(
    id="urn:uuid:5f0f8a30-6a5e-4b9b-8c3c-0d7f5c3a1b11",
    achievement="urn:uuid:0b8de7a8-4d2c-4a55-9c38-0a1ad1a6f6d2",
    name="Zuurdesem",
    description="Bakt zelfstandig met zuurdesem.",
    criteria="Een collega keek mee bij vijf keer bakken.",
    valid_from=AT - 30 * DAY,
    valid_until=AT + 365 * DAY,
    subject={"email": SANNE},
    alignments=(Alignment("brood bakken", "http://data.europa.eu/esco/skill/1", "ESCO 1.2.0"),),
    evidence=(Evidence("Foto", "Vijf broden op een rij.", sha256=bytes(range(32))),),
)
FULL = evolve(
    CLAIM,
    narrative="Vooral de lange rijs.",
    period=((AT - 90 * DAY).date(), (AT - 31 * DAY).date()),
    code="BB-3",
    version="2026",
    qualification=Qualification(eqf=3, nlqf="3", ects=2.5),
)
EXTENDED = evolve(
    FULL,
    qualification=Qualification(
        eqf=3,
        study_load_hours=70,
        learning_path="informal",
        participation="work experience",
        assessment="portfolio",
        supervision="onsite with identity check",
        quality_assurance="https://korenaar.example/kwaliteit",
    ),
)


class _Site:
    """What an issuer serves, as a check finds it."""

    fetched = True

    def __init__(self, pages: Mapping[str, str]) -> None:
        self.pages = pages

    def get(self, address: str) -> bytes | None:
        page = self.pages.get(address)
        return None if page is None else page.encode()


@frozen
class Cell:
    """A credential to hold against a verifier, with what the issuer serves and what is asked."""

    credential: Any
    site: Mapping[str, str]
    issuer: str
    subject: str = SANNE

    @property
    def data(self) -> bytes:
        text = self.credential if isinstance(self.credential, str) else json.dumps(self.credential)
        return text.encode()

    def verdict(self) -> Verdict:
        return verify(
            self.data, at=AT, documents=_Site(self.site), subject=self.subject, issuer=self.issuer
        )


@frozen
class World:
    """An issuer with a key, a register and a site; and somebody who means ill.

    Each has an address of its own, since verifiers remember what they fetched.
    """

    form: str
    folder: Path
    ring: KeyRing = field(factory=lambda: KeyRing.new(AT - 400 * DAY))
    thief: KeyRing = field(factory=lambda: KeyRing.new(AT - 400 * DAY))

    @property
    def did(self) -> str:
        return f"did:web:korenaar.example:{self.folder.name}"

    @property
    def status(self) -> str:
        return f"https://korenaar.example/{self.folder.name}/status"

    def issuer(self, **changes: Any) -> LocalIssuer:
        settings = {
            "keys": Secret(self.ring.dump()),
            "organisation": "De Korenaar",
            "did": self.did,
            "register": self.folder / "register.db",
            "status": self.status,
            "format": self.form,
        }
        return LocalIssuer(LocalIssuerSettings(**{**settings, **changes}), clock=lambda: AT)

    def good(self, claim: Claim = CLAIM, **changes: Any) -> Cell:
        issuer = self.issuer(**changes)
        data = issuer.issue(build_credential(claim)).decode()
        credential = data if self.form == "jwt" else json.loads(data)
        return Cell(credential, self.site(issuer), issuer.did)

    def site(self, issuer: LocalIssuer | None = None) -> dict[str, str]:
        pages = (issuer or self.issuer()).site()
        return {address: page.decode() for address, page in pages.items()}

    def sign(self, document: Mapping[str, Any], ring: KeyRing, did: str, at: datetime) -> Any:
        key = ring.current
        if self.form == "jwt":
            return as_jwt(document, key, did)
        return with_proof(document, key, did, at)

    def opened(self, cell: Cell) -> dict[str, Any]:
        """The credential in a cell, without what the form puts around it."""
        if self.form == "json":
            return {key: item for key, item in cell.credential.items() if key != "proof"}
        inside: dict[str, Any] = json.loads(_part(cell.credential, 1))
        return {
            key: inside[key] for key in inside if key not in {"iss", "jti", "nbf", "exp", "sub"}
        }

    def changed(self, cell: Cell, change: Callable[[dict[str, Any]], object]) -> Cell:
        """The cell with its credential changed and its signature as it was."""
        if self.form == "json":
            document = json.loads(json.dumps(cell.credential))
            change(document)
            return evolve(cell, credential=document)
        payload = json.loads(_part(cell.credential, 1))
        change(payload)
        header, _, signature = cell.credential.split(".")
        middle = _pack(json.dumps(payload))
        return evolve(cell, credential=f"{header}.{middle}.{signature}")

    def list_at(
        self, places: set[int], ring: KeyRing, did: str, at: datetime, name: int = 0
    ) -> str:
        """A status list of somebody, as text."""
        address = list_address(self.status, name, self.form)
        unsigned = list_credential(address, places, at=at, holds_for=90 * DAY)
        signed = self.sign({**unsigned, "issuer": did}, ring, did, at)
        return signed if isinstance(signed, str) else json.dumps(signed)


def good_plain(world: World) -> Cell:
    return world.good()


def good_full(world: World) -> Cell:
    return world.good(FULL)


def good_bare_key(world: World) -> Cell:
    return world.good(did="", register=None, status="")


def good_extension(world: World) -> Cell:
    return world.good(EXTENDED)


def good_old_key(world: World) -> Cell:
    """Signed long ago, by a key that was replaced since."""
    document = {**world.opened(world.good()), "issuer": {"id": world.did, "type": ["Profile"]}}
    old = world.sign(document, world.ring, world.did, AT - 30 * DAY)
    return evolve(evolve(world, ring=world.ring.rotate(AT - DAY)).good(), credential=old)


def one_letter(world: World) -> Cell:
    return world.changed(
        world.good(), lambda one: one["credentialSubject"]["achievement"].update(name="Zuurdeseg")
    )


def expired(world: World) -> Cell:
    return world.good(evolve(CLAIM, valid_until=AT - DAY))


def not_yet(world: World) -> Cell:
    return world.good(evolve(CLAIM, valid_from=AT + DAY))


def hidden_expiry(world: World) -> Cell:
    """``validUntil`` by its full address: the same RDF, and no program sees the date."""

    def change(document: dict[str, Any]) -> None:
        said = document.pop("validUntil")
        document["https://www.w3.org/2018/credentials#validUntil"] = {
            "@type": "http://www.w3.org/2001/XMLSchema#dateTime",
            "@value": said,
        }

    return world.changed(expired(world), change)


def revoked(world: World) -> Cell:
    cell = world.good()
    world.issuer().revoke(CLAIM.id, AT)
    return evolve(cell, site=world.site())


def other_key(world: World) -> Cell:
    """Signed by somebody else, in the name of the issuer's key."""
    cell = world.good()
    document = world.opened(cell)
    if world.form == "json":
        options = {**cell.credential["proof"][0]}
        forged = with_proof(document, world.thief.current, world.did, AT)
        value = forged["proof"][0]["proofValue"]
        return evolve(cell, credential={**document, "proof": [{**options, "proofValue": value}]})
    header = cell.credential.split(".")[0]
    _, body, signature = as_jwt(document, world.thief.current, world.did).split(".")
    return evolve(cell, credential=f"{header}.{body}.{signature}")


def own_key(world: World) -> Cell:
    """Signed by somebody else with a key that is openly theirs."""
    cell = world.good()
    thief = world.thief.current
    document = world.opened(cell)
    if world.form == "json":
        return evolve(cell, credential=with_proof(document, thief, thief.did, AT))
    token = as_jwt(document, thief, world.did)
    return evolve(cell, credential=_resigned(token, thief, {"kid": f"{thief.did}#{thief.id}"}))


def forged_issuer(world: World) -> Cell:
    """A badge with the issuer's name, by somebody whose key it really is."""
    thief = LocalIssuerSettings(Secret(world.thief.dump()), "De Korenaar", format=world.form)  # type: ignore[arg-type]
    data = LocalIssuer(thief, clock=lambda: AT).issue(build_credential(CLAIM)).decode()
    return Cell(data if world.form == "jwt" else json.loads(data), world.site(), world.did)


def revoked_key(world: World) -> Cell:
    cell = world.good()
    world.good()
    after = evolve(world, ring=world.ring.rotate(AT - DAY, compromised=True))
    return evolve(cell, site=after.site())


def replaced_key(world: World) -> Cell:
    """Signed with a key after another took its place."""
    cell = world.good()
    return evolve(cell, site=evolve(world, ring=world.ring.rotate(AT - 40 * DAY)).site())


def swapped_subject(world: World) -> Cell:
    def change(document: dict[str, Any]) -> None:
        document["credentialSubject"]["identifier"] = [identity("email", TIM)]

    return evolve(world.changed(world.good(), change), subject=TIM)


def somebody_elses(world: World) -> Cell:
    return evolve(world.good(), subject=TIM)


def no_proof(world: World) -> Cell:
    cell = world.good()
    if world.form == "json":
        return evolve(cell, credential=world.opened(cell))
    return evolve(cell, credential=cell.credential.rpartition(".")[0] + ".")


def list_of_another(world: World) -> Cell:
    cell = revoked(world)
    thief = world.thief.current
    clean = world.list_at(set(), world.thief, thief.did, AT)
    return _with_list(world, cell, clean)


def list_changed(world: World) -> Cell:
    """The bit put back, the signature of the list as it was."""
    cell = revoked(world)
    address = list_address(world.status, 0, world.form)
    text = cell.site[address]
    clean = list_credential(address, set(), at=AT, holds_for=DAY)["credentialSubject"]
    inside = Cell(text if world.form == "jwt" else json.loads(text), {}, world.did)
    changed = world.changed(inside, lambda one: one.update(credentialSubject=clean))
    return _with_list(world, cell, changed.data.decode())


def list_swapped(world: World) -> Cell:
    """Another list of the same issuer in its place."""
    return _with_list(
        world, revoked(world), world.list_at(set(), world.ring, world.did, AT, name=1)
    )


def list_of_before(world: World) -> Cell:
    """The list as it was before the credential was taken back."""
    cell = revoked(world)
    return _with_list(world, cell, world.list_at(set(), world.ring, world.did, AT - 100 * DAY))


def unknown_context(world: World) -> Cell:
    return world.changed(
        world.good(),
        lambda one: one.update({"@context": [one["@context"][0], "https://evil.example/v3"]}),
    )


def renamed_word(world: World) -> Cell:
    """A context of its own gives a word another name: the same RDF, and another text to read."""

    def change(document: dict[str, Any]) -> None:
        document["@context"].append(
            {"was": "https://schema.org/name", "naam": "https://schema.org/name"}
        )
        document["naam"] = document.pop("name")

    return world.changed(world.good(), change)


def word_without_meaning(world: World) -> Cell:
    """A word that no context knows: it falls out on the way to the signature."""
    return world.changed(world.good(), lambda one: one["credentialSubject"].update(cumLaude=True))


def no_algorithm(world: World) -> Cell:
    cell = world.good()
    body = cell.credential.split(".")[1]
    header = _pack(
        json.dumps({"alg": "none", "typ": "JWT", "kid": f"{world.did}#{world.ring.current.id}"})
    )
    return evolve(cell, credential=f"{header}.{body}.")


def other_algorithm(world: World) -> Cell:
    """HS256, with the public key as the secret that both sides know."""
    cell = world.good()
    key = world.ring.current
    header = {"alg": "HS256", "typ": "JWT", "kid": f"{world.did}#{key.id}"}
    public = OctKey.import_key(key.id)
    token = jws.serialize_compact(header, _part(cell.credential, 1), public, algorithms=["HS256"])
    return evolve(cell, credential=token)


MAKERS: dict[str, Callable[[World], Cell]] = {
    maker.__name__: maker
    for maker in (
        good_plain, good_full, good_bare_key, good_extension, good_old_key,
        one_letter, expired, not_yet, hidden_expiry, revoked, other_key, own_key, forged_issuer,
        revoked_key, replaced_key, swapped_subject, somebody_elses, no_proof, list_of_another,
        list_changed, list_swapped, list_of_before, unknown_context, renamed_word,
        word_without_meaning, no_algorithm, other_algorithm,
    )
}  # fmt: skip


def _rows() -> list[dict[str, str]]:
    text = (HERE / "attacks.tsv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


ROWS = _rows()
IDS = [f"{row['credential']}-{row['format']}" for row in ROWS]


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Cell]:
    """Every row's credential, by name and form."""
    made = {}
    for row, name in zip(ROWS, IDS, strict=True):
        world = World(row["format"], tmp_path_factory.mktemp("world"))
        made[name] = MAKERS[row["credential"]](world)
    return made


def test_every_attack_is_in_the_table() -> None:
    assert {row["credential"] for row in ROWS} == set(MAKERS)


@pytest.mark.parametrize(("row", "name"), list(zip(ROWS, IDS, strict=True)), ids=IDS)
def test_ours(row: dict[str, str], name: str, cells: Mapping[str, Cell]) -> None:
    verdict = cells[name].verdict()
    said = "accept" if verdict.accepted else "refuse"
    assert said == row["ours"], verdict.text()
    if said == "refuse":
        assert row["because"] in [check.code for check in verdict.checks], verdict.text()


@pytest.mark.server
@needs("node", "npm")
@pytest.mark.parametrize("verifier", ["verifier-core", "vc"])
def test_others_in_javascript(cells: Mapping[str, Cell], verifier: str) -> None:
    _agrees(verifier, _javascript(_asked(cells, "json")))


@pytest.mark.server
def test_openbadgeslib(cells: Mapping[str, Cell]) -> None:
    python = python_environment(HERE / "verifiers" / "openbadgeslib.txt") / "python"
    script = HERE / "verifiers" / "openbadgeslib_cells.py"
    answers = json.loads(_run([str(python), str(script)], _asked(cells), HERE))
    _agrees("openbadgeslib", {name: {"openbadgeslib": one} for name, one in answers.items()})


@cache
def _javascript(asked: str) -> Mapping[str, Any]:
    folder = node_environment(HERE / "verifiers")
    # Beside its node_modules: that is where node looks for what a module imports.
    script = folder / "cells.mjs"
    script.write_bytes((HERE / "verifiers" / "cells.mjs").read_bytes())
    answers: Mapping[str, Any] = json.loads(_run(["node", str(script)], asked, folder))
    return answers


def _run(command: list[str], asked: str, folder: Path) -> str:
    done = subprocess.run(  # noqa: S603 - commands of this module
        command, input=asked, capture_output=True, text=True, cwd=folder, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _asked(cells: Mapping[str, Cell], form: str = "") -> str:
    asked = [
        {"name": name, "credential": cell.credential, "site": cell.site, "issuer": cell.issuer}
        for name, cell in cells.items()
        if name.endswith(form)
    ]
    return json.dumps({"site": {}, "cells": asked})


def _agrees(verifier: str, answers: Mapping[str, Any]) -> None:
    wrong = [
        f"{name}: the table says {row[verifier]!r}, it {_word(answers[name][verifier])}"
        for row, name in zip(ROWS, IDS, strict=True)
        if not _as_declared(row, verifier, answers.get(name, {}).get(verifier))
    ]
    assert not wrong, "\n".join(wrong)


def _as_declared(row: Mapping[str, str], verifier: str, answer: Mapping[str, Any] | None) -> bool:
    declared = row[verifier]
    if declared == "takes no JWT":
        return answer is None
    assert answer is not None
    if declared in {"accept", "refuse"}:
        return bool(answer["accepts"] == (declared == "accept"))
    assert declared.startswith("not checked, because "), declared
    # Who does not look lets it pass; a good one that leans on what it does not know is refused.
    return bool(answer["accepts"] == (row["ours"] == "refuse"))


def _word(answer: Mapping[str, Any]) -> str:
    return "accepts" if answer["accepts"] else f"refuses ({answer['why']})"


def _part(token: str, number: int) -> bytes:
    part = token.split(".")[number]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _pack(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _resigned(token: str, key: Any, changes: Mapping[str, str]) -> str:
    """A token with its header changed, signed anew."""
    header = _pack(json.dumps({**json.loads(_part(token, 0)), **changes}))
    signing = f"{header}.{token.split('.')[1]}"
    signature = base64.urlsafe_b64encode(key.private.sign(signing.encode())).decode().rstrip("=")
    return f"{signing}.{signature}"


def _with_list(world: World, cell: Cell, content: str) -> Cell:
    return evolve(cell, site={**cell.site, list_address(world.status, 0, world.form): content})


def test_the_table_is_in_the_docs() -> None:
    """Whoever reads about credentials sees the same table."""
    page = (HERE.parents[2] / "docs" / "credentials.md").read_text("utf-8")
    assert _markdown() in page, _markdown()


def _markdown() -> str:
    """The table as it stands in the docs, with a letter for each reason not to look."""
    head = ["credential", "as", "ours", *NAMES]
    reasons: dict[str, str] = {}
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for row in ROWS:
        shown = [f"`{row['credential']}`", row["format"], row["ours"]]
        for name in NAMES:
            said = row[name].removeprefix("not checked, because ")
            if said == row[name]:
                shown.append("" if said == "takes no JWT" else said)
            else:
                letter = reasons.setdefault(said, chr(ord("a") + len(reasons)))
                shown.append(f"not checked ({letter})")
        lines.append("| " + " | ".join(shown) + " |")
    notes = [f"({letter}) {reason};" for reason, letter in reasons.items()]
    return "\n".join([*lines, "", *notes])[:-1] + "."
