"""Settings beside a file: its own, else those of its folder, strictly, every mistake at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import frozen

from leercultuur_core.errors import ConfigError, SourceUnavailable
from leercultuur_core.extension import Secret, settings_beside

FOLDER_FILE = "leercultuur-acme.toml"


@frozen
class Settings:
    url: str
    pages: int = 3
    token: Secret | None = None
    folder: Path = Path()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "export.csv"


def beside(file: Path) -> Settings | None:
    return settings_beside(file, Settings, folder_file=FOLDER_FILE)


def test_without_settings_there_are_none(file: Path) -> None:
    file.with_name("other.csv.toml").write_text('url = "of another"', "utf-8")
    assert beside(file) is None


def test_those_of_the_folder_hold_for_a_file_without_its_own(file: Path) -> None:
    file.with_name(FOLDER_FILE).write_text('url = "of the folder"\npages = 7', "utf-8")
    assert beside(file) == Settings("of the folder", 7)
    file.with_name("export.csv.toml").write_text('url = "its own"', "utf-8")
    assert beside(file) == Settings("its own", 3)  # nothing of the folder's is mixed in


def test_an_empty_file_is_settings_too(file: Path) -> None:
    @frozen
    class Optional:
        pages: int = 3

    file.with_name("export.csv.toml").write_text("", "utf-8")
    file.with_name(FOLDER_FILE).write_text("pages = 7", "utf-8")
    assert settings_beside(file, Optional, folder_file=FOLDER_FILE) == Optional(3)


def test_relative_paths_start_from_the_folder_of_the_file(file: Path) -> None:
    secret = file.with_name("acme.token")
    secret.write_text("quite-secret", "utf-8")
    secret.chmod(0o600)
    file.with_name(FOLDER_FILE).write_text(
        'url = "x"\nfolder = "more"\ntoken = { file = "acme.token" }', "utf-8"
    )
    found = beside(file)
    assert found is not None
    assert found.folder == file.parent / "more"
    assert found.token is not None
    assert found.token.reveal() == "quite-secret"


def test_every_mistake_is_told_at_once_with_its_file(file: Path) -> None:
    own = file.with_name("export.csv.toml")
    own.write_text('pages = "many"\nurll = "x"', "utf-8")
    with pytest.raises(ConfigError) as refused:
        beside(file)
    assert refused.value.what == str(own)
    assert sorted(one.place for one in refused.value.problems) == ["pages", "url", "urll"]


@pytest.mark.parametrize(
    "content",
    [b"url = ", b'url = "\xff"', b"url = " + b"[" * 10_000],
    ids=["no TOML", "no UTF-8", "too deep"],
)
@pytest.mark.parametrize("name", ["export.csv.toml", FOLDER_FILE])
def test_what_cannot_be_read_is_named_and_not_passed_over(
    file: Path, name: str, content: bytes
) -> None:
    settings = file.with_name(name)
    settings.write_bytes(content)
    with pytest.raises(SourceUnavailable, match="expected a readable TOML file") as refused:
        beside(file)
    assert str(settings) in str(refused.value)


def test_a_folder_of_that_name_is_no_file(file: Path) -> None:
    file.with_name("export.csv.toml").mkdir()
    with pytest.raises(SourceUnavailable, match="expected a readable TOML file"):
        beside(file)
