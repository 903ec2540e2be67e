"""From users and groups to people: who is one person, who leads whom, who is in which unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from attrs import Factory, define, field, frozen

from leercultuur_core import identity
from leercultuur_core.extension import (
    EMPLOYMENTS,
    LANGUAGES,
    ROLES,
    DirectoryPerson,
    Language,
)

from .settings import ScimSettings, UnitPart

if TYPE_CHECKING:
    from .resources import Person, Team


@define
class Gaps:
    """What is not there or cannot be used, in numbers of people; nothing here names anybody but
    ``without_manager``, which holds the ``id`` of their resources."""

    without_number: int = 0
    shared: int = 0
    numbers_of_two: int = 0
    languages: int = 0
    without_manager: list[str] = field(default=Factory(list), repr=False)
    user_types: Counter[str] = Factory(Counter)
    groups: list[str] = Factory(list)


@frozen
class Translated:
    """The people, and what is missing of them."""

    people: tuple[DirectoryPerson, ...] = field(repr=False)
    gaps: Gaps


@frozen
class _Who:
    """One person: the resource that counts now, and those of earlier times here."""

    now: Person
    before: tuple[Person, ...] = ()
    number: str = ""

    @property
    def all(self) -> tuple[Person, ...]:
        return (self.now, *self.before)


def translate(
    settings: ScimSettings, service: str, users: Sequence[Person], groups: Sequence[Team]
) -> Translated:
    """Everybody in ``users``, each person once.

    ``service`` is the address of which a resource's ``id`` is an account: it stays the same when a
    name, a mail address or an employee number changes.
    """
    gaps = Gaps()
    everybody = _persons(settings, users, gaps)
    named = [_identifiers(settings, service, who) for who in everybody]
    uses = Counter(name for names in named for name in names)
    # What two people have (info@) is nobody's: by it the one's history would become the other's.
    own = [tuple(name for name in names if uses[name] == 1) for names in named]
    gaps.shared = sum(len(names) < len(every) for names, every in zip(own, named, strict=True))
    owner = {user.key: at for at, who in enumerate(everybody) for user in who.all}
    leads = {
        owner.get(_manager(who), at)
        for at, who in enumerate(everybody)
        if who.now.works_here and owner.get(_manager(who), at) != at
    }
    member_of = _memberships(settings, groups, gaps)
    people = []
    for at, (who, names) in enumerate(zip(everybody, own, strict=True)):
        manager = owner.get(_manager(who))
        if _manager(who) and manager is None and who.now.works_here:
            gaps.without_manager.append(who.now.key)
        in_groups = member_of.get(who.now.key, frozenset())
        people.append(
            DirectoryPerson(
                identifiers=names,
                name=_name(who.now),
                roles=_roles(settings, who.now, in_groups, leads=at in leads),
                manager=None if manager is None else own[manager][0],
                unit=_unit(settings, who.now, in_groups),
                language=_language(who.now, gaps),
                employment=_employment(settings, who.now, gaps),
                addresses=_addresses(who),
                active=who.now.works_here,
            )
        )
    return Translated(tuple(people), gaps)


def _persons(settings: ScimSettings, users: Sequence[Person], gaps: Gaps) -> list[_Who]:
    """Who comes back gets a new resource beside the old one, with the same number: one person.

    Two who are both active under one number are not taken for one: the number is then nobody's.
    """
    same: dict[tuple[str, str], list[Person]] = {}
    for user in users:
        number = _number(settings, user)
        if number:
            key = ("number", number)
        elif user.external_id:
            key = ("external", user.external_id)
        else:
            key = ("id", user.key)
        gaps.without_number += not number
        same.setdefault(key, []).append(user)
    persons = []
    for (kind, value), alike in same.items():
        here = [user for user in alike if user.works_here]
        if len(here) > 1:
            gaps.numbers_of_two += len(here) * (kind == "number")
            persons += [_Who(user) for user in alike]
            continue
        now = here[0] if here else alike[-1]
        before = tuple(user for user in alike if user is not now)
        persons.append(_Who(now, before, value if kind == "number" else ""))
    return persons


def _number(settings: ScimSettings, user: Person) -> str:
    if settings.employee_number == "externalId":
        return (user.external_id or "").strip()
    return (user.enterprise.employee_number or "").strip()


def _identifiers(settings: ScimSettings, service: str, who: _Who) -> tuple[str, ...]:
    """The number, each resource, each account and each mailbox, in that order."""
    names = [identity.employee(settings.organisation, who.number)] if who.number else []
    names += [identity.account(service, user.key) for user in who.all]
    names += [
        identity.account(home, user.user_name)
        for user in who.all
        if user.user_name
        for home in settings.home_pages
    ]
    for user in who.all:
        for address in _mails(user):
            # A mailbox's hash is of one spelling; systems differ in capitals.
            names += [identity.mailbox(address), identity.mailbox(address.lower())]
    return tuple(dict.fromkeys(names))


def _mails(user: Person) -> list[str]:
    """Mail addresses, the one to write to first: the primary one, else the first of work."""
    entries = sorted(
        user.emails or (),
        key=lambda one: (one.primary is not True, (one.type or "").lower() != "work"),
    )
    addresses = (one.value.strip() for one in entries if one.value)
    return [one.removeprefix("mailto:") for one in addresses if "@" in one]


def _addresses(who: _Who) -> dict[str, str]:
    mails = _mails(who.now)
    found = {
        "mail": mails[0] if mails else "",
        "account": who.now.user_name or "",
        "employee": who.number,
    }
    return {channel: address for channel, address in found.items() if address}


def _manager(who: _Who) -> str:
    """The ``id`` of the manager's resource; ``""`` for none."""
    manager = who.now.enterprise.manager
    return (manager.value or "") if manager else ""


