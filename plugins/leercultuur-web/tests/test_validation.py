"""The pages of who validates: what is put before whom, the road from form to form, and who may not."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, get_args

import pytest
from attrs import evolve, frozen
from httpx2 import Response

from leercultuur_core import Engine, SourceUnavailable
from leercultuur_records import Decision, Evidence, Judgement, Records, Standard
from leercultuur_records.keys import KeyRing
from leercultuur_records.record import STAGES, STEPS, How, Mark, Relation
from leercultuur_records.road import RefusalCode
from leercultuur_records.standard import Criterion
from leercultuur_web.app import create_app
from leercultuur_web.security import LARGEST_BODY
from leercultuur_web.texts import texts

from .bakery import LOGIN, NOW, ORGANISATION, Clock, engine_of, keep, person, words
from .bakery import PEOPLE as DIRECTORY
from .visiting import SETTINGS, Browser, Lms, client_of, visited

WORDS = "Ik ruik nu of het desem <b>klaar</b> is."
VRAAK = ("variation", "relevance", "authenticity", "currency", "quantity")
MARKS = {f"vraak.{one}": "met" for one in VRAAK} | {
    "criterion.D1": "met",
    "criterion.D2": "met",
}

CONFIG = f"""
plugins = ["web", "records"]
{ORGANISATION}{DIRECTORY}
[[source]]
name = "records"
store = "leercultuur.db"

[source.road]
assessors = 2
four_eyes = true

