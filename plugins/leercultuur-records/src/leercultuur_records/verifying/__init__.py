"""Checking credentials: fetches nothing unless told to, and says what was proved and what was not."""

from .documents import Bundle, Documents, Nowhere, Web
from .verdict import Check, Verdict
from .verify import verify

__all__ = ["Bundle", "Check", "Documents", "Nowhere", "Verdict", "Web", "verify"]
