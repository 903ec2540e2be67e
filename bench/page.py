"""``docs/performance.md``, from what the scripts left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen
from measure import Figure, number, target


@frozen
class Ran:
    """A script that was run. ``ended`` is ``"ok"``, or what happened to it instead."""

    script: str
    about: str
    at: str
    machine: str
    seconds: float
    ended: str
    figures: tuple[Figure, ...]
    versions: dict[str, str]


HEAD = """\
# Performance

% Written by `make bench`; change what it measures in `bench/`, not this page.

Most figures are ratios between two jobs of one run (`×`), on the same file and in turns, because
seconds say more about the machine than about the program; the others have their unit. Given are the
median of the rounds, their least and most, and the highest memory where it was measured. A target is
for the median. Run it yourself: `make bench` takes an hour, `python bench --quick` some minutes, with
small files and no verdicts.
"""


def page(ran: Sequence[Ran], not_run: Iterable[str] = ()) -> str:
    """The page as Markdown. ``not_run`` are scripts of which nothing is known."""
    parts = [HEAD, _where(ran), _targets(ran)]
    missing = sorted(not_run)
    stopped = [one for one in ran if one.ended != "ok"]
    if missing or stopped:
        parts.append(_unfinished(missing, stopped))
    scripts = [_script(one) for one in ran if one.figures]
    if scripts:
        parts += ["## Everything that was measured\n", *scripts]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part)


def _where(ran: Sequence[Ran]) -> str:
    """Machines with their days, and versions."""
    places: dict[str, set[str]] = {}
    versions: dict[str, set[str]] = {}
    for one in ran:
        places.setdefault(one.machine, set()).add(one.at[:10])
        for name, version in one.versions.items():
            versions.setdefault(name, set()).add(version)
    lines = [f"- {machine} ({', '.join(sorted(days))})" for machine, days in places.items()]
    if versions:
        listed = (f"{name} {' and '.join(sorted(found))}" for name, found in versions.items())
        lines.append(f"- {', '.join(listed)}")
    return "\n".join(lines)


def _targets(ran: Sequence[Ran]) -> str:
    rows = [
        (one.what, _reached(one), f"{target(one)} {one.unit}", "met" if one.met else "**not met**")
        for script in ran
        for one in script.figures
        if one.met is not None
    ]
    if not rows:
        return "## Targets\n\nNothing with a target was measured yet."
    met = sum(row[-1] == "met" for row in rows)
    head = f"## Targets\n\n{met} of {len(rows)} are met.\n\n"
    return head + _table(("what", "measured", "target", ""), rows)


def _reached(one: Figure) -> str:
    of = f" {one.of}" if one.of else ""
    return f"{number(one.median)} {one.unit}{of}"


def _unfinished(missing: Sequence[str], stopped: Sequence[Ran]) -> str:
    lines = ["## Not finished\n"]
    lines += [
        f"- `{one.script}`: {one.ended}; what it had measured by then is below." for one in stopped
    ]
    lines += [f"- `{name}`: not run." for name in missing]
    return "\n".join(lines)


def _script(ran: Ran) -> str:
    rows = [
        (
            one.what + (f" ({one.note})" if one.note else ""),
            _reached(one),
            f"{number(one.least)}–{number(one.most)}" if one.runs > 1 else "",
            f"{one.runs}",
            "" if one.peak_mb is None else f"{one.peak_mb:,.0f}",
        )
        for one in ran.figures
    ]
    head = f"### {ran.script.removeprefix('run_').removesuffix('.py').replace('_', ' ')}\n"
    about = f"{ran.about} (`bench/{ran.script}`, {ran.seconds:,.0f} s)\n"
    columns = ("what", "median", "least–most", "rounds", "peak MB")
    return "\n".join((head, about, _table(columns, rows)))


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")
