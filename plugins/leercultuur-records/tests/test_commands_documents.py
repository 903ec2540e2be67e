"""``leercultuur record document``, ``passport``, ``passport-check`` and ``edubadge`` as somebody types them."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from leercultuur_core.cli import main
from leercultuur_records import Decision

from .conftest import NOW, Organisation  # type: ignore[import-not-found]

MAIL = "sanne@korenaar.example"


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def recognised(org: Organisation) -> str:
    """The id of a record of Sanne's that was recognised."""
    record: str = org.submitted()
    org.records.assess(record, org["Ann"], NOW, org.judgement())
    org.records.decide(record, org["Ann"], NOW, Decision("recognised", ("W1", "W2")))
    return record


@pytest.fixture
def certified(org: Organisation, recognised: str) -> str:
    """The same, with its credential."""
    org.records.certify(recognised, org["Iris"], NOW)
    return recognised


@pytest.fixture
def run(
    org: Organisation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """``run("document", …)`` in the folder of the organisation."""
    monkeypatch.chdir(org.folder)

    def call(*arguments: str) -> Ran:
        now = [] if "--help" in arguments else ["--now", "2026-03-02T09:00:00Z"]
        monkeypatch.setattr("sys.argv", ["leercultuur", "record", *arguments, *now])
        with pytest.raises(SystemExit) as stopped:
            main()
        said = capsys.readouterr()
        return Ran(int(stopped.value.code or 0), said.out, said.err)

    return call


def only_mine(path: Path) -> bool:
    return stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_document_with_who_agreed_to_be_named(
    run: Run, certified: str, org: Organisation
) -> None:
    chosen = ("document", certified, "--kind", "experience", "--by", "Sanne", "--out", "s.html")
    assert run(*chosen, "--named", "Ann").out == "wrote s.html\n"
    page = (org.folder / "s.html").read_text("utf-8")
    assert only_mine(org.folder / "s.html")
    assert "voor Sanne" in page
    assert "Ann, beoordelaar" in page
    assert "uitgever (naam niet vermeld)" in page
    assert "did:key:" in page
    assert run(*chosen, "--language", "en", "--name", "S. de Bakker").code == 0
    assert "for S. de Bakker" in (org.folder / "s.html").read_text("utf-8")


def test_a_document_is_for_who_may_see_the_record(
    run: Run, org: Organisation, recognised: str
) -> None:
    ran = run("document", recognised, "--by", "Pieter", "--out", "s.html")
    assert ran.code == 1
    assert "a record is read by its holder" in ran.err
    assert run("document", "nothing", "--by", "Sanne", "--out", "s.html").code == 1
    assert run("document", recognised, "--by", "Nobody", "--out", "s.html").code == 2
    assert not (org.folder / "s.html").exists()


def test_too_early_for_a_statement(run: Run, org: Organisation) -> None:
    record = org.documented()
    ran = run("document", record, "--kind", "practice", "--by", "Sanne", "--out", "s.html")
    assert ran.code == 1
    assert "this one is documented" in ran.err
    assert not (org.folder / "s.html").exists()
    assert run("document", record, "--by", "Sanne", "--out", "s.html").code == 0
    assert "Niemand heeft het beoordeeld" in (org.folder / "s.html").read_text("utf-8")


def test_somebody_without_an_account(run: Run, org: Organisation) -> None:
    candidate = org.records.add_candidate("Milan", "milan@post.example")
    record = org.records.new(candidate.id, "Ik leerde plannen.", NOW)
    ran = run("document", record.id, "--by", "milan@post.example", "--out", "s.html")
    assert ran.code == 0
    assert "voor Milan" in (org.folder / "s.html").read_text("utf-8")


def test_a_passport_and_its_check(run: Run, org: Organisation, certified: str) -> None:
    ran = run("passport", certified, "--by", "Sanne", "--out", "p.zip")
    assert ran.out == "wrote p.zip: 1 credential. It is yours; nobody was told\n"
    path = org.folder / "p.zip"
    assert only_mine(path)
    first = path.read_bytes()
    assert run("passport", certified, "--by", "Sanne", "--out", "p.zip").code == 0
    assert path.read_bytes() == first
    checked = run("passport-check", "p.zip", "--language", "en", "--subject", MAIL)
    assert checked.code == 3  # status lists are not at hand, and a bare key is nobody's
    assert "proved        Signature" in checked.out
    assert "proved        Holder" in checked.out
    other = run(
        "passport-check", "p.zip", "--language", "en", "--subject", "pieter@korenaar.example"
    )
    assert other.code == 1
    assert "--documents" in run("passport", "--help").out


def test_a_passport_that_was_meddled_with(run: Run, org: Organisation, certified: str) -> None:
    run("passport", certified, "--by", "Sanne", "--no-documents", "--out", "p.zip")
    with zipfile.ZipFile(org.folder / "p.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert not [name for name in files if name.startswith("documents/")]
    with zipfile.ZipFile(org.folder / "other.zip", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data.replace(b"Brood bakken", b"Brood eten"))
    ran = run("passport-check", "other.zip", "--language", "en")
    assert ran.code == 1
    assert "credentials/01.json: is not as it was when the passport was made" in ran.out
    assert "refused       Signature" in ran.out


def test_a_passport_is_only_for_its_holder(run: Run, org: Organisation, certified: str) -> None:
    ran = run("passport", certified, "--by", "Iris", "--out", "p.zip")
    assert ran.code == 1
    assert "its holder makes it" in ran.err
    assert not (org.folder / "p.zip").exists()


def test_no_passport_without_a_credential(run: Run, org: Organisation, recognised: str) -> None:
    ran = run("passport", recognised, "--by", "Sanne", "--out", "p.zip")
    assert ran.code == 1
    assert "which is assessed" in ran.err
    assert run("passport", "--by", "Sanne", "--out", "p.zip").code == 2
    assert not (org.folder / "p.zip").exists()


def test_what_is_no_passport(run: Run, org: Organisation) -> None:
    (org.folder / "p.zip").write_bytes(b"nothing")
    ran = run("passport-check", "p.zip")
    assert ran.code == 1
    assert "expected a passport" in ran.err
    assert run("passport-check", "p.zip", "--fetch", "--bundle", ".").code == 2
    assert run("passport-check", "gone.zip").code == 2


def test_a_hand_over_is_for_its_holder(run: Run, org: Organisation, recognised: str) -> None:
    ran = run("edubadge", recognised, "--out", "e.json", "--language", "en", "--mail", MAIL)
    assert ran.code == 0
    assert ran.out.startswith("wrote e.json; not an edubadge yet. Still needed:\n  Judge whether")
    file = json.loads((org.folder / "e.json").read_text("utf-8"))
    assert only_mine(org.folder / "e.json")
    assert file["award"]["recipient_email"] == MAIL
    assert file["badge_class"]["extensions"]["extensions:EQFExtension"]["EQF"] == 3
    other = run("edubadge", recognised, "--by", "Ann", "--out", "f.json")
    assert other.code == 1
    assert "only its holder" in other.err
    assert not (org.folder / "f.json").exists()


def test_no_hand_over_of_what_was_not_assessed(run: Run, org: Organisation) -> None:
    ran = run("edubadge", org.documented(), "--out", "e.json")
    assert ran.code == 1
    assert "this one is documented" in ran.err
    bare = org.records.new(org["Sanne"], "Ik leerde luisteren.", NOW)
    assert "not assessed against a standard" in run("edubadge", bare.id, "--out", "e.json").err
