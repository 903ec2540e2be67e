"""Writes the made-up bakery De Korenaar to files: xAPI statements (gzip) and a people file.

Run it as `python examples/bakery.py FOLDER`. Nobody in these files exists. The seed is fixed, so
that everyone sees the same bakery; `--seed` makes another.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from leercultuur_core.demo import write_bakery


def main() -> None:
    """Writes the files and says where they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    activity, people = write_bakery(options.folder, options.seed)
    print(f"made-up statements: {activity}\nmade-up people:     {people}")


if __name__ == "__main__":
    main()
