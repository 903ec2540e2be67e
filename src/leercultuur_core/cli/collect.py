"""``leercultuur collect``: read what is new."""

from __future__ import annotations

from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .engine import engine_options, log_option, opened, told_collected
from .reading import choose_reader, progress

if TYPE_CHECKING:
    from ..run.collecting import Collected, Progress
    from ..run.engine import Engine
    from ..run.logs import Format

_EPILOG = """\b
Examples:
  leercultuur collect
  leercultuur collect years/*.ndjson.gz --name lrs

With FILE… only these are read, all at once, for a history that is large; the nightly run may go on
beside it. The files again do no harm.
"""


@click.command(epilog=_EPILOG)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option(
    "--reader", default="xapi", show_default=True, help="How FILE… are written: xapi or another."
)
@click.option("--name", default="files", show_default=True, help="Whose activities FILE… hold.")
@engine_options
@log_option
@click.pass_context
def collect(
    ctx: click.Context,
    files: tuple[str, ...],
    reader: str,
    name: str,
    config_file: str,
    now: datetime,
    log_format: Format | None,
) -> None:
    """Read people and activity from everything the configuration names, or from FILE….

    What was read before counts once. A source that fails is named, and the others go on."""
    with opened(config_file, log_format=log_format) as engine, progress("collect", 0) as advance:

        def told(_source: str, count: int) -> None:
            advance(count)

        if files:
            done = _in_bulk(engine, files, reader, name, now, told)
        else:
            done = engine.collect(now, progress=told)
    told_collected(done)
    ctx.exit(0 if done.complete else 3)


def _in_bulk(
    engine: Engine,
    files: tuple[str, ...],
    reader: str,
    name: str,
    now: datetime,
    told: Progress,
) -> Collected:
    """Exit code 2 where the extra or the reader is not there."""
    if missing := [needed for needed in ("duckdb", "pyarrow") if not find_spec(needed)]:
        raise click.UsageError(
            f"FILE: {' and '.join(missing)} not found; pip install 'leercultuur-core[bulk]'"
        )
    from ..run.bulk_collecting import collect_in_bulk  # noqa: PLC0415 - only who has the extra
    from ..run.sources import ActivityLines  # noqa: PLC0415

    adapter = ActivityLines if reader == ActivityLines.name else choose_reader(reader)[1]
    readers = [adapter(Path(file)) for file in dict.fromkeys(files)]
    return collect_in_bulk(engine, name, readers, now, progress=told)
