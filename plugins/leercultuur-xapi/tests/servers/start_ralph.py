"""Starts the LRS Ralph (ralph-malph 5.1.0) on its file back end: ``python start_ralph.py PORT FOLDER``.

That back end has two bugs at this version, which are mended here so that it can be run without a
database. Nothing else of it is changed:

* each write after the first answers 500, since it is made to create the file again;
* filters on a verb or an activity find nothing, since they compare an object with a text.

The first client is ``key`` with the secret ``secret-5f2c9e7a`` and may do all; the second, ``writer``,
has the same secret and may only write.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

port, folder = int(sys.argv[1]), Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
os.environ.update(
    RALPH_APP_DIR=str(folder),
    RALPH_AUTH_FILE=str(folder / "auth.json"),
    RALPH_HISTORY_FILE=str(folder / "history.json"),
    RALPH_RUNSERVER_BACKEND="fs",
    RALPH_RUNSERVER_MAX_SEARCH_HITS_COUNT=os.environ.get("RALPH_PAGE", "500"),
    RALPH_BACKENDS__LRS__FS__DEFAULT_DIRECTORY_PATH=str(folder),
    RALPH_LRS_RESTRICT_BY_AUTHORITY="true",
    RALPH_LRS_RESTRICT_BY_SCOPES="true",
)

# Ralph reads the environment when it is imported; none of it is in the environment of the project.
import bcrypt  # type: ignore[import-not-found]  # noqa: E402
import uvicorn  # type: ignore[import-not-found]  # noqa: E402
from ralph.backends.data.base import BaseOperationType  # type: ignore[import-not-found]  # noqa: E402
from ralph.backends.lrs.fs import FSLRSBackend  # type: ignore[import-not-found]  # noqa: E402

FSLRSBackend.default_operation_type = BaseOperationType.APPEND
for name in ("_add_filter_by_verb", "_add_filter_by_activity"):
    plain = getattr(FSLRSBackend, name)

    def as_text(filters: Any, iri: Any, *more: Any, plain: Any = plain) -> None:
        plain(filters, iri and str(iri), *more)

    setattr(FSLRSBackend, name, staticmethod(as_text))

digest = bcrypt.hashpw(b"secret-5f2c9e7a", bcrypt.gensalt(4)).decode()
(folder / "auth.json").write_text(
    json.dumps(
        [
            {
                "username": name,
                "hash": digest,
                "scopes": scopes,
                "agent": {"account": {"homePage": "https://lrs.example", "name": name}},
            }
            for name, scopes in (("key", ["all"]), ("writer", ["statements/write"]))
        ]
    )
)
uvicorn.run("ralph.api:app", host="127.0.0.1", port=port, log_level="warning")
