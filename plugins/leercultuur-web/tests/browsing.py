"""Pages open in Debian's Chromium, and what is asked of each: by axe-core, by size, by keyboard."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from attrs import frozen
from playwright.sync_api import Browser, BrowserContext, Page

from leercultuur_core import Engine
from leercultuur_core.testing.servers import free_port
from leercultuur_web.app import create_app
from leercultuur_web.sessions import Tickets
from leercultuur_web.settings import Platform, WebSettings, checked

from .bakery import Clock

PHONE, DESKTOP = (390, 844), (1280, 900)
ENLARGED = (640, 450)  # what is left of 1280 by 900 at 200 %
NARROW = (320, 256)  # and at 400 %: reflow, WCAG 1.4.10
PAPER = (673, 950)  # A4 within the margins of the report, at 96 pixels an inch

# Seen under the background-networking of Chromium: it looks up hosts of its maker at every start.
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@frozen
class Site:
    """Somebody's pages, open on this machine."""

    url: str
    lms: str
    engine: Engine
    tickets: Tickets
    clock: Clock

    def sign_in(self, page: Page, name: str, language: str = "nl") -> None:
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


@contextmanager
def served(engine: Engine, clock: Clock, lms: str = "", *platforms: Platform) -> Iterator[Site]:
    """The pages of an open engine on a free port of this machine."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = create_app(engine, checked(WebSettings(url, platform=platforms)), clock=clock)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the pages did not open in time"
        time.sleep(0.02)
    try:
        yield Site(url, lms, engine, Tickets(engine.database), clock)
    finally:
        server.should_exit = True
        thread.join(20)


@contextmanager
def opened(browser: Browser, size: tuple[int, int] = PHONE) -> Iterator[Page]:
    """A page of a new browser of somebody; it complains of nothing, such as a thing refused by the
    content policy."""
    context: BrowserContext = browser.new_context(viewport=_viewport(size), reduced_motion="reduce")
    with context:
        page = context.new_page()
        refused: list[str] = []
        page.on("console", lambda said: refused.append(said.text))
        page.on("pageerror", lambda error: refused.append(str(error)))
        yield page
        # The status of a page that is not there is told there too.
        assert [one for one in refused if "the server responded with" not in one] == []


def resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size(_viewport(size))


def _viewport(size: tuple[int, int]) -> Any:
    return {"width": size[0], "height": size[1]}


def every_page(page: Page, site: Site, *without: str) -> Iterator[str]:
    """Opens each page that can be reached from the first, once, but ``without``; gives its path."""
    to_see, seen = [f"{site.url}/"], {f"{site.url}{path}" for path in without}
    if to_see[0] in seen:
        page.goto(to_see[0])
        to_see = _links(page, site)
    while to_see:
        address = to_see.pop(0)
        if address in seen:
            continue
        seen.add(address)
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        to_see += _links(page, site)
        yield address.removeprefix(site.url)
        assert len(seen) < 60, "pages that lead to ever more pages"


def _links(page: Page, site: Site) -> list[str]:
    """The pages that this one leads to; not its own language, nor a file to keep."""
    found = page.eval_on_selector_all("a[href]:not([download])", "all => all.map(a => a.href)")
    addresses = [one.partition("#")[0] for one in found]
    here = [one for one in addresses if one.startswith(f"{site.url}/")]
    return [one for one in here if not urlsplit(one).path.endswith((".csv", ".svg", ".json"))]


def judged(page: Page, axe: str, *rules: str) -> list[str]:
    """What axe-core finds wrong: by all its rules that hold WCAG 2.2 A and AA and good practice, also
    the size of what is touched, which it leaves out unless told; or by these ``rules`` alone."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(axe)
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = list(rules)
    else:
        options["rules"] = {"target-size": {"enabled": True}}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def too_wide(page: Page) -> int:
    """So many pixels must be scrolled sideways."""
    wide: int = page.evaluate(
        "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
    )
    return wide


def unfold(page: Page) -> None:
    """Opens all that can be opened on the page."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


def space_out(page: Page) -> None:
    """Gives text the room of WCAG 1.4.12, as somebody's own style sheet would."""
    page.evaluate("""() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
        word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }`);
      document.adoptedStyleSheets = [sheet];
    }""")


def cut_off(page: Page) -> list[str]:
    """Texts of which a part can be neither seen nor scrolled to. A choice that is shut shows what fits
    and all of it when it opens, and is not counted."""
    found: list[str] = page.evaluate("""() =>
      [...document.querySelectorAll('main *, header *')].filter(one => {
        const style = getComputedStyle(one);
        return one.tagName !== 'SELECT' && !one.closest('svg, select') && one.checkVisibility()
          && ['hidden', 'clip'].includes(style.overflowX)
          && one.scrollWidth > one.clientWidth + 1;
      }).map(one => one.outerHTML.slice(0, 120))""")
    return found


def keep_picture(page: Page, name: str) -> None:
    """A picture of the whole page, where ``LEERCULTUUR_SCREENSHOTS`` names a folder for them."""
    folder = os.environ.get("LEERCULTUUR_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder, f"{name}.png"), full_page=True)


def picture_of(who: str, path: str, *more: str) -> str:
    """The name of a picture; a record is no part of it, so that it is the same in each run."""
    plain = re.sub(r"[0-9a-f-]{20,}", "record", path).strip("/")
    return "-".join([who, re.sub(r"[^a-z0-9]+", "-", plain.lower()) or "own", *more])


def by_keyboard(page: Page, path: str) -> int:
    """Walks through the page with Tab: each control is reached, in order, seen, and marked. How many."""
    page.evaluate("document.activeElement.blur()")
    wanted: list[str] = page.evaluate(_CONTROLS)
    reached: list[int] = []
    # In a field of a date the keyboard stays for its day, month, year and calendar.
    for _ in range(len(wanted) + 4 * sum(one.startswith("date") for one in wanted) + 1):
        page.keyboard.press("Tab")
        at, outlined, seen = page.evaluate(_AT)
        if at < 0 or (at == 0 and reached):  # past the last, or round again
            break
        assert outlined, f"{path}: nothing shows where the keyboard is at {wanted[at]}"
        assert seen, f"{path}: {wanted[at]} has the keyboard and is out of sight"
        reached.append(at)
    missed = [name for number, name in enumerate(wanted) if number not in reached]
    # Of a group of radio buttons the keyboard comes at one; arrows choose among them.
    assert [one for one in missed if not one.startswith("radio")] == [], path
    assert reached == sorted(reached), f"{path}: the keyboard jumps about"
    return len(set(reached))


def tab_to(page: Page, selector: str) -> None:
    """Comes with Tab to the next thing like this one, and by nothing else."""
    for _ in range(300):
        page.keyboard.press("Tab")
        if page.evaluate("selector => !!document.activeElement?.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not come to {selector}")


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

LOOKS: Mapping[str, dict[str, Any]] = {
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced": {"color_scheme": "light", "forced_colors": "active"},
    "light": {"color_scheme": "light", "forced_colors": "none"},
}
"""How somebody has their colours; the last is what it was."""