def _name(user: Person) -> str:
    if user.display_name:
        return user.display_name
    if user.name is None:
        return ""
    parts = [user.name.given_name, user.name.family_name]
    return user.name.formatted or " ".join(part for part in parts if part)


def _roles(
    settings: ScimSettings, user: Person, in_groups: Iterable[str], *, leads: bool
) -> tuple[str, ...]:
    words = settings.roles
    found: set[str] = {"worker"} | ({"manager"} if leads else set())
    for mapping, values in (
        (words.groups, in_groups),
        (words.roles, [one.value or "" for one in user.roles or ()]),
        (words.titles, [user.title or ""]),
    ):
        by_word = _folded(mapping)
        found.update(by_word[value.casefold()] for value in values if value.casefold() in by_word)
    return tuple(role for role in ROLES if role in found)


def _unit(settings: ScimSettings, user: Person, in_groups: Iterable[str]) -> str:
    mine = {name.casefold() for name in in_groups}
    for name, path in settings.unit_groups.items():
        if name.casefold() in mine:
            return path
    parts = (_part(user, one).strip() for one in settings.unit)
    # A slash in a name would make another unit of it.
    return "/".join(part.replace("/", "-") for part in parts if part)


def _part(user: Person, which: UnitPart) -> str:
    enterprise = user.enterprise
    if which == "costCenter":
        return enterprise.cost_center or ""
    found: str | None = getattr(enterprise, which)
    return found or ""


def _language(user: Person, gaps: Gaps) -> Language | None:
    """Of ``preferredLanguage`` (as in Accept-Language) the one most wanted, else of ``locale``."""
    wanted = [_weighed(part) for part in (user.preferred_language or "").split(",")]
    wanted.sort(key=lambda one: -one[0])
    for tag in [*(tag for weight, tag in wanted if weight > 0), user.locale or ""]:
        primary = tag.replace("_", "-").partition("-")[0].lower()
        for language in LANGUAGES:
            if primary == language:
                return language
    gaps.languages += bool(user.preferred_language or user.locale)
    return None


def _weighed(part: str) -> tuple[float, str]:
    tag, _, weight = part.replace(" ", "").partition(";q=")
    try:
        return float(weight or 1), tag
    except ValueError:
        return 0.0, tag


def _employment(settings: ScimSettings, user: Person, gaps: Gaps) -> str:
    word = (user.user_type or "").strip()
    if not word:
        return "employee"
    ours = word.casefold().replace(" ", "_").replace("-", "_")
    found = _folded(settings.employments).get(
        word.casefold(), ours if ours in EMPLOYMENTS else None
    )
    if found is None:
        gaps.user_types[word] += 1
    return found or "employee"


def _memberships(
    settings: ScimSettings, groups: Sequence[Team], gaps: Gaps
) -> Mapping[str, frozenset[str]]:
    """``id`` of a user → names of the groups of the settings that they are in, directly or not."""
    members = {
        group.key: [one.value for one in group.members or () if one.value] for group in groups
    }
    found: dict[str, set[str]] = {}
    for name in settings.groups:
        named = [g.key for g in groups if (g.display_name or "").casefold() == name.casefold()]
        inside, seen = list(named), set(named)
        while inside:
            for member in members[inside.pop()]:
                if member in members and member not in seen:
                    seen.add(member)
                    inside.append(member)
                elif member not in members:
                    found.setdefault(member, set()).add(name)
        if not any(name in names for names in found.values()):
            gaps.groups.append(name)
    return {user: frozenset(names) for user, names in found.items()}


def _folded(words: Mapping[str, Any]) -> dict[str, str]:
    return {word.casefold(): cast("str", ours) for word, ours in words.items()}
