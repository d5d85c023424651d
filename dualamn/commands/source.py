"""What a command reads: a data set, which may be fetched, or files of triples and of links."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import console
from dualamn.progress import ProgressCallback, silent

if TYPE_CHECKING:
    from dualamn.graphs.task import AlignmentTask


_PATTERN = re.compile(r"[*?\[]")

PATHS = "DATASET | LEFT RIGHT [MORE]..."
"""What commands take, as their help shows it."""

_COMPLETE = "complete files are kept; the same command fetches the others."  # after Ctrl-C

_NO_LINKS = (
    "{} graphs need --links FILE, a table, RDF or SSSOM of entities known to be the same{}. One "
    "path alone is a data set folder that brings its own links."
)


def check_paths(paths: Sequence[str], links: Path | None, *, may_lack_links: bool = False) -> None:
    """Refuses what does not go together before anything is read.

    Raises:
        UsageError: two or more sources without links, where they are needed, or one with links.
    """
    if len(paths) > 1 and links is None and not may_lack_links:
        raise click.UsageError(_NO_LINKS.format(len(paths), ""))
    if len(paths) == 1 and links is not None:
        raise click.UsageError(
            "--links goes with two or more graphs. One path alone is a data set folder that "
            "brings its own links; was a graph forgotten?"
        )


def check_start(task: AlignmentTask) -> None:
    """Refuses a task with nothing to start an alignment from.

    Raises:
        UsageError: neither seed links nor names nor values.
    """
    described = sum(kg.literals is not None for kg in task.kgs) > 1
    if not len(task.seed_links) and task.entity_names is None and not described:
        names = (
            ", or names to find pseudo-seeds by: --names FILE, --names uri where identifiers hold "
            "names, or RDF with labels"
        )
        raise click.UsageError(_NO_LINKS.format(len(task.kgs), names))


def with_names(
    task: AlignmentTask, names: str, paths: Sequence[str], data: Path | None
) -> AlignmentTask:
    """The task with the names that the user gave."""
    from dualamn.data_loaders import resolve
    from dualamn.data_loaders.entity_names import with_names

    return with_names(task, names, resolve(paths[0], data) if len(paths) == 1 else None)


def fetch(
    name: str,
    data: Path | None,
    *,
    base: str | None = None,
    check: bool = False,
    quiet: bool = False,
) -> Path:
    """The path of a data set, fetched if it is known and not here; see `dualamn.fetch`."""
    from dualamn.data_loaders import fetch

    try:
        with console.fetch_progress(quiet=quiet) as progress:
            return fetch(name, data, base=base, check=check, progress=progress)
    except KeyboardInterrupt:
        click.get_current_context().meta[console.KEPT] = _COMPLETE
        raise


def fetch_missing(paths: Sequence[str], data: Path | None, *, quiet: bool = False) -> float:
    """Fetches a known data set that is not on this machine; seconds that this took.

    Args:
        paths: what the user wants aligned; only a path alone can be the name of a data set.
        data: the data folder.
        quiet: whether to show nothing.

    Raises:
        DataError: there is no such data set.
        DownloadError: it could not be fetched.
    """
    from dualamn.data_loaders.catalog import find

    if len(paths) != 1 or find(paths[0], data) is not None:
        return 0.0
    begin = time.monotonic()
    fetch(paths[0], data, quiet=quiet)
    return time.monotonic() - begin


def load_task(
    paths: Sequence[str],
    *,
    links: Path | None,
    data: Path | None,
    train_ratio: float | None,
    fold: int | None,
    seed: int,
    reading: Mapping[str, Any] | None = None,
    progress: ProgressCallback = silent,
) -> AlignmentTask:
    """Loads one data set by path or known name, or two or more graphs with their links.

    Args:
        paths: what the user named; see `files_of` for graphs.
        reading: arguments `labels`, `language` and `columns` of `load_files`; they do not matter
            to a published data set.
    """
    from dualamn.data_loaders import load, load_files, resolve

    if len(paths) == 1:
        return load(
            resolve(paths[0], data),
            train_ratio=train_ratio,
            fold=fold,
            seed=seed,
            progress=progress,
        )
    if fold is not None:
        raise click.UsageError("--fold goes with a data set that has published folds.")
    return load_files(
        [files_of(path) for path in paths],
        links,
        train_ratio=train_ratio,
        seed=seed,
        progress=progress,
        **(reading or {}),
    )


def files_of(text: str) -> list[Path]:
    """The files and folders of one graph: several with commas between, or a pattern with *.

    What is there under the whole name is that, commas and stars or not.

    Raises:
        UsageError: no file fits a pattern.
    """
    if Path(text).expanduser().exists():
        return [Path(text)]
    found: list[Path] = []
    for part in text.split(","):
        if Path(part).expanduser().exists() or not _PATTERN.search(part):
            found.append(Path(part))
            continue
        whole = Path(part).expanduser()
        top = Path(whole.anchor)
        fitting = sorted(top.glob(str(whole.relative_to(top))))
        if not fitting:
            raise click.UsageError(f"no file fits the pattern {part}; correct the path.")
        found.extend(fitting)
    return found


def parse_pairs(texts: Sequence[str], names: Sequence[str]) -> list[tuple[str, str]] | None:
    """The pairs of graphs that were asked for as A-B, None if there were none.

    Names may hold a hyphen themselves, so every place to part at is tried.

    Raises:
        UsageError: not two different graphs of the task.
    """
    pairs = []
    for text in texts:
        parted = [
            (text[:at], text[at + 1 :])
            for at, character in enumerate(text)
            if character == "-" and text[:at] in names and text[at + 1 :] in names
        ]
        if len(parted) != 1 or parted[0][0] == parted[0][1]:
            known = [f"{a}-{b}" for i, a in enumerate(names) for b in names[i + 1 :]]
            near = get_close_matches(text, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
            raise click.UsageError(f"there is no pair of graphs {text}; {hint}")
        pairs.append(parted[0])
    return pairs or None


def describe_task(task: AlignmentTask) -> str:
    """One line on what was read."""
    graphs = " + ".join(
        f"{kg.name} ({kg.n_entities:,} entities, {kg.n_triples:,} triples)" for kg in task.kgs
    )
    links = f"{len(task.seed_links):,} seed links"
    if len(task.test_links):
        links += f", {len(task.test_links):,} test links"
    return f"{task.name}: {graphs}; {links}"
