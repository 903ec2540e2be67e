"""Accounts: who somebody is in Moodle, and whether the account is in use.

Lists of enrolled people do not say that an account is suspended, and a message to one goes out without
an error. So this is asked apart, in few calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from leercultuur_core import AccessDenied

from .client import MoodleClient, rows

_FUNCTION = "core_user_get_users_by_field"
_AT_ONCE = 100
_GUEST = 1

CHANNEL = "moodle"
"""The kind of address that Moodle's number of a user is."""

Row = dict[str, Any]


def accounts(client: MoodleClient, values: Iterable[int | str], by: str = "id") -> dict[int, Row]:
    """Number of the user → the account, of those whose field ``by`` has one of ``values``.

    Who is not there is not seen: deleted, or a right is missing. Raises what `MoodleClient.read` does,
    and `AccessDenied` where the site hides whether an account is suspended.
    """
    found: dict[int, Row] = {}
    wanted = sorted(set(values), key=str)
    for start in range(0, len(wanted), _AT_ONCE):
        answer = client.read(_FUNCTION, field=by, values=wanted[start : start + _AT_ONCE])
        for row in rows(answer, "", _FUNCTION):
            if not isinstance(row.get("suspended"), bool):
                raise AccessDenied(
                    f"moodle, {_FUNCTION}: the site hides whether an account is suspended; Site "
                    "administration, Users, Permissions, User policies, Hide user fields: take out "
                    '"Suspended account"',
                    "see whether an account is suspended",
                )
            found[row["id"]] = row
    found.pop(_GUEST, None)
    return found


def in_use(account: Row) -> bool:
    """Whether the person can log in. ``auth`` and ``confirmed`` are seen only with
    ``moodle/user:viewalldetails``."""
    return not (
        account["suspended"]
        or account.get("auth") == "nologin"
        or account.get("confirmed") is False
    )


def is_number(text: str) -> bool:
    """Whether Moodle takes ``text`` for the number of a user. It refuses a whole call for one that is
    too large."""
    return text.isascii() and text.isdecimal() and int(text) < 2**63
