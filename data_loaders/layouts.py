"""Loads a data set folder: recognises its layout, or says why it cannot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from dualamn.data_loaders.contea import CONTEA
from dualamn.data_loaders.dataset import Layout, Request, assemble, check_split
from dualamn.data_loaders.dbp5l import DBP5L
from dualamn.data_loaders.fetching.known import find_known
from dualamn.data_loaders.id_triples import ID_TRIPLES
from dualamn.data_loaders.openea import OPENEA
from dualamn.data_loaders.tables import TABLES
from dualamn.errors import DataError
from dualamn.graphs.task import AlignmentTask
from dualamn.progress import ProgressCallback, silent

LAYOUTS: tuple[Layout, ...] = (ID_TRIPLES, OPENEA, CONTEA, DBP5L, TABLES)
"""Every layout that `load` knows; a new one is one file and one entry here."""


def load(
    path: str | Path,
    *,
    train_ratio: float | None = None,
    fold: int | None = None,
    seed: int = 0,
    layout: str | None = None,
    progress: ProgressCallback = silent,
) -> AlignmentTask:
    """Loads a data set from its folder.

    A published split is used as it is, and its validation links are kept apart. Without one,
    30% of the links of every pair of graphs, drawn by the seed, become seeds.

    Args:
        path: the folder. ``FOLDER@K`` means snapshot K of a growing data set; without ``@K``, or
            with ``@0``, its base.
        train_ratio: pools all links, published split or not, and draws this share of every
            pair's as seeds; above 0 and at most 1.
        fold: which published fold to use; the first if not given.
        seed: permutes each graph's entities and draws the split.
        layout: the name of the layout, to settle which one it is; recognised if not given.
        progress: called as files are read, with stage "load".

    Returns:
        The task; `notes` says what was merged or skipped.

    Raises:
        DataError: the folder fits no layout or several, a file of it is unusable, or an
            argument does not fit the data set.
    """
    check_split(train_ratio, seed)
    folder, snapshot = split_snapshot(path)
    chosen = _by_name(layout) if layout is not None else recognise(folder)
    if not folder.is_dir():
        raise _no_folder(folder)
    _check_arguments(chosen, folder, train_ratio, fold, snapshot)
    dataset = chosen.read(Request(folder.resolve(), fold, snapshot, progress))
    name = folder.resolve().name + ("" if snapshot is None else f"@{snapshot}")
    return assemble(dataset, name=name, train_ratio=train_ratio, seed=seed)


def split_snapshot(path: str | Path) -> tuple[Path, int | None]:
    """Splits ``FOLDER@K`` into the folder and K; None where there is no ``@K``."""
    folder = Path(path).expanduser()
    match = re.fullmatch(r"(.+)@([0-9]{1,9})", folder.name)
    if match is None or folder.exists():
        return folder, None
    return folder.with_name(match[1]), int(match[2])


def recognise(folder: Path) -> Layout:
    """The layout of a folder.

    Raises:
        DataError: there is no such folder, or it fits no layout or several.
    """
    if not folder.is_dir():
        raise _no_folder(folder)
    fitting = [layout for layout in LAYOUTS if layout.fits(folder)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise DataError(
            f"this folder fits {len(fitting)} layouts: "
            + "; ".join(f"{layout.name} ({layout.files})" for layout in fitting)
            + ". Name the one that is meant with layout, or remove the files of the others",
            path=folder,
        )
    inside = datasets_under(folder, depth=2)
    if inside:
        raise DataError(
            f"this folder is no data set, but holds some; name one: {', '.join(inside)}",
            path=folder,
        )
    raise DataError(
        "this folder fits no known layout. "
        + "; ".join(f"{layout.name}: {layout.files}" for layout in LAYOUTS),
        path=folder,
    )


def datasets_under(folder: Path, depth: int) -> list[str]:
    """Paths, relative to a folder and with forward slashes, of the data sets at most
    `depth` levels below it, sorted."""
    found: list[str] = []
    try:
        children = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return found
    for child in children:
        if child.name.startswith("."):
            continue
        if any(layout.fits(child) for layout in LAYOUTS):
            found.append(child.name)
        elif depth > 1:
            found.extend(f"{child.name}/{name}" for name in datasets_under(child, depth - 1))
    return found


def _by_name(name: str) -> Layout:
    for layout in LAYOUTS:
        if layout.name == name:
            return layout
    names: Sequence[str] = [layout.name for layout in LAYOUTS]
    near = get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise DataError(f"there is no layout {name!r}, use one of {', '.join(names)}{hint}")


def _no_folder(folder: Path) -> DataError:
    if folder.exists():
        return DataError(
            "this is a file, but a data set is a folder; to load separate files, give the "
            "files of all graphs and of the links",
            path=folder,
        )
    hint = "check the path"
    if find_known(folder) is not None:
        hint = f"dualamn.fetch({folder.as_posix()!r}) gives the path of this data set"
    return DataError(f"there is no such folder; {hint}", path=folder)


def _check_arguments(
    layout: Layout,
    folder: Path,
    train_ratio: float | None,
    fold: int | None,
    snapshot: int | None,
) -> None:
    if fold is not None and not layout.folds(folder):
        raise DataError(
            f"fold {fold} was asked for, but this data set publishes no folds; leave fold out, "
            "and use seed or train_ratio for another split",
            path=folder,
        )
    if fold is not None and train_ratio is not None:
        raise DataError(
            "fold uses a published split and train_ratio draws a new one; give only one of them",
            path=folder,
        )
    if snapshot is not None and not layout.grows:
        raise DataError(
            f"@{snapshot} asks for a snapshot, but this data set does not grow; leave it out",
            path=folder,
        )
