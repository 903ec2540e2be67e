"""Writes `api-http.md`: what there is to know, then every operation as the API's own OpenAPI document has
it. Run it as `make reference`; a test compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from leercultuur_web.api.application import PATH, document

HEAD = """\
# JSON API

Written by `make reference`; the operations below are those of the OpenAPI document.

For programs in any language: a plugin of an LMS, an HR tool, a portal. `leercultuur serve` answers under
`/api/v1`, beside the [pages](adapters/web.md). The OpenAPI 3.1 document is at `/api/v1/openapi.json`, for
client generators and viewers of your own.

## A client

Each program gets a name, scopes, and a token that is shown once:

```sh
leercultuur api-client new portal --scope activities --scope messages --scope answers
leercultuur api-client list
leercultuur api-client revoke portal
```

It is sent with each request: `Authorization: Bearer lcapi.portal.…`. The store keeps a hash of it. A token
works for a year unless `--days` says otherwise, for 600 requests a minute unless `--per-minute` does, and
no more from the request after it is revoked.

| scope | lets a program |
| --- | --- |
| `activities` | hand in what people did, under its own name |
| `people` | find who has exactly this identifier; there is no list, for that is SCIM |
| `estimate:own` | read where somebody seems to be and why, with that person's own yes |
| `messages` | fetch the messages it is to bring, and say what became of them |
| `answers` | pass on what a recipient answered to one of those |
| `consent` | read and note somebody's yes and no, as recorded by this program |
| `groups:read` | read what is released of groups: shares, preconditions, the plan |
| `records` | read records that their holder shares with it |

Give a program the scopes it needs. Who has `consent` speaks for people: only a program in which they
themselves press the button should. A token belongs on a server, never in a browser or an app.

## What it may see

The same rules hold as for any page:

* **A person**: only with their own yes to `own_prompts`, whatever the organisation chose, and each time it is
  noted in the audit, which they see in their export, as read by `client:<name>`. Somebody who does not exist,
  said no or said nothing gets the same answer: 404.
  The server keeps an estimate in memory for the day, of the 500 people asked for last, as long as nothing
  that it rests on changes; an erase empties that.
* **A group**: only what is [released](privacy.md), in bands, of at least the minimum group, frozen for a
  quarter. Asking before and after one person changed shows the same.
* **A record**: only while its holder shares it: `leercultuur record share RECORD client:NAME --until DAY`.
* **An erase**: handing in activities never tells whether somebody was erased. What they did is left out.

## Activities in

