"""What a record is assessed against: a qualification file, a sector's standard or one's own."""

from __future__ import annotations

from attrs import frozen

from leercultuur_core import ConfigError, Problem

from .rows import Reading, read_rows

COLUMNS = (
    "standard", "version", "title", "language", "issued_by", "url", "framework", "level",
    "process", "process_title", "criterion", "text", "required",
)  # fmt: skip
"""The columns of a standard's CSV file: a row for each criterion, a standard in each row again."""

_FRAMEWORKS = ("", "NLQF", "EQF")
_LEVELS = (*"12345678", "entry", "4+")


@frozen
class Criterion:
    """What somebody must show.

    ``process`` and ``process_title`` are the work process (*werkproces*) that it belongs to, where
    the standard has these. What is not ``required`` may be aimed at on its own.
    """

    code: str
    text: str
    process: str = ""
    process_title: str = ""
    required: bool = True


@frozen
class Standard:
    """A standard in one version; another version is another standard.

    ``framework`` and ``level`` are the level it leads to (``NLQF``, ``3``), ``url`` where it stands.
    """

    code: str
    version: str
    title: str
    criteria: tuple[Criterion, ...]
    language: str = "nl"
    issued_by: str = ""
    url: str = ""
    framework: str = ""
    level: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Code and version."""
        return (self.code, self.version)

    def aimed_at(self, codes: tuple[str, ...] = ()) -> tuple[Criterion, ...]:
        """The criteria with these codes, in the order of the standard; without codes all that are
        required. Raises `KeyError` for a code that it does not have."""
        known = {one.code for one in self.criteria}
        if strange := [code for code in codes if code not in known]:
            raise KeyError(strange[0])
        if codes:
            return tuple(one for one in self.criteria if one.code in codes)
        return tuple(one for one in self.criteria if one.required)


def parse_standards(content: str, place: str = "standard.csv") -> tuple[Standard, ...]:
    """The standards in a CSV text with `COLUMNS`, separated by commas or semicolons.

    ``standard``, ``version``, ``title``, ``criterion`` and ``text`` must be there; other columns may
    be left out. What is said of a standard must be the same in each of its rows. Raises `ConfigError`
    with every problem at once, each with its line and column.
    """
    problems: list[Problem] = []
    rows = read_rows(
        content,
        place,
        required=("standard", "version", "title", "criterion", "text"),
        optional=COLUMNS,
        problems=problems,
    )
    heads: dict[tuple[str, str], tuple[Reading, dict[str, str]]] = {}
    found: dict[tuple[str, str], dict[str, Criterion]] = {}
    for row in rows:
        key = (row["standard"], row["version"])
        for column in ("standard", "version", "title", "criterion", "text"):
            row.filled(column)
        required = row.choice("required", {"": True, "yes": True, "no": False})
        row.choice("framework", {one: one for one in _FRAMEWORKS})
        if row["level"]:
            row.choice("level", {one: one for one in _LEVELS})
        head = {name: row[name] for name in COLUMNS[2:8]}
        first, known = heads.setdefault(key, (row, head))
        for name, value in head.items():
            if value != known[name]:
                row.wrong(name, f"the same as on line {first.line}: {known[name]!r}", repr(value))
        criteria = found.setdefault(key, {})
        if row["criterion"] in criteria:
            row.wrong("criterion", "each code once in a standard", repr(row["criterion"]))
        criteria[row["criterion"]] = Criterion(
            row["criterion"],
            row["text"],
            row["process"],
            row["process_title"],
            required is not False,
        )
    if not rows and not problems:
        problems.append(Problem(place, "a row for each criterion", "none"))
    if problems:
        raise ConfigError(place, problems)
    return tuple(
        Standard(
            code,
            version,
            head["title"],
            tuple(found[code, version].values()),
            head["language"] or "nl",
            head["issued_by"],
            head["url"],
            head["framework"],
            head["level"],
        )
        for (code, version), (_, head) in heads.items()
    )
