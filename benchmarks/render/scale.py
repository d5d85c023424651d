"""Runs on data of growing size: a table for docs/scale.md, and plots of time and memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dualamn.errors import DataError
from render import text
from render.lines import preset_order
from render.specs import LogPlot, Series

STAGES = ("load", "train", "search", "match", "total")
GIB = 2**30


@dataclass(frozen=True)
class Run:
    """One run file of benchmarks/scale.py.

    Attributes:
        dataset: its name, without the word that it is made.
        triples: of both graphs.
        seconds: by stage, and in total.
        memory: GiB that the process held at most.
        planned: GiB that were expected; None in older files.
        hits: Hits@1, test side, left to right.
    """

    dataset: str
    preset: str
    triples: int
    seconds: dict[str, float]
    memory: float
    planned: float | None
    hits: float


def read_runs(folder: Path) -> list[Run]:
    """All run files of a folder, by preset and then from the smallest.

    Raises:
        DataError: a file that is no run file of benchmarks/scale.py.
    """
    runs = [_read(path) for path in sorted(folder.glob("*.json"))]
    return sorted(runs, key=lambda run: (preset_order(run.preset), run.triples, run.dataset))


def _read(path: Path) -> Run:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        mean = report["mean"]
        planned = report["runs"][0].get("planned_memory_bytes")
        return Run(
            dataset=str(report["dataset"]).removeprefix("made "),
            preset=report["preset"],
            triples=int(report["graphs"]["triples"]),
            seconds={stage: float(mean["seconds"][stage]) for stage in STAGES},
            memory=float(mean["peak_memory_bytes"]) / GIB,
            planned=None if planned is None else planned / GIB,
            hits=float(mean["metrics"]["test_only"]["left_to_right"]["hits@1"]),
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise DataError(
            f"is no run file of benchmarks/scale.py ({type(error).__name__}: {error})", path=path
        ) from None


def table(runs: Sequence[Run]) -> str:
    """A row for every run, with the time a triple in terms of the preset's smallest size's."""
    head = ["synthetic data, preset", "triples", *(f"{stage} s" for stage in STAGES)]
    head += ["µs a triple", "by the first", "peak GiB", "planned", "Hits@1 →"]
    first: dict[str, float] = {}
    rows = []
    for run in runs:
        each = 1e6 * run.seconds["total"] / run.triples
        share = "" if run.preset not in first else f"{each / first[run.preset]:.2f}"
        first.setdefault(run.preset, each)
        rows.append(
            [
                f"{run.dataset}, {run.preset}",
                f"{run.triples:,}",
                *(f"{run.seconds[stage]:,.1f}" for stage in STAGES),
                f"{each:.1f}",
                share,
                f"{run.memory:.2f}",
                "" if run.planned is None else f"{run.planned:.2f}",
                text.fraction(run.hits),
            ]
        )
    return "\n".join(text.table(head, rows, left=1))


def plots(runs: Sequence[Run]) -> list[LogPlot]:
    """Seconds of every stage, and memory, against triples; a line for every preset."""
    if not runs:
        return []
    return [
        LogPlot(
            name="scale_time",
            title="Time against size",
            x_axis="triples of both graphs",
            y_axis="seconds",
            panels=tuple(
                (stage, _series(runs, [run.seconds[stage] for run in runs])) for stage in STAGES
            ),
        ),
        LogPlot(
            name="scale_memory",
            title="Memory against size",
            x_axis="triples of both graphs",
            y_axis="GiB",
            panels=(
                ("most that was held", _series(runs, [run.memory for run in runs])),
                ("most that was planned", _series(runs, [run.planned for run in runs])),
            ),
        ),
    ]


def _series(runs: Sequence[Run], values: Sequence[float | None]) -> tuple[Series, ...]:
    points: dict[str, list[tuple[float, float]]] = {}
    for run, value in zip(runs, values, strict=True):
        if value:  # what took no time, or was not planned, has no logarithm
            points.setdefault(run.preset, []).append((float(run.triples), value))
    return tuple(
        Series(preset, preset, tuple(x for x, _ in at), tuple(y for _, y in at))
        for preset, at in points.items()
    )
