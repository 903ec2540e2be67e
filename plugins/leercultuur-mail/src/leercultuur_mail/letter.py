"""A message as a mail: headers, text, and the same as HTML.

The HTML names no colour, so that dark mode keeps its own, loads nothing from anywhere, and says in
which language it is. There is no picture and no address that tells whether it was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import blake2b
from html import escape

from leercultuur_core import Message, Prompt

from .mailbox import clean
from .settings import Sender

LARGEST = 256 * 1024
"""Bytes; a mail that is larger is a fault."""

_STEP = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_WEB = re.compile(r"https?://[!-;=?-~]{1,900}")
"""An address that stands in a header and in HTML as it is: no space, no ``<`` or ``>``."""

_ANSWERS = ("done", "not_now", "not_for_me", "wrong")
_WORDS = {
    "nl": {
        "subject": "Een kleine stap voor deze week",
        "subjects": "Een paar kleine stappen voor deze week",
        "done": "Gedaan",
        "not_now": "Nu niet",
        "not_for_me": "Niet voor mij",
        "wrong": "Dit klopt niet",
        "unsubscribe": "Geen kleine stappen meer ontvangen",
    },
    "en": {
        "subject": "A small step for this week",
        "subjects": "A few small steps for this week",
        "done": "Done",
        "not_now": "Not now",
        "not_for_me": "Not for me",
        "wrong": "This is not right",
        "unsubscribe": "Receive no more small steps",
    },
}


def letter(message: Message, sender: Sender, to: Address, *, at: datetime) -> bytes:
    """The mail as it goes over the line. ``at`` is aware.

    Its Message-ID follows from its prompts, so that a mailbox that gets it twice can tell.
    """
    words = _WORDS[message.recipient.language]
    address = sender.address
    ids = " ".join(sorted(prompt.id for prompt in message.prompts))
    mail = EmailMessage(policy=SMTP.clone(utf8=not to.addr_spec.isascii()))
    mail["From"] = address
    mail["To"] = to
    if sender.reply_to is not None:
        mail["Reply-To"] = sender.reply_to
    mail["Subject"] = words["subject" if len(message.prompts) == 1 else "subjects"]
    mail["Date"] = format_datetime(at)
    # No answers of machines: RFC 3834, and what Exchange and older programs look at.
    mail["Auto-Submitted"] = "auto-generated"
    mail["Precedence"] = "bulk"
    mail["X-Auto-Response-Suppress"] = "All"
    # Each prompt is in its own words; the frame is in the recipient's language.
    mail.set_content(_text(message), cte="quoted-printable")
    mail.add_alternative(_html(message), subtype="html", cte="quoted-printable")
    mail["Content-Language"] = message.recipient.language
    digest = blake2b(ids.encode(), digest_size=16).hexdigest()
    own = [f"Message-ID: <{digest}@{address.domain}>"]
    if _WEB.fullmatch(message.unsubscribe):
        own += [
            f"List-Unsubscribe: <{message.unsubscribe}>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ]
    # Put before the rest as they are: the library folds a long word by encoding it (RFC 2047), and
    # then neither is an address any more.
    return "".join(f"{line}\r\n" for line in own).encode("ascii") + mail.as_bytes()


def _text(message: Message) -> str:
    parts = []
    for prompt, text in _texts(message):
        lines = [f"{label}: {where}" for label, where in _links(message, prompt)]
        parts.append("\n\n".join([_STEP.sub(r"\1", text), *(["\n".join(lines)] if lines else [])]))
    if _WEB.fullmatch(message.unsubscribe):
        words = _WORDS[message.recipient.language]
        parts.append(f"{words['unsubscribe']}: {message.unsubscribe}")
    return "\n\n--\n\n".join(parts) + "\n"


def _html(message: Message) -> str:
    language = message.recipient.language
    words = _WORDS[language]
    sections = []
    for prompt, text in _texts(message):
        links = " · ".join(_link(label, where) for label, where in _links(message, prompt))
        below = f'\n<p style="line-height: 2.5">{links}</p>' if links else ""
        sections.append(
            f'<div lang="{escape(prompt.language)}">\n{_paragraphs(text)}{below}\n</div>'
        )
    if _WEB.fullmatch(message.unsubscribe):
        sections.append(f"<p>{_link(words['unsubscribe'], message.unsubscribe)}</p>")
    body = "\n<hr>\n".join(sections)
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{words['subject']}</title>\n</head>\n"
        # Many programs show only what is inside the body: language and form stand there as well.
        f'<body>\n<div lang="{language}" style="font-family: sans-serif; line-height: 1.5; '
        f'max-width: 36em; margin: 0 auto">\n{body}\n</div>\n</body>\n</html>\n'
    )


def _texts(message: Message) -> Iterator[tuple[Prompt, str]]:
    """Each prompt with its text. In a digest the greeting is said once."""
    greeting = ""
    for prompt in message.prompts:
        text = clean(prompt.text).strip()
        first, _, rest = text.partition("\n")
        if greeting and first == greeting and rest.strip():
            text = rest.strip()
        greeting = greeting or first
        yield prompt, text


def _links(message: Message, prompt: Prompt) -> Iterator[tuple[str, str]]:
    """The answers that can be given, with where."""
    words = _WORDS["en" if prompt.language == "en" else "nl"]
    given = message.links.get(prompt.id, {})
    for answer in _ANSWERS:
        where = given.get(answer, "")
        if _WEB.fullmatch(where):
            yield words[answer], where


def _link(label: str, where: str) -> str:
    return f'<a href="{escape(where)}">{label}</a>'


def _paragraphs(text: str) -> str:
    return "\n".join(_paragraph(part) for part in re.split(r"\n{2,}", text))


def _paragraph(text: str) -> str:
    """A paragraph; lines that start with a hyphen become a list."""
    lines = text.split("\n")
    items = [line[2:] for line in lines if line.startswith("- ")]
    before = [line for line in lines if not line.startswith("- ")]
    html = f"<p>{'<br>'.join(map(_inline, before))}</p>" if before else ""
    if items:
        html += "<ul>" + "".join(f"<li>{_inline(item)}</li>" for item in items) + "</ul>"
    return html


def _inline(text: str) -> str:
    return _STEP.sub(r"<strong>\1</strong>", escape(text))
