"""Evidence rules for the vocabularies that learning systems use, each from its own text.

The rules are data, in ``rules/``: one file per vocabulary, which names the text and version it was
taken from. They stand beside the rules of the core and leave out what those say already. The page
`docs/vocabularies.md` lists every verb.
"""

from __future__ import annotations

from functools import reduce
from importlib import resources
from operator import add

from leercultuur_core import EvidenceRules, parse_rules

VOCABULARIES = ("cmi5", "video", "h5p", "kolibri", "openedx", "moodle")
"""Names of the files in ``rules/``, in the order in which they are put together."""


def rules_of(vocabulary: str) -> EvidenceRules:
    """The rules of one of `VOCABULARIES`.

    Raises `ConfigError` with every mistake in the file.
    """
    file = resources.files(__package__).joinpath("rules", f"{vocabulary}.toml")
    return parse_rules(file.read_text(encoding="utf-8"), f"leercultuur_xapi/rules/{file.name}")


def vocabulary_rules() -> EvidenceRules:
    """The rules of all `VOCABULARIES`.

    No two of them contradict each other with equally many conditions, so that the order of the
    files decides nothing.
    """
    return reduce(add, map(rules_of, VOCABULARIES))
