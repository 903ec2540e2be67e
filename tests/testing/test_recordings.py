"""What is recorded is played again, names nobody, and says what is missing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from leercultuur_core import ConfigError, HttpClient, Secret
from leercultuur_core.testing import Seen, recorded, recording
from leercultuur_core.testing.recordings import UnknownRequest
from leercultuur_core.testing.scripted import as_json, scripted


def test_what_is_recorded_is_played_without_names(tmp_path: Path) -> None:
    said = {"user": "Sanne Müller", "mail": "sanne@korenaar.example", "token": "token-5f2c9e7a"}
    path = tmp_path / "acme.json"
    with scripted(lambda seen: as_json({**said, "next": f"{live.url}/more"})) as live:
        with recording(
            live.url,
            path,
            system="Acme",
            version="3.2",
            on=date(2026, 3, 3),
            replace={"Sanne Müller": "Anna", "token-5f2c9e7a": "TOKEN"},
            volatile=["since"],
        ) as url:
            answer = HttpClient(url, token=Secret("token-5f2c9e7a")).get_json("/v3", since="9")
        assert answer["user"] == "Sanne Müller"
        assert answer["next"] == f"{url}/more"
        assert live.seen[0].headers["authorization"] == "Bearer token-5f2c9e7a"
        text = path.read_text("utf-8")
        for hidden in (*said.values(), live.url):
            assert hidden not in text
    script = recorded("acme.json").read(tmp_path)
    assert (script.system, script.version, script.recorded) == ("Acme", "3.2", date(2026, 3, 3))
    played = script.responder()(Seen("GET", "/v3", {"since": "another"}, {}))
    assert json.loads(played.body)["user"] == "Anna"
    assert json.loads(played.body)["next"] == "{server}/more"


def test_a_request_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "acme.json"
    exchange = {"request": {"path": "/v3/*"}, "response": {"text": "yes"}}
    content = {"system": "A", "version": "1", "recorded": "2026-03-03", "exchanges": [exchange]}
    path.write_text(json.dumps(content), "utf-8")
    respond = recorded(path).read(tmp_path).responder()
    assert respond(Seen("GET", "/v3/17", {}, {})).body == b"yes"
    with pytest.raises(UnknownRequest, match='name what changes under "volatile": since'):
        respond(Seen("GET", "/v3/17", {"since": "secret"}, {}))
    with pytest.raises(UnknownRequest, match="found POST /v3/17; record it too"):
        respond(Seen("POST", "/v3/17", {}, {}))


def test_every_mistake_in_a_recording_comes_at_once(tmp_path: Path) -> None:
    path = tmp_path / "acme.json"
    path.write_text(json.dumps({"system": 1, "recorded": "soon", "exchanges": [{}]}), "utf-8")
    with pytest.raises(ConfigError) as caught:
        recorded(path).read(tmp_path)
    places = [problem.place for problem in caught.value.problems]
    assert places[:3] == ["system", "version", "recorded"]
    assert "exchanges[0].request" in places
