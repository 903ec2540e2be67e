"""Moodle's web services by REST: one function, one call, one answer.

https://docs.moodle.org/dev/Creating_a_web_service_client describes the form; what Moodle 4.5.6 makes
of it was recorded (tests/recorded). The token stands in the form, for an address ends up in logs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from leercultuur_core import SourceUnavailable
from leercultuur_core.extension import Secret
from leercultuur_core.extension.http import HttpClient, Limits

from .errors import checked
from .settings import MoodleSettings

_SERVICE = "/webservice/rest/server.php"
_PEOPLE_AT_ONCE = 500
_SITE_COURSE = 1
"""The front page, which Moodle keeps as a course."""

Value = str | int | float | bool | None | Sequence[Any] | Mapping[str, Any]


@frozen
class Site:
    """What a Moodle says of itself and of the user whose token is used.

    ``functions`` are those the user's service allows; ``features`` those the site has switched on.
    """

    name: str
    url: str
    release: str
    user: int
    functions: frozenset[str]
    features: frozenset[str]


@frozen
class Course:
    """A course. ``open``: the user can look inside; else only its name is known."""

    id: int
    name: str
    category: int
    open: bool
    completion: bool


class MoodleClient:
    """Asks one Moodle. Made for one thread."""

    def __init__(self, settings: MoodleSettings, http: HttpClient | None = None) -> None:
        self._settings = settings
        self._http = http or HttpClient(
            settings.url,
            agent="leercultuur-moodle",
            limits=Limits(interval=1 / settings.rate),
        )
        self._site: Site | None = None

    def __repr__(self) -> str:
        return f"<MoodleClient of {self._http!r}>"

    @property
    def calls(self) -> int:
        """Requests made so far, repeats included."""
        return self._http.calls

    def read(self, function: str, /, **parameters: Value) -> Any:
        """What a function that changes nothing gives, as JSON; tried again where no answer came.

        Parameters are written as Moodle wants them: lists and tables with brackets, a bool as 0 or 1;
        ``None`` is left out. Raises `SourceUnavailable`, `AccessDenied`, and `Refused` where only
        this call is refused. Look at `gaps` of the answer too.
        """
        return self._call(function, parameters, repeat=True)

    def write(self, function: str, /, **parameters: Value) -> Any:
        """The same for a function that changes something: surely done at most once."""
        return self._call(function, parameters, repeat=False)

    def _call(self, function: str, parameters: Mapping[str, Value], *, repeat: bool) -> Any:
        form: dict[str, str | Secret] = {
            "wstoken": self._settings.token,
            "wsfunction": function,
            "moodlewsrestformat": "json",
            **form_fields(parameters),
        }
        return checked(function, self._http.send("POST", _SERVICE, form=form, idempotent=repeat))

    def site(self) -> Site:
        """The site and its user, asked once. It answers too where nothing else is allowed."""
        if self._site is None:
            said = self.read("core_webservice_get_site_info")
            try:
                self._site = Site(
                    str(said["sitename"]),
                    str(said["siteurl"]).rstrip("/"),
                    str(said["release"]),
                    int(said["userid"]),
                    frozenset(one["name"] for one in said["functions"]),
                    frozenset(
                        one["name"] for one in said.get("advancedfeatures", ()) if one["value"]
                    ),
                )
            except (KeyError, TypeError, ValueError):
                raise SourceUnavailable(
                    "moodle, core_webservice_get_site_info: expected what Moodle says of itself, "
                    "found something else; is the url right?"
                ) from None
        return self._site

    def courses(self) -> tuple[Course, ...]:
        """The courses that the settings name, by number, without the front page.

        A course that is hidden from the user is absent. Not by ``core_course_get_courses``: one hidden
        course makes that fail as a whole.
        """
        settings = self._settings
        asked: list[dict[str, Value]] = [
            {"field": "category", "value": number} for number in settings.categories
        ]
        if settings.courses:
            asked.append({"field": "ids", "value": ",".join(map(str, settings.courses))})
        found: dict[int, Course] = {}
        for parameters in asked or [{}]:
            answer = self.read("core_course_get_courses_by_field", **parameters)
            for one in rows(answer, "courses", "core_course_get_courses_by_field"):
                category = one.get("categoryid")
                # Inside a course that is closed to the user Moodle gives its name and no more.
                found[one["id"]] = Course(
                    one["id"],
                    str(one.get("fullname", "")),
                    category if isinstance(category, int) else 0,
                    "enablecompletion" in one,
                    bool(one.get("enablecompletion")),
                )
        found.pop(_SITE_COURSE, None)
        return tuple(found[number] for number in sorted(found))

    def enrolled(self, course: int) -> Iterator[list[dict[str, Any]]]:
        """Everybody enrolled in a course, teachers too, in pages by number of the user."""
        function = "core_enrol_get_enrolled_users"
        seen: set[int] = set()
        while True:
            options = [
                {"name": "limitfrom", "value": len(seen)},
                {"name": "limitnumber", "value": _PEOPLE_AT_ONCE},
                {"name": "sortby", "value": "id"},
            ]
            answer = rows(self.read(function, courseid=course, options=options), "", function)
            fresh = [one for one in answer if one["id"] not in seen]
            if fresh:
                yield fresh
            seen |= {one["id"] for one in fresh}
            if len(answer) < _PEOPLE_AT_ONCE or not fresh:
                return


def form_fields(parameters: Mapping[str, Value]) -> dict[str, str]:
    """The parameters as PHP reads them from a form: ``options[0][name]=limitnumber``."""
    fields: dict[str, str] = {}

    def write(name: str, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, Mapping):
            for key, one in value.items():
                write(f"{name}[{key}]", one)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            for number, one in enumerate(value):
                write(f"{name}[{number}]", one)
        else:
            fields[name] = str(int(value)) if isinstance(value, bool) else str(value)

    for name, value in parameters.items():
        write(name, value)
    return fields


def rows(answer: object, key: str, function: str, *, number: str = "id") -> list[dict[str, Any]]:
    """The list under ``key`` of an answer (``""``: the answer itself), of tables that each have a
    whole number under ``number``.

    Raises `SourceUnavailable` where it is something else, so that it is never taken for nothing.
    """
    found = answer.get(key) if key and isinstance(answer, dict) else answer
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and isinstance(one.get(number), int) for one in found
    ):
        raise SourceUnavailable(f"moodle, {function}: expected a list, found something else")
    return found
