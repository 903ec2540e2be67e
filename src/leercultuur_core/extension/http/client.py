"""The client itself; see the package for what it promises."""

from __future__ import annotations

import logging
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import msgspec

from ... import __version__
from ...errors import SourceUnavailable
from ..settings import Secret
from .address import (
    Origin,
    append,
    base_address,
    follow,
    not_an_address,
    origin_of,
    show_address,
    show_origin,
)
from .answer import Answer, retry_after
from .masking import Mask
from .paging import onward, without
from .transport import Limits, Reply, Transport, Trouble
from .values import Parameter, header, written

if TYPE_CHECKING:
    from tenacity import RetryCallState

_log = logging.getLogger("leercultuur.http")

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_MOST_EQUAL_PAGES = 100
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class HttpClient:
    """Talks to the server at ``url``; paths are relative to it.

    token, login
        Sent as ``Authorization: Bearer``, or as ``Basic`` with (user, password).
    headers
        Sent with each request; values may be a `Secret`.
    plain_http
        Allow ``http://`` to other machines than this one.
    agent
        What the adapter calls itself, such as ``leercultuur-acme/1.2``, in ``User-Agent``.
    clock, sleep
        For tests: seconds since 1970, and to wait.

    Every method raises `SourceUnavailable` where no answer could be had, and those that do not give
    an `Answer` raise as `Answer.checked` does. Raises `ConfigError` itself for an address or a
    credential that cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        token: Secret | None = None,
        login: tuple[str, Secret] | None = None,
        headers: Mapping[str, str | Secret] | None = None,
        limits: Limits | None = None,
        plain_http: bool = False,
        agent: str = "",
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limits = limits or Limits()
        self.calls = 0
        """Requests made so far, repeats included."""
        self._clock, self._sleep = clock, sleep
        self._last_start: float | None = None
        self._transport = Transport(self.limits)
        self._base = base_address(url, plain_http=plain_http)
        self._origin = self._really(self._base)
        core = f"leercultuur-core/{__version__}"
        own: dict[str, str | Secret] = {
            "User-Agent": f"{agent} {core}" if agent else core,
            "Accept": "application/json",
            **(headers or {}),
        }
        secrets = [value.reveal() for value in own.values() if isinstance(value, Secret)]
        if token is not None:
            own["Authorization"] = Secret(f"Bearer {header('token', token)}")
            secrets.append(token.reveal())
        if login is not None:
            user, password = login
            pair = f"{user}:{password.reveal()}"
            own["Authorization"] = Secret(f"Basic {b64encode(pair.encode()).decode()}")
            secrets += [password.reveal(), pair]
        self._secrets = tuple(secrets)
        self._mask = Mask(secrets)
        self._headers = {name: header(name, value) for name, value in own.items()}

    def __repr__(self) -> str:
        return f"<HttpClient of {show_origin(self._origin)}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the connection. The client can be used again."""
        self._transport.close()

    def get_json(self, path: str = "", /, *, having: Sequence[str] = (), **query: Parameter) -> Any:
        """What the server has at ``path``; an object with the keys ``having``, where some are named.

        Raises `SourceUnavailable` for JSON without them.
        """
        return self.send("GET", path, query=query).checked().json(*having)

    def post_json(self, path: str, body: Any, /, *, idempotent: bool = False) -> Any:
        """What the server answers to ``body``; ``None`` for an empty answer.

        ``body`` is anything `msgspec` writes as JSON. Not repeated after a failure that may have
        reached the server, unless ``idempotent``.
        """
        answer = self.send(
            "POST",
            path,
            content=msgspec.json.encode(body),
            headers={"Content-Type": "application/json"},
            idempotent=idempotent,
        ).checked()
        return answer.json() if answer.body.strip() else None

    def post_form(
        self,
        path: str,
        fields: Mapping[str, Parameter | Secret],
        /,
        *,
        idempotent: bool = False,
    ) -> Any:
        """The same, for systems that are asked by a form. A field may be a `Secret`."""
        answer = self.send("POST", path, form=fields, idempotent=idempotent).checked()
        return answer.json() if answer.body.strip() else None

    def pages(
        self,
        path: str = "",
        /,
        *,
        next: str | Callable[[Any], str | None],  # noqa: A002 - reads as what it means
        cursor: str | None = None,
        having: Sequence[str] = (),
        **query: Parameter,
    ) -> Iterator[Any]:
        """The pages of a list, each as parsed JSON, asked for when the one before is used.

        ``next`` is the key of a page under which the next one stands (``links.next`` looks inside
        ``links``), or a function of a page; the list ends where there is nothing. What stands there
        is an address, or with ``cursor`` a value for the query parameter of that name.
        ``having`` are the keys that each page must have, so that an answer of another shape is never
        taken for an empty page.

        Raises `SourceUnavailable` also where the list goes round in a circle, stays the same or is
        longer than `Limits.pages`.
        """
        where, asked = path, dict(query)
        seen: set[str] = set()
        before: Any = None
        equal = 0
        for _ in range(self.limits.pages):
            answer = self.send("GET", where, query=asked).checked()
            page = answer.json(*having)
            following = onward(page, next, answer.about)
            content = without(page, next)
            equal = equal + 1 if content == before else 0
            before = content
            yield page
            if following is None:
                return
            if following in seen or equal >= _MOST_EQUAL_PAGES:
                raise SourceUnavailable(
                    f"{answer.about}: its pages go round in a circle; what came before is kept"
                )
            seen.add(following)
            if cursor is None:
                where, asked = follow(answer.url, following), {}
            else:
                asked = {**query, cursor: following}
        raise SourceUnavailable(f"{answer.about}: has more than {self.limits.pages:,} pages")

    def send(
        self,
        method: str,
        path: str = "",
        /,
        *,
        query: Mapping[str, Parameter] | None = None,
        content: bytes | None = None,
        form: Mapping[str, Parameter | Secret] | None = None,
        headers: Mapping[str, str | Secret] | None = None,
        idempotent: bool | None = None,
    ) -> Answer:
        """The answer, whatever its status, after as many tries as `Limits` allow.

        ``path`` is relative to ``url``, or a whole address at the same host. ``idempotent`` says
        whether sending twice does no more than sending once; by default of all methods but POST and
        PATCH. What is not is repeated only where the server surely took nothing in.
        """
        from tenacity import Retrying, stop_after_attempt  # noqa: PLC0415 - for those who call

        method = method.upper()
        repeat = method not in {"POST", "PATCH"} if idempotent is None else idempotent
        url = append(self._base, path)
        more = {name: header(name, value) for name, value in (headers or {}).items()}
        hidden = [v.reveal() for v in (headers or {}).values() if isinstance(v, Secret)]
        parts: dict[str, Any] = {"headers": {**self._headers, **more}}
        if content is not None:
            parts["data"] = content
        if form is not None:
            parts["data"] = written(form, secrets=hidden)
        parts["params"] = asked = written(query or {})
        # What was asked for may name somebody; single letters and numbers do not.
        hidden += [value for _, value in asked if len(value) > 3]
        about = f"{method} {show_address(url, self._mask)}"

        def again(result: Answer | Trouble) -> bool:
            if isinstance(result, Trouble):
                return result.again and (repeat or not result.sent)
            safe = result.status in _PASSING if repeat else result.status == 429
            return safe and (result.retry_after or 0) <= self.limits.longest_wait

        retrying = Retrying(
            stop=stop_after_attempt(self.limits.attempts),
            wait=self._wait,
            retry=lambda state: again(_result(state)),
            retry_error_callback=_result,
            before_sleep=lambda state: _log.info(
                "%s: asking again in %.1f s", about, state.upcoming_sleep
            ),
            sleep=self._sleep,
        )
        result: Answer | Trouble = retrying(self._ask, method, url, parts, hidden, about)
        if isinstance(result, Trouble):
            raise SourceUnavailable(f"{about}: {result.reason}")
        return result

    def _ask(
        self, method: str, url: str, parts: dict[str, Any], hidden: list[str], about: str
    ) -> Answer | Trouble:
        """One try, along the redirects that stay at this host."""
        for _ in range(_MOST_REDIRECTS + 1):
            prepared = self._transport.prepare(method, url, **parts)
            if isinstance(prepared, Trouble):
                return prepared
            # Looked at in the form that is really connected to: parsers differ on odd addresses.
            here = origin_of(prepared.url or "")
            if here != self._origin:
                elsewhere = self._mask(show_origin(here))
                return Trouble(
                    f"leads to {elsewhere}, another host; credentials do not go there. If it is "
                    "the right one, set url to it",
                    sent=False,
                    again=False,
                )
            self._pace()
            self.calls += 1
            reply = self._transport.exchange(prepared)
            if isinstance(reply, Trouble):
                return reply
            target = reply.headers.get("location")
            if reply.status not in _REDIRECTS or not target:
                failed = not 200 <= reply.status < 300
                return Answer(
                    reply.status,
                    reply.headers,
                    reply.body,
                    about,
                    # Of something that was sent the server may quote what people wrote.
                    self._said(reply, hidden) if failed and "data" not in parts else "",
                    prepared.url or url,
                    retry_after(reply.headers, self._clock()),
                )
            if method not in {"GET", "HEAD"} and reply.status not in {307, 308}:
                return Trouble(
                    f"answers with a redirect ({reply.status}), which what was sent does not "
                    "survive; is the url right?",
                    again=False,
                )
            url = follow(prepared.url or url, target)
            parts = {**parts, "params": []}
        return Trouble("redirects without end", again=False)

    def _said(self, reply: Reply, hidden: list[str]) -> str:
        return Mask([*self._secrets, *hidden]).excerpt(reply.body)

    def _really(self, url: str) -> Origin:
        """Where a request to ``url`` goes in the end, with its host as the network writes it."""
        prepared = self._transport.prepare("GET", url)
        found = None if isinstance(prepared, Trouble) else origin_of(prepared.url or "")
        if found is None:
            raise not_an_address(url)
        return found

    def _pace(self) -> None:
        """Waits until the interval since the last request has passed."""
        if self._last_start is not None and self.limits.interval > 0:
            # A clock that went back must not make it wait longer than the interval.
            left = self._last_start + self.limits.interval - self._clock()
            if left > 0:
                self._sleep(min(left, self.limits.interval))
        self._last_start = self._clock()

    def _wait(self, state: RetryCallState) -> float:
        from tenacity import wait_exponential, wait_random  # noqa: PLC0415 - for those who call

        result = _result(state)
        told = result.retry_after if isinstance(result, Answer) else None
        if told is None:
            told = wait_exponential(multiplier=0.5, max=self.limits.longest_wait)(state)
        # A little more, for each client its own: not all at once again.
        return told + wait_random(0, 1)(state)


def _result(state: RetryCallState) -> Answer | Trouble:
    assert state.outcome is not None  # noqa: S101 - tenacity asks after a try, never before
    result: Answer | Trouble = state.outcome.result()
    return result
