"""`python -m dualamn` is `dualamn`."""

from dualamn.commands.program import main

if __name__ == "__main__":
    main()
