"""A PostgreSQL server for tests: new, on loopback, and gone after.

Needs Debian's ``postgresql`` (or what `initdb` is part of elsewhere) and ``psycopg``. Where a server
cannot run as root, it runs as ``postgres`` or ``nobody``.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from .servers import Running, free_port, running

PASSWORD = "wachtwoord-7d1e40b2"  # noqa: S105 - of a server for one test run
USER = "postgres"

# Debian keeps them off the path, since several versions may be there.
_PLACES = (*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/local/bin"))
_PATIENCE = 60.0


def program(name: str) -> Path | None:
    """Where one of PostgreSQL's programs is; ``None`` where it is not."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(map(str, _PLACES)))
    return None if found is None else Path(found)


needs_postgresql = pytest.mark.skipif(
    sys.platform == "win32" or program("initdb") is None or find_spec("psycopg") is None,
    reason="not on this machine: initdb (Debian's package postgresql) or psycopg",
)
"""Skips a test where there is no PostgreSQL, by name."""


class PostgreSQLServer:
    """A server of one superuser, whose password is asked for. Make one with `postgresql_server`."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self._settings = settings
        self._stack = ExitStack()
        self._running: Running | None = None
        self._made = 0

    def url(self, database: str = "postgres", password: str = PASSWORD) -> str:
        """The address of a database, as `store` takes it."""
        return f"postgresql+psycopg://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Starts it, and waits until it takes connections."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            **self._settings,
        }
        given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        postgres = program("postgres")
        command = [*_as_user(), str(postgres), "-D", str(self.folder / "data"), *given]
        self._running = self._stack.enter_context(
            running(command, ready=self._takes_connections, patience=_PATIENCE, cwd=self.folder)
        )

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stops it: SIGINT ends every session and writes what there is, SIGQUIT stops as a power
        cut would."""
        if self._running is not None:
            os.kill(self._running.pid, how)
            deadline = time.monotonic() + _PATIENCE
            while self._running.alive and time.monotonic() < deadline:
                time.sleep(0.02)
            self._running = None
        self._stack.close()

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stops it and starts it again at the same address."""
        self.stop(how)
        self.start()

    def run(self, sql: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Runs a statement outside any transaction; gives its rows."""
        import psycopg  # noqa: PLC0415 - an extra

        address = self.url(database).replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self, template: str = "template0") -> str:
        """Makes a database, empty or as ``template`` is; gives its name."""
        self._made += 1
        name = f"store{self._made}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def _takes_connections(self) -> bool:
        # It listens a moment before it lets anybody in.
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            try:
                self.run("SELECT 1")
            except Exception:  # noqa: BLE001 - whatever it says, it is not ready
                return False
            return True
        return False


@contextmanager
def postgresql_server(settings: Mapping[str, str] | None = None) -> Iterator[PostgreSQLServer]:
    """A server for the length of a ``with`` block, with ``settings`` beside its own.

    Its texts are sorted as Dutch has them, by ICU: what depends on the order of bytes shows itself.
    It does not wait for the disk, unless ``settings`` say ``fsync = on``.
    """
    # Not below pytest's own folder: that is for its user only.
    with tempfile.TemporaryDirectory(prefix="leercultuur-postgresql-") as name:
        folder = Path(name)
        password = folder / "password"
        password.write_text(PASSWORD, "utf-8")
        if _as_user():
            folder.chmod(0o700)
            for path in (folder, password):
                shutil.chown(path, _user())
        done = subprocess.run(  # noqa: S603 - a program of the system
            [
                *_as_user(),
                str(program("initdb")),
                *("-D", str(folder / "data"), "-U", USER, "--pwfile", str(password)),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
                *("--locale-provider=icu", "--icu-locale=nl"),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")
        server = PostgreSQLServer(folder, settings or {})
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)  # all that is in it goes


def _user() -> str:
    import pwd  # noqa: PLC0415 - not on every system

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _as_user() -> list[str]:
    """How to run a command as somebody else than root, where we are root."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={_user()}", "--clear-groups", "--"]
