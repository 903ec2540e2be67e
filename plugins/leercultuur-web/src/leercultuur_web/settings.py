"""``[web]``: where the pages are, and from which platforms (LMSs) people come to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from attrs import evolve, frozen

from leercultuur_core import ConfigError, Problem

if TYPE_CHECKING:
    from leercultuur_core import Engine

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})

Known = Literal["sub", "username", "mail"]


@frozen
class Platform:
    """An LMS from which people come by LTI 1.3.

    name
        What it is called here.
    site
        Where people see it; only this site may show the pages in a frame.
    issuer
        What it calls itself in a launch (``iss``); ``site`` where left out.
    client_id, deployments
        What it gave out when the tool was registered; other deployments are refused.
    login, keys
        Its authentication request address, and that of its public keys (JWKS).
    people
        By what somebody is recognised, in this order: their number (``sub``), their user name, their
        mail address. Mail only where people cannot change it themselves.
    home_page
        The system of which their accounts are in the directory; ``site`` where left out.
    """

    name: str
    site: str
    client_id: str
    deployments: tuple[str, ...]
    login: str
    keys: str
    issuer: str = ""
    people: tuple[Known, ...] = ("sub",)
    home_page: str = ""


@frozen
class WebSettings:
    """The settings of the pages.

    url
        The address people reach them at, without a path: behind a proxy, that of the proxy.
    session_minutes
        How long somebody stays signed in. Judgement: long enough for a look, short on a shared screen.
    sign_in_hours
        How long a sign-in link works, once.
    """

    url: str
    session_minutes: int = 60
    sign_in_hours: int = 24
    platform: tuple[Platform, ...] = ()

    @property
    def https(self) -> bool:
        """Whether the pages are reached over https."""
        return self.url.startswith("https://")

    @property
    def host(self) -> str:
        """The host name of the address."""
        return urlsplit(self.url).hostname or ""

    @property
    def frames(self) -> tuple[str, ...]:
        """The origins that may show the pages in a frame."""
        origins = (urlsplit(one.site) for one in self.platform)
        return tuple(dict.fromkeys(f"{one.scheme}://{one.netloc}" for one in origins))


def settings_of(engine: Engine) -> WebSettings:
    """The settings in the table ``[web]`` of the configuration. Raises `ConfigError` with every
    problem at once, and where there is no such table."""
    return checked(engine.settings_of("web", WebSettings))


def checked(settings: WebSettings) -> WebSettings:
    """``settings`` with what was left out filled in. Raises `ConfigError` for what makes no sense."""
    problems = [
        *_address("web.url", settings.url, path=False),
        *(
            Problem(f"web.{name}", "a number from 1 to 1000", str(value))
            for name in ("session_minutes", "sign_in_hours")
            if not 1 <= (value := getattr(settings, name)) <= 1000
        ),
    ]
    platforms: list[Platform] = []
    for number, one in enumerate(settings.platform):
        where = f"web.platform[{number}]"
        problems += _address(f"{where}.site", one.site)
        problems += _address(f"{where}.login", one.login)
        problems += _address(f"{where}.keys", one.keys)
        problems += [
            Problem(f"{where}.{name}", "a text", "nothing")
            for name in ("name", "client_id")
            if not getattr(one, name).strip()
        ]
        for name in ("deployments", "people"):
            if not getattr(one, name):
                problems.append(Problem(f"{where}.{name}", "at least one", "none"))
        full = evolve(
            one,
            issuer=one.issuer or one.site.rstrip("/"),
            home_page=one.home_page or one.site.rstrip("/"),
        )
        if any((full.issuer, full.client_id) == (p.issuer, p.client_id) for p in platforms):
            expected = "each issuer and client_id together once"
            problems.append(Problem(where, expected, "the same as before"))
        platforms.append(full)
    if problems:
        raise ConfigError("the configuration", problems)
    return evolve(settings, url=settings.url.rstrip("/"), platform=tuple(platforms))


def _address(place: str, address: str, *, path: bool = True) -> list[Problem]:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in _THIS_MACHINE)
    plain = address.isascii() and address.isprintable() and not set(" ;,'\"\\") & set(address)
    bare = path or parts.path in {"", "/"}
    if host and safe and plain and bare and not parts.fragment and "@" not in parts.netloc:
        return []
    expected = "an address such as https://leren.korenaar.example"
    hint = "http:// is for this machine only" if parts.scheme == "http" else ""
    if not bare:
        expected += ", without a path"
    return [Problem(place, expected, f'"{address[:80]}"', hint)]
