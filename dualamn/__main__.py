"""`python -m dualamn` is `dualamn`."""

from dualamn.program import main

if __name__ == "__main__":
    main()
