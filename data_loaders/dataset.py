"""What a layout's reader is asked for and gives back, and how that becomes a task."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dualamn.errors import DataError
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask, check_seed
from dualamn.link_files.numbered_links import PairLinks
from dualamn.progress import Progress, ProgressCallback, silent

DEFAULT_TRAIN_RATIO = 0.3
"""The share of links used as seeds where a data set publishes no split, as all papers do."""


@dataclass(frozen=True)
class Request:
    """What to read: the published fold, None for the first; the snapshot, None for the base."""

    folder: Path
    fold: int | None = None
    snapshot: int | None = None
    progress: ProgressCallback = silent

    def step(self, done: int, total: int) -> None:
        """Reports one step of loading."""
        self.progress(Progress("load", done, total))


@dataclass(frozen=True, eq=False)
class Dataset:
    """What a folder holds, before a split is drawn and the entities are permuted.

    Attributes:
        kgs: the graphs.
        links: for every pair of graphs that has links, (left, right) -> links in local numbers.
        notes: what reading merged or skipped, each with its count.
    """

    kgs: tuple[KnowledgeGraph, ...]
    links: dict[tuple[int, int], PairLinks]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Layout:
    """One way in which data sets lie in a folder.

    Attributes:
        name: what users call it.
        files: which files it has, for messages.
        fits: whether a folder looks like this layout, complete or not.
        read: reads such a folder.
        folds: whether such a folder publishes folds.
        grows: whether the layout has snapshots.
    """

    name: str
    files: str
    fits: Callable[[Path], bool]
    read: Callable[[Request], Dataset]
    folds: Callable[[Path], bool] = lambda _: False
    grows: bool = False


def assemble(dataset: Dataset, *, name: str, train_ratio: float | None, seed: int) -> AlignmentTask:
    """Makes the task: the published split, or one drawn by the seed; see `check_split` first."""
    table: dict[tuple[int, int], PairLinks] = {}
    notes = list(dataset.notes)
    if train_ratio is None and any(links.is_unsplit for links in dataset.links.values()):
        notes.append(f"no split is published: {DEFAULT_TRAIN_RATIO:.0%} of the links become seeds")
    for (left, right), links in dataset.links.items():
        if train_ratio is not None or links.is_unsplit:
            ratio = DEFAULT_TRAIN_RATIO if train_ratio is None else train_ratio
            links = links.split(ratio, np.random.default_rng([seed, left, right]))
        table[left, right] = links
    return AlignmentTask.from_kgs(
        dataset.kgs,
        {pair: links.seeds for pair, links in table.items()},
        {pair: links.test for pair, links in table.items()},
        {pair: links.valid for pair, links in table.items()},
        name=name,
        seed=seed,
        notes=notes,
    )


def check_split(train_ratio: float | None, seed: int) -> None:
    """Raises a DataError unless a split can be drawn with these.

    The share of seed links must be above 0 and at most 1, and the seed not negative.
    """
    check_seed(seed)
    if train_ratio is None or 0 < train_ratio <= 1:
        return
    hint = f" ({train_ratio:g}% is {train_ratio / 100:g})" if 1 < train_ratio < 100 else ""
    shown = "not a number" if math.isnan(train_ratio) else f"{train_ratio:g}"
    raise DataError(
        f"train_ratio is {shown}, but it is the share of the links used as seeds: "
        f"use a number above 0 and at most 1, such as 0.3{hint}"
    )


def pair_names(folder: Path) -> tuple[str, str]:
    """Short names for the two graphs of a folder named like ``zh_en`` or ``EN_FR_15K_V1``."""
    left, right, *rest = (*re.split(r"[_-]", folder.name), "")
    named = left.isalpha() and right.isalpha() and left != right
    if named and (len(rest) < 2 or rest[0][:1].isdigit()):
        return left, right
    return "kg1", "kg2"
