"""Where known data sets are on this machine, and what they lack there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dualamn.data_loaders.catalog import data_folder, near_names
from dualamn.data_loaders.fetching.cache import cache_folder, missing_files
from dualamn.data_loaders.fetching.known import KnownDataset, find_known, known_datasets
from dualamn.errors import DataError


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
    missing: tuple[str, ...]


def presence(dataset: KnownDataset, data: str | Path | None = None) -> Presence:
    """Looks for a known data set where `resolve` would, paths aside.

    Args:
        dataset: the data set.
        data: the data folder; ``$DUALAMN_DATA`` if not given.
    """
    root, cached = data_folder(data), cache_folder() / dataset.name
    if root is not None and (root / dataset.name).exists():
        missing = _names(dataset, root / dataset.name)
        return Presence("data", root / dataset.name, missing)
    missing = _names(dataset, cached)
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


def _names(dataset: KnownDataset, folder: Path) -> tuple[str, ...]:
    return tuple(file.name for file in missing_files(dataset, folder))
