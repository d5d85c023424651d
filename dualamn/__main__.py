"""`python -m dualamn` is `dualamn`."""

from dualamn.commands import main

if __name__ == "__main__":
    main()
