"""Messages in Moodle's HTML, and the mark by which one is found again.

What Moodle shows of a message is cleaned, but ``fullmessagehtml`` of the same message is not, and other
programs show that. So everything that people or data wrote is escaped here, and only what is made here
is HTML.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from hashlib import blake2b
from html import escape

from leercultuur_core import Message, Prompt

LARGEST = 4096
"""Bytes of a message with its HTML. Moodle refuses more."""

_STEP = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_WEB = re.compile(r"https?://[!-;=?-~]{1,900}")
_ANSWERS = ("done", "not_now", "not_for_me", "wrong")
_WORDS = {
    "nl": {
        "done": "Gedaan",
        "not_now": "Nu niet",
        "not_for_me": "Niet voor mij",
        "wrong": "Dit klopt niet",
        "unsubscribe": "Geen kleine stappen meer ontvangen",
        "settings": "Wie mag mij berichten sturen?",
        "shortened": "De rest past niet in een bericht.",
        "plan": "Een kleine stap bij dit leerplan.",
    },
    "en": {
        "done": "Done",
        "not_now": "Not now",
        "not_for_me": "Not for me",
        "wrong": "This is not right",
        "unsubscribe": "Receive no more small steps",
        "settings": "Who may send me messages?",
        "shortened": "The rest does not fit in a message.",
        "plan": "A small step to go with this learning plan.",
    },
}


def mark(message: Message) -> str:
    """What stands in a link of this message and of no other; says nothing of anybody."""
    return f"lc-{blake2b(message.id.encode(), digest_size=8).hexdigest()}"


def message_html(message: Message, site: str) -> str:
    """The message as HTML of at most `LARGEST` bytes. ``site``: the address of the Moodle.

    One that is too long is cut after a paragraph, and says so. It ends in a link to where the recipient
    chooses who may send messages; that link bears the `mark`.
    """
    words = _WORDS[message.recipient.language]
    ends = [f'<a href="{escape(site)}/message/edit.php#{mark(message)}">{words["settings"]}</a>']
    if _WEB.fullmatch(message.unsubscribe):
        ends.insert(0, f'<a href="{escape(message.unsubscribe)}">{words["unsubscribe"]}</a>')
    foot = f"<p>{' · '.join(ends)}</p>"
    whole = [_prompt_html(prompt, _links(message, prompt)) for prompt in message.prompts]
    if _size([*whole, foot]) <= LARGEST:
        return "".join([*whole, foot])
    foot = f"<p>{words['shortened']}</p>{foot}"
    room = (LARGEST - _size([foot])) // len(message.prompts)
    cut = [_cut(prompt, _links(message, prompt), room) for prompt in message.prompts]
    return "".join([*cut, foot])


def comment_html(message: Message, page: str) -> str:
    """The steps of a message alone, for a place where others read along; ``page`` is where it stands.

    Without why: that tells how somebody seems to learn. Without answers: whoever has the link could
    answer.
    """
    words = _WORDS[message.recipient.language]
    steps = "".join(
        f'<p lang="{escape(prompt.language)}"><strong>{_plain(prompt.step)}</strong></p>'
        for prompt in message.prompts
    )
    return f'{steps}<p><a href="{escape(page)}#{mark(message)}">{words["plan"]}</a></p>'


def _prompt_html(prompt: Prompt, links: Sequence[str]) -> str:
    return _framed(prompt, [_paragraph(one) for one in _paragraphs(prompt)], links)


def _framed(prompt: Prompt, paragraphs: Sequence[str], links: Sequence[str]) -> str:
    below = f"<p>{' · '.join(links)}</p>" if links else ""
    return f'<div lang="{escape(prompt.language)}">{"".join(paragraphs)}{below}</div>'


def _cut(prompt: Prompt, links: Sequence[str], room: int) -> str:
    """As much of a prompt as fits into ``room`` bytes: the answers, then paragraphs from the first."""
    kept = list(links)
    while kept and _size([_framed(prompt, [], kept)]) > room // 2:
        kept.pop()
    paragraphs: list[str] = []
    for text in _paragraphs(prompt):
        left = room - _size([_framed(prompt, paragraphs, kept)])
        if _size([html := _paragraph(text)]) <= left:
            paragraphs.append(html)
            continue
        if not paragraphs:
            paragraphs.append(_cut_paragraph(text, left))
        break
    return _framed(prompt, paragraphs, kept)


def _cut_paragraph(text: str, room: int) -> str:
    """A paragraph that is too long, cut after a word."""
    text = text.replace("**", "")
    while text and (over := _size([_paragraph(f"{text}…")]) - room) > 0:
        # Escaped, a character is at most six bytes for the one that it was.
        text = text[: -max(1, over // 6)]
    cut, _, _ = text.rpartition(" ")
    return _paragraph(f"{cut or text}…")


def _paragraphs(prompt: Prompt) -> list[str]:
    return [one for one in re.split(r"\n{2,}", _clean(prompt.text).strip()) if one]


def _paragraph(text: str) -> str:
    html = _STEP.sub(r"<strong>\1</strong>", escape(text))
    lines = html.split("\n")
    return f"<p>{'<br>'.join(lines)}</p>"


def _plain(text: str) -> str:
    return escape(" ".join(_clean(text).split()))


def _links(message: Message, prompt: Prompt) -> list[str]:
    """The answers that can be given."""
    words = _WORDS["en" if prompt.language == "en" else "nl"]
    given = message.links.get(prompt.id, {})
    return [
        f'<a href="{escape(where)}">{words[answer]}</a>'
        for answer in _ANSWERS
        if _WEB.fullmatch(where := given.get(answer, ""))
    ]


def _clean(text: str) -> str:
    """Without what no text may hold: Moodle refuses a whole message for one such character."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        c if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs", "Zl", "Zp"} else " "
        for c in lines
    )


def _size(parts: Sequence[str]) -> int:
    return sum(len(one.encode()) for one in parts)
