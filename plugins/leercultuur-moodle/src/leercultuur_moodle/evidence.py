"""What the activities of this plugin speak for beside the rules of the core."""

from __future__ import annotations

from importlib import resources

from leercultuur_core import EvidenceRules, parse_rules


def moodle_rules() -> EvidenceRules:
    """``evidence.toml``. Raises `ConfigError` where it holds a mistake."""
    text = resources.files(__package__).joinpath("evidence.toml").read_text("utf-8")
    return parse_rules(text, "leercultuur_moodle/evidence.toml")
