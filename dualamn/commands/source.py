"""What a command reads: a data set, which may be fetched, or files of triples and of links."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import console, options

if TYPE_CHECKING:
    from dualamn.graphs.knowledge_graph import KnowledgeGraph
    from dualamn.graphs.task import AlignmentTask

_PATTERN = re.compile(r"[*?\[]")
_COMPLETE = "complete files are kept; the same command fetches the others."  # after Ctrl-C


@dataclass(frozen=True)
class HowToRead:
    """How files of graphs are read: a field for each of these options."""

    columns: list[str] | None
    table: str | None
    edges: tuple[str, ...]
    separator: str | None
    encoding: str | None
    skip_bad_lines: bool
    labels: tuple[str, ...]
    language: str | None
    entities: str

    @property
    def arguments(self) -> dict[str, Any]:
        """What `as_graph` and `load_files` take alike; all but the column of identifiers."""
        return {
            "labels": self.labels,
            "language": self.language,
            "columns": self.columns,
            "edges": self.edges or None,
            "separator": self.separator,
            "encoding": self.encoding,
            "skip_bad_lines": self.skip_bad_lines,
            "entities": self.entities,
        }


@dataclass(frozen=True)
class Source(HowToRead):
    """What the user wants to be read: a data set, or graphs; `reading` makes it of options."""

    paths: tuple[str, ...]
    links: tuple[Path, ...]
    not_links: tuple[Path, ...]
    decisions: Path | None
    min_confidence: float
    data: Path | None
    train_ratio: float | None
    fold: int | None
    layout: str | None

    def check(self) -> None:
        """Refuses what does not go with a data set, a path alone, before anything is read."""
        if len(self.paths) == 1 and self.links:
            raise click.UsageError(
                "--links goes with two or more graphs. One path alone is a data set folder that "
                "brings its own links; was a graph forgotten?"
            )
        ways = {
            "--table": self.table,
            "--edge": self.edges,
            "--separator": self.separator,
            "--encoding": self.encoding,
            "--skip-bad-lines": self.skip_bad_lines,
        }
        given = [option for option, value in ways.items() if value]
        if len(self.paths) == 1 and given:
            raise click.UsageError(
                f"{given[0]} goes with two or more graphs. One path alone is a data set folder, "
                "whose layout says how it is read; was a graph forgotten?"
            )

    def load(self, seed: int = 0, *, many: bool = False, quiet: bool = False) -> AlignmentTask:
        """Loads a data set, which is fetched where it is missing, or graphs with their links.

        With `many` these links may give an entity several counterparts.
        """
        from dualamn.data_loaders.decided import with_decisions
        from dualamn.data_loaders.given_links import with_not_links

        task = self._load(seed, many=many, quiet=quiet)
        if self.not_links:
            task = with_not_links(task, self.not_links, encoding=self.encoding)
        return task if self.decisions is None else with_decisions(task, self.decisions, many=many)

    def _load(self, seed: int, *, many: bool, quiet: bool) -> AlignmentTask:
        from dualamn.data_loaders import load, load_files, resolve

        fetch_missing(self.paths, self.data, quiet=quiet)
        with console.progress(quiet=quiet) as progress:
            shared: dict[str, Any] = {"train_ratio": self.train_ratio, "seed": seed}
            if len(self.paths) == 1:
                shared |= {"fold": self.fold, "layout": self.layout}
                return load(resolve(self.paths[0], self.data), progress=progress, **shared)
            if self.fold is not None:
                raise click.UsageError("--fold goes with a data set that has published folds.")
            if self.layout is not None:
                raise click.UsageError("--layout goes with a data set folder, a path alone.")
            return load_files(
                [files_of(path) for path in self.paths],
                self.links,
                table=self._id_columns(),
                min_confidence=self.min_confidence,
                many=many,
                progress=progress,
                **self.arguments,
                **shared,
            )

    def _id_columns(self) -> str | list[str | None] | None:
        """The column of identifiers for all graphs, or one for each, as `load_files` takes it."""
        if self.table is None or self.table.count(",") != len(self.paths) - 1:
            return self.table
        return [name.strip() or None for name in self.table.split(",")]

    def with_names(self, task: AlignmentTask, names: str) -> AlignmentTask:
        """The task with the names that the user gave."""
        from dualamn.data_loaders import resolve
        from dualamn.data_loaders.entity_names import with_names

        is_data_set = len(self.paths) == 1
        return with_names(task, names, resolve(self.paths[0], self.data) if is_data_set else None)


_HOW = (
    options.columns,
    click.option(
        "--table",
        metavar="ID",
        help="Read tables of one entity a row, whose identifiers are in this column; the others "
        "are properties. ID,ID where the graphs differ, empty for one of triples.",
    ),
    click.option(
        "--edge",
        "edges",
        multiple=True,
        metavar="COLUMN",
        help="With --table: take this column for edges to other entities. Repeatable.  [found out]",
    ),
    options.separator,
    options.encoding,
    options.skip_bad_lines,
    click.option(
        "--label",
        "labels",
        multiple=True,
        metavar="PROPERTY",
        help="Prefer names of this property, or path P1|P2, to labels that are known and names "
        "that are found. Repeatable.",
    ),
    click.option(
        "--language", metavar="TAG", help="Prefer names in this language, such as de.  [en]"
    ),
    click.option(
        "--entities",
        type=click.Choice(("auto", "individuals", "classes", "both")),
        default="auto",
        help="Link individuals, or the classes and properties of a schema.",
        show_default=True,
    ),
)
"""How files of graphs are read."""

reading = options.gathered(
    "source",
    Source,
    click.argument("paths", nargs=-1, required=True, metavar="DATASET | LEFT RIGHT [MORE]..."),
    options.file_option(
        "--links",
        "Read seed links, entities known to be the same: a table, RDF with owl:sameAs, an "
        "Alignment of OAEI, or SSSOM. Goes with LEFT and RIGHT. Repeatable, in any formats.",
        multiple=True,
    ),
    options.file_option(
        "--not-links",
        "Read pairs known to be different, which are never linked: a table, RDF with "
        "owl:differentFrom, or SSSOM with the predicate modifier Not. Repeatable.",
        multiple=True,
    ),
    options.file_option(
        "--decisions",
        "Read what people decided about pairs, as dualamn review writes it: accepted pairs are "
        "seed links and stand among the links, rejected ones are never linked.",
    ),
    options.min_confidence,
    options.data,
    options.train_ratio,
    click.option("--fold", type=int, metavar="K", help="Use this published fold."),
    click.option(
        "--layout",
        metavar="NAME",
        help="Read DATASET in this layout, ids, openea, contea, dbp5l or tables, where its files "
        "fit several.",
    ),
    *_HOW,
)
"""Adds the arguments and options on what is read; the command gets `Source`, as `source`."""


@dataclass(frozen=True)
class GraphSource(HowToRead):
    """One graph that is read beside what is there already; `reading_one` makes it of options."""

    new: str

    def load(self, name: str, notes: list[str]) -> KnowledgeGraph:
        """Reads it, as the graph of this name; what was merged or skipped is added to the notes."""
        from dualamn.data_loaders import as_graph

        return as_graph(files_of(self.new), name, table=self.table, notes=notes, **self.arguments)


reading_one = options.gathered("source", GraphSource, click.argument("new", metavar="NEW"), *_HOW)
"""Adds the argument NEW and options on how it is read; the command gets `GraphSource`."""

reading_alone = options.gathered(
    "source", GraphSource, click.argument("new", metavar="GRAPH"), *_HOW
)
"""The same for a command that reads one graph and nothing beside it, GRAPH."""


def check_start(task: AlignmentTask) -> None:
    """Refuses a task without seed links, names and values, as nothing can start from that."""
    described = sum(kg.literals is not None for kg in task.kgs) > 1
    if not len(task.seed_links) and task.entity_names is None and not described:
        raise click.UsageError(
            f"{len(task.kgs)} graphs need --links FILE, a table, RDF or SSSOM of entities known "
            "to be the same, or names to find pseudo-seeds by: --names FILE, --names uri where "
            "identifiers hold names, or RDF with labels. One path alone is a data set folder that "
            "brings its own links."
        )


def fetch(name: str, data: Path | None, *, quiet: bool = False, **how: Any) -> Path:
    """The path of a data set, fetched if it is known and not here; see `dualamn.fetch`."""
    from dualamn.data_loaders import fetch

    try:
        with console.fetch_progress(quiet=quiet) as progress:
            return fetch(name, data, progress=progress, **how)
    except KeyboardInterrupt:
        console.keeps(_COMPLETE)
        raise


def fetch_missing(paths: Sequence[str], data: Path | None, *, quiet: bool = False) -> float:
    """Fetches a data set, a path alone, that is known and not here; the seconds that this took."""
    from dualamn.data_loaders.catalog import find

    if len(paths) != 1 or find(paths[0], data) is not None:
        return 0.0
    begin = time.monotonic()
    fetch(paths[0], data, quiet=quiet)
    return time.monotonic() - begin


def files_of(text: str) -> list[Path]:
    """The files and folders of one graph: several with commas between, or a pattern with *.

    What is there under the whole name is that, commas and stars or not.
    """
    if text.startswith("sparql+") or Path(text).expanduser().exists():
        return [Path(text)]
    found: list[Path] = []
    for part in text.split(","):
        whole = Path(part).expanduser()
        if whole.exists() or not _PATTERN.search(part):
            found.append(Path(part))
            continue
        top = Path(whole.anchor)
        fitting = sorted(top.glob(str(whole.relative_to(top))))
        if not fitting:
            raise click.UsageError(f"no file fits the pattern {part}; correct the path.")
        found.extend(fitting)
    return found


def given_files(source: Source, names: str | None) -> list[Path]:
    """The files and folders that are read; a data set is none of them."""
    graphs = source.paths if len(source.paths) > 1 else ()
    given = [path for text in graphs for path in files_of(text)]
    names_file = None if names is None else Path(names)
    others = (*source.links, *source.not_links, source.decisions, names_file)
    return [*given, *(path for path in others if path is not None)]


def parse_pair(text: str, names: Sequence[str]) -> tuple[str, str]:
    """The pair of graphs, of these names, that was asked for as A-B.

    Names may hold a hyphen themselves, so every two are tried.
    """
    pairs = {(a, b) for a in names for b in names if a != b and f"{a}-{b}" == text}
    if len(pairs) == 1:
        return pairs.pop()
    known = [f"{a}-{b}" for i, a in enumerate(names) for b in names[i + 1 :]]
    raise click.UsageError(f"there is no pair of graphs {text}; {options.hint(text, known)}")


def describe_task(task: AlignmentTask) -> str:
    """One line on what was read."""
    from dualamn.files.text import counted

    graphs = " + ".join(
        f"{kg.name} ({counted(kg.n_entities, 'entity', 'entities')}, "
        f"{counted(kg.n_triples, 'triple')})"
        for kg in task.kgs
    )
    links = counted(len(task.seed_links), "seed link")
    if len(task.not_links):
        links += f", {counted(len(task.not_links), 'rejected pair')}"
    if len(task.test_links):
        links += f", {counted(len(task.test_links), 'test link')}"
    return f"{task.name}: {graphs}; {links}"
