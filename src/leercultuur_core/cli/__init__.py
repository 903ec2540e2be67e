"""The command line ``leercultuur``. Each command lives in a module of its own, loaded when asked."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from .. import __version__
from ..errors import ConfigError, LeercultuurError

COMMANDS = {
    "try": "a made-up person, at once; no files needed",
    "demo": "a made-up bakery, from xAPI statements to two nights",
    "infer": "phases from files of activity",
    "explain": "one person's story, week by week",
    "advise": "first steps from files of activity",
    "calibrate": "fit the model to your own data",
    "evaluate": "hold estimates against known phases",
    "init": "a configuration, a key and a store for your organisation",
    "check": "is everything right, and what does the law ask?",
    "run": "the whole night: collect, estimate, plan, deliver",
    "collect": "read what is new from your systems",
    "push": "take in activities that another program hands over",
    "estimate": "phases, of whom that may be",
    "plan": "put a fitting step in the outbox",
    "deliver": "send what may go now",
    "status": "how things stand, and why nothing was sent",
    "releases": "what is shown of each unit this quarter",
    "practice": "what is already done, and what nothing is done about",
    "answer": "note what a recipient answered",
    "preconditions": "ask, release and show what must be in order first",
    "effect": "measure whether messages help",
    "vote": "let a team choose what comes first",
    "person": "one person: export, erase, consent, link",
    "history": "one person's story, from the store",
    "rebuild": "count everything in the store again",
    "upgrade": "bring a store up to date",
    "catalogue": "what each layer can do in each phase",
    "rules": "evidence rules: what counts as what",
    "plugins": "what is installed, what it gives and what it is worth",
    "new-plugin": "start an adapter of your own, with its tests",
}
"""Name → one line of help, in the order of a first acquaintance. ``try`` lives in ``try_``."""

_EPILOG = """\b
First steps:
  leercultuur try
  leercultuur infer statements.ndjson.gz --at 2026-03-02
  leercultuur explain statements.ndjson.gz --learner sanne

Exit codes: 0 done, 1 failed, 2 wrong use or configuration, 3 done in part.
"""


class _Commands(click.Group):
    """Loads a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in COMMANDS:
            place = "try_" if name == "try" else name.replace("-", "_")
            command: click.Command = getattr(import_module(f"{__name__}.{place}"), place)
            return command
        return _plugin_command(name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # From the table above, so that --help imports nothing.
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _plugin_command(name: str) -> click.Command | None:
    from ..extension import Plugins  # noqa: PLC0415 - only when the core has no such command

    for _, commands in Plugins.load().call("leercultuur_commands"):
        for command in commands:
            if command.name == name:
                return command  # type: ignore[no-any-return]
    return None


@click.group(cls=_Commands, epilog=_EPILOG)
@click.version_option(__version__, prog_name="leercultuur")
@click.option("--traceback", is_flag=True, help="Show where in the program an error came from.")
def leercultuur(traceback: bool) -> None:
    """Grow a learning culture: see in which phase people are, and offer one fitting step."""
    if traceback:
        os.environ["LEERCULTUUR_TRACEBACK"] = "1"


def main() -> None:
    """Runs the command line; every error that is meant becomes a few plain lines."""
    try:
        leercultuur.main(prog_name="leercultuur", standalone_mode=True)
    except LeercultuurError as error:
        if os.environ.get("LEERCULTUUR_TRACEBACK"):
            raise
        click.echo(str(error), err=True)
        sys.exit(2 if isinstance(error, ConfigError) else 1)
    except OSError as error:
        if os.environ.get("LEERCULTUUR_TRACEBACK"):
            raise
        click.echo(
            f"{error.filename or 'a file'}: {error.strerror or type(error).__name__}", err=True
        )
        sys.exit(1)
    except Exception as error:
        if os.environ.get("LEERCULTUUR_TRACEBACK"):
            raise
        # Only the kind of error: its text could hold somebody's data.
        click.echo(
            f"leercultuur stopped on something it did not expect ({type(error).__name__}). "
            "Run it again as `leercultuur --traceback …` to see where, and report it.",
            err=True,
        )
        sys.exit(1)
