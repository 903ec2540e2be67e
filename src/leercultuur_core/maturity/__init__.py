"""The maturity model: layers, phases, the catalogue of interventions and the preconditions."""

from .interventions import Intervention
from .model import MaturityModel, Term
from .preconditions import Effect, Precondition, PreconditionItem, PreconditionRule
from .reading import copy_catalogue, maturity_model, read_interventions

__all__ = [
    "Effect",
    "Intervention",
    "MaturityModel",
    "Precondition",
    "PreconditionItem",
    "PreconditionRule",
    "Term",
    "copy_catalogue",
    "maturity_model",
    "read_interventions",
]
