"""The files that `dualamn align` writes: links, candidates, entities without a link, a report."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import options

if TYPE_CHECKING:
    from dualamn.alignment import Alignment
    from dualamn.graphs.task import AlignmentTask
    from dualamn.link_files.formats import Format
    from dualamn.link_files.table import Table, WriteOptions

_RANKS_NOTHING = "one_to_one"
_OPTIONS = (
    click.option(
        "--out",
        type=click.Path(path_type=Path),
        required=True,
        help="Write the links to this file, in the format of its ending: .tsv, .csv, .jsonl, "
        ".parquet, .nt, .ttl or .sssom.tsv. An existing file is replaced; - is standard output.",
    ),
    click.option(
        "--format",
        "format_name",
        metavar="NAME",
        help="Set the format of --out where its ending does not: tsv, csv, jsonl, parquet, "
        "ntriples, turtle or sssom.",
    ),
    click.option(
        "--base",
        metavar="IRI",
        help="In formats of IRIs: make IRIs under this one for entities that have none.",
    ),
    click.option(
        "--sssom",
        multiple=True,
        metavar="SLOT=VALUE",
        help="Add metadata to a Turtle or SSSOM file, such as license=IRI. Repeatable.",
    ),
    options.file_option(
        "--candidates", "Write the best candidates of every entity, linked or not, as a table."
    ),
    click.option(
        "--top",
        type=click.IntRange(min=1),
        metavar="K",
        help="Write this many candidates of every entity to --candidates.  [10]",
    ),
    options.file_option("--unmatched", "Write the entities without a link, as a table."),
    options.file_option(
        "--report",
        "Write a page for the browser: results, their certainty, and a sample of the links "
        "with their reasons.",
        metavar="FILE.html",
    ),
)


def writing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options on what is written; the command gets `Outputs`, as `outputs`."""

    @wraps(command)
    def with_outputs(
        *args: Any,
        out: Path,
        format_name: str | None,
        base: str | None,
        sssom: tuple[str, ...],
        candidates: Path | None,
        top: int | None,
        unmatched: Path | None,
        report: Path | None,
        **rest: Any,
    ) -> Any:
        if top is not None and candidates is None:
            raise click.UsageError("--top goes with --candidates FILE, where they are written.")
        slots = _slots(sssom)
        found = Outputs(out, format_name, base, slots, candidates, top or 10, unmatched, report)
        return command(*args, outputs=found, **rest)

    for option in reversed(_OPTIONS):
        with_outputs = option(with_outputs)
    return with_outputs


class Kept(list[str]):
    """What has been written so far, in words."""

    def __str__(self) -> str:
        return ", ".join(self) + "." if self else "nothing was written."