[[issuer]]
name = "records"
organisation = "Bakkerij De Korenaar"
keys = {{ file = "credentials.key" }}
register = "register.db"
status = "https://korenaar.example/status"
"""

PEOPLE = {
    "sanne": "worker",
    "piet": "worker",
    "els": "manager|assessor",
    "joke": "assessor|issuer",
    "ahmed": "second_assessor|assessor",
    "fatma": "coach|issuer",
    "school": "education_contact",
    "kees": "worker",
}

STANDARD = Standard(
    "DEEG",
    "2026-01",
    "Deeg maken en beoordelen",
    (Criterion("D1", "Maakt zuurdesem op maat"), Criterion("D2", "Herkent of deeg rijp is")),
)


@pytest.fixture(scope="session")
def one_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with people in every role, a standard and keys to issue with."""
    folder = tmp_path_factory.mktemp("office")
    keep(folder, identity="k" * 40, credentials=KeyRing.new(NOW).dump())
    rows = ["identifier,name,roles,manager,unit,language,employment,working_days"]
    for name, roles in PEOPLE.items():
        manager = f"account|{LOGIN}|els" if roles == "worker" else ""
        rows.append(
            f"account|{LOGIN}|{name},{name.title()},{roles},{manager},bakkerij,nl,employee,"
        )
    (folder / "people.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "leercultuur.toml").write_text(CONFIG, "utf-8")
    with engine_of(folder, create=True) as engine:
        assert not engine.plugins.broken, engine.plugins.broken
        engine.collect(NOW)
        Records(engine).put_standards((STANDARD,))
    return folder


@pytest.fixture
def folder(one_office: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(one_office, tmp_path / "office"))


class Browsers(dict[str, Browser]):
    """Somebody's browser, signed in when it is first used."""

    def __init__(self, app: Any, lms: Lms) -> None:
        super().__init__()
        self._app, self._lms = app, lms

    def __missing__(self, name: str) -> Browser:
        browser = self[name] = Browser(client_of(self._app), self._lms)
        assert browser.launch(name).status_code == 303
        return browser


@frozen
class Office:
    """The records, who is who, and a browser for each of them."""

    engine: Engine
    records: Records
    clock: Clock
    browsers: Browsers

    def id(self, name: str) -> str:
        return person(self.engine, name)

    def documented(self, holder: str = "sanne", **more: Any) -> str:
        evidence = Evidence(
            "link", "Foto's", NOW.date(), url="https://brood.example/?a=1&b=2", shows=("D1",)
        )
        made = self.records.new(
            self.id(holder), WORDS, NOW, standard=STANDARD.key, evidence=(evidence,), **more
        )
        return made.id

    def submitted(self, holder: str = "sanne") -> str:
        record = self.documented(holder)
        self.records.submit(record, self.id(holder), NOW)
        return record

    def judged(self) -> str:
        record = self.submitted()
        vraak: Any = dict.fromkeys(VRAAK, "met")
        for name in ("joke", "ahmed"):
            judgement = Judgement(vraak, {"D1": "met", "D2": "met"}, f"Gezien, zegt {name[0]}.")
            self.records.assess(record, self.id(name), NOW, judgement)
        return record

    def recognised(self) -> str:
        record = self.judged()
        decision = Decision("recognised", ("D1", "D2"))
        self.records.decide(record, self.id("joke"), NOW, decision)
        return record

    def stage(self, record: str) -> str:
        return self.records.get(record, self.records.holder(record), NOW).stage

    def reads(self, who: str, path: str) -> str:
        answer = self.browsers[who].client.get(path)
        assert answer.status_code == 200, answer.status_code
        return unescape(answer.text)

    def sends(self, who: str, path: str, **fields: str) -> Response:
        return self.browsers[who].send(path, **fields)

    def acts(self, who: str, record: str, act: str, **fields: str) -> Response:
        """Sends a form of a record as it is on the page now."""
        shown = self.browsers[who].client.get(page(record)).text
        version = re.search(r'name="version" value="(\d+)"', shown)
        seen = version[1] if version else "1"
        return self.sends(who, f"{page(record)}/{act}", **{"version": seen, **fields})


def page(record: str) -> str:
    return f"/validation/record/{record}"


@pytest.fixture
def office(folder: Path, clock: Clock, lms: Lms) -> Iterator[Office]:
    with engine_of(folder) as engine:
        app = create_app(engine, SETTINGS, clock=clock, fetch_keys=lms.keys)
        yield Office(engine, Records(engine), clock, Browsers(app, lms))


# -- who sees what ------------------------------------------------------------------------------


def test_the_menu_has_it_for_who_validates_and_for_nobody_else(office: Office) -> None:
    for name, roles in PEOPLE.items():
        shown = office.browsers[name].client.get("/").text
        assert ('href="/validation"' in shown) == (roles not in {"worker", "manager"}), name


def test_who_has_no_role_in_it_gets_nothing(office: Office) -> None:
    record = office.submitted()
    paths = ("/validation", "/validation/new", page(record), f"{page(record)}/credential")
    for path in paths:
        answer = office.browsers["kees"].client.get(path)
        assert answer.status_code == 404
        assert words("error.not_found") in unescape(answer.text)
    for act in ("assess", "decide", "hand-back", "certify", "take-back", "evidence"):
        assert office.sends("kees", f"{page(record)}/{act}", version="3").status_code == 404
    assert office.sends("kees", "/validation/new").status_code == 404


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_list_has_what_somebody_can_do_and_names_nobody(office: Office, language: str) -> None:
    office.documented("piet")
    record = office.submitted()
    shown = office.reads("joke", f"/validation?lang={language}")
    assert f'<a href="{page(record)}">Deeg maken en beoordelen, ' in shown
    assert words("validation.stage.submitted", language) in shown
    assert words("validation.act.assess", language) in shown
    assert words("validation.until.assess", language, day="14-04-2026") in shown
    assert shown.count('href="/validation/record/') == 1, "what is not submitted is its holder's"
    assert "Sanne" not in shown
    assert "desem" not in shown
    office.clock.later(days=60)
    office.browsers["joke"].launch("joke")
    assert words("validation.late", language) in office.reads(
        "joke", f"/validation?lang={language}"
    )


def test_an_empty_list_says_so(office: Office) -> None:
    shown = office.reads("ahmed", "/validation")
    for name in ("todo", "waiting", "ended"):
        assert words(f"validation.none.{name}") in shown
    assert "/validation/new" not in shown, "an assessor takes nothing in"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_record_shows_what_was_put_before_an_assessor(office: Office, language: Any) -> None:
    record = office.submitted()
    shown = office.browsers["joke"].client.get(f"{page(record)}?lang={language}").text
    text = unescape(shown)
    assert "<b>klaar</b>" not in shown, "words of people are text"
    assert WORDS in text
    assert words("validation.learned", language, name="Sanne") in text
    assert 'href="https://brood.example/?a=1&amp;b=2" rel="noopener noreferrer"' in shown
    for one in office.records.rubric.criterion:
        assert one.question[language] in text
        assert one.partly[language] in text
    for criterion in STANDARD.criteria:
        assert criterion.text in text
    assert words("validation.act.certify", language) not in text
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", shown)
    ids = re.findall(r'\sid="([^"]+)"', shown)
    assert len(ids) == len(set(ids))
    for label in re.findall(r'\s(?:for|aria-labelledby)="([^"]+)"', shown):
        assert label in ids


def test_each_look_stands_in_the_audit_of_whose_it_is_by_role(office: Office) -> None:
    record = office.submitted()
    office.reads("joke", "/validation")
    office.reads("joke", page(record))
    rows = office.engine.export(office.id("sanne"), NOW, by="self")["read_by"]
    looks = [(one["who"], one["what"]) for one in rows if one["what"] == "record"]
    assert looks == [("assessor issuer", "record")]


@pytest.mark.parametrize("who", ["joke", "fatma", "school"])
def test_what_was_not_put_before_somebody_is_not_there(office: Office, who: str) -> None:
    record = office.documented()
    for path in (page(record), page("another"), f"{page(record)}/file/{'0' * 64}"):
        assert office.browsers[who].client.get(path).status_code == 404
    for act in ("assess", "evidence", "hand-back", "certify"):
        assert office.sends(who, f"{page(record)}/{act}", version="1").status_code == 404


def test_an_own_record_is_not_on_these_pages(office: Office) -> None:
    record = office.submitted("joke")
    assert page(record) not in office.reads("joke", "/validation")
    assert office.browsers["joke"].client.get(page(record)).status_code == 404
    answer = office.sends("joke", f"{page(record)}/assess", version="2", **MARKS)
    assert answer.status_code == 404
    assert page(record) in office.reads("ahmed", "/validation")


def test_a_share_that_is_over_is_over(office: Office) -> None:
    record = office.documented()
    sanne, fatma = office.id("sanne"), office.id("fatma")
    office.records.share(record, sanne, fatma, office.clock.now.date())
    assert WORDS in office.reads("fatma", page(record))
    office.records.unshare(record, sanne, fatma)
    assert office.browsers["fatma"].client.get(page(record)).status_code == 404


# -- the road -----------------------------------------------------------------------------------


def test_the_whole_road_from_intake_to_taking_back(office: Office) -> None:
    shown = office.reads("school", "/validation/new")
    reference = re.search(r'name="reference" value="([^"]+)"', shown)
    assert reference
    intake = {
        "reference": reference[1],
        "holder": f"account|{LOGIN}|sanne",
        "agreed_on": "2026-03-02",
        "agreed": "yes",
        "learned": WORDS,
        "standard": "DEEG|2026-01",
        "evidence_title": "Wat mijn chef zag",
        "evidence_on": "2026-03-01",
        "evidence_text": "Ze hoeft het niet meer te vragen.",
        "evidence_relation": "manager",
    }
    for _ in range(2):
        sent = office.sends("school", "/validation/new", **intake)
        assert (sent.status_code, sent.headers["location"]) == (303, "/validation?noted=intake")
    sanne = office.id("sanne")
    (record,) = [one.id for one in office.records.list(sanne, NOW, holder=sanne)]
    assert page(record) not in office.reads("school", "/validation?noted=intake")
    office.records.submit(record, sanne, office.clock.now)

    note = "Ze liet het zien."
    done = office.acts("joke", record, "assess", note=note, **MARKS)
    assert done.headers["location"] == f"{page(record)}?noted=assess"
    apart = office.reads("ahmed", page(record))
    assert words("validation.apart") in apart
    assert note not in apart, "who judges second does not read the first before"
    shown = office.reads("joke", page(record))
    assert note in shown
    assert (
        words(
            "validation.why_not",
            step=words("validation.act.decide"),
            why=words("validation.refused.four-eyes"),
        )
        in shown
    )
    again = office.browsers["joke"].client.get(page(record)).text
    assert again.count(' value="met" required checked') == len(MARKS), "to change one's own"
    office.acts("ahmed", record, "assess", role="second_assessor", **MARKS)
    assert note in office.reads("ahmed", page(record))
    entry = office.records.get(record, sanne, NOW).history[-1]
    assert entry.role == "second_assessor"

    done = office.acts("joke", record, "decide", outcome="recognised", reason="We zagen het.")
    assert done.status_code == 303
    assert words("validation.outcome.recognised") in office.reads("joke", page(record))
    refused = office.acts("joke", record, "certify", mail="sanne@korenaar.example")
    assert refused.status_code == 400
    assert words("validation.refused.four-eyes") in unescape(refused.text), "joke decided"
    missing = office.acts("fatma", record, "certify")
    assert words("validation.wrong.mail") in unescape(missing.text)
    done = office.acts("fatma", record, "certify", mail="sanne@korenaar.example")
    assert done.status_code == 303
    assert office.stage(record) == "certified"
    saved = office.browsers["fatma"].client.get(f"{page(record)}/credential")
    assert "attachment" in saved.headers["content-disposition"]
    assert saved.content == office.records.credential(record, sanne, office.clock.now)
    assert office.browsers["ahmed"].client.get(f"{page(record)}/credential").status_code == 404
    assert words("validation.stage.certified") in office.reads("fatma", "/validation")

    unsure = office.acts("fatma", record, "take-back", reason="Verkeerde standaard")
    assert words("validation.wrong.sure") in unescape(unsure.text)
    done = office.acts("fatma", record, "take-back", reason="Verkeerde standaard", sure="yes")
    assert done.status_code == 303
    assert office.stage(record) == "withdrawn"
    steps = [one.step for one in office.records.get(record, sanne, NOW).history]
    assert steps[-5:] == ["assess", "assess", "decide", "certify", "revoke"]


def test_a_coach_adds_what_shows_it_and_then_does_not_judge(office: Office) -> None:
    record = office.documented()
    sanne = office.id("sanne")
    for name in ("fatma", "joke"):
        office.records.share(record, sanne, office.id(name), office.clock.now.date())
    assert "evidence_title" not in office.reads("joke", page(record)), "an assessor does not"
    fields = {
        "evidence_title": "Recept",
        "evidence_on": "2026-03-01",
        "evidence_url": "https://brood.example/recept",
    }
    assert office.acts("fatma", record, "evidence", **fields).status_code == 303
    assert "https://brood.example/recept" in office.reads("fatma", page(record))
    wrong = {
        "validation.wrong.url": {"evidence_url": "javascript:alert(1)"},
        "validation.wrong.link_or_statement": {"evidence_text": "Ook dit."},
        "validation.wrong.evidence": {"evidence_on": "2027-01-01"},
        "validation.wrong.relation": {"evidence_url": "", "evidence_text": "Hij kan het."},
    }
    for key, change in wrong.items():
        answer = office.acts("fatma", record, "evidence", **{**fields, **change})
        assert answer.status_code == 400
        assert words(key) in unescape(answer.text)
        assert 'value="Recept"' in answer.text, "what was typed is still there"
    assert len(office.records.get(record, sanne, NOW).evidence) == 2


def test_a_record_is_handed_back_with_a_reason(office: Office) -> None:
    record = office.submitted()
    answer = office.acts("joke", record, "hand-back", reason=" ")
    assert answer.status_code == 409
    assert words("validation.refused.reason") in unescape(answer.text)
    done = office.acts("joke", record, "hand-back", reason="Laat een foto zien.")
    assert done.headers["location"] == f"{page(record)}?noted=hand-back"
    assert office.stage(record) == "documented"
    answer = office.browsers["joke"].client.get(done.headers["location"])
    assert answer.status_code == 404, "it is its holder's again"


def test_a_no_needs_a_reason_and_can_recognise_a_part(office: Office) -> None:
    record = office.judged()
    fields = {"outcome": "rejected", "recognised.D1": "yes"}
    answer = office.acts("joke", record, "decide", **fields)
    assert answer.status_code == 409
    assert words("validation.refused.reason") in unescape(answer.text)
    assert re.search(r'name="recognised\.D1" value="yes" checked', answer.text)
    office.acts("joke", record, "decide", reason="D2 zagen we nog niet.", **fields)
    found = office.records.get(record, office.id("sanne"), NOW)
    assert found.stage == "rejected"
    assert found.decided is not None
    assert found.decided.decision == Decision("rejected", ("D1",))
    office.records.appeal(record, office.id("sanne"), office.clock.now, reason="Kijk nog eens.")
    shown = office.reads("joke", page(record))
    assert words("validation.refused.again") in shown


def test_a_line_manager_does_not_decide(office: Office) -> None:
    record = office.judged()
    shown = office.reads("els", page(record))
    assert words("validation.refused.manager") in shown
    assert f"{page(record)}/decide" not in shown
    answer = office.acts("els", record, "decide", outcome="recognised")
    assert answer.status_code == 409
    assert office.stage(record) == "submitted"


# -- what may not be ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"vraak.quantity": None},
        {"criterion.D2": None},
        {"criterion.D9": "met"},
        {"vraak.quantity": "excellent"},
        {"role": "worker"},
    ],
)
def test_an_assessment_is_whole_or_not_kept(office: Office, change: dict[str, Any]) -> None:
    record = office.submitted()
    fields = {name: mark for name, mark in {**MARKS, **change}.items() if mark is not None}
    answer = office.acts("joke", record, "assess", note="Getypt.", **fields)
    assert answer.status_code == 400
    assert not office.records.get(record, office.id("sanne"), NOW).judgements
    if words("validation.wrong.marks") in unescape(answer.text):
        assert "Getypt." in answer.text, "what was typed is still there"
        assert 'name="vraak.variation" value="met" required checked' in answer.text


