"""The phases: a hidden Markov model over ISO weeks, its estimates, and fitting it to your data."""

from .calibrate import Calibration, calibrate
from .estimate import Estimate, Estimates, Week, YouSaid, estimate, infer
from .evaluate import Evaluation, evaluate
from .model import count_odds
from .parameters import (
    Parameters,
    Show,
    default_parameters,
    dump_parameters,
    parse_parameters,
    read_parameters,
)
from .reasons import Reason

__all__ = [
    "Calibration",
    "Estimate",
    "Estimates",
    "Evaluation",
    "Parameters",
    "Reason",
    "Show",
    "Week",
    "YouSaid",
    "calibrate",
    "count_odds",
    "default_parameters",
    "dump_parameters",
    "estimate",
    "evaluate",
    "infer",
    "parse_parameters",
    "read_parameters",
]
