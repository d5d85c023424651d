"""Where data sets are: by name under a data folder, by path, or in the cache."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from dualamn.data_loaders.fetching.known import (
    KnownDataset,
    KnownFile,
    cache_folder,
    find_known,
    known_datasets,
    missing_files,
)
from dualamn.data_loaders.layouts import datasets_under, split_snapshot
from dualamn.errors import DataError

DATA_VARIABLE = "DUALAMN_DATA"
"""The environment variable that names the data folder where no other is given."""


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


def resolve(name_or_path: str | Path, data: str | Path | None = None) -> Path:
    """The path of a data set, ready for `load`. Nothing is fetched; see `fetch` for that.

    A name such as ``dbp15k/zh_en`` or ``contea/FR-EN@5`` is looked up under the data folder,
    then taken as a path, then looked for in the cache. What begins with ``.``, ``~`` or ``/`` is
    always a path.

    Args:
        name_or_path: the name or path; a ``@K`` at its end is kept.
        data: the data folder; ``$DUALAMN_DATA`` if not given.

    Raises:
        DataError: there is no such data set; the message lists names that are near, or says how
            to fetch it.
    """
    path = find(name_or_path, data)
    if path is None:
        name = str(name_or_path).partition("@")[0]
        raise DataError(
            f"the data set {name} is not on this machine; dualamn data get {name} fetches it, or "
            f"name the folder that holds it with --data or {DATA_VARIABLE}"
        )
    return path


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
        if _exists(root / text):
            return root / text
    if _exists(path):
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


def presence(dataset: KnownDataset, data: str | Path | None = None) -> Presence:
    """Looks for a known data set where `resolve` would, paths aside.

    Args:
        dataset: the data set.
        data: the data folder; ``$DUALAMN_DATA`` if not given.
    """
    root, cached = data_folder(data), cache_folder() / dataset.name
    if root is not None and (root / dataset.name).exists():
        return Presence("data", root / dataset.name, missing_files(dataset, root / dataset.name))
    missing = missing_files(dataset, cached)
    return Presence("cache" if len(missing) < len(dataset.files) else None, cached, missing)


def require_known(name: str) -> KnownDataset:
    """The known data set of this name, where a ``@K`` at the end does not count.

    Raises:
        DataError: there is none; the message lists names that are near.
    """
    known = find_known(name)
    if known is None:
        near = near_names(name, known_datasets())
        hint = f"did you mean {near}?" if near else f"there are {', '.join(known_datasets())}"
        raise DataError(f"no data set is known by the name {name!r}; {hint}")
    return known


def _exists(path: Path) -> bool:
    return split_snapshot(path)[0].exists()


def _not_found(text: str, root: Path | None, is_name: bool) -> str:
    message = f"there is no data set {text!r}"
    if not is_name:
        return f"{message}; check the path"
    under = "in this folder" if root is None else f"under {root}"
    names = [] if root is None else datasets_under(root, depth=2)
    near = near_names(text, names) or near_names(text, known_datasets())
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


def near_names(text: str, names: Iterable[str]) -> str:
    """Up to three names that were probably meant, joined by "or"."""
    # Case and separators are what people mistype most.
    plain = {_plain(name): name for name in sorted(names)}
    near = get_close_matches(_plain(text.partition("@")[0]), plain, n=3, cutoff=0.5)
    return " or ".join(plain[key] for key in near)


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace("\\", "/")
