"""Where the store is: a path, an address, or from where secrets come; a password is never shown."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from leercultuur_core.errors import ConfigError
from leercultuur_core.run.config import Configuration, parse_configuration

ADDRESS = "postgresql+psycopg://leren:geheim-9c1f@db.korenaar.example/leren"
ENVIRONMENT = {"KEY": "k" * 40, "STORE": ADDRESS}


def parse(store: str, folder: Path = Path()) -> Configuration:
    text = f"""{store}
[organisation]
name = "Bakkerij De Korenaar"
identity_key = {{ env = "KEY" }}
"""
    return parse_configuration(tomllib.loads(text), folder / "leercultuur.toml", ENVIRONMENT)


def test_a_path_is_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    assert parse('store = "x.db"', tmp_path).store_url == f"sqlite:///{tmp_path / 'x.db'}"
    assert parse("", tmp_path).store_url == f"sqlite:///{tmp_path / 'leercultuur.db'}"


def test_an_address_without_a_password_may_stand_there() -> None:
    plain = "postgresql+psycopg://leren@db.korenaar.example/leren"
    assert parse(f'store = "{plain}"').store_url == plain


def test_an_address_comes_from_where_secrets_come_and_shows_itself_nowhere(
    tmp_path: Path,
) -> None:
    (tmp_path / "store.url").write_text(ADDRESS + "\n", "utf-8")
    (tmp_path / "store.url").chmod(0o600)
    for given in ('{ env = "STORE" }', '{ file = "store.url" }'):
        configuration = parse(f"store = {given}", tmp_path)
        assert configuration.store_url == ADDRESS
        assert "geheim" not in repr(configuration)


@pytest.mark.parametrize(
    ("store", "found"),
    [
        (f'"{ADDRESS}"', "an address with a password"),
        ('"postgresql://db.example/leren?user=x&password=geheim-9c1f"', "an address with a"),
        ('{ env = "NOWHERE" }', "set NOWHERE"),
        ('{ file = "nowhere" }', "a readable file nowhere"),
        ('{ address = "geheim-9c1f" }', '{ env = "NAME" }'),
        ('""', "found nothing"),
        ("3", "found something else"),
    ],
)
def test_what_does_not_fit_is_told_with_its_key_and_without_the_secret(
    store: str, found: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(f"store = {store}", tmp_path)
    text = str(caught.value)
    assert "store: expected" in text
    assert found in text
    assert "geheim" not in text
