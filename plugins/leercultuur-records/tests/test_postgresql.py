"""Records in a store that is in PostgreSQL: the road, the source of certified ones, an erase."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from leercultuur_core import Engine, SourceUnavailable
from leercultuur_core.extension import Secret, State
from leercultuur_core.testing.postgresql import (
    PASSWORD,
    PostgreSQLServer,
    needs_postgresql,
    postgresql_server,
)
from leercultuur_records import Records, RecordsSettings
from leercultuur_records.keys import KeyRing
from leercultuur_records.source import CertifiedRecords

from .conftest import CONFIG, NOW, PEOPLE, STANDARD, Organisation  # type: ignore[import-not-found]
from .test_source import certify  # type: ignore[import-not-found]

pytestmark = [needs_postgresql, pytest.mark.server]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQLServer]:
    with postgresql_server() as running:
        yield running


@pytest.fixture
def org(server: PostgreSQLServer, tmp_path: Path) -> Iterator[Organisation]:
    place = '{ file = "store.url" }'
    config = CONFIG.replace('store = "leercultuur.db"\nplugins', f"store = {place}\nplugins")
    config = config.replace('store = "leercultuur.db"', f"store_url = {place}")
    (tmp_path / "leercultuur.toml").write_text(config, "utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, "utf-8")
    for name, text in (
        ("identity.key", "k" * 40),
        ("credentials.key", KeyRing.new(NOW).dump()),
        ("store.url", server.url(server.new_database())),
    ):
        (tmp_path / name).write_text(text, "utf-8")
        (tmp_path / name).chmod(0o600)
    with Engine.from_config(tmp_path / "leercultuur.toml", create=True) as engine:
        assert engine.collect(NOW).complete
        records = Records(engine)
        records.put_standards((STANDARD,))
        names = ("Sanne", "Pieter", "Baas", "Ann", "Bob", "Carla", "Iris")
        ids = {name: engine.find(name, NOW)[0] for name in names}
        yield Organisation(engine, records, ids, tmp_path)


def test_a_certified_record_is_evidence_and_is_erased_with_its_holder(org: Organisation) -> None:
    record = certify(org, "Sanne")
    (read,) = org.engine.collect(NOW).sources
    assert (read.new, read.problem) == (1, "")
    assert record in str(org.engine.export(org["Sanne"], NOW, by="test"))
    org.records.take_back(record, org["Iris"], NOW, reason="vergissing")
    assert org.engine.collect(NOW).sources[0].retracted == 1
    gone = org.engine.erase(org["Sanne"], NOW)
    assert gone["records_records"] == 1
    assert org.engine.collect(NOW).complete


def test_a_server_that_does_not_answer_is_told_without_its_password() -> None:
    url = f"postgresql+psycopg://leren:{PASSWORD}@127.0.0.1:1/leren"
    source = CertifiedRecords(RecordsSettings(store_url=Secret(url)))
    with pytest.raises(SourceUnavailable) as caught:
        list(source.fetch(State()))
    assert PASSWORD not in str(caught.value)
    assert [one.level for one in CertifiedRecords(RecordsSettings()).check()] == ["problem"]
