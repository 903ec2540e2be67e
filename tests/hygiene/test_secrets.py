"""The scan for secrets (`make secrets`) trips on what is planted, and on nothing that is known."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

TESTS = Path(__file__).parents[1]

pytest.importorskip("detect_secrets", reason="only where the repository is worked on")


@pytest.fixture
def scanner(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(TESTS)
    import scan_secrets  # type: ignore[import-not-found,unused-ignore]

    yield scan_secrets
    sys.modules.pop("scan_secrets")


# In two pieces: these stand in no file, not even in this one.
PLANTED = {
    "a key of AWS": "aws = 'AKIA" + "Z5QXJ7LMN2PRSTUV'",
    "a private key": "-----BEGIN " + "RSA PRIVATE KEY-----",
    "a token of GitHub": "t = 'ghp_" + "x7Kq2LmP9vRt4WzB8nYc3HjF6sDg1Aa5Qe0U'",
    "a password": "password = " + "'Kaas-en-brood-1987'",
    "a password in an address": "postgresql://leer:" + "Kaasbrood1987@db.example/x",
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_a_planted_secret_is_found(scanner: ModuleType, tmp_path: Path, planted: str) -> None:
    (tmp_path / "settings.py").write_text(f"clean = 1\n{planted}\n", "utf-8")
    known = scanner.known()
    found = scanner.new(scanner.scan(["settings.py"], tmp_path), known)
    assert {(one.filename, one.line_number) for one in found} == {("settings.py", 2)}


def test_what_was_accepted_is_found_no_more_wherever_it_stands_in_its_file(
    scanner: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    baseline = tmp_path / ".secrets.baseline"
    baseline.write_text(scanner.BASELINE.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(scanner, "BASELINE", baseline)
    monkeypatch.setattr(scanner, "ROOT", tmp_path)
    monkeypatch.setattr(scanner.scan, "__defaults__", (tmp_path,))
    planted = PLANTED["a password"]
    (tmp_path / "one.py").write_text(f"{planted}\n", "utf-8")
    (tmp_path / "other.py").write_text(f"{planted}\n", "utf-8")

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["scan_secrets.py", *arguments])
        code: int = scanner.main()
        return code

    assert run("one.py") == 1
    assert run("one.py", "--accept") == 0
    (tmp_path / "one.py").write_text(f"\n\n{planted}\n", "utf-8")
    assert run("one.py") == 0
    assert run("other.py") == 1, "the same words elsewhere are another matter"
    assert "Kaas" not in baseline.read_text("utf-8")


def test_the_baseline_holds_hashes_and_places_in_the_repository(scanner: ModuleType) -> None:
    known = json.loads(scanner.BASELINE.read_text("utf-8"))["results"]
    assert known
    for name, finds in known.items():
        assert not Path(name).is_absolute()
        assert all(one["hashed_secret"] and not one["is_verified"] for one in finds)
