"""Graphs that grow: how good links are after every update, and how they change."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dualamn.alignment import Alignment
from dualamn.config import DEFAULT_PRESET, AlignerConfig, PresetName
from dualamn.data_loaders.growth import Growth
from dualamn.errors import ConfigError
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels import compute
from dualamn.kernels.arrays import Int32Array
from dualamn.progress import ProgressCallback, silent
from dualamn.updating.updated import Retrain

Links = set[tuple[str, str]]
Snapshot = dict[str, Any]
"""What was measured of one snapshot, as it is written as JSON."""


@dataclass(frozen=True)
class Growing:
    """What to run: one alignment of the first snapshot, and an update for each of the others.

    Links are scored as ContEA does (Wang et al., "Facing changes: continual entity alignment for
    growing knowledge graphs", ISWC 2022): candidates are all entities but those of training and
    validation links, links are of entities that are each other's nearest, those of before stay, and
    a link that is not among the test links is incorrect.

    Attributes:
        path: the data set's folder, in a layout that has snapshots.
        dataset: what the report calls it.
        first, last: snapshots from and to.
        preset: a named set of settings.
        settings: settings of `AlignerConfig` that differ from the preset.
        seed: of the run.
        retrain: see `Aligner.update`.
        full: also align every snapshot anew, to compare with.
    """

    path: Path
    dataset: str
    first: int
    last: int
    preset: PresetName = DEFAULT_PRESET
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    retrain: Retrain = "auto"
    full: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.first < self.last:
            raise ConfigError(
                f"snapshots {self.first} to {self.last} do not grow; give two such as 0-5"
            )

    @property
    def config(self) -> AlignerConfig:
        """The settings of all runs."""
        return AlignerConfig.preset(self.preset, **{**self.settings, "seed": self.seed})

    def task(self, number: int) -> AlignmentTask:
        """One snapshot.

        Raises:
            DataError: the data set cannot be loaded, or has no such snapshot.
        """
        from dualamn.data_loaders import load

        return load(self.path.with_name(f"{self.path.name}@{number}"), seed=self.seed)

    def runs(self, progress: ProgressCallback = silent) -> Iterator[Snapshot]:
        """Runs one snapshot after the other, each given out as it is done."""
        from dualamn.aligner import Aligner

        aligner, task = Aligner(self.config), self.task(self.first)
        started = time.perf_counter()
        found = aligner.fit(task, progress=progress).align(progress=progress)
        before = _Snapshot(task, found)
        yield {
            "snapshot": self.first,
            "update": before.scores() | {"seconds": time.perf_counter() - started},
        }
        del found
        for number in range(self.first + 1, self.last + 1):
            now = self.task(number)
            growth = growth_between(before.task, now)
            started = time.perf_counter()
            update = aligner.update(growth, retrain=self.retrain, progress=progress)
            seconds = time.perf_counter() - started
            one: Snapshot = {"snapshot": number}
            after = _Snapshot(now, update.alignment)
            one["update"] = before.compared(after) | {
                "seconds": seconds,
                "trained": update.trained,
            }
            if self.full:
                anew, started = Aligner(self.config), time.perf_counter()
                found = anew.fit(now, progress=progress).align(progress=progress)
                one["full"] = before.followed_by(_Snapshot(now, found)) | {
                    "seconds": time.perf_counter() - started
                }
                del anew, found
            before = after
            yield one

    def report(self, snapshots: list[Snapshot]) -> dict[str, Any]:
        """Everything in one object that can be written as JSON."""
        return {
            "dataset": self.dataset,
            "preset": self.preset,
            "settings": self.config.to_dict() | {"retrain": self.retrain},
            "versions": compute.versions(),
            "machine": compute.machine("cpu" if self.config.device == "cpu" else "auto"),
            "snapshots": snapshots,
        }


def growth_between(old: AlignmentTask, new: AlignmentTask) -> Growth:
    """What has to be added to the graphs of a task, and taken away, to get those of another."""
    added, gone = {}, {}
    for before, now in zip(old.kgs, new.kgs, strict=True):
        was, is_now = set(_statements(before)), set(_statements(now))
        if more := sorted(is_now - was):
            added[before.name] = more
        if less := sorted(was - is_now):
            gone[before.name] = less
    return Growth(added, gone)


def _statements(kg: KnowledgeGraph) -> Iterator[tuple[str, str, str]]:
    heads, relations, tails = kg.triples.T
    columns = kg.entities[heads], kg.relations[relations], kg.entities[tails]
    return zip(*(column.tolist() for column in columns), strict=True)


class _Snapshot:
    """The links of a snapshot, by identifier, and what is known of it."""

    def __init__(self, task: AlignmentTask, found: Alignment) -> None:
        self.task = task
        self.test = _named(task, task.test_links)
        self.entities = [set(kg.entities.tolist()) for kg in task.kgs]
        ends = task.identifiers(task.valid_links)
        self._validated = [set(side.tolist()) for side in ends.T] if len(ends) else [set(), set()]
        self.all, self.written = self._links(found), self._links(found.written())

    def _links(self, found: Alignment) -> Links:
        """Links of entities that could be linked: not those of validation links."""
        one, other = self._validated
        links = _named(found.task, found.links)
        return {(x, y) for x, y in links if x not in one and y not in other}

    def scores(self) -> Snapshot:
        """Scores of all links that were found, and of those that are written."""
        return {"all": score(self.all, self.test), "written": score(self.written, self.test)}

    def followed_by(self, after: _Snapshot) -> Snapshot:
        """Scores of the links of the next snapshot, of all and of new entities."""
        test = after.test - self.test
        one, other = self.entities

        def new(links: Links) -> Links:
            return {p for p in links if p[0] not in one or p[1] not in other or p in test}

        return {
            "all": score(after.all, after.test),
            "written": score(after.written, after.test),
            "new": score(new(after.all), test),
            "new_written": score(new(after.written), test),
        }

    def compared(self, after: _Snapshot) -> Snapshot:
        """Scores of the next snapshot, and what became of the links of this one.

        Shares are of links that were found, and the same of those that were written: `lost` of the
        correct ones of before, `churn` of all of before; `unchanged` of those of entities whose
        statements are the same.
        """
        same = self._unchanged(after.task)
        measured = self.followed_by(after)
        for name in ("all", "written"):
            was, now = getattr(self, name), getattr(after, name)
            correct = was & self.test
            calm = {pair for pair in was if pair[0] in same[0] and pair[1] in same[1]}
            measured[name] |= {
                "lost": _share(correct - now, correct),
                "churn": _share(was - now, was),
                "unchanged": _share(calm - now, calm),
            }
        return measured

    def _unchanged(self, task: AlignmentTask) -> list[set[str]]:
        """The entities of either graph whose statements are the same in the next snapshot."""
        found = []
        for before, now in zip(self.task.kgs, task.kgs, strict=True):
            was, is_now = set(_statements(before)), set(_statements(now))
            changed = {end for head, _, tail in was ^ is_now for end in (head, tail)}
            found.append(set(before.entities.tolist()) - changed)
        return found


def score(links: Links, test: Links) -> dict[str, float]:
    """Precision, recall and F1 of links, of which those that are no test links are incorrect."""
    correct = len(links & test)
    return {
        "links": len(links),
        "precision": correct / max(len(links), 1),
        "recall": correct / max(len(test), 1),
        "f1": 2 * correct / max(len(links) + len(test), 1),
    }


def _share(some: Links, whole: Links) -> float:
    return len(some) / max(len(whole), 1)


def _named(task: AlignmentTask, links: Int32Array) -> Links:
    return {(left, right) for left, right in task.identifiers(links).tolist()}