@dataclass
class Outputs:
    """The options on files, checked by `check` before the work begins."""

    out: Path
    format_name: str | None
    base: str | None
    slots: dict[str, list[str]]
    candidates: Path | None
    top: int
    unmatched: Path | None
    report: Path | None
    kept: Kept = field(default_factory=Kept)

    @property
    def to_stdout(self) -> bool:
        """Whether the links go to standard output, so that reports may not."""
        return self.out == options.STDOUT

    @property
    def paths(self) -> tuple[Path | None, ...]:
        """Every file that will be written."""
        return (self.out, self.candidates, self.unmatched, self.report)

    @property
    def place(self) -> str:
        """Where the links go, in words."""
        return "standard output" if self.to_stdout else str(self.out)

    def check(self, matcher: str, others: Sequence[Path | None] = ()) -> None:
        """Refuses what cannot be written.

        Args:
            matcher: the name of the matcher.
            others: other files of the command, which need names of their own.

        Raises:
            ConfigError: a format that does not exist or fit, or an option that it does not take.
            DataError: a path that cannot be written to.
            MissingExtraError: a format needs a package that is not installed.
            UsageError: two files of one name, no text on standard output, or candidates of a
                matcher that ranks nothing.
        """
        form = self.form
        if self.to_stdout and not form.is_text:
            raise click.UsageError(f"{form.title} is no text, give the name of a file to write.")
        form.check(self._write_options)
        taken = [path for path in (self.out, *others) if path is not None]
        tables = {"candidates": self.candidates, "unmatched": self.unmatched}
        for name, path in (tables | {"report": self.report}).items():
            if path is None:
                continue
            if path in taken or path == options.STDOUT:
                raise click.UsageError(f"--{name} {path}: this needs a file of its own.")
            taken.append(path)
            if name in tables:
                _table_form(path).check(_no_options())
        if self.report is not None and self.report.suffix.lower() not in (".html", ".htm"):
            raise click.UsageError(f"--report {self.report}: the name has to end in .html.")
        if self.candidates is not None and matcher == _RANKS_NOTHING:
            raise click.UsageError(
                f"--candidates {self.candidates}: the matcher {matcher} decides on links and "
                "ranks nothing; take mutual, sinkhorn, csls or greedy."
            )
        options.can_be_written(*self.paths)

    def check_task(self, task: AlignmentTask) -> None:
        """Refuses entities that the format of the links cannot hold.

        Raises:
            DataError: an entity that cannot get an IRI, in a format of IRIs.
        """
        if self.form.has_iris:
            from dualamn.link_files.table import check_iris

            check_iris(task, self._write_options.iris)

    def write(self, alignment: Alignment) -> list[str]:
        """Writes every file; `kept` says at any time what is written.

        Returns:
            A line about each file but the links.
        """
        self._write_links(alignment)
        self.kept.append(f"the links are in {self.out}")
        told = []
        if self.candidates is not None:
            from dualamn.link_files.side_tables import candidate_table

            table = candidate_table(alignment, self.top)
            told.append(self._write_table(table, self.candidates, "candidates"))
        if self.unmatched is not None:
            from dualamn.link_files.side_tables import unmatched_table

            table = unmatched_table(alignment)
            told.append(self._write_table(table, self.unmatched, "entities without a link"))
        return told

    def write_report(
        self, alignment: Alignment, seconds: Mapping[str, float], notes: Sequence[str]
    ) -> list[str]:
        """Writes the page, if it is wanted; arguments as for `Alignment.report`.

        Returns:
            A line about it.
        """
        if self.report is None:
            return []
        alignment.report(self.report, seconds=seconds, notes=notes)
        self.kept.append(f"the report in {self.report}")
        return [f"report in {self.report}"]

    @property
    def form(self) -> Format:
        """The format of the links."""
        from dualamn.link_files.formats import format_of

        return format_of(self.out, self.format_name)

    @property
    def _write_options(self) -> WriteOptions:
        from dualamn.link_files.table import WriteOptions

        return WriteOptions(self.base, self.slots)

    def _write_table(self, table: Table, path: Path, what: str) -> str:
        from dualamn.link_files.formats import table_writer

        table_writer(path)(table, path)
        self.kept.append(f"the {what} in {path}")
        return f"{len(table):,} {what} in {path} ({_table_form(path).title})"

    def _write_links(self, alignment: Alignment) -> None:
        if not self.to_stdout:
            self.form.write_links(alignment, self.out, self._write_options)
            return
        with tempfile.TemporaryDirectory(prefix="dualamn-") as folder:
            file = Path(folder) / "links"
            self.form.write_links(alignment, file, self._write_options)
            with file.open("rb") as links:
                shutil.copyfileobj(links, sys.stdout.buffer)


def _table_form(path: Path) -> Format:
    from dualamn.link_files.formats import format_of

    return format_of(path, tables=True)


def _no_options() -> WriteOptions:
    from dualamn.link_files.table import WriteOptions

    return WriteOptions()


def _slots(given: tuple[str, ...]) -> dict[str, list[str]]:
    slots: dict[str, list[str]] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"--sssom {text}: give SLOT=VALUE, such as license=IRI.")
        slots.setdefault(name.strip(), []).append(value.strip())
    return slots
