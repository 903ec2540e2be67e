"""The JSON API: what other programs call, described by its own OpenAPI document.

FastAPI was chosen because it is Starlette, which the pages are built on, and writes the OpenAPI document
from the very types that check what comes in (Pydantic), so that the two cannot differ. Its pages of
documentation load scripts from elsewhere and are off.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Security
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from leercultuur_core import activity_schema

from ..web import Web
from . import activities, groups, messages, people, records
from .clients import Clients
from .guard import DOCUMENT, Caller, Guard, caller
from .problems import ProblemDetails, described, handle_problems
from .values import ClientTold

PATH = "/api/v1"
"""Where it is. What would break a client gets another number; fields are only added under this one."""

_ABOUT = """For the programs of others: learning platforms, HR systems, portals.

Each client has a token with scopes. It sees people and groups by the same rules as any page: of groups what
is released, of one person what they said yes to. Every error is problem+json (RFC 9457) and holds nothing
about anybody."""


def create_api(web: Web) -> FastAPI:
    """The API around the pages' engine, to be mounted at `PATH`."""
    api = _application(
        [Middleware(Guard, web=web, clients=Clients(web.engine.database), clock=web.clock)]
    )
    api.state.web = web
    return api


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return _application([]).openapi()


def _application(middleware: list[Middleware]) -> FastAPI:
    api = FastAPI(
        title="leercultuur",
        version="1",
        description=_ABOUT,
        openapi_url=DOCUMENT,
        docs_url=None,
        redoc_url=None,
        servers=[{"url": PATH}],
        root_path_in_servers=False,
        redirect_slashes=False,
        middleware=middleware,
        generate_unique_id_function=_name,
    )
    api.add_api_route("/client", _client, methods=["GET"], tags=["client"], responses=described())
    routes = [*api.routes]
    for part in (activities, people, messages, groups, records):
        api.include_router(part.router)
        routes += part.router.routes
    handle_problems(api, routes)
    api.openapi = lambda: _described(api)  # type: ignore[method-assign]
    return api


def _client(asked: Annotated[Caller, Security(caller)]) -> ClientTold:
    """The client whose token this is: what it may do, how often, and until when."""
    client = asked.client
    return ClientTold(
        name=client.name,
        scopes=sorted(client.scopes),
        per_minute=client.per_minute,
        expires=client.expires,
    )


def _name(route: APIRoute) -> str:
    return route.name.strip("_")


def _described(api: FastAPI) -> dict[str, Any]:
    if api.openapi_schema is None:
        found = get_openapi(
            title=api.title,
            version=api.version,
            description=api.description,
            routes=api.routes,
            servers=api.servers,
        )
        schemas = found["components"]["schemas"]
        # FastAPI's own error is never given.
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        errors = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= errors.pop("$defs", {})
        # A row is described where it is read, in the core.
        schemas |= activity_schema()
        schemas["ProblemDetails"] = errors
        api.openapi_schema = found
    return api.openapi_schema


__all__ = ["PATH", "create_api", "document"]
