"""Renders the results page and the README's figures: `python benchmarks/render [--check]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
if str(HERE.parent) not in sys.path:
    # Run as a folder, the folder itself is on the path, and not the one that holds it.
    sys.path.insert(0, str(HERE.parent))

from dualamn.errors import DualamnError  # noqa: E402
from render import outputs  # noqa: E402


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes what is out of date, or with --check says what is; 1 then, or on an error."""
    parser = argparse.ArgumentParser(prog="render", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if out of date")
    parser.add_argument("--root", type=Path, default=HERE.parents[1], help="the checkout")
    given = parser.parse_args(arguments)
    places = outputs.Places.in_checkout(given.root)
    try:
        changed = outputs.check(places) if given.check else outputs.write(places)
    except DualamnError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    if not changed:
        print("everything is up to date")
    for path in changed:
        print(f"out of date: {path}" if given.check else f"wrote {path}")
    if given.check and changed:
        print("Error: run `make results`", file=sys.stderr)
    return int(given.check and bool(changed))


if __name__ == "__main__":
    raise SystemExit(main())
