"""The command line: one click command a file. Nothing heavy is imported here."""

import sys
from typing import NoReturn

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""

NOTHING = "nothing was written."
"""What is left of the work where nobody says otherwise."""


def stop(kept: str = NOTHING) -> NoReturn:
    """Ends the program after Ctrl-C, and says what is left of the work."""
    print(f"\nStopped: {kept}", file=sys.stderr)
    sys.exit(INTERRUPTED)
