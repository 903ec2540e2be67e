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
    from .activity import identity
    from .activity.activity import DEFAULT_SOURCE, GENERAL, Activity, Retraction, content_digest
    from .activity.evidence import (
        PHASE_QUESTION,
        EvidenceRules,
        default_rules,
        parse_rules,
        read_rules,
    )
    from .activity.ledger import Fold, Ledger
    from .activity.visibility import Presence, Visibility, assumed_presence, learned_visibility
    from .advice import Advice, Prompt, advise, read_people
    from .errors import (
        AccessDenied,
        BadRecord,
        ConfigError,
        LeercultuurError,
        PluginError,
        Problem,
        SourceUnavailable,
        StoreError,
    )
    from .extension import (
        Directory,
        DirectoryPerson,
        FileSource,
        Finding,
        Issuer,
        Message,
        Page,
        Receipt,
        Recipient,
        Reject,
        Secret,
        Sink,
        Source,
        State,
        hookimpl,
    )
    from .extension.http import HttpClient
    from .maturity import Intervention, MaturityModel, maturity_model
    from .maturity.vocabulary import LAYERS, PHASES
    from .phases import (
        Calibration,
        Estimate,
        Estimates,
        Evaluation,
        Parameters,
        calibrate,
        default_parameters,
        dump_parameters,
        estimate,
        evaluate,
        infer,
        read_parameters,
    )
    from .privacy.release import Band, Release
    from .run.acting import ActsFor
    from .run.culture import Culture, Doing, UnitCulture
    from .run.effect import Study
    from .run.engine import Engine
    from .run.forgetting import EraseAsked
    from .run.links import Link, LinkRefused
    from .run.own_page import (
        OwnChannel,
        OwnChoice,
        OwnItem,
        OwnPage,
        OwnStep,
        OwnVote,
        OwnWeek,
    )
    from .run.reach import Reach
    from .run.sources import activity_schema
    from .run.unit_page import UnitPage, UnitStep
    from .storage.privacy import ReadCount

__version__ = "0.1.0"

_HOMES = {
    "storage.privacy": ("ReadCount",),
    "run.effect": ("Study",),
    "run.reach": ("Reach",),
    "run.culture": (
        "Culture",
        "Doing",
        "UnitCulture",
    ),
    "privacy.release": (
        "Band",
        "Release",
    ),
    "run.acting": ("ActsFor",),
    "run.engine": ("Engine",),
    "run.forgetting": ("EraseAsked",),
    "run.links": ("Link", "LinkRefused"),
    "run.own_page": (
        "OwnChannel",
        "OwnChoice",
        "OwnItem",
        "OwnPage",
        "OwnStep",
        "OwnVote",
        "OwnWeek",
    ),
    "run.sources": ("activity_schema",),
    "run.unit_page": ("UnitPage", "UnitStep"),
    "activity.activity": (
        "Activity",
        "DEFAULT_SOURCE",
        "GENERAL",
        "Retraction",
        "content_digest",
    ),
    "activity.evidence": (
        "EvidenceRules",
        "PHASE_QUESTION",
        "default_rules",
        "parse_rules",
        "read_rules",
    ),
    "activity.ledger": (
        "Fold",
        "Ledger",
    ),
    "activity.visibility": (
        "Presence",
        "Visibility",
        "assumed_presence",
        "learned_visibility",
    ),
    "advice": (
        "Advice",
        "Prompt",
        "advise",
        "read_people",
    ),
    "errors": (
        "AccessDenied",
        "BadRecord",
        "ConfigError",
        "LeercultuurError",
        "PluginError",
        "Problem",
        "SourceUnavailable",
        "StoreError",
    ),
    "extension": (
        "Directory",
        "DirectoryPerson",
        "FileSource",
        "Finding",
        "Issuer",
        "Message",
        "Page",
        "Receipt",
        "Recipient",
        "Reject",
        "Secret",
        "Sink",
        "Source",
        "State",
        "hookimpl",
    ),
    "extension.http": ("HttpClient",),
    "maturity": (
        "Intervention",
        "MaturityModel",
        "maturity_model",
    ),
    "maturity.vocabulary": (
        "LAYERS",
        "PHASES",
    ),
    "phases": (
        "Calibration",
        "Estimate",
        "Estimates",
        "Evaluation",
        "Parameters",
        "calibrate",
        "default_parameters",
        "dump_parameters",
        "estimate",
        "evaluate",
        "infer",
        "read_parameters",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "DEFAULT_SOURCE",
    "GENERAL",
    "LAYERS",
    "PHASES",
    "PHASE_QUESTION",
    "AccessDenied",
    "Activity",
    "ActsFor",
    "Advice",
    "BadRecord",
    "Band",
    "Calibration",
    "ConfigError",
    "Culture",
    "Directory",
    "DirectoryPerson",
    "Doing",
    "Engine",
    "EraseAsked",
    "Estimate",
    "Estimates",
    "Evaluation",
    "EvidenceRules",
    "FileSource",
    "Finding",
    "Fold",
    "HttpClient",
    "Intervention",
    "Issuer",
    "Ledger",
    "LeercultuurError",
    "Link",
    "LinkRefused",
    "MaturityModel",
    "Message",
    "OwnChannel",
    "OwnChoice",
    "OwnItem",
    "OwnPage",
    "OwnStep",
    "OwnVote",
    "OwnWeek",
    "Page",
    "Parameters",
    "PluginError",
    "Presence",
    "Problem",
    "Prompt",
    "Reach",
    "ReadCount",
    "Receipt",
    "Recipient",
    "Reject",
    "Release",
    "Retraction",
    "Secret",
    "Sink",
    "Source",
    "SourceUnavailable",
    "State",
    "StoreError",
    "Study",
    "UnitCulture",
    "UnitPage",
    "UnitStep",
    "Visibility",
    "activity_schema",
    "advise",
    "assumed_presence",
    "calibrate",
    "content_digest",
    "default_parameters",
    "default_rules",
    "dump_parameters",
    "estimate",
    "evaluate",
    "hookimpl",
    "identity",
    "infer",
    "learned_visibility",
    "maturity_model",
    "parse_rules",
    "read_parameters",
    "read_people",
    "read_rules",
]


def __getattr__(name: str) -> object:
    if name == "identity":  # a module: how identifiers are spelled
        return import_module(f"{__name__}.activity.identity")
    try:
        home = _HOME_OF[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
