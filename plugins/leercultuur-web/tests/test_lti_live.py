"""A launch from a real platform implementation (lti1p3platform 0.1.8) to a real server, on loopback."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx2
import pytest

from leercultuur_core.testing.servers import Running, free_port, python_environment, running

SERVERS = Path(__file__).parent / "servers"

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def addresses() -> tuple[str, str]:
    """Of the tool and of the platform."""
    return f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def platform(addresses: tuple[str, str]) -> Iterator[Running]:
    tool, lms = addresses
    python = python_environment(SERVERS / "lti1p3platform.txt") / "python"
    command: list[str | Path] = [
        python,
        SERVERS / "platform_server.py",
        lms.rpartition(":")[2],
        tool,
    ]
    with running(command, ready=f"{lms}/keys") as server:
        yield server


@pytest.fixture
def tool(folder: Path, addresses: tuple[str, str], platform: Running) -> Iterator[Running]:
    ours, lms = addresses
    config = folder / "leercultuur.toml"
    text = config.read_text("utf-8").replace("https://leren.korenaar.example", ours)
    settings = f"""
[web]
url = "{ours}"

[[web.platform]]
name = "lms"
site = "{lms}"
client_id = "tool-1"
deployments = ["7"]
login = "{lms}/auth"
keys = "{lms}/keys"
home_page = "https://login.korenaar.example"
"""
    config.write_text(text + settings, "utf-8")
    program = Path(sys.executable).parent / "leercultuur"
    command: list[str | Path] = [
        program,
        "serve",
        "--config",
        config,
        "--port",
        ours.rpartition(":")[2],
    ]
    with running(command, ready=ours) as server:
        yield server


def test_a_launch_opens_somebodys_own_page_once(
    addresses: tuple[str, str], tool: Running, platform: Running
) -> None:
    _, lms = addresses
    with httpx2.Client(follow_redirects=True) as browser:
        form = browser.get(f"{lms}/course", params={"user": "jan"})
        assert form.status_code == 200
        assert str(form.url).startswith(f"{lms}/auth?")
        action = re.search(r'action="([^"]+)"', form.text)
        assert action
        fields = {
            name: unescape(value)
            for name, value in re.findall(r'name="(\w+)" value="([^"]+)"', form.text)
        }
        page = browser.post(action[1], data=fields)
        assert page.status_code == 200
        assert "Waar je lijkt te staan" in page.text
        assert f"frame-ancestors {lms}" in page.headers["content-security-policy"]
        replayed = browser.post(action[1], data=fields)
        assert replayed.status_code == 400
    with httpx2.Client(follow_redirects=True) as stranger:
        form = stranger.get(f"{lms}/course", params={"user": "nobody"})
        fields = {
            name: unescape(value)
            for name, value in re.findall(r'name="(\w+)" value="([^"]+)"', form.text)
        }
        assert stranger.post(action[1], data=fields).status_code == 403
    for secret in fields.values():
        assert secret not in tool.output()