def test_of_two_at_once_the_second_is_told_and_loses_nothing(office: Office) -> None:
    record = office.submitted()
    seen = re.search(
        r'name="version" value="(\d+)"', office.browsers["ahmed"].client.get(page(record)).text
    )
    assert seen
    office.acts("joke", record, "assess", **MARKS)
    answer = office.sends(
        "ahmed", f"{page(record)}/assess", version=seen[1], note="Mijn woorden.", **MARKS
    )
    assert answer.status_code == 409
    assert words("validation.wrong.changed") in unescape(answer.text)
    assert "Mijn woorden." in answer.text
    assert len(office.records.get(record, office.id("sanne"), NOW).judgements) == 1


def test_a_second_click_issues_nothing_twice(office: Office) -> None:
    record = office.recognised()
    mail = "sanne@korenaar.example"
    version = str(office.records.get(record, office.id("sanne"), NOW).version)
    path = f"{page(record)}/certify"
    assert office.sends("fatma", path, version=version, mail=mail).status_code == 303
    first = office.records.credential(record, office.id("sanne"), NOW)
    answer = office.sends("fatma", path, version=version, mail=mail)
    assert answer.status_code == 400
    assert words("validation.refused.stage") in unescape(answer.text)
    assert office.records.credential(record, office.id("sanne"), NOW) == first


