"""Records in a store: whose they are, who may do what, two at once, and forgetting somebody."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from sqlalchemy import inspect, text

from leercultuur_core import AccessDenied, ConfigError, Engine, StoreError
from leercultuur_records import (
    Decision,
    Evidence,
    Judgement,
    Level,
    RecordChanged,
    Records,
    RoadRefused,
    RoadRules,
    Skill,
    store,
)
from leercultuur_records.demo import certified as demo_record
from leercultuur_records.evidence_files import LARGEST, FileTooLarge
from leercultuur_records.issuing import LocalIssuer
from leercultuur_records.publish import publish
from leercultuur_records.record import ERASED, Record
from leercultuur_records.schema import VERSION, metadata, version
from leercultuur_records.status import Register
from leercultuur_records.verifying import Bundle, verify

from .conftest import NOW, STANDARD, Organisation  # type: ignore[import-not-found]

if TYPE_CHECKING:
    Organise = Callable[..., Organisation]

LATER = NOW + timedelta(days=1)
WORDS = "Ovenspreuk-Zilverdistel"


def certified(org: Organisation, holder: str = "Sanne") -> tuple[str, dict[str, Any]]:
    """A record at the end of the road, and its credential."""
    record = org.submitted(holder)
    org.records.assess(record, org["Ann"], NOW, org.judgement())
    org.records.decide(record, org["Ann"], NOW, Decision("recognised", ("W1", "W2")))
    return record, json.loads(org.records.certify(record, org["Iris"], NOW))


def test_a_record_comes_back_as_it_went_in(org: Organisation) -> None:
    made = org.records.new(
        org["Sanne"],
        "  Ik leerde deeg kneden.  ",
        NOW,
        context="nachtdienst",
        task="brood",
        period=(date(2026, 1, 1), date(2026, 2, 1)),
        how="non-formal",
        skills=(Skill("https://skill.example/1", "CompetentNL", "2024-1", "kneden"),),
        level=Level("NLQF", "3"),
        language="en",
        standard=STANDARD.key,
        criteria=("W1",),
        origin="reflection",
    )
    found = org.records.get(made.id, org["Sanne"], NOW)
    assert found == made
    assert (found.learned, found.stage, found.version) == (
        "Ik leerde deeg kneden.",
        "identified",
        1,
    )
    assert repr(found) == f"<Record {found.id} identified>"


def test_nothing_of_somebody_enters_without_their_yes(org: Organisation) -> None:
    with pytest.raises(AccessDenied, match="which day they agreed"):
        org.records.new(org["Sanne"], "Zij leerde bakken.", NOW, by=org["Carla"])
    with pytest.raises(ValueError, match="agreed_on"):
        org.records.new(org["Sanne"], "x", NOW, by=org["Carla"], agreed_on=date(2026, 3, 3))
    assert org.records.list(org["Sanne"], NOW) == ()
    kept = org.records.new(org["Sanne"], "x", NOW, by=org["Carla"], agreed_on=date(2026, 3, 1))
    assert (kept.agreed_on, kept.history[0].role) == (date(2026, 3, 1), "coach")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"learned": " "}, "learned"),
        ({"stage": "certified"}, "stage"),
        ({"standard": ("X", "1")}, "standard"),
        ({"standard": STANDARD.key, "criteria": ("W9",)}, "criteria"),
        ({"period": (date(2026, 2, 1), date(2026, 1, 1))}, "period"),
        ({"evidence": (Evidence("link", "x", date(2026, 1, 1), url="ftp://x"),)}, "url"),
        ({"evidence": (Evidence("file", "x", date(2026, 1, 1), sha256="0" * 64),)}, "evidence"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(
    org: Organisation, content: dict[str, Any], place: str
) -> None:
    words = content.pop("learned", "Iets.")
    with pytest.raises(ValueError, match=f"^{place}"):
        org.records.new(org["Sanne"], words, NOW, **content)
    assert org.records.list(org["Sanne"], NOW) == ()


def test_nobody_is_a_holder_who_is_not_known(org: Organisation) -> None:
    with pytest.raises(ValueError, match="holder"):
        org.records.new("nobody", "Iets.", NOW)


def test_a_record_is_read_by_its_holder_until_they_share_or_submit_it(org: Organisation) -> None:
    record = org.documented()
    others = ("Pieter", "Baas", "Ann", "Carla", "Iris")
    for name in others:
        with pytest.raises(AccessDenied):
            org.records.get(record, org[name], NOW)
        assert org.records.list(org[name], NOW) == ()
    with pytest.raises(AccessDenied):
        org.records.share(record, org["Carla"], org["Carla"], date(2026, 4, 1))
    org.records.share(record, org["Sanne"], org["Carla"], date(2026, 3, 3))
    assert [one.id for one in org.records.list(org["Carla"], NOW)] == [record]
    with pytest.raises(AccessDenied):
        org.records.get(record, org["Carla"], datetime(2026, 3, 4, tzinfo=UTC))
    assert org.records.unshare(record, org["Sanne"], org["Carla"])
    assert not org.records.unshare(record, org["Sanne"], org["Carla"])
    org.records.submit(record, org["Sanne"], NOW)
    for name in ("Ann", "Iris", "Bob"):
        assert org.records.get(record, org[name], NOW).id == record
    for name in ("Pieter", "Carla"):
        with pytest.raises(AccessDenied):
            org.records.get(record, org[name], NOW)


def test_a_coach_helps_only_where_they_were_let_in(org: Organisation) -> None:
    record = org.records.new(org["Sanne"], "Iets.", NOW).id
    with pytest.raises(AccessDenied):
        org.records.change(record, org["Carla"], NOW, task="brood")
    org.records.share(record, org["Sanne"], org["Carla"], date(2026, 4, 1))
    changed = org.records.change(record, org["Carla"], NOW, task="brood")
    assert (changed.task, changed.stage, changed.history[-1].role) == (
        "brood",
        "documented",
        "coach",
    )


def test_a_file_is_kept_under_its_digest_and_once(org: Organisation) -> None:
    photo = b"a photo of a loaf"
    evidence = Evidence("file", "Foto", date(2026, 2, 1), media_type="image/jpeg")
    digest = hashlib.sha256(photo).hexdigest()
    ids = [org.records.new(org[name], "Iets.", NOW).id for name in ("Sanne", "Pieter")]
    for record, name in zip(ids, ("Sanne", "Pieter"), strict=True):
        kept = org.records.add_evidence(record, evidence, org[name], NOW, content=photo)
        assert kept.evidence[0].sha256 == digest
        assert org.records.file(record, digest, org[name], NOW) == photo
    with pytest.raises(AccessDenied):
        org.records.file(ids[0], digest, org["Pieter"], NOW)
    with pytest.raises(KeyError):
        org.records.file(ids[0], "0" * 64, org["Sanne"], NOW)
    org.engine.erase(org["Sanne"], NOW)
    assert org.records.file(ids[1], digest, org["Pieter"], NOW) == photo
    assert org.engine.erase(org["Pieter"], NOW)["records_files"] == 1


def test_a_file_that_is_too_large_changes_nothing(org: Organisation) -> None:
    record = org.records.new(org["Sanne"], "Iets.", NOW).id
    evidence = Evidence("file", "Film", date(2026, 2, 1))
    with pytest.raises(FileTooLarge, match="add a link"):
        org.records.add_evidence(record, evidence, org["Sanne"], NOW, content=bytes(LARGEST + 1))
    assert org.records.get(record, org["Sanne"], NOW).version == 1


def test_the_whole_road_to_a_credential(org: Organisation) -> None:
    record, credential = certified(org)
    found = org.records.get(record, org["Sanne"], NOW)
    assert found.stage == "certified"
    assert [one.step for one in found.history] == [
        "identify", "document", "submit", "assess", "decide", "certify",
    ]  # fmt: skip
    assert found.issued is not None
    assert credential["id"] == found.issued.credential
    written = json.dumps(credential)
    assert "sanne@korenaar.example" not in written
    assert "Ann" not in written
    assert json.loads(org.records.credential(record, org["Sanne"], NOW) or b"") == credential
    with pytest.raises(RoadRefused, match="certify is not for a record that is certified"):
        org.records.certify(record, org["Iris"], NOW)


def test_a_step_that_is_refused_leaves_the_store_as_it_was(org: Organisation) -> None:
    record = org.submitted()
    before = org.records.get(record, org["Sanne"], NOW)
    with pytest.raises(RoadRefused):
        org.records.assess(record, org["Sanne"], NOW, org.judgement())
    with pytest.raises(RoadRefused):
        org.records.assess(record, org["Ann"], NOW, Judgement({}, {}))
    with pytest.raises(RoadRefused):
        org.records.change(record, org["Sanne"], NOW, task="iets anders")
    with pytest.raises(RoadRefused):
        org.records.certify(record, org["Iris"], NOW)
    assert org.records.get(record, org["Sanne"], NOW) == before
    with pytest.raises(KeyError):
        org.records.submit("no-such-record", org["Sanne"], NOW)


def test_the_line_manager_is_known_from_the_directory(org: Organisation) -> None:
    record = org.submitted()
    org.records.assess(record, org["Baas"], NOW, org.judgement())
    yes = Decision("recognised", ("W1", "W2"))
    for who in ("Baas", "Ann"):
        with pytest.raises(RoadRefused) as refused:
            org.records.decide(record, org[who], NOW, yes)
        assert refused.value.code == "manager"
    org.records.assess(record, org["Ann"], NOW, org.judgement())
    assert org.records.decide(record, org["Ann"], NOW, yes).stage == "assessed"


def test_two_at_once_on_one_record_lose_nothing(org: Organisation) -> None:
    record = org.documented()
    seen = org.records.get(record, org["Sanne"], NOW).version
    org.records.change(record, org["Sanne"], NOW, task="eerst", version=seen)
    with pytest.raises(RecordChanged, match=f"you saw version {seen}, it is now {seen + 1}"):
        org.records.change(record, org["Sanne"], NOW, task="daarna", version=seen)
    with pytest.raises(RecordChanged):
        org.records.submit(record, org["Sanne"], NOW, version=seen)
    assert org.records.get(record, org["Sanne"], NOW).task == "eerst"


def test_a_change_below_another_is_refused_by_the_store_itself(org: Organisation) -> None:
    record = org.documented()
    with org.engine.database(write=True) as connection:
        found = store.load(connection, record)
        assert found is not None
        store.save(connection, found)
        with pytest.raises(RecordChanged):
            store.save(connection, found)


def test_many_at_the_same_time_all_count(org: Organisation) -> None:
    record = org.records.new(org["Sanne"], "Iets.", NOW).id
    config = org.folder / "leercultuur.toml"

    def add(number: int) -> None:
        with Engine.from_config(config) as engine:
            evidence = Evidence("link", f"nr {number}", date(2026, 2, 1), url="https://x.example")
            Records(engine).add_evidence(record, evidence, org["Sanne"], NOW)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = org.records.get(record, org["Sanne"], NOW)
    assert {one.title for one in found.evidence} == {f"nr {number}" for number in range(6)}
    assert found.version == 7
    assert len(found.history) == 7


def test_four_eyes_and_two_assessors_where_configured(organise: Organise) -> None:
    org = organise(RoadRules(assessors=2, four_eyes=True, valid_months=24))
    record = org.submitted()
    yes = Decision("recognised", ("W1", "W2"))
    org.records.assess(record, org["Ann"], NOW, org.judgement())
    with pytest.raises(RoadRefused):
        org.records.decide(record, org["Ann"], NOW, yes)
    org.records.assess(record, org["Bob"], NOW, org.judgement(), role="second_assessor")
    org.records.decide(record, org["Ann"], NOW, yes)
    credential = json.loads(org.records.certify(record, org["Iris"], NOW))
    assert credential["validUntil"].startswith("2028-03-02")
    assert org.records.expire(NOW + timedelta(days=700)) == 0
    assert org.records.expire(NOW + timedelta(days=740)) == 1
    assert org.records.expire(NOW + timedelta(days=740)) == 0
    assert org.records.get(record, org["Sanne"], NOW).stage == "expired"


def test_an_appeal_is_judged_by_others(org: Organisation) -> None:
    record = org.submitted()
    org.records.assess(record, org["Ann"], NOW, org.judgement())
    org.records.decide(record, org["Ann"], NOW, Decision("rejected", ("W1",)), reason="W2 mist")
    org.records.appeal(record, org["Sanne"], LATER, reason="Ik deed W2 wel.")
    with pytest.raises(RoadRefused):
        org.records.assess(record, org["Ann"], LATER, org.judgement())
    org.records.assess(record, org["Bob"], LATER, org.judgement())
    yes = Decision("recognised", ("W1", "W2"))
    assert org.records.decide(record, org["Bob"], LATER, yes).stage == "assessed"


def test_what_waits_too_long_is_listed(org: Organisation) -> None:
    record = org.submitted()
    assert org.records.late(NOW + timedelta(days=42)) == ()
    assert org.records.late(NOW + timedelta(days=43)) == (record,)


def test_taking_back_reaches_the_issuer(org: Organisation) -> None:
    record, credential = certified(org)
    issuer = org.engine.adapters.issuers["records"]
    assert isinstance(issuer, LocalIssuer)
    with pytest.raises(RoadRefused):
        org.records.take_back(record, org["Sanne"], NOW, reason="x")
    org.records.take_back(record, org["Iris"], NOW, reason="Het bewijs was van een ander.")
    assert org.records.get(record, org["Sanne"], NOW).stage == "withdrawn"
    place = int(credential["credentialStatus"]["statusListIndex"])
    assert place in Register(org.folder / "register.db").revoked()[0]


def test_without_an_issuer_or_an_address_nothing_is_certified(org: Organisation) -> None:
    record = org.submitted()
    org.records.assess(record, org["Ann"], NOW, org.judgement())
    org.records.decide(record, org["Ann"], NOW, Decision("recognised", ("W1", "W2")))
    with pytest.raises(ConfigError, match="one of records"):
        org.records.certify(record, org["Iris"], NOW, issuer="school")
    org.engine.adapters.issuers.clear()
    with pytest.raises(ConfigError, match=r"an \[\[issuer\]\]"):
        org.records.certify(record, org["Iris"], NOW)
    assert org.records.get(record, org["Sanne"], NOW).stage == "assessed"


def test_a_candidate_without_an_account_takes_the_same_road(org: Organisation) -> None:
    noor = org.records.add_candidate("Noor", "Noor@Elders.example")
    assert org.records.add_candidate("Noor", "noor@elders.example") == noor
    assert org.records.find("noor@elders.example", NOW) == (noor.id,)
    assert repr(noor) == f"<Candidate {noor.id}>"
    with pytest.raises(ValueError, match="mail address"):
        org.records.add_candidate("Noor", "elders")
    org.ids["Noor"] = noor.id
    record, credential = certified(org, "Noor")
    assert "noor@" not in json.dumps(credential)
    counts = org.records.forget_candidate(noor.id)
    assert counts["records_records"] == counts["records_candidates"] == 1
    assert org.records.forget_candidate(noor.id) == {}
    assert not org.records.exists(record)


def test_a_candidate_who_becomes_a_person_takes_their_records_along(org: Organisation) -> None:
    candidate = org.records.add_candidate("Sanne", "sanne@korenaar.example")
    record = org.records.new(candidate.id, "Ik leerde plannen.", NOW).id
    both = org.records.find("sanne@korenaar.example", NOW)
    assert set(both) == {org["Sanne"], candidate.id}
    with pytest.raises(ValueError, match="candidate"):
        org.records.adopt(org["Pieter"], org["Sanne"], NOW)
    with pytest.raises(ValueError, match="holder"):
        org.records.adopt(candidate.id, "nobody", NOW)
    assert org.records.adopt(candidate.id, org["Sanne"], NOW) == 1
    assert org.records.find("sanne@korenaar.example", NOW) == (org["Sanne"],)
    found = org.records.get(record, org["Sanne"], NOW)
    assert (found.holder, found.history[0].by) == (org["Sanne"], org["Sanne"])
    org.engine.erase(org["Sanne"], NOW)
    assert not org.records.exists(record)
    assert candidate.id.encode() not in everything_on_disk(org)


def test_rules_by_which_no_road_can_be_gone_are_refused(org: Organisation) -> None:
    org.engine.close()
    path = org.folder / "leercultuur.toml"
    road = 'store = "leercultuur.db"\nroad = { assessors = 0, valid_months = 0 }'
    text_ = path.read_text("utf-8").replace(
        'name = "records"\nstore = "leercultuur.db"', f'name = "records"\n{road}'
    )
    path.write_text(text_, "utf-8")
    with Engine.from_config(path) as engine, pytest.raises(ConfigError) as found:
        Records(engine)
    assert [one.place for one in found.value.problems] == [
        "source[0].road.assessors",
        "source[0].road.valid_months",
    ]


def checked(issuer: LocalIssuer, site: Path, credential: dict[str, Any]) -> dict[str, str]:
    """What anybody finds who checks a credential with what its issuer publishes."""
    publish(issuer, site, at=NOW)
    data = json.dumps(credential).encode()
    mail = "sanne@korenaar.example"
    verdict = verify(data, at=LATER, documents=Bundle(site), subject=mail)
    return {check.aspect: check.outcome for check in verdict.checks}


def everything_on_disk(org: Organisation) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(org.folder.glob("leercultuur.db*")))


def test_erasing_somebody_leaves_their_credential_and_nothing_else(org: Organisation) -> None:
    org.records.new(org["Pieter"], "Ik leerde plannen.", NOW)
    noted = org.records.new(org["Sanne"], f"Ik leerde de {WORDS}.", NOW).id
    statement = Evidence(
        "statement", WORDS, date(2026, 2, 1), text=WORDS, relation="client", context=WORDS
    )
    org.records.add_evidence(noted, statement, org["Sanne"], NOW)
    file = Evidence("file", "Recept", date(2026, 2, 1))
    org.records.add_evidence(noted, file, org["Sanne"], NOW, content=WORDS.encode())
    record, credential = certified(org)
    others = [
        org.records.get(one.id, org["Pieter"], NOW) for one in org.records.list(org["Pieter"], NOW)
    ]
    kept = org.engine.export(org["Sanne"], NOW, by="test")["plugins"]["records"]
    assert len(kept["records"]) == 2
    assert WORDS in json.dumps(kept)
    assert WORDS.encode() in everything_on_disk(org)

    counts = org.engine.erase(org["Sanne"], NOW)
    assert counts["records_records"] == 2
    assert WORDS.encode() not in everything_on_disk(org)
    assert org["Sanne"].encode() not in everything_on_disk(org)
    assert record.encode() not in everything_on_disk(org)
    assert [org.records.get(one.id, org["Pieter"], NOW) for one in others] == others
    # The holder still has it, and it can still be checked and taken back.
    settings = org.engine.adapters.issuers["records"].settings
    issuer = LocalIssuer(settings, clock=lambda: NOW)
    site = org.folder / "site"
    assert checked(issuer, site, credential)["status"] == "proved"
    assert issuer.revoke(credential["id"], NOW)
    assert checked(issuer, site, credential)["status"] == "refused"


def test_an_assessor_who_is_forgotten_leaves_their_judgement_as_nobody_s(org: Organisation) -> None:
    record, _ = certified(org)
    theirs = org.engine.export(org["Ann"], NOW, by="test")["plugins"]["records"]
    assert [one["step"] for one in theirs["steps_in_records_of_others"]] == ["assess", "decide"]
    assert record not in json.dumps(theirs)
    org.engine.erase(org["Ann"], NOW)
    found = org.records.get(record, org["Sanne"], NOW)
    assert [one.by for one in found.history if one.step == "decide"] == ["erased"]
    assert found.stage == "certified"
    assert org["Ann"].encode() not in everything_on_disk(org)


def test_a_newer_store_of_records_is_left_alone(org: Organisation) -> None:
    with org.engine.database(write=True) as connection:
        connection.execute(text("UPDATE records_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer leercultuur-records"):
        Records(org.engine)


def test_the_tables_are_those_that_the_migrations_make(org: Organisation) -> None:
    with org.engine.database() as connection:
        assert version(connection) == VERSION
        found = inspect(connection)
        for table in metadata.sorted_tables:
            columns = {one["name"]: one["nullable"] for one in found.get_columns(table.name)}
            assert columns == {one.name: bool(one.nullable) for one in table.columns}, table.name
            indexes = {tuple(one["column_names"]) for one in found.get_indexes(table.name)}
            assert indexes == {tuple(i.columns.keys()) for i in table.indexes}, table.name


def test_content_of_every_kind_survives_the_store(org: Organisation) -> None:
    record, _ = certified(org)
    first = org.records.get(record, org["Sanne"], NOW)
    with Engine.from_config(org.folder / "leercultuur.toml") as again:
        assert Records(again).get(record, org["Sanne"], NOW) == first
    assert isinstance(first, Record)
    assert first.judgements[0].judgement == org.judgement()


def test_what_assessors_found_stays_when_they_are_forgotten() -> None:
    record = demo_record()
    assert len(record.judgements) == 2
    forgotten = evolve(record, history=tuple(evolve(entry, by=ERASED) for entry in record.history))
    assert [one.judgement for one in forgotten.judgements] == [
        one.judgement for one in record.judgements
    ]