A batch of at most 1,000 rows and 5 MB, each as in [activities in](webhook.md#activities-in). Rows that are
fit are taken in together; each other row is named with its place and the reason, and nothing of it is kept. The
same `id` again changes nothing, a higher `revision` replaces, a `retraction` takes back.

Ids and sources are the program's own: `course-12` of `portal` is
`urn:leercultuur:client:portal:course-12` in the store, and its source `portal`, or `portal/<source>`. So no
program takes back what another brought; and a system that is read by a source as well should not be sent
here too, for then it counts twice. Nothing waits for the nightly run; what came in counts from the next
estimate on.

## Messages out

For a program that shows messages itself. A sink of kind `pull` with its name keeps them waiting:

```toml
[[sink]]
name = "portal"
kind = "pull"
channel = "employee"          # the kind of address to put in; without it people are a random id only
```

1. `GET /messages` gives what may go at this moment, decided once more: who said no since the night is left
   alone, and outside working hours there is nothing.
2. Show each to its recipient and nobody else.
3. `POST /receipts`: `sent`, `refused` (it goes another way where there is one) or `failed` (it waits an hour,
   then longer). Until then the same message is given again, with the same id.
4. `POST /answers` with what they press: `done`, `not_now`, `not_for_me`, `wrong`.

A message has the form that a [webhook](webhook.md) posts.

## Errors

All are `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)):

```json
{
  "type": "urn:leercultuur:problem:scope",
  "title": "This is not what the client is for",
  "status": 403,
  "detail": "expected a client with the scope groups:read"
}
```

`problems` is there where fields do not fit: each with its `place`. No error or log holds anything that was sent.

| status | means | do |
| --- | --- | --- |
| 400, 422 | not JSON, or not as described below | mend the request |
| 401 | no token, or one that is wrong, expired or revoked | ask for a new one |
| 403 | the token lacks a scope | ask for it |
| 404 | nothing that you may see | |
| 413, 415 | too large; not `application/json` | send less at once |
| 429 | too many requests, or 20 wrong tokens from this address in ten minutes | wait as long as `Retry-After` says |
| 503 | another run is at work with the store | the same |
| 500 | our mistake | tell who runs the server |

Every request may be sent again after a lost answer: the second time changes nothing.

## In PHP

As a plugin of Moodle would, with nothing to install. This file is one of the tests, against a real server:

```{literalinclude} ../plugins/leercultuur-web/tests/clients/php/example.php
:language: php
```

## In JavaScript

```{literalinclude} ../plugins/leercultuur-web/tests/clients/js/example.mjs
:language: javascript
```

## How it is made and tested

FastAPI (MIT, typed) is Starlette, on which the pages are built, and writes the OpenAPI document from the
types that check what comes in. Its documentation pages load scripts from elsewhere and are off.
Schemathesis makes up some hundreds of requests from the document, fit and unfit, and holds each answer of a
running server to it. `v1` only gains fields and operations; what would break a client gets another number.

## Operations
"""

_ERRORS = {"401", "403", "422", "429", "500", "503"}


def page() -> str:
    """The whole page."""
    found = document()
    lines = [HEAD]
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            lines += _operation(method.upper(), path, operation)
    lines += ["## Objects", ""]
    for name, schema in sorted(found["components"]["schemas"].items()):
        lines += _object(name, schema)
    return "\n".join(lines).rstrip() + "\n"


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"### `{method} {path}`"
    yield ""
    yield operation["description"]
    yield ""
    scopes = operation["security"][0]["token"]
    yield f"* scope: {f'`{scopes[0]}`' if scopes else 'any client'}"
    for one in operation.get("parameters", ()):
        told = one.get("description", "")
        kind = _kind(one["schema"])
        yield f"* {one['in']} `{one['name']}`: {kind}{f'; {told[0].lower()}{told[1:]}' if told else ''}"
    if body := operation.get("requestBody"):
        yield f"* body: {_kind(body['content']['application/json']['schema'])}"
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            kinds = [
                f"`{media}`" if not schema["schema"].get("$ref") else _kind(schema["schema"])
                for media, schema in answer["content"].items()
            ]
            yield f"* answer: {' or '.join(kinds)}"
    others = sorted(set(operation["responses"]) - _ERRORS - {"200"})
    yield f"* errors besides {', '.join(sorted(_ERRORS))}: {', '.join(others) or 'none'}"
    yield ""


def _object(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    yield schema["description"]
    yield ""
    yield "| field | is | |"
    yield "| --- | --- | --- |"
    needed = schema.get("required", ())
    for field, what in schema["properties"].items():
        star = "" if field in needed else " (may be left out)"
        kind = _kind(what).replace("|", "\\|")
        yield f"| `{field}` | {kind}{star} | {what.get('description', '')} |"
    yield ""


def _kind(schema: Mapping[str, Any]) -> str:
    """A schema in a few words."""
    if ref := schema.get("$ref"):
        name = ref.rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"] if "type" in one or "$ref" in one)
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"list of {_kind(schema['items'])}"
    if kind == "object" and schema.get("properties"):
        fields = (f"`{name}`: {_kind(what)}" for name, what in schema["properties"].items())
        return f"object with {', '.join(fields)}"
    return f"{kind} ({schema['format']})" if "format" in schema else kind


if __name__ == "__main__":
    assert PATH == "/api/v1"  # noqa: S101 - the prose names it
    Path(__file__).with_name("api-http.md").write_text(page(), "utf-8")