@pytest.mark.parametrize("csrf", ["", "forged"])
def test_a_form_without_its_token_does_nothing(office: Office, csrf: str) -> None:
    record = office.judged()
    client = office.browsers["joke"].client
    fields = {"version": "5", "outcome": "recognised", "csrf": csrf}
    assert client.post(f"{page(record)}/decide", data=fields).status_code == 403
    assert client.post("/validation/new", data={"csrf": csrf}).status_code == 403
    assert office.stage(record) == "submitted"


@pytest.mark.parametrize("version", ["", "x", "1.5"])
def test_a_form_without_its_version_is_none_of_ours(office: Office, version: str) -> None:
    record = office.submitted()
    answer = office.sends("joke", f"{page(record)}/assess", version=version, **MARKS)
    assert answer.status_code == 400


def test_what_is_too_large_is_not_read(office: Office) -> None:
    record = office.submitted()
    answer = office.acts("joke", record, "assess", note="x" * LARGEST_BODY, **MARKS)
    assert answer.status_code == 413


def test_a_file_is_saved_and_never_opened_here(office: Office) -> None:
    record = office.documented()
    sanne = office.id("sanne")
    content = b"<html><script>alert(1)</script></html>"
    evidence = Evidence("file", "Film", NOW.date(), media_type="text/html")
    changed = office.records.add_evidence(record, evidence, sanne, NOW, content=content)
    office.records.submit(record, sanne, NOW)
    path = f"{page(record)}/file/{changed.evidence[-1].sha256}"
    assert path in office.reads("joke", page(record))
    answer = office.browsers["joke"].client.get(path)
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert office.browsers["school"].client.get(path).status_code == 404


