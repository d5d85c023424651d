"""Where the program begins: Ctrl-C is provided for before anything is imported."""

from collections.abc import Callable

from dualamn.commands import stop


def main(first: Callable[[], None] | None = None) -> None:
    """The entry point of the `dualamn` program.

    Args:
        first: called before the rest of the program is imported.
    """
    try:
        if first is not None:
            first()
        from dualamn.commands.command_line import main as run

        run()
    except KeyboardInterrupt:
        stop()


if __name__ == "__main__":
    main()
