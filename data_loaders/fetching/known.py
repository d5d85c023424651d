"""The data sets that are known by name, as `known.toml` beside this file lists them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CATALOG = Path(__file__).with_name("known.toml")
"""Where the list is."""


@dataclass(frozen=True)
class KnownFile:
    """A file of a known data set.

    Attributes:
        name: its path below the data set's folder, with forward slashes.
        blob: the id that Git gives its content.
        address: its path below the base address of a server.
        size: in bytes; None if not known.
    """

    name: str
    blob: str
    address: str
    size: int | None


@dataclass(frozen=True)
class KnownDataset:
    """A data set that is known by name.

    Attributes:
        name: such as "dbp15k/zh_en".
        graphs: what its graphs are, in words.
        repository: the owner and name of the GitHub repository that has it.
        commit: which commit of it.
        licence: the licence that the repository states.
        files: every file that its loader reads.
    """

    name: str
    graphs: str
    repository: str
    commit: str
    licence: str
    files: tuple[KnownFile, ...]


def known_datasets() -> Mapping[str, KnownDataset]:
    """Every known data set by its name, in the order in which to list them."""
    return _read(CATALOG)


def find_known(name: str | Path) -> KnownDataset | None:
    """The known data set of this name, where a ``@K`` at the end does not count."""
    text = name.as_posix() if isinstance(name, Path) else name
    return known_datasets().get(text.partition("@")[0])


@cache
def _read(path: Path) -> Mapping[str, KnownDataset]:
    listed = tomllib.loads(path.read_text(encoding="utf-8"))
    sources = {source["repository"]: source for source in listed["source"]}
    found = {}
    for entry in listed["dataset"]:
        source = sources[entry["source"]]
        place = f"{source['repository']}/{source['commit']}/{entry['folder']}"
        files = tuple(
            KnownFile(name, about["blob"], f"{place}/{name}", about.get("size"))
            for name, about in entry["files"].items()
        )
        found[entry["name"]] = KnownDataset(
            entry["name"],
            entry["graphs"],
            source["repository"],
            source["commit"],
            source["licence"],
            files,
        )
    return MappingProxyType(found)
