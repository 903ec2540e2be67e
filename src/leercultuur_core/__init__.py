"""leercultuur: from what people do in the systems they use to one fitting step for a learning culture.

>>> import leercultuur_core as lc
>>> model = lc.maturity_model()
>>> estimates = lc.infer(activities, at=moment)
>>> prompts = lc.advise(estimates, language="nl")

Importing this package is light; each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .activity.activity import Activity, Retraction
    from .activity.evidence import EvidenceRules, default_rules, parse_rules, read_rules
    from .activity.ledger import Fold, Ledger
    from .activity.visibility import Presence, Visibility
    from .advice import Advice, Prompt, advise
    from .errors import (
        AccessDenied,
        BadRecord,
        ConfigError,
        LeercultuurError,
        PluginError,
        Problem,
        SourceUnavailable,
    )
    from .extension import FileSource, Page, Reject, hookimpl
    from .maturity import Intervention, MaturityModel, maturity_model
    from .phases import (
        Estimate,
        Estimates,
        Parameters,
        calibrate,
        default_parameters,
        estimate,
        evaluate,
        infer,
        read_parameters,
    )

__version__ = "0.1.0"

_HOMES = {
    "activity.activity": ("Activity", "Retraction"),
    "activity.evidence": ("EvidenceRules", "default_rules", "parse_rules", "read_rules"),
    "activity.ledger": ("Fold", "Ledger"),
    "activity.visibility": ("Presence", "Visibility"),
    "advice": ("Advice", "Prompt", "advise"),
    "errors": (
        "AccessDenied",
        "BadRecord",
        "ConfigError",
        "LeercultuurError",
        "PluginError",
        "Problem",
        "SourceUnavailable",
    ),
    "extension": ("FileSource", "Page", "Reject", "hookimpl"),
    "maturity": ("Intervention", "MaturityModel", "maturity_model"),
    "phases": (
        "Estimate",
        "Estimates",
        "Parameters",
        "calibrate",
        "default_parameters",
        "estimate",
        "evaluate",
        "infer",
        "read_parameters",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AccessDenied",
    "Activity",
    "Advice",
    "BadRecord",
    "ConfigError",
    "Estimate",
    "Estimates",
    "EvidenceRules",
    "FileSource",
    "Fold",
    "Intervention",
    "Ledger",
    "LeercultuurError",
    "MaturityModel",
    "Page",
    "Parameters",
    "PluginError",
    "Presence",
    "Problem",
    "Prompt",
    "Reject",
    "Retraction",
    "SourceUnavailable",
    "Visibility",
    "advise",
    "calibrate",
    "default_parameters",
    "default_rules",
    "estimate",
    "evaluate",
    "hookimpl",
    "infer",
    "maturity_model",
    "parse_rules",
    "read_parameters",
    "read_rules",
]


def __getattr__(name: str) -> object:
    try:
        home = _HOME_OF[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME_OF])
