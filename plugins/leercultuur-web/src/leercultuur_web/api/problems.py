"""What went wrong, as problem+json (RFC 9457). Nothing in it says anything about anybody."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

MEDIA_TYPE = "application/problem+json"

_PLAIN = re.compile(r"[a-z_]{1,40}")


class ProblemPlace(BaseModel):
    """One thing that did not fit, and where."""

    model_config = ConfigDict(extra="forbid")

    place: str = Field(examples=["activities[3]"])
    problem: str = Field(examples=["verb: expected an IRI, found an empty text"])


class ProblemDetails(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(examples=["urn:leercultuur:problem:scope"])
    title: str
    status: int
    detail: str
    problems: list[ProblemPlace] | None = None


_TITLES: Mapping[str, str] = {
    "token": "Who is calling is not known",
    "scope": "This is not what the client is for",
    "not-found": "There is nothing here",
    "no-estimate": "There is nothing to tell",
    "method": "This cannot be done here",
    "too-large": "The body is too large",
    "media-type": "The body is not JSON",
    "invalid": "The request does not fit",
    "too-many": "Too many requests",
    "busy": "Another run is at work with the store",
    "not-installed": "This part is not installed",
    "unexpected": "Something went wrong here",
}


class Trouble(HTTPException):
    """A request that is not done, and why. ``kind`` is a key of the titles."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        problems: Sequence[ProblemPlace] = (),
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.kind, self.problems = kind, tuple(problems)

    def response(self) -> Response:
        """The answer."""
        content: dict[str, Any] = {
            "type": f"urn:leercultuur:problem:{self.kind}",
            "title": _TITLES[self.kind],
            "status": self.status_code,
            "detail": self.detail,
        }
        if self.problems:
            content["problems"] = [one.model_dump() for one in self.problems]
        body = json.dumps(content, ensure_ascii=False)
        return Response(body, self.status_code, self.headers, media_type=MEDIA_TYPE)


NOT_FOUND = "nothing that this client may see; look at the address and the scopes"


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors that every operation can give, and these, for the OpenAPI document."""
    schema = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    every = sorted({401, 403, 422, 429, 500, 503, *statuses})
    return {one: {"description": HTTPStatus(one).phrase, "content": schema} for one in every}


def handle_problems(api: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Makes every error of ``api`` one of these; ``routes`` are all that it has."""

    async def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, Trouble):
            return error.response()
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 405:
            allowed = ", ".join(sorted(_methods(routes, request)))
            detail = f"expected {allowed}"
            return Trouble(405, "method", detail, headers={"Allow": allowed}).response()
        if status == 404:
            return nowhere()
        return Trouble(400, "invalid", "expected JSON in UTF-8, found something else").response()

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this one
        places = [
            ProblemPlace(place=_place(one["loc"]), problem=one["msg"]) for one in error.errors()
        ]
        return Trouble(422, "invalid", "some fields do not fit", problems=places).response()

    api.add_exception_handler(HTTPException, refused)
    api.add_exception_handler(RequestValidationError, invalid)


def nowhere() -> Response:
    """The answer at an address where there is nothing."""
    return Trouble(404, "not-found", NOT_FOUND).response()


def _methods(routes: Sequence[BaseRoute], request: Request) -> set[str]:
    """What may be done at an address: several operations may be there."""
    return {
        method
        for route in routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods or ()
    }


def _place(where: Sequence[object]) -> str:
    """Where, as ``receipts[2].state``. Of a field that we do not know not even the name: it may be
    anything that somebody sent."""
    place = ""
    for part in where[1:]:
        if isinstance(part, int):
            place += f"[{part}]"
        elif _PLAIN.fullmatch(str(part)):
            place += f".{part}" if place else str(part)
        else:
            place += ".…"
    return place or str(where[0])


__all__ = [
    "MEDIA_TYPE",
    "NOT_FOUND",
    "ProblemDetails",
    "ProblemPlace",
    "Trouble",
    "described",
    "handle_problems",
    "nowhere",
]