# -- the intake ---------------------------------------------------------------------------------

INTAKE = {
    "reference": "0e3a1f0c-0000-4000-8000-000000000001",
    "holder": "milan@post.example",
    "name": "Milan",
    "agreed_on": "2026-03-02",
    "agreed": "yes",
    "learned": "Ik leerde plannen.",
}


def test_somebody_without_an_account_becomes_a_candidate(office: Office) -> None:
    assert office.sends("fatma", "/validation/new", **INTAKE).status_code == 303
    milan = office.records.candidate("milan@post.example")
    assert milan is not None
    (record,) = office.records.list(milan.id, NOW, holder=milan.id)
    assert (record.learned, record.origin) == ("Ik leerde plannen.", "import")
    assert f"{record.agreed_on}" == "2026-03-02"
    assert record.history[0].role == "coach"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"agreed": None}, "agreed_on"),
        ({"agreed_on": "2026-13-01"}, "agreed_on"),
        ({"agreed_on": "2027-01-01"}, "agreed_on"),
        ({"learned": " "}, "learned"),
        ({"holder": ""}, "holder"),
        ({"name": ""}, "holder"),
        ({"holder": "iemand"}, "holder"),
        ({"holder": "niet @ goed"}, "holder"),
        ({"first": "2026-02-01"}, "period"),
        ({"first": "2026-02-01", "last": "2026-01-01"}, "period"),
        ({"evidence_title": "Iets"}, "evidence"),
    ],
)
def test_an_intake_that_is_not_right_keeps_nothing_and_loses_nothing(
    office: Office, change: dict[str, str | None], key: str
) -> None:
    fields = {name: text for name, text in {**INTAKE, **change}.items() if text is not None}
    answer = office.sends("fatma", "/validation/new", **fields)
    assert answer.status_code == 400
    assert words(f"validation.wrong.{key}") in unescape(answer.text)
    assert fields["reference"] in answer.text
    assert fields["learned"] in unescape(answer.text)
    assert office.records.candidate("milan@post.example") is None


