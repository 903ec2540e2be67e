"""Messages as files."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from attrs import evolve

from leercultuur_core.advice import Prompt
from leercultuur_core.advice.recommend import Grounds
from leercultuur_core.errors import SourceUnavailable
from leercultuur_core.extension import Message, Receipt, Recipient, structure
from leercultuur_core.maturity.vocabulary import Phase
from leercultuur_core.run.sinks import FilesSink, FilesSinkSettings, message_row, message_text

MIX: dict[Phase, float] = {"acting": 0.62, "applying": 0.38}
PROMPT = Prompt(
    recipient="account|https://leren.korenaar.example|sanne.de.wit",
    recipient_role="worker",
    subject="account|https://leren.korenaar.example|sanne.de.wit",
    layer="tasks",
    intervention="try-it-at-work",
    language="nl",
    text="Hoi Sanne.\n\n**Kies één ding dat je morgen kunt gebruiken.**",
    step="Kies één ding dat je morgen kunt gebruiken.",
    why="Je bent bezig met leren.",
    when_question="Wanneer?",
    grounds=Grounds("stated", "TNO, 2023"),
    phase_mix=MIX,
    episode="2026-W05",
    name="Sanne",
)
SANNE = Recipient("0d6c1f", "Sanne de Wit", "nl", {"mail": "sanne@korenaar.example"})
MESSAGE = Message("5a3c9e", SANNE, (PROMPT,))


def test_a_message_holds_what_its_recipient_reads_and_no_more() -> None:
    row = message_row(MESSAGE)
    assert row == {
        "id": "5a3c9e",
        "recipient": {"person": "0d6c1f", "address": None, "language": "nl"},
        "prompts": [
            {
                "id": PROMPT.id,
                "role": "worker",
                "language": "nl",
                "text": PROMPT.text,
                "step": PROMPT.step,
                "why": PROMPT.why,
                "when_question": "Wanneer?",
                "grounds": {"basis": "stated", "text": "TNO, 2023"},
            }
        ],
        "links": {},
        "unsubscribe": None,
        "moment": None,
    }
    written = json.dumps(message_row(MESSAGE, "mail"))
    assert "sanne@korenaar.example" in written
    for kept in ("acting", "0.62", "try-it-at-work", "2026-W05", "sanne.de.wit", "de Wit"):
        assert kept not in written


def test_a_message_as_text() -> None:
    digest = evolve(MESSAGE, prompts=(PROMPT, evolve(PROMPT, text="En nog iets.")))
    assert message_text(digest) == f"Voor Sanne de Wit\n\n{PROMPT.text}\n\nEn nog iets.\n"
    nameless = evolve(MESSAGE, recipient=Recipient("0d6c1f", "", "en"))
    assert message_text(nameless).startswith("For 0d6c1f\n")


def test_writes_two_files_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "uit" / "berichten"
    sink = FilesSink(FilesSinkSettings(folder, channel="mail"))
    assert list(sink.deliver([MESSAGE])) == [Receipt("5a3c9e", "sent")]
    assert sorted(path.name for path in folder.iterdir()) == ["5a3c9e.json", "5a3c9e.txt"]
    line = (folder / "5a3c9e.json").read_text("utf-8")
    assert line.count("\n") == 1
    assert json.loads(line) == message_row(MESSAGE, "mail")
    assert (folder / "5a3c9e.txt").read_text("utf-8") == message_text(MESSAGE)
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_again_is_the_same(tmp_path: Path) -> None:
    sink = FilesSink(FilesSinkSettings(tmp_path))
    list(sink.deliver([MESSAGE]))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    list(sink.deliver([MESSAGE, MESSAGE]))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace"])
def test_stopped_halfway_no_half_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    sink = FilesSink(FilesSinkSettings(tmp_path))
    list(sink.deliver([MESSAGE]))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(step, full)
        changed = evolve(MESSAGE, recipient=evolve(SANNE, name="Iemand anders"))
        with pytest.raises(SourceUnavailable, match=r"\(No space left on device\)"):
            list(sink.deliver([changed]))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_a_kill_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / ".5a3c9e.json.unfinished").write_text("x" * 10_000)
    list(FilesSink(FilesSinkSettings(tmp_path)).deliver([MESSAGE]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["5a3c9e.json", "5a3c9e.txt"]
    assert json.loads((tmp_path / "5a3c9e.json").read_text("utf-8"))["id"] == "5a3c9e"


def test_nobody_without_an_address_and_the_others_go_on(tmp_path: Path) -> None:
    other = Message("77", Recipient("9", "Bo", "en"), (PROMPT,))
    sink = FilesSink(FilesSinkSettings(tmp_path, channel="mail"))
    assert list(sink.deliver([other, MESSAGE])) == [
        Receipt("77", "refused", "no-address"),
        Receipt("5a3c9e", "sent"),
    ]
    assert not (tmp_path / "77.json").exists()


@pytest.mark.parametrize("name", ["../evil", "..", "/etc/evil", "a b"])
def test_no_id_leads_to_another_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "in"
    list(FilesSink(FilesSinkSettings(folder)).deliver([evolve(MESSAGE, id=name)]))
    assert len(list(folder.iterdir())) == 2
    assert list(tmp_path.iterdir()) == [folder]


def test_check_says_whether_the_folder_will_do(tmp_path: Path) -> None:
    (found,) = FilesSink(FilesSinkSettings(tmp_path / "new" / "er")).check()
    assert found.level == "ok"
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("")
    sink = FilesSink(FilesSinkSettings(tmp_path / "file" / "sub"))
    (found,) = sink.check()
    assert found.level == "problem"
    with pytest.raises(SourceUnavailable, match="cannot be written"):
        list(sink.deliver([MESSAGE]))


def test_settings_from_a_configuration(tmp_path: Path) -> None:
    settings = structure(FilesSinkSettings, {"folder": "uit"}, base=tmp_path)
    assert settings == FilesSinkSettings(tmp_path / "uit")
