"""Every page in a real browser: launched, read, walked by keyboard, enlarged, and judged by axe-core.

The pages are found by following the links that each person sees, so that a new one is judged too.
``LEERCULTUUR_SCREENSHOTS`` names a folder where pictures of them are kept, to be looked at.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
import uvicorn
from attrs import evolve, frozen
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from leercultuur_core import Engine
from leercultuur_core.testing.servers import (
    free_port,
    needs,
    node_environment,
    python_environment,
    running,
)
from leercultuur_web.app import create_app
from leercultuur_web.sessions import Tickets
from leercultuur_web.settings import WebSettings, checked

from .conftest import NOW, PLATFORM, Clock  # type: ignore[import-not-found]

HERE = Path(__file__).parent

pytestmark = [pytest.mark.server, needs("chromium", "node", "npm")]

WHO = {"worker": "Jan", "manager": "Sanne", "director": "Ans"}
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
_ENLARGED = (640, 450)  # what is left of 1280 by 900 at 200 %
_NARROW = (320, 256)  # and at 400 %: reflow, WCAG 1.4.10

# Seen under the background-networking of Chromium: it looks up hosts of its maker at every start.
_QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@frozen
class Site:
    """The bakery's pages, open on this machine."""

    url: str
    lms: str
    engine: Engine
    tickets: Tickets
    clock: Clock

    def sign_in(self, page: Page, name: str, language: str) -> None:
        """Signs somebody in as a person does: with a link, and its button."""
        (person,) = self.engine.find(name, self.clock())
        token = self.tickets.issue(
            "sign_in",
            person,
            language=language,
            now=self.clock(),
            lifetime=timedelta(hours=1),
        )
        page.goto(f"{self.url}/in/{token}")
        page.get_by_role("button").last.click()
        assert page.url == f"{self.url}/"