@pytest.mark.parametrize(
    "change", [{"reference": "x"}, {"how": "magic"}, {"language": "de"}, {"standard": "X|1"}]
)
def test_what_the_intake_does_not_offer_is_refused(office: Office, change: dict[str, str]) -> None:
    assert office.sends("fatma", "/validation/new", **{**INTAKE, **change}).status_code == 400
    assert office.records.candidate("milan@post.example") is None


@pytest.mark.parametrize("who", ["joke", "ahmed"])
def test_an_assessor_takes_nothing_in(office: Office, who: str) -> None:
    assert office.browsers[who].client.get("/validation/new").status_code == 404
    assert office.sends(who, "/validation/new", **INTAKE).status_code == 404


# -- where it is not switched on, or cannot be done ----------------------------------------------


def test_without_the_plugin_there_is_one_sentence(folder: Path, clock: Clock, lms: Lms) -> None:
    config = folder / "leercultuur.toml"
    text = config.read_text("utf-8").partition("[[source]]")[0]
    config.write_text(text.replace('["web", "records"]', '["web"]'), "utf-8")
    with engine_of(folder) as engine, visited(engine, clock, lms) as browser:
        browser.launch("joke")
        assert words("validation.off") in browser.read("/validation")
        assert words("validation.off", "en") in browser.read("/validation?lang=en")
        for path in ("/validation/new", page("x")):
            assert browser.client.get(path).status_code == 404
        assert browser.send(f"{page('x')}/assess", version="1").status_code == 404
        browser.launch("kees")
        assert browser.client.get("/validation").status_code == 404


def test_without_an_issuer_it_says_who_can_help(office: Office) -> None:
    record = office.recognised()
    office.engine.adapters = evolve(office.engine.adapters, issuers={})
    assert words("validation.wrong.no_issuer") in office.reads("fatma", page(record))
    answer = office.acts("fatma", record, "certify", mail="sanne@korenaar.example")
    assert answer.status_code == 400
    assert office.stage(record) == "assessed"


def test_an_issuer_that_does_not_answer_changes_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = office.recognised()

    def down(*given: Any, **more: Any) -> bytes:
        raise SourceUnavailable("the issuer does not answer")

    monkeypatch.setattr(Records, "_issuing", down)
    answer = office.acts("fatma", record, "certify", mail="sanne@korenaar.example")
    assert answer.status_code == 503
    assert words("validation.wrong.later") in unescape(answer.text)
    assert office.stage(record) == "assessed"


def test_there_are_words_for_all_that_a_road_can_say() -> None:
    expected = {f"validation.refused.{one}" for one in get_args(RefusalCode)}
    expected |= {f"validation.stage.{one}" for one in STAGES}
    expected |= {f"validation.step.{one}" for one in STEPS}
    expected |= {f"validation.mark.{one}" for one in get_args(Mark)}
    expected |= {f"validation.relation.{one}" for one in get_args(Relation)}
    expected |= {f"validation.how.{one}" for one in get_args(How)}
    assert not expected - set(texts())
