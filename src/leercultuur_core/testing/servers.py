"""Real servers for tests: each in an environment of its own, started on this machine, stopped after.

What they need is named in a file beside the tests, with every version pinned, so that the same server
runs on every machine. Environments are made once and kept in the folder that the variable
``LEERCULTUUR_SERVERS`` names, else in one among the temporary files.
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
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

import pytest

_INSTALLING = 600.0
"""The longest that making an environment may take, in seconds."""


class Running:
    """A server under way."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def output(self) -> str:
        """What it printed so far."""
        return self._log.read_text("utf-8", "replace")

    def kill(self) -> None:
        """Ends it and what it started as a power cut would (SIGKILL), and waits until it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait(30)

    def stop(self) -> None:
        """Asks it to end, and ends it where it does not within ten seconds."""
        if self.alive:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


def needs(*programs: str) -> pytest.MarkDecorator:
    """A mark that skips a test where one of ``programs`` is not on this machine, and names it."""
    absent = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(absent), reason=f"not on this machine: {', '.join(absent)}")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def python_environment(requirements: Path) -> Path:
    """The folder with the programs of an environment that holds what ``requirements`` lists.

    The file is one that pip reads, with every package pinned (``pip freeze`` writes it). Made once
    for each content of the file and version of Python. Raises `RuntimeError` with pip's last words
    where it cannot be made.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"

    def make(folder: Path) -> None:
        _run([sys.executable, "-m", "venv", str(folder)])
        pip = [str(folder / "bin/python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "install", "-r", str(requirements.resolve())])

    return _made(requirements.stem, requirements.read_bytes() + version.encode(), make) / "bin"


def node_environment(folder: Path) -> Path:
    """A folder with the ``node_modules`` that package.json and package-lock.json in ``folder`` list.

    Made once for each content of those two. Raises `RuntimeError` with npm's last words where it
    cannot be made; mark the test with ``needs("node", "npm")``.
    """
    names = ("package.json", "package-lock.json")

    def make(made: Path) -> None:
        made.mkdir()
        for name in names:
            shutil.copy(folder / name, made / name)
        _run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], made)

    return _made(folder.name, b"\n".join((folder / name).read_bytes() for name in names), make)


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    ready: str | Callable[[], bool],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    patience: float = 60.0,
) -> Iterator[Running]:
    """Runs ``command`` for the length of a ``with`` block, from when it is ready.

    ready
        An address that answers, whatever it says, or a function that gives true.
    env
        Variables beside those of this process.
    patience
        Seconds until it must be ready.

    Raises `RuntimeError` with what it printed where it ended or was not ready in time.
    """
    is_ready = ready if callable(ready) else lambda: _answers(ready)
    with tempfile.TemporaryDirectory(prefix="leercultuur-server-") as folder:
        log = Path(folder, "output.txt")
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 - the test names the command
                [str(part) for part in command],
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                # With what it starts itself it is a group of its own, ended together.
                start_new_session=True,
            )
        server = Running(process, log)
        try:
            deadline = time.monotonic() + patience
            while not is_ready():
                if not server.alive or time.monotonic() > deadline:
                    state = "is not ready" if server.alive else "has ended"
                    raise RuntimeError(f"{command[0]} {state}; it printed:\n{server.output()}")
                time.sleep(0.05)
            yield server
        finally:
            server.stop()


def _made(name: str, content: bytes, make: Callable[[Path], None]) -> Path:
    """The folder for ``content``, made by ``make`` where it is not there yet."""
    base = Path(os.environ.get("LEERCULTUUR_SERVERS") or _default_base())
    base.mkdir(parents=True, exist_ok=True)
    folder = base / f"{name}-{blake2b(content, digest_size=8).hexdigest()}"
    done = folder / ".complete"
    with _lock(base / f"{folder.name}.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder


def _default_base() -> str:
    return str(Path(tempfile.gettempdir(), f"leercultuur-servers-{os.getuid()}"))


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Held by one process at a time; the system lets go of it when that process ends."""
    import fcntl  # noqa: PLC0415 - not on every system; only who starts servers needs it

    with path.open("w") as file:
        deadline = time.monotonic() + _INSTALLING
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if time.monotonic() > deadline:
                raise RuntimeError(f"{path} is held by another process")
            time.sleep(0.1)
        yield


def _run(command: list[str], cwd: Path | None = None) -> None:
    done = subprocess.run(  # noqa: S603 - commands of this module
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=_INSTALLING,
        check=False,
    )
    if done.returncode:
        words = (done.stdout + done.stderr)[-2000:]
        raise RuntimeError(f"{' '.join(command)} failed:\n{words}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - an address of this machine
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
