"""The directory ``scim``: everybody that a SCIM 2.0 service has, in one list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from leercultuur_core import AccessDenied, SourceUnavailable
from leercultuur_core.extension import Directory, DirectoryPerson, Finding

from .service import Service
from .settings import ScimSettings
from .translate import Gaps, Translated, translate

if TYPE_CHECKING:
    from leercultuur_core import HttpClient

_SHOWN = 3
"""How many of a kind a finding names."""


class ScimPeople(Directory):
    """People, their managers, units and roles, from a service that speaks SCIM 2.0.

    Who is no longer active stays in the list as such, and who comes back under the same employee
    number is the same person. Nothing is written to the service.
    """

    name = "scim"
    settings: Any = ScimSettings

    @cached_property
    def http(self) -> HttpClient:
        """A client that asks for SCIM's own media type."""
        from leercultuur_core import HttpClient  # noqa: PLC0415 - brings requests

        accept = "application/scim+json, application/json;q=0.9"
        return HttpClient(
            self.settings.url,
            token=self.settings.token,
            headers={"Accept": accept},
            agent=f"leercultuur-{self.name}",
        )

    def check(self) -> Iterable[Finding]:
        """What the service can do, how many people the token may see, and what they lack."""
        try:
            features = Service(self.settings, self.http).features()
            read = self._read()
        except (AccessDenied, SourceUnavailable) as error:
            yield Finding("problem", str(error))
            return
        if features is None:
            yield Finding("warning", "scim: the service does not say what it can do")
        elif self.settings.filter and not _can(features, "filter"):
            yield Finding(
                "problem",
                "scim: filter is set, and the service says that it has no filters",
                "check that the people counted here are the ones you mean",
            )
        active = sum(one.active for one in read.people)
        yield Finding("ok", f"scim: {len(read.people):,} people, {active:,} active")
        yield from _lacking(read.gaps)

    def people(self) -> Iterator[Sequence[DirectoryPerson]]:
        """Everybody, in one page.

        Raises `AccessDenied`, or `SourceUnavailable` where the list cannot be read whole: also where
        there is nobody in it, or less than the service says there are.
        """
        yield self._read().people

    def _read(self) -> Translated:
        service = Service(self.settings, self.http)
        users = service.people()
        if not users:
            raise SourceUnavailable(
                "SCIM, Users: expected people, found none; may the token see them, and does the "
                "filter fit?"
            )
        groups = service.groups() if self.settings.groups else []
        return translate(self.settings, self.settings.url.rstrip("/"), users, groups)


def _can(features: Any, name: str) -> bool:
    part = features.get(name)
    return isinstance(part, dict) and part.get("supported") is True


def _lacking(gaps: Gaps) -> Iterator[Finding]:
    if gaps.groups:
        yield Finding(
            "warning",
            f"scim: no members of the group{'s' * (len(gaps.groups) > 1)} {', '.join(gaps.groups)}",
            "write each as its displayName is, and let the token read groups with their members",
        )
    if gaps.without_manager:
        count = len(gaps.without_manager)
        first = ", ".join(gaps.without_manager[:_SHOWN])
        yield Finding(
            "warning",
            f"scim: {count:,} with a manager who is not in the list (id {first}"
            f"{' …' if count > _SHOWN else ''})",
            "they count as without a manager until that is mended in the service",
        )
    if gaps.numbers_of_two:
        yield Finding(
            "warning",
            f"scim: {gaps.numbers_of_two:,} active entries share an employee number with another",
            "the number is left out for them, so that nobody gets another's history",
        )
    if gaps.shared:
        yield Finding(
            "warning",
            f"scim: {gaps.shared:,} people share a mail address or account with another",
            "it is left out for them as a way to recognise somebody",
        )
    if gaps.without_number:
        yield Finding(
            "warning",
            f"scim: {gaps.without_number:,} entries without an employee number",
            "are they known by a mail address or userName where they learn? then this is no matter",
        )
    if gaps.user_types:
        most = sorted(gaps.user_types.items(), key=lambda one: (-one[1], one[0]))[:_SHOWN]
        words = ", ".join(f'"{word}" ({n:,})' for word, n in most)
        yield Finding(
            "warning",
            f"scim: userType without an employment: {words}; they count as employee",
            "name them under employments",
        )
    if gaps.languages:
        yield Finding(
            "ok",
            f"scim: {gaps.languages:,} people want another language than nl or en; they get the "
            "organisation's",
        )
