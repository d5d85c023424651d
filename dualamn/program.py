"""Where the program begins: Ctrl-C is provided for before anything is imported."""

import sys
from collections.abc import Callable
from typing import NoReturn

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""

NOTHING = "nothing was written."
"""What is left of the work where nobody says otherwise."""


def stop(kept: str = NOTHING) -> NoReturn:
    """Ends the program after Ctrl-C.

    Args:
        kept: what is left of the work, in words.
    """
    print(f"\nStopped: {kept}", file=sys.stderr)
    sys.exit(INTERRUPTED)


def main(first: Callable[[], None] | None = None) -> None:
    """The entry point of the `dualamn` program.

    Args:
        first: called before the rest of the program is imported.
    """
    try:
        if first is not None:
            first()
        from dualamn.commands import main as run

        run()
    except KeyboardInterrupt:
        stop()
