"""The files that `dualamn align` writes, and the options that name them."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dualamn.commands import NOTHING, options

if TYPE_CHECKING:
    from dualamn.aligner import Aligner
    from dualamn.alignment import Alignment
    from dualamn.graphs.task import AlignmentTask
    from dualamn.link_files.formats import Format
    from dualamn.link_files.table import Table, WriteOptions

_RANKS_NOTHING = "one_to_one"
_TOP = 10  # candidates of an entity where --top is not given


class Kept(list[str]):
    """What has been written so far, in words."""

    def __str__(self) -> str:
        return ", ".join(self) + "." if self else NOTHING


@dataclass
class Outputs:
    """The files that the user wants; `writing` makes it of options."""

    out: Path
    format_name: str | None
    base: str | None
    slots: dict[str, list[str]]
    ids: bool
    candidates: Path | None
    top: int | None
    unmatched: Path | None
    report: Path | None
    schema: Path | None
    clusters: Path | None
    embeddings: Path | None
    save: Path | None
    kept: Kept = field(default_factory=Kept, init=False)

    @property
    def to_stdout(self) -> bool:
        """Whether the links go to standard output, so that reports may not."""
        return self.out == options.STDOUT

    @property
    def place(self) -> str:
        """Where the links go, in words."""
        return "standard output" if self.to_stdout else str(self.out)

    def check(
        self,
        matcher: str,
        checkpoint: Path | None,
        read: Sequence[Path] = (),
        *,
        replaced: Path | None = None,
    ) -> None:
        """Refuses, before the work begins, what cannot be written, or two files of one name.

        `read` is what the command reads, which no file may replace; `replaced` is read too, and may
        be replaced by --save alone.

        Raises:
            ConfigError: a format that does not exist or fit, or an option that it does not take.
            DataError: a path that cannot be written to.
            MissingExtraError: a format needs a package that is not installed.
            UsageError: what does not go with another option, or with the matcher of this name.
        """
        from dualamn.link_files.table import WriteOptions

        if self.top is not None and self.candidates is None:
            raise click.UsageError("--top goes with --candidates FILE, where they are written.")
        names = (
            *("out", "save", "embeddings", "clusters", "candidates", "unmatched"),
            *("report", "schema"),
        )
        files = {name: getattr(self, name) for name in names} | {"checkpoint": checkpoint}
        inputs, taken = {path.resolve() for path in read}, set[Path]()
        for name, path in files.items():
            if path is None or (path == options.STDOUT and name == "out"):
                continue
            place = path.resolve()
            own = set() if replaced is None or name == "save" else {replaced.resolve()}
            refuse_input(f"--{name}", path, inputs | own)
            if path == options.STDOUT or place in taken:
                raise click.UsageError(f"--{name} {path}: this needs a file of its own.")
            taken.add(place)
        if self.embeddings is not None and self.embeddings.suffix != ".npy":
            raise click.UsageError(f"--embeddings {self.embeddings}: the name has to end in .npy.")
        if self.report is not None and self.report.suffix.lower() not in (".html", ".htm"):
            raise click.UsageError(f"--report {self.report}: the name has to end in .html.")
        if self.to_stdout and not self.form.is_text:
            raise click.UsageError(
                f"{self.form.title} is no text, give the name of a file to write."
            )
        self.form.check(self._write_options)
        if self.schema is not None:
            from dualamn.schema.schema_files import check_schema_file

            check_schema_file(self.schema, None, self._schema_base)
        for path in (self.candidates, self.unmatched):
            if path is not None:
                _table_form(path).check(WriteOptions())
        if self.candidates is not None and matcher == _RANKS_NOTHING:
            raise click.UsageError(
                f"--candidates {self.candidates}: the matcher {matcher} decides on links and "
                "ranks nothing; take mutual, sinkhorn, csls or greedy."
            )
        options.can_be_written(*files.values())

    def refuse_twice(self, option: str, path: Path) -> None:
        """Refuses another file of a name that one of these has."""
        tables = self.clusters, self.candidates, self.unmatched, self.schema
        own = (self.out, self.save, self.embeddings, self.report, *tables)
        if path.resolve() in {file.resolve() for file in own if file is not None}:
            raise click.UsageError(f"{option} {path}: this needs a file of its own.")

    def check_task(self, task: AlignmentTask) -> None:
        """Refuses entities that the format of the links cannot hold.

        Raises:
            DataError: an entity or a term that cannot get an IRI, in a format of IRIs.
        """
        if self.form.has_iris:
            from dualamn.link_files.table import check_iris

            check_iris(task, self._write_options.iris)
        if self.schema is not None:
            from dualamn.schema.schema_files import check_terms

            check_terms(task, self.schema, self._schema_base)

    def write_trained(self, aligner: Aligner, alignment: Alignment | None = None) -> None:
        """Writes the aligner, with the links that were written, and its embeddings.

        `kept` says at any time what is written.
        """
        if self.save is not None:
            aligner.save(self.save, alignment)
            self.kept.append(f"the aligner is in {self.save}")
        if self.embeddings is not None:
            aligner.save_embeddings(self.embeddings)
            self.kept.append(f"the embeddings are in {self.embeddings}")

    def write(
        self, alignment: Alignment, seconds: Mapping[str, float], notes: Sequence[str]
    ) -> list[str]:
        """Writes the links, tables and report, all but clusters; a line about each but the links.

        `seconds` and `notes` are those of `Alignment.report`.
        """
        from dualamn.link_files.side_tables import candidate_table, unmatched_table

        self._write_links(alignment)
        self.kept.append(f"the links are in {self.out}")
        lines = []
        if self.candidates is not None:
            table = candidate_table(alignment, self.top or _TOP)
            lines.append(self._write_table(table, self.candidates, "candidates"))
        if self.unmatched is not None:
            table = unmatched_table(alignment)
            lines.append(self._write_table(table, self.unmatched, "entities without a link"))
        if self.schema is not None:
            lines.append(self._write_schema(alignment, self.schema))
        if self.report is not None:
            alignment.report(self.report, seconds=seconds, notes=notes)
            self.kept.append(f"the report in {self.report}")
            lines.append(f"report in {self.report}")
        return lines

    @property
    def form(self) -> Format:
        """The format of the links."""
        from dualamn.link_files.formats import format_of

        return format_of(self.out, self.format_name)

    @property
    def _write_options(self) -> WriteOptions:
        from dualamn.link_files.table import WriteOptions

        for_schema = self._schema_base is not None and not self.form.has_iris
        return WriteOptions(None if for_schema else self.base, self.slots, self.ids)

    @property
    def _schema_base(self) -> str | None:
        """The base as far as the file of the schema takes one."""
        from dualamn.link_files.formats import format_of

        takes = self.schema is not None and format_of(self.schema).write_table is None
        return self.base if takes else None

    def _write_schema(self, alignment: Alignment, path: Path) -> str:
        schema = alignment.schema()
        schema.write(path, base=self._schema_base)
        self.kept.append(f"the schema in {path}")
        counts = schema.counts()
        several = ", ".join(f"{count:,} of {kind}" for kind, count in counts.items() if count)
        return f"{len(schema):,} correspondences in {path}" + (f" ({several})" if several else "")

    def _write_table(self, table: Table, path: Path, what: str) -> str:
        place = write_table(table, path)
        self.kept.append(f"the {what} in {path}")
        return f"{len(table):,} {what} in {place}"

    def _write_links(self, alignment: Alignment) -> None:
        write_to(self.out, lambda path: self.form.write_links(alignment, path, self._write_options))


def refuse_input(option: str, path: Path, inputs: Collection[Path]) -> None:
    """Refuses to write to a file that the command reads; `inputs` are resolved.

    Raises:
        UsageError: it is one of them, or in a folder that is one.
    """
    place = path.resolve()
    if place in inputs or (place.is_file() and place.parent in inputs):
        raise click.UsageError(
            f"{option} {path}: this file is read, and would be lost. Name another one."
        )


def check_table(
    option: str, path: Path, format_name: str | None = None, read: Sequence[Path] = ()
) -> None:
    """Refuses, before the work begins, a table that cannot be written, or would replace an input.

    Raises:
        ConfigError: a format that does not exist, or holds no tables.
        DataError: a path that cannot be written to.
        MissingExtraError: the format needs a package that is not installed.
        UsageError: the file is read, or standard output cannot show the format.
    """
    from dualamn.link_files.table import WriteOptions

    form = _table_form(path, format_name)
    form.check(WriteOptions())
    if path == options.STDOUT:
        if not form.is_text:
            raise click.UsageError(f"{form.title} is no text, give the name of a file to write.")
        return
    refuse_input(option, path, {given.resolve() for given in read})
    options.can_be_written(path)


def write_table(table: Table, path: Path, format_name: str | None = None) -> str:
    """Writes a table that `check_table` let pass; where it is, in words."""
    form = _table_form(path, format_name)
    assert form.write_table is not None
    write, place = form.write_table, path if path != options.STDOUT else "standard output"
    write_to(path, lambda file: write(table, file))
    return f"{place} ({form.title})"


def write_to(out: Path, write: Callable[[Path], None]) -> None:
    """Lets something be written to a file, or to standard output once it is complete."""
    if out != options.STDOUT:
        write(out)
        return
    with tempfile.TemporaryDirectory(prefix="dualamn-") as folder:
        file = Path(folder) / "out"
        write(file)
        with file.open("rb") as whole:
            shutil.copyfileobj(whole, sys.stdout.buffer)


def _table_form(path: Path, name: str | None = None) -> Format:
    from dualamn.link_files.formats import format_of

    return format_of(path, name, tables=True)


def _slots(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, list[str]]:
    slots: dict[str, list[str]] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"--sssom {text}: give SLOT=VALUE, such as license=IRI.")
        slots.setdefault(name.strip(), []).append(value.strip())
    return slots


writing = options.gathered(
    "outputs",
    Outputs,
    click.option(
        "--out",
        type=click.Path(path_type=Path),
        required=True,
        help="Write the links to this file, in the format of its ending: .tsv, .csv, .jsonl, "
        ".parquet, .nt, .ttl, .rdf or .sssom.tsv. An existing file is replaced; - is standard "
        "output.",
    ),
    click.option(
        "--format",
        "format_name",
        metavar="NAME",
        help="Set the format of --out where its ending does not: tsv, csv, jsonl, parquet, "
        "ntriples, turtle, alignment or sssom.",
    ),
    click.option(
        "--base",
        metavar="IRI",
        help="In formats of IRIs: make IRIs under this one for entities that have none.",
    ),
    click.option(
        "--sssom",
        "slots",
        multiple=True,
        callback=_slots,
        metavar="SLOT=VALUE",
        help="Add metadata to a Turtle or SSSOM file, such as license=IRI. Repeatable.",
    ),
    click.option(
        "--ids",
        is_flag=True,
        help="In tables: write ids of links and of clusters as well, which stay in updates.",
    ),
    options.file_option(
        "--candidates",
        "Write the best candidates of every entity that was searched for, linked or not, as a "
        "table. Those with a seed link were not.",
    ),
    click.option(
        "--top",
        type=click.IntRange(min=1),
        metavar="K",
        help="Write this many candidates of an entity to --candidates.  [10]",
    ),
    options.file_option("--unmatched", "Write the entities without a link, and why, as a table."),
    options.file_option(
        "--report",
        "Write a page for the browser: results, their certainty, and a sample of the links "
        "with their reasons.",
        metavar="FILE.html",
    ),
    options.file_option(
        "--schema",
        "Write which relations, properties and classes stand for each other, as the links show: "
        "a table, or .nt, .ttl or .sssom.tsv.",
    ),
    options.file_option(
        "--clusters",
        "Write clusters of entities that are the same: a line for each, a column for each graph.",
    ),
    options.file_option(
        "--embeddings",
        "Write the entity embeddings, with their identifiers in a file beside them.",
        metavar="FILE.npy",
    ),
    options.file_option(
        "--save",
        "Save the trained aligner and its links, for dualamn update and explain, and for "
        "dualamn.Aligner.load.",
    ),
)
"""Adds the options on what is written; the command gets `Outputs`, as `outputs`."""
