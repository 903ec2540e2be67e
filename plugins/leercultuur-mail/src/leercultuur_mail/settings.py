"""The settings, and what they come down to for a connection."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from email.headerregistry import Address
from pathlib import Path
from urllib.parse import urlsplit

import idna
from attrs import field, frozen

from leercultuur_core import ConfigError, Problem, Secret

from .mailbox import mailbox

_PORTS = {"smtp": 587, "smtps": 465}


@frozen
class MailSettings:
    """Where mail is handed in, and who it is from.

    url
        ``smtp://mail.korenaar.example`` (STARTTLS, port 587 unless you name one) or ``smtps://…``
        (TLS from the start, port 465).
    sender, sender_name
        The address and the name that the mail is from.
    reply_to
        Where an answer by mail goes, when that is not the sender.
    user, password
        How to log in, where the server wants that; both or neither.
    channel
        The kind of address in the directory that is a mailbox.
    plain_smtp
        No TLS at all: for a server without it. What is sent, the password too, can be read along
        the way. To this machine itself TLS is not required either way.
    ca_file
        The certificates (PEM) that the server's must go back to, where that is not an authority
        that this machine trusts anyway.
    """

    url: str
    sender: str
    sender_name: str = ""
    reply_to: str = ""
    user: str = ""
    password: Secret | None = field(default=None, repr=False)
    channel: str = "mail"
    plain_smtp: bool = False
    ca_file: Path | None = None


@frozen
class Server:
    """Where to connect, and how far it must be safe.

    ``tls`` is ``start`` (with STARTTLS), ``whole`` or ``none``; ``must`` says whether to go on
    without STARTTLS where the server does not offer it.
    """

    about: str
    host: str
    port: int
    tls: str
    must: bool
    loopback: bool
    context: ssl.SSLContext | None = field(repr=False)
    user: str = field(repr=False)
    password: Secret | None = field(repr=False)


@frozen
class Sender:
    """Who the mail is from, and where an answer goes."""

    address: Address = field(repr=False)
    reply_to: Address | None = field(repr=False)


def understood(settings: MailSettings) -> tuple[Server, Sender]:
    """What the settings come down to. Raises `ConfigError` with every problem at once."""
    problems = [*_problems(settings)]
    context = None
    try:
        context = _context(settings)
    except (OSError, ValueError) as error:
        # ssl.SSLError is an OSError: the file is not there, or holds no certificates.
        found = f"{settings.ca_file} ({type(error).__name__})"
        problems.append(Problem("ca_file", "a file with certificates (PEM)", found))
    sender = _ascii_mailbox(settings.sender, settings.sender_name)
    address = _address(settings.url)
    if problems or sender is None or address is None:
        raise ConfigError("mail", problems)
    scheme, host, port = address
    loopback = _is_loopback(host)
    tls = "whole" if scheme == "smtps" else "none" if settings.plain_smtp else "start"
    server = Server(
        about=f"{scheme}://{host}:{port}",
        host=host,
        port=port,
        tls=tls,
        must=not loopback,
        loopback=loopback,
        context=context,
        user=settings.user,
        password=settings.password,
    )
    return server, Sender(sender, _ascii_mailbox(settings.reply_to))


def _problems(settings: MailSettings) -> Iterator[Problem]:
    if _address(settings.url) is None:
        # Not shown: it may hold a password.
        yield Problem(
            "url",
            "an address such as smtp://mail.korenaar.example or smtps://mail.korenaar.example:465",
            "another text",
            "user and password are settings of their own",
        )
    elif settings.plain_smtp and settings.url.lower().startswith("smtps:"):
        yield Problem("plain_smtp", "false with smtps://", "true", "choose one of the two")
    if _ascii_mailbox(settings.sender) is None:
        yield Problem("sender", "a mail address in plain letters", f'"{settings.sender[:60]}"')
    if settings.reply_to and _ascii_mailbox(settings.reply_to) is None:
        yield Problem("reply_to", "a mail address in plain letters", f'"{settings.reply_to[:60]}"')
    if bool(settings.user) != (settings.password is not None):
        there, absent = ("user", "password") if settings.user else ("password", "user")
        yield Problem(absent, f"a value, since {there} has one", "none")
    elif settings.password is not None and not (
        settings.user.isascii() and settings.password.reveal().isascii()
    ):
        # Python's smtplib logs in with ASCII only.
        yield Problem("password", "a user and a password of ASCII characters", "others")


def _ascii_mailbox(text: str, name: str = "") -> Address | None:
    address = mailbox(text, name)
    return address if address is not None and address.addr_spec.isascii() else None


def _address(url: str) -> tuple[str, str, int] | None:
    """Scheme, host as the network writes it, and port; ``None`` where it is no such address."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
            return None
        if parts.path not in {"", "/"} or parts.query or parts.fragment:
            return None
        host = parts.hostname
        if not _is_address(host):
            host = idna.encode(host, uts46=True).decode("ascii")
        return parts.scheme, host, parts.port or _PORTS[parts.scheme]
    except ValueError:  # a port that is no number; a host that is no name (idna.IDNAError)
        return None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback if _is_address(host) else host == "localhost"


def _context(settings: MailSettings) -> ssl.SSLContext | None:
    if settings.plain_smtp:
        return None
    return ssl.create_default_context(cafile=settings.ca_file)
