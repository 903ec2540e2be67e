"""Every page in a real browser: launched, read, walked by keyboard, enlarged, and judged by axe-core.

The pages are found by following the links that each person sees, so that a new one is judged too.
``LEERCULTUUR_SCREENSHOTS`` names a folder where pictures of them are kept, to be looked at.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, sync_playwright

from leercultuur_core import Engine
from leercultuur_core.cli import leercultuur
from leercultuur_core.testing.servers import (
    free_port,
    needs,
    node_environment,
    python_environment,
    running,
)
from leercultuur_records import Records, demo, store
from leercultuur_web.commands_report import report
from leercultuur_web.texts import texts

from .bakery import NOW, Clock, engine_of, person
from .browsing import (
    DESKTOP,
    ENLARGED,
    LOOKS,
    NARROW,
    PAPER,
    PHONE,
    QUIET,
    Site,
    by_keyboard,
    cut_off,
    every_page,
    judged,
    keep_picture,
    opened,
    picture_of,
    resize,
    served,
    space_out,
    tab_to,
    too_wide,
    unfold,
)
from .conftest import CONFIGURATION
from .test_validation import Office, one_office
from .visiting import PLATFORM

HERE = Path(__file__).parent
CLOCK = NOW + timedelta(hours=1)

pytestmark = [pytest.mark.server, needs("chromium", "node", "npm")]

__all__ = ["one_office"]  # a fixture of the pages of validation

BAKERY = {"worker": "Jan", "vote": "Sanne", "manager": "Omar", "hr": "Ans", "council": "Piet"}
OFFICE = {"coordinator": "School", "assessor": "Joke", "second": "Ahmed", "issuer": "Fatma"}

_MORE = """
[[sink]]
name = "post"
kind = "files"
folder = "post"

[roles]
works_council = ["Piet"]
"""


@pytest.fixture(scope="module")
def folder(one_quarter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bakery with all that a page can show: answers, a register, records, badges, votes, a study."""
    folder = Path(shutil.copytree(one_quarter, tmp_path_factory.mktemp("browser") / "bakery"))
    text = CONFIGURATION.replace('["web"]', '["web", "records"]')
    (folder / "leercultuur.toml").write_text(text + _MORE, "utf-8")
    with engine_of(folder) as engine:
        some = engine.model.interventions(layer="hr")[:2]
        held = next(one for one in engine.preconditions(NOW) if one.held).held[0].intervention
        rows = [f",{some[0].id},running,2026-01-12", f",{some[1].id},planned,2026-04-06"]
        rows.append(f"bezorging,{held},running,2026-01-12")
        Records(engine)
        with engine.database(write=True) as connection:
            jan = person(engine)
            store.add(connection, evolve(demo.certified(), id="r-jan", holder=jan))
            store.put_credential(connection, "r-jan", b"{}")
        engine.open_vote(
            "bakkerij", [one.id for one in engine.model.interventions(layer="tasks")][:3], NOW
        )
        engine.export(person(engine, "Sanne"), NOW, by="anna")
        engine.write_study(NOW, seed="x")
    (folder / "practice.csv").write_text("\n".join(["unit,intervention,state,since", *rows]))
    words = ["practice", "import", str(folder / "practice.csv"), "--now", f"{NOW:%Y-%m-%d}"]
    result = CliRunner().invoke(leercultuur, [*words, "--config", str(folder / "leercultuur.toml")])
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[Site]:
    lms = f"http://127.0.0.1:{free_port()}"
    platform = evolve(
        PLATFORM, site=lms, issuer=lms, login=f"{lms}/auth", keys=f"{lms}/keys", people=("sub",)
    )
    with engine_of(folder) as engine:
        _finish_the_study(engine)
        with served(engine, Clock(CLOCK), lms, platform) as site:
            yield site


