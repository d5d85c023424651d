"""Finds data sets, by path or by name, and loads them whatever their layout."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from dualamn.data_loaders.contea import CONTEA
from dualamn.data_loaders.dataset import Layout, Request, assemble, check_split
from dualamn.data_loaders.dbp5l import DBP5L
from dualamn.data_loaders.id_triples import ID_TRIPLES
from dualamn.data_loaders.known import (
    KnownDataset,
    KnownFile,
    cache_folder,
    find_known,
    known_datasets,
    missing_files,
)
from dualamn.data_loaders.openea import OPENEA
from dualamn.data_loaders.tables import TABLES
from dualamn.errors import DataError
from dualamn.graphs.task import AlignmentTask
from dualamn.progress import ProgressCallback, silent

DATA_VARIABLE = "DUALAMN_DATA"
"""The environment variable that names the data folder where no other is given."""

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

        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import dualamn
        >>> with TemporaryDirectory() as folder:
        ...     for name in ("en", "de"):
        ...         _ = Path(folder, f"{name}.tsv").write_text("Bern\\tin\\tEurope\\n")
        ...     _ = Path(folder, "links.tsv").write_text("Bern\\tBern\\nEurope\\tEurope\\n")
        ...     [kg.name for kg in dualamn.load(folder).kgs]
        ['de', 'en']

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
    if fold is not None and not chosen.folds(folder):
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
    if snapshot is not None and not chosen.grows:
        raise DataError(
            f"@{snapshot} asks for a snapshot, but this data set does not grow; leave it out",
            path=folder,
        )
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
    """The layout of a folder; a DataError says why it has none, or several."""
    if not folder.is_dir():
        raise _no_folder(folder)
    fitting = [layout for layout in LAYOUTS if layout.fits(folder)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        message = (
            f"this folder fits {len(fitting)} layouts: "
            + "; ".join(f"{layout.name} ({layout.files})" for layout in fitting)
            + ". Name the one that is meant (--layout, in Python layout=), or remove the files of "
            "the others"
        )
    elif inside := datasets_under(folder, depth=2):
        message = f"this folder is no data set, but holds some; name one: {', '.join(inside)}"
    else:
        message = "this folder fits no known layout. " + "; ".join(
            f"{layout.name}: {layout.files}" for layout in LAYOUTS
        )
    raise DataError(message, path=folder)


def datasets_under(folder: Path, depth: int) -> list[str]:
    """Sorted relative paths of the data sets at most `depth` levels below a folder."""
    found: list[str] = []
    try:
        children = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return found
    for child in (path for path in children if not path.name.startswith(".")):
        if any(layout.fits(child) for layout in LAYOUTS):
            found.append(child.name)
        elif depth > 1:
            found.extend(f"{child.name}/{name}" for name in datasets_under(child, depth - 1))
    return found


def _by_name(name: str) -> Layout:
    layouts = {layout.name: layout for layout in LAYOUTS}
    if name in layouts:
        return layouts[name]
    near = get_close_matches(name, layouts, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise DataError(f"there is no layout {name!r}, use one of {', '.join(layouts)}{hint}")


def _no_folder(folder: Path) -> DataError:
    if folder.exists():
        message = (
            "this is a file, but a data set is a folder; to load separate files, give the "
            "files of all graphs and of the links"
        )
    elif find_known(folder) is not None:
        message = (
            f"there is no such folder; dualamn.fetch({folder.as_posix()!r}) gives the path of "
            "this data set"
        )
    else:
        message = "there is no such folder; check the path"
    return DataError(message, path=folder)


def resolve(name_or_path: str | Path, data: str | Path | None = None) -> Path:
    """The path of a data set, ready for `load`. Nothing is fetched; see `fetch` for that.

    A name such as ``dbp15k/zh_en`` or ``contea/FR-EN@5`` is looked up under the data folder,
    then taken as a path, then looked for in the cache. What begins with ``.``, ``~`` or ``/`` is
    always a path.

    A ``@K`` at the end is kept. The data folder is ``$DUALAMN_DATA`` if not given.

    Raises:
        DataError: there is no such data set; the message lists names that are near, or says how
            to fetch it.
    """
    path = find(name_or_path, data)
    if path is not None:
        return path
    name = str(name_or_path).partition("@")[0]
    raise DataError(
        f"the data set {name} is not on this machine; dualamn data get {name} fetches it, or "
        f"name the folder that holds it with --data or {DATA_VARIABLE}"
    )


def find(name_or_path: str | Path, data: str | Path | None = None) -> Path | None:
    """Like `resolve`, but None for a known data set that is not on this machine."""
    text = str(name_or_path)
    if not text.strip():
        raise DataError("the data set's name is empty; give a name or a folder")
    root = data_folder(data)
    path = Path(text).expanduser()
    is_name = not (path.is_absolute() or text.startswith((".", "~")))
    if root is not None and is_name:
        if not root.is_dir():
            raise DataError(
                f"there is no data folder here; correct --data or {DATA_VARIABLE}", path=root
            )
        if split_snapshot(root / text)[0].exists():
            return root / text
    if split_snapshot(path)[0].exists():
        return path
    known = find_known(name_or_path)
    if known is None:
        raise DataError(_not_found(text, root, is_name))
    if missing_files(known, cache_folder() / known.name):
        return None
    return cache_folder() / text


def data_folder(data: str | Path | None = None) -> Path | None:
    """The folder of data sets that is looked at first, if one is named."""
    named = data if data is not None else os.environ.get(DATA_VARIABLE) or None
    return None if named is None else Path(named).expanduser()


@dataclass(frozen=True)
class Presence:
    """Where a known data set is.

    Attributes:
        place: "data" for the data folder, "cache", or None where there is nothing of it.
        folder: its folder there; where it would go if there is none.
        missing: the files that it lacks there.
    """

    place: Literal["data", "cache"] | None
    folder: Path
    missing: list[KnownFile]


def presence(dataset: KnownDataset, data: str | Path | None = None) -> Presence:
    """Looks for a known data set where `resolve` would, paths aside."""
    root, cached = data_folder(data), cache_folder() / dataset.name
    if root is not None and (root / dataset.name).exists():
        return Presence("data", root / dataset.name, missing_files(dataset, root / dataset.name))
    missing = missing_files(dataset, cached)
    return Presence("cache" if len(missing) < len(dataset.files) else None, cached, missing)


def require_known(name: str) -> KnownDataset:
    """Like `find_known`, but a DataError lists names that are near where there is none."""
    known = find_known(name)
    if known is None:
        near = _near_names(name, known_datasets())
        hint = f"did you mean {near}?" if near else f"there are {', '.join(known_datasets())}"
        raise DataError(f"no data set is known by the name {name!r}; {hint}")
    return known


def _not_found(text: str, root: Path | None, is_name: bool) -> str:
    message = f"there is no data set {text!r}"
    if not is_name:
        return f"{message}; check the path"
    under = "in this folder" if root is None else f"under {root}"
    names = [] if root is None else datasets_under(root, depth=2)
    near = _near_names(text, names) or _near_names(text, known_datasets())
    if near:
        return f"{message} {under}; did you mean {near}?"
    if root is None:
        return (
            f"{message} {under}; give the path of a data set, or name the folder that holds them "
            f"with --data or {DATA_VARIABLE}. dualamn data list shows those that can be fetched"
        )
    if not names:
        return f"{message}, and {root} holds no data sets; correct --data or {DATA_VARIABLE}"
    return f"{message} {under}; there are {', '.join(names)}"


def _near_names(text: str, names: Iterable[str]) -> str:
    """Up to three names that were probably meant, joined by "or"."""
    # Case and separators are what people mistype most.
    plain = {_plain(name): name for name in sorted(names)}
    near = get_close_matches(_plain(text.partition("@")[0]), plain, n=3, cutoff=0.5)
    return " or ".join(plain[key] for key in near)


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace("\\", "/")
