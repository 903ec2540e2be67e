"""Documents on paper: what was recognised, on what grounds, and how to check it."""

from .statement import CannotDocument, Names, Publisher, Statement, StatementKind, render

__all__ = ["CannotDocument", "Names", "Publisher", "Statement", "StatementKind", "render"]
