"""All commands together, and their answers to errors and Ctrl-C.

Commands import what is heavy inside themselves, so that `dualamn --help` answers at once.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import click

from dualamn.commands import NOTHING, stop
from dualamn.commands.align import align
from dualamn.commands.audit import audit
from dualamn.commands.bench import bench
from dualamn.commands.console import KEPT
from dualamn.commands.data import data
from dualamn.commands.dedupe import dedupe
from dualamn.commands.diff import diff
from dualamn.commands.evaluate import evaluate
from dualamn.commands.explain import explain
from dualamn.commands.fuse import fuse
from dualamn.commands.index import index
from dualamn.commands.inspect import inspect
from dualamn.commands.match import match
from dualamn.commands.options import Guessing
from dualamn.commands.review import review
from dualamn.commands.slice import slice_
from dualamn.commands.update import update
from dualamn.errors import DualamnError
from dualamn.version import __version__

_CANNOT_WRITE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class Commands(Guessing):
    """Shows errors of the library as one line, and after Ctrl-C what was kept."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Reads the words up to the command."""
        try:
            return super().make_context(*args, **extra)
        except OSError as error:  # help is printed here
            raise _told(error) from error
        except KeyboardInterrupt:
            stop()

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command that was named."""
        try:
            return super().invoke(ctx)
        except DualamnError as error:
            kept = ctx.meta.get(KEPT)
            raise click.ClickException(f"{error}; {kept}" if kept else str(error)) from error
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                raise
            raise click.ClickException(
                "not enough memory for this run: --dry-run shows what it needs, --memory 4GB "
                "keeps it to an amount, and --preset fast takes the least"
            ) from error
        except OSError as error:
            raise _told(error) from error
        except KeyboardInterrupt:
            stop(str(ctx.meta.get(KEPT, NOTHING)))


def _told(error: OSError) -> Exception:
    """What the system refused, as one line; a pipe that was closed is click's to answer."""
    if error.filename is not None and error.errno != errno.EPIPE:
        return click.ClickException(f"{error.filename}: {error.strerror}")
    if error.errno in _CANNOT_WRITE:
        return click.ClickException(f"standard output cannot be written ({error.strerror})")
    return error


def _flush() -> None:
    """Writes what is left of standard output, or says in one line why that cannot be done."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # Python would try again on its way out, and print a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno != errno.EPIPE:
            click.echo(f"Error: {_told(error)}", err=True)
        sys.exit(1)


def _is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: on the CPU torch says so in words only, as do threads."""
    words = ("can't allocate memory", "not enough memory", "can't start new thread")
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or any(word in str(error) for word in words)
    )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="dualamn")
def cli() -> None:
    """Find entities of two or more knowledge graphs that are the same thing.

    \b
    Start with
      dualamn align left.tsv right.tsv --links seeds.tsv --out links.tsv

    Every command has its own help: dualamn align --help
    """


for command in (
    align,
    update,
    review,
    explain,
    index,
    match,
    slice_,
    inspect,
    audit,
    evaluate,
    diff,
    dedupe,
    fuse,
    bench,
    data,
):
    cli.add_command(command)


def main() -> None:
    """Runs the command line."""
    # Threads that wait by spinning take the cores from those that have work, as soon as anything
    # else runs: on two busy cores `make demo` took five times as long. OpenMP reads this when
    # torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        cli(prog_name="dualamn")
    finally:
        _flush()
