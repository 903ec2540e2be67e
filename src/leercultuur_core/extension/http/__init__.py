"""HTTP for adapters: one client that asks politely, gives up in time, and gives nothing away.

An adapter says what it wants; time-outs, retries with jitter, ``Retry-After``, a bound on answers,
pages and errors are here. Made for one thread and one server at a time.

* Credentials go to the host of ``url`` and to no other: an address or redirect that leads elsewhere
  is refused, with the host in the error.
* Secrets stand in headers or forms, never in an address, since addresses end up in logs. No error,
  ``repr`` or log line holds one, nor a query; and what a server says about something that was sent to
  it is left out, for it may quote it.
* Plain ``http`` is for this machine only, unless ``plain_http`` is given.
"""

from .answer import Answer
from .client import HttpClient
from .transport import Limits

__all__ = ["Answer", "HttpClient", "Limits"]