def _finish_the_study(engine: Engine) -> None:
    """Shows the study as one that is done: to do it takes a year of nights."""
    real = engine.culture
    common = {"difference": 0.31, "low": 0.1, "high": 0.52, "pairs": 24}
    found: Any = [
        SimpleNamespace(outcome="unprompted", against="later", verdict="more", **common),
        SimpleNamespace(
            outcome="self_reports", against="unmatched", verdict="no_difference", **common
        ),
    ]

    def culture(now: datetime) -> Any:
        known = real(now)
        studies = [evolve(one, state="done", figures=tuple(found)) for one in known.studies]
        return evolve(known, studies=tuple(studies))

    engine.culture = culture  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def office(one_office: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages of who validates, with a record at each place of its road."""
    folder = Path(shutil.copytree(one_office, tmp_path_factory.mktemp("validation") / "office"))
    with engine_of(folder) as engine:
        clock = Clock(CLOCK)
        no_browsers: Any = {}
        made: Any = Office(engine, Records(engine), clock, no_browsers)
        shared = made.documented()
        made.records.share(shared, made.id("sanne"), made.id("fatma"), clock.now.date())
        made.submitted()
        made.judged()
        made.recognised()
        with served(engine, clock) as site:
            yield site


@pytest.fixture(scope="module")
def early(one_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The bakery, before anything that its pages could show."""
    folder = Path(shutil.copytree(one_night, tmp_path_factory.mktemp("early") / "bakery"))
    with (
        engine_of(folder) as engine,
        served(engine, Clock(CLOCK)) as site,
    ):
        yield site


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as home:
        browser = playwright.chromium.launch(
            executable_path=program,
            # A test as root, as in a container, has no sandbox of its own to give.
            chromium_sandbox=os.geteuid() != 0,
            args=QUIET,
            env={**os.environ, "HOME": home},
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def axe() -> str:
    """The judge, as a script."""
    modules = node_environment(HERE / "browser") / "node_modules"
    return (modules / "axe-core" / "axe.min.js").read_text("utf-8")


def wrong_on(page: Page, axe: str, who: str, path: str, language: str) -> list[str]:
    """What is wrong with a page, at every size and in all colours, with all of it unfolded."""
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("h1").count() == 1, path
    keep_picture(page, picture_of(who, path, language, "phone"))
    unfold(page)
    wrong = [f"{path} phone: {one}" for one in judged(page, axe)]
    if language == "nl":
        for look, colours in LOOKS.items():
            page.emulate_media(**colours)
            keep_picture(page, picture_of(who, path, language, look))
            # What the system colours are is up to whoever chose them.
            if look == "dark":
                found = judged(page, axe, "color-contrast", "link-in-text-block")
                wrong += [f"{path} {look}: {one}" for one in found]
        resize(page, DESKTOP)
        wrong += [f"{path} desktop: {one}" for one in judged(page, axe)]
        keep_picture(page, picture_of(who, path, language, "desktop"))
    for name, size in {"desktop": DESKTOP, "enlarged": ENLARGED, "narrow": NARROW}.items():
        resize(page, size)
        wrong += [f"{path} {name}: {too_wide(page)} pixels too wide"] if too_wide(page) else []
    keep_picture(page, picture_of(who, path, language, "narrow"))
    space_out(page)
    wrong += [f"{path} spaced out: {too_wide(page)} pixels too wide"] if too_wide(page) else []
    wrong += [f"{path} spaced out: cut off, {one}" for one in cut_off(page)]
    resize(page, PHONE)
    return wrong


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("who", BAKERY)
def test_nothing_is_wrong_on_any_page(
    site: Site, chromium: Browser, axe: str, who: str, language: str
) -> None:
    # What it says before an erase is the same to each, and an own page has the same parts for each.
    without = [] if who == "worker" else ["/erase"]
    without += ["/"] if who != "worker" else []
    with opened(chromium) as page:
        site.sign_in(page, BAKERY[who], language)
        found = [
            (path, wrong_on(page, axe, who, path, language))
            for path in every_page(page, site, *without)
        ]
    assert [one for _, wrong in found for one in wrong] == []
    expected = {"worker": {"/", "/erase"}, "manager": {"/team"}, "vote": {"/team"}}
    assert {path for path, _ in found} == expected.get(who, {"/organisation"})


@pytest.mark.parametrize(
    ("who", "language"),
    [*((who, "nl") for who in OFFICE), ("coordinator", "en"), ("assessor", "en")],
)
def test_nothing_is_wrong_on_any_page_of_validation(
    office: Site, chromium: Browser, axe: str, who: str, language: str
) -> None:
    with opened(chromium) as page:
        office.sign_in(page, OFFICE[who], language)
        found = [
            (path, wrong_on(page, axe, who, path, language))
            for path in every_page(page, office, "/", "/erase", *_THE_SAME.get(who, ()))
        ]
    assert [one for _, wrong in found for one in wrong] == []
    assert len(found) == {"coordinator": 2, "assessor": 4, "second": 4, "issuer": 5}[who]


_THE_SAME = {"issuer": ["/validation/new"]}


def test_where_there_is_nothing_yet(early: Site, chromium: Browser, axe: str) -> None:
    """Before go-live, and then in a quarter of which nothing was released."""
    wrong: list[str] = []
    live = early.engine.configuration
    early.engine.configuration = evolve(live, organisation=evolve(live.organisation, go_live=None))
    for state in ("early", "quarter"):
        for name, path in {"Omar": "/team", "Ans": "/organisation", "Jan": "/"}.items():
            with opened(chromium) as page:
                early.sign_in(page, name, "en")
                page.goto(f"{early.url}{path}")
                wrong += wrong_on(page, axe, state, path, "en")
        early.clock.later(days=150)
        early.engine.configuration = live
    assert wrong == []


@pytest.mark.parametrize("language", ["nl", "en"])
def test_who_sees_what_is_whole_on_a_narrow_screen(
    site: Site, chromium: Browser, language: str
) -> None:
    with opened(chromium, NARROW) as page:
        site.sign_in(page, "Jan", language)
        hidden = "one => one.parentElement.scrollWidth - one.parentElement.clientWidth"
        assert page.locator("table.seen").evaluate(hidden) == 0
        keep_picture(page, picture_of("worker", "seen", language, "narrow"))


def test_the_judge_finds_what_is_wrong(chromium: Browser, axe: str) -> None:
    """Else nothing that it does not find would say anything."""
    with opened(chromium, NARROW) as page:
        page.set_content("""<h1>x</h1><img src="data:,"><p style="color: #ccc">pale</p>
            <button style="width: 9px; height: 9px; padding: 0"></button><button>b</button>
            <div style="width: 400px">wide</div>""")
        found = {one.partition(" ")[0] for one in judged(page, axe)}
        assert {"image-alt", "html-has-lang", "color-contrast", "target-size"} <= found
        assert {one.partition(" ")[0] for one in judged(page, axe, "color-contrast")} == {
            "color-contrast"
        }
        assert too_wide(page) > 0
        page.set_content("<main><p style='width: 9px; overflow: hidden'>unbreakable</p></main>")
        assert cut_off(page)


def test_without_a_session_too(site: Site, chromium: Browser, axe: str) -> None:
    with opened(chromium) as page:
        for path, status in {"/": 200, "/nowhere": 404, "/a/x": 404, "/in/x": 404}.items():
            answer = page.goto(f"{site.url}{path}")
            assert answer is not None
            assert answer.status == status
            assert judged(page, axe) == [], path
            keep_picture(page, picture_of("nobody", path))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_report_can_be_read_and_printed_without_a_network(
    folder: Path, chromium: Browser, axe: str, tmp_path: Path, language: str
) -> None:
    file = tmp_path / "report.html"
    words = ["--config", str(folder / "leercultuur.toml"), "--now", NOW.isoformat()]
    result = CliRunner().invoke(report, [*words, "--out", str(file), "--language", language])
    assert result.exit_code == 0, result.output
    with opened(chromium) as page:
        page.context.set_offline(True)
        page.goto(file.as_uri())
        for name, size in {"phone": PHONE, "desktop": DESKTOP}.items():
            resize(page, size)
            assert judged(page, axe) == [], name
            keep_picture(page, picture_of("report", "", language, name))
        for size in (ENLARGED, NARROW):
            resize(page, size)
            assert too_wide(page) == 0, size
        resize(page, PAPER)
        page.emulate_media(media="print")
        assert too_wide(page) == 0
        keep_picture(page, picture_of("report", "", language, "print"))
        assert not page.locator("nav").is_visible()


def test_the_page_of_the_organisation_can_be_printed(site: Site, chromium: Browser) -> None:
    with opened(chromium, PAPER) as page:
        site.sign_in(page, "Ans")
        page.goto(f"{site.url}/organisation")
        page.emulate_media(media="print")
        assert too_wide(page) == 0
        for one in page.locator("nav, button, .skip").all():
            assert not one.is_visible()
        assert page.locator("figure").first.is_visible()
        keep_picture(page, picture_of("hr", "/organisation", "nl", "print"))


# -- by keyboard ------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["worker", "manager", "hr"])
def test_everything_is_reached_by_keyboard(site: Site, chromium: Browser, who: str) -> None:
    with opened(chromium, DESKTOP) as page:
        site.sign_in(page, BAKERY[who])
        for path in every_page(page, site):
            assert by_keyboard(page, path)


@pytest.mark.parametrize("who", ["coordinator", "assessor", "issuer"])
def test_everything_of_validation_is_reached_by_keyboard(
    office: Site, chromium: Browser, who: str
) -> None:
    with opened(chromium, DESKTOP) as page:
        office.sign_in(page, OFFICE[who])
        for path in every_page(page, office, "/", "/erase"):
            assert by_keyboard(page, path)


def test_the_first_key_leads_past_the_menu(site: Site, chromium: Browser) -> None:
    with opened(chromium) as page:
        site.sign_in(page, "Sanne")
        page.goto(f"{site.url}/team")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"


def test_somebody_says_where_they_are_by_keyboard(site: Site, chromium: Browser) -> None:
    with opened(chromium) as page:
        site.sign_in(page, "Noor")
        tab_to(page, "input[name=phase]")
        page.keyboard.press("ArrowDown")
        chosen = page.locator("input[name=phase]:checked").get_attribute("value")
        assert chosen == "selecting"
        page.keyboard.press("Enter")
        page.wait_for_url("**/?noted=selecting")
        assert "Ik kijk rond wat ik wil leren" in page.locator(".noted").inner_text()


def test_who_leads_opens_a_vote_by_keyboard(site: Site, chromium: Browser) -> None:
    with opened(chromium) as page:
        site.sign_in(page, "Omar")
        page.goto(f"{site.url}/team")
        tab_to(page, "#option_1")
        before = page.locator("#option_1").input_value()
        page.keyboard.press("End")
        assert page.locator("#option_1").input_value() != before
        tab_to(page, "main form button")
        page.keyboard.press("Enter")
        page.wait_for_url("**&noted=opened")
        assert page.locator(".noted").is_visible()


def test_an_assessor_judges_by_keyboard(office: Site, chromium: Browser) -> None:
    with opened(chromium) as page:
        office.sign_in(page, "Joke")
        page.goto(f"{office.url}/validation")
        handed_in = page.locator("#todo ~ ul li").filter(has_text="Ingediend")
        fresh = handed_in.filter(has_not_text=texts()["validation.judged"]["nl"]).locator("a")
        tab_to(page, f"a[href='{fresh.get_attribute('href')}']")
        page.keyboard.press("Enter")
        page.locator("h1").wait_for()
        groups = page.locator("form[action$='/assess'] fieldset.question").count()
        assert groups >= 7, "five of VRAAK and two criteria"
        for _ in range(groups):
            tab_to(page, "form[action$='/assess'] .question input")
            page.keyboard.press("Space")
        tab_to(page, "form[action$='/assess'] textarea")
        page.keyboard.type("Ze liet het zien.")
        keep_picture(page, "assessor-vraak-filled-in")
        tab_to(page, "form[action$='/assess'] button")
        page.keyboard.press("Enter")
        page.wait_for_url("**?noted=assess")
        assert page.locator(".noted").is_visible()


# -- from an LMS ------------------------------------------------------------------------------------


def test_a_launch_from_an_lms_opens_in_its_frame(site: Site, chromium: Browser) -> None:
    """By lti1p3platform 0.1.8. The frame that any other site makes stays empty."""
    python = python_environment(HERE / "servers" / "lti1p3platform.txt") / "python"
    program = HERE / "servers" / "platform_server.py"
    command: list[str | Path] = [python, program, site.lms.rpartition(":")[2], site.url]
    site.clock.now = datetime.now(UTC)  # its tokens are good for a minute
    with (
        running(command, ready=f"{site.lms}/keys"),
        chromium.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]}) as context,
    ):
        page = context.new_page()
        page.goto(f"{site.lms}/keys")
        course = f"{site.lms}/course?user=jan"
        page.evaluate(_FRAME, course)
        page.wait_for_function("frames.length && frames[0].document.forms.length")
        page.frames[1].evaluate("document.forms[0].submit()")
        page.frame_locator("iframe").get_by_role("heading", level=1).wait_for()
        assert page.frames[1].url == f"{site.url}/"
        keep_picture(page, "launched")
        site.clock.now = CLOCK
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
