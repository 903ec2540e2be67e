"""Certified records as evidence: once each, taken back when they are, and only of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from sqlalchemy import create_engine

from leercultuur_core import Activity, Retraction, SourceUnavailable, State, default_rules
from leercultuur_core.testing import Event, Serve, SourceContract
from leercultuur_records import Decision, Entry, Record, RecordsSettings, schema, store
from leercultuur_records.source import CertifiedRecords

from .conftest import NOW, Organisation  # type: ignore[import-not-found]


def certify(org: Organisation, holder: str) -> str:
    record = str(org.submitted(holder))
    org.records.assess(record, org["Ann"], NOW, org.judgement())
    org.records.decide(record, org["Ann"], NOW, Decision("recognised", ("W1", "W2")))
    org.records.certify(record, org["Iris"], NOW)
    return record


def source(org: Organisation) -> CertifiedRecords:
    return CertifiedRecords(RecordsSettings(org.folder / "leercultuur.db"))


def test_a_certified_record_is_validated_evidence_in_the_ledger(org: Organisation) -> None:
    certify(org, "Sanne")
    org.submitted("Pieter")
    collected = org.engine.collect(NOW)
    assert collected.complete
    (read,) = collected.sources
    assert (read.new, read.rejected) == (1, 0)
    kept = org.engine.export(org["Sanne"], NOW, by="test")["activities"]
    assert [(one["kind"], one["day"]) for one in kept] == [("validated", "2026-03-02")]
    assert org.engine.export(org["Pieter"], NOW, by="test")["activities"] == []
    assert org.engine.collect(NOW).sources[0].new == 0


def test_it_says_that_something_was_recognised_and_not_what(org: Organisation) -> None:
    record = certify(org, "Sanne")
    (page,) = source(org).fetch(State())
    (activity,) = page.records
    assert isinstance(activity, Activity)
    assert default_rules().kind(activity) == "validated"
    assert record not in str([activity.id, activity.object_id, activity.topic])
    assert activity.topic == "general"


def test_what_was_taken_back_no_longer_counts(org: Organisation) -> None:
    record = certify(org, "Sanne")
    org.engine.collect(NOW)
    org.records.take_back(record, org["Iris"], NOW, reason="vergissing")
    assert org.engine.collect(NOW).sources[0].retracted == 1
    (page,) = source(org).fetch(State())
    assert [type(one) for one in page.records] == [Activity, Retraction]


def test_it_goes_on_from_its_mark_also_after_an_erase(org: Organisation) -> None:
    certify(org, "Sanne")
    (page,) = source(org).fetch(State())
    org.engine.erase(org["Sanne"], NOW)
    certify(org, "Pieter")
    (after,) = source(org).fetch(State(mark=page.mark))
    assert len(after.records) == 1
    assert list(source(org).fetch(State(mark=after.mark))) == []


def test_a_candidate_has_no_place_in_the_ledger(org: Organisation) -> None:
    org.ids["Noor"] = org.records.add_candidate("Noor", "noor@elders.example").id
    certify(org, "Noor")
    assert list(source(org).fetch(State())) == []


def test_a_store_that_is_not_there_or_has_no_records(tmp_path: Path) -> None:
    missing = CertifiedRecords(RecordsSettings(tmp_path / "no.db"))
    with pytest.raises(SourceUnavailable, match="there is no store"):
        list(missing.fetch(State()))
    assert [one.level for one in missing.check()] == ["problem"]
    (tmp_path / "empty.db").write_bytes(b"")
    empty = CertifiedRecords(RecordsSettings(tmp_path / "empty.db"))
    assert list(empty.fetch(State())) == []
    assert [one.level for one in empty.check()] == ["ok"]
    (tmp_path / "other.db").write_bytes(b"not a database at all, and long enough to be sure" * 40)
    with pytest.raises(SourceUnavailable, match="cannot be read"):
        list(CertifiedRecords(RecordsSettings(tmp_path / "other.db")).fetch(State()))


class TestCertifiedRecords(SourceContract):
    """A store in which records are certified, and looked at again, night after night."""

    does_not_apply: ClassVar[Mapping[str, str]] = {
        "online": "it reads the organisation's store: the faults of a server do not reach it",
        "secrets_are_silent": "its settings hold no secret",
        "next_page_at_another_host": "it asks no server",
    }

    @pytest.fixture
    def source(self, tmp_path: Path) -> CertifiedRecords:
        engine = create_engine(f"sqlite:///{tmp_path / 'store.db'}")
        with engine.begin() as connection:
            schema.migrate(connection)
        engine.dispose()
        return CertifiedRecords(RecordsSettings(tmp_path / "store.db"))

    @pytest.fixture
    def serve(self, tmp_path: Path) -> Serve:
        def put(events: Sequence[Event]) -> None:
            engine = create_engine(f"sqlite:///{tmp_path / 'store.db'}")
            with engine.begin() as connection:
                for event in events:
                    if store.load(connection, event.id) is None:
                        store.add(connection, _certified(event))
            engine.dispose()

        return put


def _certified(event: Event) -> Record:
    record = Record(event.id, event.learner, "Iets.", event.occurred_at.date())
    return record.with_entry(Entry("certify", event.occurred_at, "iris", "issuer"))
