"""What is known beside our own runs: data sets by name, and figures that others published."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from dualamn.errors import DataError

PUBLISHED = Path(__file__).with_name("published.toml")
NOT_STATED = "not stated"
STATED_DIRECTIONS = ("left_to_right", "right_to_left", NOT_STATED)


@dataclass(frozen=True)
class PublishedDataset:
    """How a data set is shown.

    Attributes:
        name: as `dualamn bench` knows it.
        family, title: the section it stands in, and its name there, the left graph first.
        seed_share: the share of links that are seeds unless a run says otherwise, None if unknown.
    """

    name: str
    family: str
    title: str
    seed_share: float | None = None


@dataclass(frozen=True)
class Source:
    """Where published figures are from; `direction` and `time` say what is known of them."""

    id: str
    citation: str
    url: str
    where: str
    direction: str
    time: str


@dataclass(frozen=True)
class PublishedFigure:
    """Scores of one method on one data set.

    Attributes:
        source: id of a `Source`.
        scores: fractions by metric.
        direction: one of `STATED_DIRECTIONS`.
        spread: standard deviation of Hits@1 over folds or runs, where stated.
        seconds: of a whole run, where stated for this method.
        machine: what it ran on, where stated.
    """

    source: str
    method: str
    dataset: str
    protocol: str
    scores: Mapping[str, float]
    direction: str = NOT_STATED
    spread: float | None = None
    seconds: float | None = None
    machine: str = NOT_STATED


@dataclass(frozen=True)
class Published:
    """The contents of published.toml."""

    datasets: Mapping[str, PublishedDataset]
    families: Mapping[str, str]
    sources: Mapping[str, Source]
    figures: tuple[PublishedFigure, ...]

    def dataset(self, name: str) -> PublishedDataset:
        """A known data set, or one that stands in a section of its own."""
        return self.datasets.get(name) or PublishedDataset(name, family=name, title=name)

    def beside(
        self, dataset: str, protocol: str, seed_share: float | None = None
    ) -> list[PublishedFigure]:
        """What others report of a data set, by this protocol.

        Nothing if the share of links that are seeds is not the data set's usual one, which None
        stands for: such figures cannot be compared.
        """
        if seed_share not in (None, self.dataset(dataset).seed_share):
            return []
        return [f for f in self.figures if (f.dataset, f.protocol) == (dataset, protocol)]

    def family_order(self, families: set[str]) -> list[str]:
        """Families as listed, then the others by name."""
        known = list(dict.fromkeys(dataset.family for dataset in self.datasets.values()))
        return [f for f in known if f in families] + sorted(families - set(known))

    def dataset_order(self, name: str) -> tuple[int, str]:
        """A key that sorts data sets as listed, then the others by name."""
        known = list(self.datasets)
        return (known.index(name) if name in known else len(known), name)


T = TypeVar("T")


def read_published(path: Path = PUBLISHED) -> Published:
    """Reads published.toml, or another list of its kind.

        >>> published = read_published()
        >>> published.dataset("dbp15k/zh_en").title
        'ZH-EN'

    Raises:
        DataError: it is no TOML, an entry has a wrong or missing key, or a figure names a
            source, data set or direction that is not there.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read as TOML ({error})", path=path) from error
    datasets = {d.name: d for d in _entries(content, "dataset", PublishedDataset, path)}
    sources = {s.id: s for s in _entries(content, "source", Source, path)}
    figures = _entries(content, "figure", PublishedFigure, path)
    for figure in figures:
        for what, name, names in (
            ("source", figure.source, sources),
            ("data set", figure.dataset, datasets),
            ("direction", figure.direction, STATED_DIRECTIONS),
        ):
            if name not in names:
                raise DataError(f"{figure.method} names an unknown {what}, {name!r}", path=path)
    families = {entry["name"]: entry["text"].strip() for entry in content.get("family", ())}
    return Published(datasets, families, sources, tuple(figures))


def _entries(content: Mapping[str, Any], key: str, kind: type[T], path: Path) -> list[T]:
    entries = []
    for entry in content.get(key, ()):
        try:
            entries.append(kind(**entry))
        except TypeError as error:
            names = ", ".join(field.name for field in fields(kind))  # type: ignore[arg-type]
            raise DataError(
                f"a [[{key}]] has other keys than {names} ({error})", path=path
            ) from error
    return entries
