"""Launcher for a checkout: `python cli.py …` is `dualamn …`."""

import sys

from dualamn.__main__ import main


def check_installed() -> None:
    """Says how to install the program where only the checkout is there."""
    from importlib.util import find_spec

    # Run from the checkout's top, Python finds dualamn/ even where nothing is installed, but
    # neither its dependencies nor the two folders that only an install puts inside it.
    if find_spec("click") is None or find_spec("dualamn.data_loaders") is None:
        sys.exit(
            "dualamn is not installed for this Python: run `make install`, then .venv/bin/dualamn"
        )


if __name__ == "__main__":
    main(check_installed)
