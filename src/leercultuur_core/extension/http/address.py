"""Addresses: what a client may be made for, and where one leads."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from ...errors import ConfigError, Problem
from .masking import Mask

_WHOLE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int]
"""Scheme, host and port, as a connection uses them."""


def base_address(url: str, *, plain_http: bool) -> str:
    """The address a client is made for, without its last slash; `ConfigError` where it cannot be."""
    if "@" in url:
        # Not shown: it may be a password.
        expected = "an address without user and password"
        raise _refused(expected, "one with @ in it", "they are settings of their own")
    if "?" in url or "#" in url:
        raise _refused("an address without ? and #", "one with")
    found = origin_of(url)
    if found is None or not url.isprintable() or " " in url or "\\" in url:
        raise not_an_address(url)
    scheme, host, _ = found
    if scheme == "http" and not plain_http and not _is_loopback(host):
        hint = "plain http can be read along the way"
        raise _refused("an address that starts with https://", f'"http://{host}"', hint)
    return url.rstrip("/")


def not_an_address(url: str) -> ConfigError:
    """The error for a text that is no address of a server."""
    return _refused("an address that starts with https://", f'"{url[:40]}"')


def _refused(expected: str, found: str, hint: str = "") -> ConfigError:
    return ConfigError("url", [Problem("url", expected, found, hint)])


def origin_of(url: str) -> Origin | None:
    """Where ``url`` leads; ``None`` where it does not."""
    try:
        parts = parse_url(url)
    except LocationParseError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.host:
        return None
    return parts.scheme, parts.host.lower(), parts.port or _DEFAULT_PORTS[parts.scheme]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def show_origin(origin: Origin | None) -> str:
    """The origin as people write it."""
    if origin is None:
        return "an address that leads nowhere"
    scheme, host, port = origin
    return f"{scheme}://{host}" + ("" if port == _DEFAULT_PORTS[scheme] else f":{port}")


def show_address(url: str, mask: Mask) -> str:
    """The address without its query, and without what may be a key or a person in its path."""
    try:
        path = parse_url(url).path or ""
    except LocationParseError:
        path = ""
    return mask(show_origin(origin_of(url))) + "/".join(mask(part) for part in path.split("/"))


def append(base: str, path: str) -> str:
    """``path`` below ``base`` with one slash between them, or the whole address that it is."""
    if not path or _WHOLE.match(path):
        return path or base
    return f"{base}{path}" if path.startswith(("/", "?")) else f"{base}/{path}"


def follow(base: str, reference: str) -> str:
    """Where ``reference`` leads from ``base``; what leads nowhere comes back as it is."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference
