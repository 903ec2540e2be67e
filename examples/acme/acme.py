"""Completed lessons from Acme Learning (API v3): a whole adapter for a REST system with pages."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from attrs import field, frozen

from leercultuur_core import Activity, Page, Reject, Secret, Source, State, hookimpl, identity


@frozen
class AcmeSettings:
    url: str
    token: Secret = field(repr=False)
    overlap: int = 3600  # seconds before the mark that are read again, for rows that come late


class AcmeSource(Source):
    name = "acme"
    settings = AcmeSettings

    def fetch(self, state: State) -> Iterator[Page]:
        mark = state.mark or ""
        since = int(mark) - self.settings.overlap if mark.isdecimal() else None
        pages = self.http.pages("/v3/events", next="next", having=["events", "latest"], since=since)
        for body in pages:
            read = [self._read(event) for event in body["events"]]
            records = [one for one in read if isinstance(one, Activity)]
            rejects = [one for one in read if isinstance(one, Reject)]
            yield Page(records, rejects, mark=body["latest"] and str(body["latest"]))

    def _read(self, event: dict[str, Any]) -> Activity | Reject:
        try:
            return Activity(
                id=f"{self.settings.url}/v3/events/{event['id']}",
                identities=(identity.account(self.settings.url, event["user"]),),
                verb="http://adlnet.gov/expapi/verbs/completed",
                occurred_at=datetime.fromisoformat(event["finished"]),
                source=self.settings.url,
                revision=event["version"],
                score=event["score"],
            )
        except (KeyError, TypeError, ValueError) as error:
            return Reject("/v3/events", None, f"expected an event, found {type(error).__name__}")


@hookimpl
def leercultuur_adapters() -> list[type[Source]]:
    return [AcmeSource]
