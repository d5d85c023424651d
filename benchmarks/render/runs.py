"""Run files: what `dualamn bench --json` wrote, one report each."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dualamn.errors import DataError

KEYS = ("dataset", "preset", "settings", "versions", "machine", "runs")
RUN_KEYS = ("seed", "metrics", "seconds", "peak_memory_bytes")
SEED_SHARE = "seed_share"
"""The folder of the study of seed shares, whose runs are shown apart."""


@dataclass(frozen=True)
class Figure:
    """A measured number over the runs of a report.

    Attributes:
        mean: over the runs.
        std: standard deviation of a sample, None for a single run.
        interval: lower and upper bound, where every run has bounds from a bootstrap over test
            links: their means over the runs.
    """

    mean: float
    std: float | None = None
    interval: tuple[float, float] | None = None

    @property
    def bounds(self) -> tuple[float, float]:
        """What an error bar spans: the interval, else one deviation either way, else nothing."""
        if self.interval is not None:
            return self.interval
        spread = self.std or 0.0
        return self.mean - spread, self.mean + spread


@dataclass(frozen=True, eq=False)
class Report:
    """One run file.

    Attributes:
        file: its path below the folder of results, with slashes.
        dataset, preset: as `dualamn bench` names them.
        settings, versions, machine: as measured.
        runs: one mapping a run, see `dualamn.bench.benchmark`.
    """

    file: str
    dataset: str
    preset: str
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    machine: Mapping[str, Any]
    runs: Sequence[Mapping[str, Any]]

    def score(self, protocol: str, direction: str, metric: str) -> Figure | None:
        """A ranking metric, None where it was not run."""
        place = (protocol, direction, metric)
        values = [_at(run["metrics"], place) for run in self.runs]
        return _figure(values, [_at(run.get("intervals"), place) for run in self.runs])

    def links(self, protocol: str, metric: str) -> Figure | None:
        """Precision, recall or another measure of the links given out, None where not run."""
        place = (protocol, metric)
        values = [_at(run.get("links"), place) for run in self.runs]
        bounds = [_at(run.get("intervals"), (protocol, "links", metric)) for run in self.runs]
        return _figure(values, bounds)

    def curve(self, protocol: str) -> Mapping[str, Sequence[float | None]] | None:
        """Precision and recall by threshold, of the first run that has them."""
        curves = (_at(run.get("curves"), (protocol,)) for run in self.runs)
        return next((curve for curve in curves if curve), None)

    def protocols_of(self, key: str) -> list[str]:
        """The protocols that runs have under `links` or `curves`."""
        return list(dict.fromkeys(name for run in self.runs for name in run.get(key) or ()))

    @property
    def scored(self) -> list[str]:
        """The protocols that its runs were scored by."""
        names = dict.fromkeys(name for run in self.runs for name in run["metrics"])
        ways = ("left_to_right", "right_to_left")
        return [n for n in names if any(self.score(n, way, "hits@1") for way in ways)]

    @property
    def seconds(self) -> Figure:
        """Of a whole process, from its start to the scores by all protocols of `scored`."""
        return _present([run["seconds"]["total"] for run in self.runs])

    @property
    def gibibytes(self) -> Figure:
        """Peak resident memory of a process."""
        return _present([run["peak_memory_bytes"] / 2**30 for run in self.runs])


def read_reports(folder: Path) -> list[Report]:
    """All run files below a folder, in the order of their paths.

    Raises:
        DataError: there are none, or a file is not what `dualamn bench --json` writes.
    """
    files = sorted(folder.rglob("*.json"), key=lambda path: path.relative_to(folder).as_posix())
    if not files:
        raise DataError("no run files here; `dualamn bench --json FILE` writes them", path=folder)
    return [read_report(path, folder) for path in files]


def read_report(path: Path, folder: Path) -> Report:
    """One run file.

    Raises:
        DataError: it is not what `dualamn bench --json` writes.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read as JSON ({error})", path=path) from error
    _must_have(content, KEYS, "a run file", path)
    if not isinstance(content["runs"], list) or not content["runs"]:
        raise DataError("has no runs", path=path)
    for run in content["runs"]:
        _must_have(run, RUN_KEYS, "a run", path)
        _must_have(run["seconds"], ("total",), "the seconds of a run", path)
    return Report(path.relative_to(folder).as_posix(), *(content[key] for key in KEYS))


def _must_have(value: Any, keys: Sequence[str], what: str, path: Path) -> None:
    missing = [key for key in keys if not isinstance(value, dict) or key not in value]
    if missing:
        raise DataError(
            f"{what} needs {missing[0]!r}, which is not there; "
            "write it anew with `dualamn bench --json`",
            path=path,
        )


def _at(tree: Any, place: Sequence[str]) -> Any:
    for key in place:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def _figure(values: Sequence[Any], bounds: Sequence[Any]) -> Figure | None:
    if any(value is None for value in values):
        return None
    if any(bound is None for bound in bounds):
        return _present(values)
    low, high = (statistics.fmean(bound[end] for bound in bounds) for end in (0, 1))
    return _present(values, (low, high))


def _present(values: Sequence[float], interval: tuple[float, float] | None = None) -> Figure:
    std = statistics.stdev(values) if len(values) > 1 else None
    return Figure(statistics.fmean(values), std, interval)