@pytest.fixture(scope="module")
def site(one_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = Path(shutil.copytree(one_night, tmp_path_factory.mktemp("browser") / "bakery"))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    lms = f"http://127.0.0.1:{free_port()}"
    platform = evolve(
        PLATFORM, site=lms, issuer=lms, login=f"{lms}/auth", keys=f"{lms}/keys", people=("sub",)
    )
    settings = checked(WebSettings(url, platform=(platform,)))
    clock = Clock(NOW + timedelta(hours=1))
    with Engine.from_config(folder / "leercultuur.toml", {}) as engine:
        app = create_app(engine, settings, clock=clock)
        config = uvicorn.Config(app, port=port, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline, "the pages did not open in time"
            time.sleep(0.02)
        yield Site(url, lms, engine, Tickets(engine.database), clock)
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as home:
        browser = playwright.chromium.launch(
            executable_path=program,
            # A test as root, as in a container, has no sandbox of its own to give.
            chromium_sandbox=os.geteuid() != 0,
            args=_QUIET,
            env={**os.environ, "HOME": home},
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def axe() -> str:
    """The judge, as a script."""
    modules = node_environment(HERE / "browser") / "node_modules"
    return (modules / "axe-core" / "axe.min.js").read_text("utf-8")


def opened(
    browser: Browser, size: tuple[int, int], scheme: Literal["light", "dark"] = "light"
) -> BrowserContext:
    width, height = size
    return browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce", color_scheme=scheme
    )


def links(page: Page, site: Site) -> list[str]:
    """The pages that this one leads to; not its own language, nor a file to keep."""
    found = page.eval_on_selector_all("a[href]:not([download])", "all => all.map(a => a.href)")
    addresses = [one.partition("#")[0] for one in found]
    here = [one for one in addresses if one.startswith(site.url)]
    return [one for one in here if not urlsplit(one).path.endswith((".csv", ".svg", ".json"))]


def every_page(page: Page, site: Site) -> Iterator[str]:
    """Opens each page that can be reached from the first, once; gives its path."""
    to_see, seen = [f"{site.url}/"], set[str]()
    while to_see:
        address = to_see.pop(0)
        if address in seen:
            continue
        seen.add(address)
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        yield address.removeprefix(site.url)
        to_see += links(page, site)
        assert len(seen) < 60, "pages that lead to ever more pages"


def judged(page: Page, axe: str) -> list[str]:
    """What axe-core finds wrong, with the rules of WCAG 2.2 AA and good practice."""
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def keep_picture(page: Page, name: str) -> None:
    folder = os.environ.get("LEERCULTUUR_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder, f"{name}.png"), full_page=True)


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("who", WHO)
def test_nothing_is_wrong_on_any_page_at_any_size(
    site: Site, chromium: Browser, axe: str, who: str, language: str
) -> None:
    wrong: list[str] = []
    for size, measures in {**SIZES, "enlarged": _ENLARGED, "narrow": _NARROW}.items():
        with opened(chromium, measures) as context:
            page = context.new_page()
            refused: list[str] = []
            page.on("console", lambda said: refused.append(said.text))  # noqa: B023 - ends with it
            page.on("pageerror", lambda error: refused.append(str(error)))  # noqa: B023
            site.sign_in(page, WHO[who], language)
            for path in every_page(page, site):
                assert page.locator("html").get_attribute("lang") == language
                assert page.locator("h1").count() == 1, path
                name = path.strip("/").replace("/", "-").replace("?", "-") or "own"
                keep_picture(page, f"{who}-{name}-{language}-{size}")
                if size in SIZES:
                    wrong += [f"{path} {size}: {one}" for one in judged(page, axe)]
                wide = page.evaluate(
                    "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
                )
                if wide > 0:
                    wrong.append(f"{path} {size}: {wide} pixels too wide")
            # What the browser complains of, such as something that the content policy refused.
            assert refused == []
    assert wrong == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_colours_can_be_read_in_light_and_dark(
    site: Site, chromium: Browser, axe: str, scheme: Literal["light", "dark"]
) -> None:
    with opened(chromium, SIZES["phone"], scheme) as context:
        page = context.new_page()
        site.sign_in(page, WHO["director"], "nl")
        for path in every_page(page, site):
            assert judged(page, axe) == [], path
            keep_picture(page, f"director-{path.strip('/').replace('/', '-') or 'own'}-{scheme}")


def test_without_a_session_too(site: Site, chromium: Browser, axe: str) -> None:
    with opened(chromium, SIZES["phone"]) as context:
        page = context.new_page()
        for path, status in {"/": 200, "/nowhere": 404, "/a/x": 404, "/in/x": 404}.items():
            answer = page.goto(f"{site.url}{path}")
            assert answer is not None
            assert answer.status == status
            assert judged(page, axe) == [], path
            keep_picture(page, f"nobody-{path.strip('/').replace('/', '-') or 'welcome'}")


@pytest.mark.parametrize("who", WHO)
def test_all_can_be_done_by_keyboard_alone(site: Site, chromium: Browser, who: str) -> None:
    with opened(chromium, SIZES["desktop"]) as context:
        page = context.new_page()
        site.sign_in(page, WHO[who], "nl")
        for path in every_page(page, site):
            page.evaluate("document.activeElement.blur()")
            wanted = page.evaluate(_CONTROLS)
            reached: list[int] = []
            for _ in range(len(wanted) + 1):
                page.keyboard.press("Tab")
                at, outlined, seen = page.evaluate(_AT)
                if at < 0:
                    break
                assert outlined, f"{path}: nothing shows where the keyboard is at {wanted[at]}"
                assert seen, f"{path}: {wanted[at]} has the keyboard and is out of sight"
                reached.append(at)
            missed = [name for number, name in enumerate(wanted) if number not in reached]
            # Of a group of radio buttons the keyboard comes at one; arrows choose among them.
            assert [one for one in missed if not one.startswith("radio")] == [], path
            assert reached == sorted(reached), f"{path}: the keyboard jumps about"


_CONTROLS = """() => {
  window.controls = [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
    .filter(one => one.checkVisibility() && !one.disabled);
  return window.controls.map(one =>
    `${one.type || one.tagName.toLowerCase()} ${(one.name || one.textContent).trim().slice(0, 40)}`);
}"""

_AT = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  return [window.controls.indexOf(one), style.outlineStyle !== 'none' && style.outlineWidth !== '0px',
          box.bottom > 0 && box.top < innerHeight];
}"""


def test_somebody_says_where_they_are_by_keyboard(site: Site, chromium: Browser) -> None:
    with opened(chromium, SIZES["phone"]) as context:
        page = context.new_page()
        site.sign_in(page, "Noor", "nl")
        page.locator("input[name=phase]").first.focus()
        page.keyboard.press("ArrowDown")
        chosen = page.locator("input[name=phase]:checked").get_attribute("value")
        assert chosen == "selecting"
        page.keyboard.press("Enter")
        page.wait_for_url("**/?noted=selecting")
        assert "Ik kijk rond wat ik wil leren" in page.locator(".noted").inner_text()


def test_a_launch_from_an_lms_opens_in_its_frame(site: Site, chromium: Browser) -> None:
    """By lti1p3platform 0.1.8. The frame that any other site makes stays empty."""
    python = python_environment(HERE / "servers" / "lti1p3platform.txt") / "python"
    program = HERE / "servers" / "platform_server.py"
    command: list[str | Path] = [python, program, site.lms.rpartition(":")[2], site.url]
    site.clock.now = datetime.now(UTC)  # its tokens are good for a minute
    with running(command, ready=f"{site.lms}/keys"), opened(chromium, SIZES["desktop"]) as context:
        page = context.new_page()
        page.goto(f"{site.lms}/keys")
        course = f"{site.lms}/course?user=jan"
        page.evaluate(_FRAME, course)
        page.wait_for_function("frames.length && frames[0].document.forms.length")
        page.frames[1].evaluate("document.forms[0].submit()")
        page.frame_locator("iframe").get_by_role("heading", level=1).wait_for()
        assert page.frames[1].url == f"{site.url}/"
        keep_picture(page, "launched")
        site.clock.now = NOW + timedelta(hours=1)
        # `localhost` is another site than 127.0.0.1.
        page.goto(f"{site.lms.replace('127.0.0.1', 'localhost')}/keys")
        page.evaluate(_FRAME, f"{site.url}/")
        page.wait_for_timeout(500)
        assert page.frame_locator("iframe").get_by_role("heading").count() == 0


_FRAME = """address => {
  const frame = document.createElement('iframe');
  Object.assign(frame, {src: address, width: 800, height: 700, title: 'leercultuur'});
  document.body.append(frame);
}"""
