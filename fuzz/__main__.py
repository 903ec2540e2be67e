"""Fuzzes everything that reads something from outside, so many seconds each, with *Atheris*.

    python fuzz [target ...] [--seconds 60]

Each target runs in a process of its own, from the seeds in ``fuzz/seeds/<target>``. What breaks the
law (`law`) is kept there as ``crash-…`` and the exit code is 1: mend the reader, give its room a test,
and leave the seed. ``tests/fuzz`` reads all seeds again with each run of the tests.

Atheris is libFuzzer for Python: it follows which branches an input reaches, so that it finds its way
into a parser by itself. JSON is changed as JSON (`mutate`).
"""

# ruff: noqa: T201, S311, S603 - a program for whoever works on this, with made-up inputs

from __future__ import annotations

import faulthandler
import hashlib
import random
import signal
import subprocess
import sys
import tempfile
import traceback
from argparse import ArgumentParser
from pathlib import Path

SEEDS = Path(__file__).resolve().parent / "seeds"
LONGEST = 64 * 1024  # bytes of an input
PATIENCE = 120  # seconds, to begin and to end
SLOWEST = 10  # seconds that reading one may take


def fuzz(name: str, seconds: int) -> None:
    """Fuzzes one target, in this process; never comes back.

    The law is looked at here and not by libFuzzer, so that what is kept has a name that says what it
    is, and so that the input that broke it is kept when Python itself ends.
    """
    # Only here, for it is not in every environment.
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore] # noqa: PLC0415

    with atheris.instrument_imports(include=["leercultuur_core", *map(_module, _plugins())]):
        from law import hold  # noqa: PLC0415
        from mutate import mutate_json  # noqa: PLC0415
        from targets import TARGETS  # noqa: PLC0415
    target = TARGETS[name]

    def slow(*_: object) -> None:
        raise TimeoutError(f"it takes longer than {SLOWEST} s")

    faulthandler.enable()
    # Not the alarm, which is libFuzzer's own.
    signal.signal(signal.SIGVTALRM, slow)

    def one(data: bytes) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, SLOWEST)
        try:
            hold(target, data)
        except Exception:
            print(f"{name}: kept as {keep(name, data)}", file=sys.stderr)
            traceback.print_exc()
            raise
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    def change(data: bytes, longest: int, seed: int) -> bytes:
        changed = mutate_json(data, random.Random(seed), lambda rest: atheris.Mutate(rest, longest))
        return changed[:longest]

    with tempfile.TemporaryDirectory(prefix="leercultuur-fuzz-") as found:
        arguments = [
            sys.argv[0],
            found,  # what reaches something new is written here, and gone afterwards
            str(SEEDS / name),
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST}",
            f"-timeout={3 * SLOWEST}",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
            "-verbosity=0",
            f"-artifact_prefix={found}/",
        ]
        atheris.Setup(
            arguments,
            one,
            custom_mutator=change if target.json else None,
            enable_python_coverage=True,
        )
        atheris.Fuzz()


def keep(name: str, data: bytes) -> Path:
    """Keeps an input that breaks the law, among the seeds; one that is there already stays as it is."""
    for path in (SEEDS / name).iterdir():
        if path.read_bytes() == data:
            return path
    path = SEEDS / name / f"crash-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path


def run(command: list[str], seconds: float) -> tuple[int, str]:
    """The exit code of a command and what it printed. One that takes longer tells where it is and is
    ended: the end of its time is libFuzzer's to keep, but not where Python does not come back."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        try:
            told, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            told, _ = process.communicate()
            told = f"it hangs\n{told[told.find('Fatal Python error') :]}"
        return process.returncode, told


def _plugins() -> list[str]:
    plugins = Path(__file__).resolve().parents[1] / "plugins"
    return sorted(path.name for path in plugins.iterdir() if path.is_dir())


def _module(plugin: str) -> str:
    return plugin.replace("-", "_")


def main() -> int:
    """Each target in turn. Exit code 1 where the law was broken, or a target could not run."""
    names = sorted(path.name for path in SEEDS.iterdir())
    parser = ArgumentParser(prog="python fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="target", help=", ".join(names))
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default 60)")
    options = parser.parse_args()
    if unknown := sorted(set(options.targets) - set(names)):
        parser.error(f"expected some of {', '.join(names)}; found {', '.join(unknown)}")
    broken = []
    for name in options.targets or names:
        command = [sys.executable, __file__, "--one", name, str(options.seconds)]
        code, told = run(command, options.seconds + PATIENCE)
        runs = next((line for line in told.splitlines() if "number_of_executed_units" in line), "")
        print(
            f"{name:15} {runs.rpartition(' ')[2] or '?':>9} inputs  {'ok' if not code else 'BROKEN'}",
            flush=True,
        )
        if code:
            broken.append(name)
            kept = told.find(f"{name}: kept")
            shown = told[kept:].partition("==")[0] if kept >= 0 else told[-2000:]
            print(shown, file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        fuzz(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(main())
