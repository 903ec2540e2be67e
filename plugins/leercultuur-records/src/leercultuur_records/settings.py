"""What the configuration says about records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from attrs import Factory, frozen

from leercultuur_core import ConfigError, Engine, Problem
from leercultuur_core.extension import Secret, structure

from .road import RoadRules


@frozen
class RecordsSettings:
    """Settings of the plugin: they stand at its source, ``[[source]]`` with ``name = "records"``.

    store
        The organisation's store, where that is a file; the source reads in it which records were
        certified.
    store_url
        The same where it is in PostgreSQL: its address, from where secrets come.
    rubric
        A rubric of your own; the shipped one when left out.
    road
        Who must agree, and how long what may take.
    """

    store: Path | None = None
    rubric: Path | None = None
    road: RoadRules = Factory(RoadRules)
    store_url: Secret | None = None


def settings_of(engine: Engine) -> RecordsSettings | None:
    """What the configuration says at the plugin's source; ``None`` where it has none."""
    configuration = engine.configuration
    for entry in configuration.sources:
        if entry.kind == "records":
            settings = structure(
                RecordsSettings, entry.settings, place=entry.place, base=configuration.base
            )
            if problems := list(_problems(settings.road, f"{entry.place}.road")):
                raise ConfigError("the configuration", problems)
            return settings
    return None


def _problems(rules: RoadRules, place: str) -> Iterator[Problem]:
    """Numbers by which no road can be gone."""
    for name in ("assessors", "assess_within_days", "appeal_within_days", "valid_months"):
        value = getattr(rules, name)
        if value is not None and value < 1:
            yield Problem(f"{place}.{name}", "at least 1", str(value))
