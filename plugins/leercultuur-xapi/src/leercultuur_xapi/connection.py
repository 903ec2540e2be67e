"""How a learning record store (LRS) is spoken to: where, as whom, in which version of xAPI."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec
from attrs import field, frozen

from leercultuur_core import ConfigError, HttpClient, LeercultuurError, Problem, Secret
from leercultuur_core.extension import Finding
from leercultuur_core.extension.http import Answer

STATEMENTS = "/statements"
VERSION_HEADER = "X-Experience-API-Version"

Version = Literal["1.0.3", "2.0.0"]


@frozen
class Connection:
    """The settings that source and sink share.

    url
        The xAPI endpoint: what stands before ``/statements``.
    key, secret
        For Basic authentication, as an LRS gives them to a client. The key only names the client, so
        that it may stand in the configuration and in what a server says of it.
    token
        Instead of those, for an LRS that asks for ``Authorization: Bearer``.
    version
        The version of xAPI to speak, which the LRS is told with each request.
    plain_http
        Allow ``http://`` to other machines than this one.
    """

    url: str
    key: str | None = None
    secret: Secret | None = field(default=None, repr=False)
    token: Secret | None = field(default=None, repr=False)
    version: Version = "1.0.3"
    plain_http: bool = False


def client(settings: Connection, agent: str) -> HttpClient:
    """A client for the LRS. Raises `ConfigError` where address or credentials cannot be used."""
    problems = []
    if (settings.key is None) != (settings.secret is None):
        missing = "secret" if settings.secret is None else "key"
        problems.append(Problem(missing, "key and secret together", "one of them"))
    if settings.token is not None and settings.key is not None:
        problems.append(Problem("token", "key and secret, or token", "both"))
    if problems:
        raise ConfigError("the settings of the LRS", problems)
    login = None
    if settings.key is not None and settings.secret is not None:
        login = (settings.key, settings.secret)
    return HttpClient(
        settings.url,
        token=settings.token,
        login=login,
        headers={VERSION_HEADER: settings.version},
        plain_http=settings.plain_http,
        agent=agent,
    )


class _About(msgspec.Struct):
    """The part of the resource ``about`` that is looked at."""

    version: list[str]


def check_version(http: HttpClient, version: Version) -> Iterator[Finding]:
    """Whether the LRS says that it speaks ``version``; asks its resource ``about``."""
    answer = http.send("GET", "/about")
    try:
        spoken = msgspec.json.decode(answer.body, type=_About).version if _well(answer) else []
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        spoken = []
    # Patches of one version understand each other.
    minor = version.rpartition(".")[0]
    if not spoken:
        yield Finding(
            "warning",
            f"{answer.about}: does not say which versions of xAPI it speaks ({answer.status})",
            f"this asks in {version}; another is chosen with: version",
        )
    elif any(one == minor or one.startswith(f"{minor}.") for one in spoken):
        yield Finding("ok", f"{answer.about}: speaks xAPI {version}")
    else:
        other = "2.0.0" if version == "1.0.3" else "1.0.3"
        yield Finding(
            "problem",
            f"{answer.about}: does not speak xAPI {version}",
            f'set version = "{other}"',
        )


def check_access(answer: Answer, version: Version, doing: str, right: str) -> Finding:
    """What an answer to a first question says about whoever asked it.

    ``doing`` is what was tried, such as "statements can be read", and ``right`` what it takes.
    """
    if answer.status == 400:
        hint = f"is the version right (now {version}), and the url?"
        return Finding("problem", not_understood(answer, version), hint)
    try:
        answer.checked()
    except LeercultuurError as error:
        hints = {
            401: "look at key and secret (or token); an LRS gives them per client",
            403: f"give this client the right {right}",
            404: "url is what stands before /statements",
        }
        return Finding("problem", str(error), hints.get(answer.status, "try again later"))
    return Finding("ok", f"{answer.about}: {doing}")


def not_understood(answer: Answer, version: Version) -> str:
    """The words for a 400: of many servers a line of plain text says the most."""
    said = f"; it says: {answer.said}" if answer.said else ""
    return f"{answer.about}: does not understand what is asked in xAPI {version} (400){said}"


def _well(answer: Answer) -> bool:
    return 200 <= answer.status < 300
