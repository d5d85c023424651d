"""What the benchmark scripts share: options, data, timing, tables."""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dualamn import AlignmentTask, load
from dualamn.bench.synthetic_task import make_task
from dualamn.data_loaders import resolve
from dualamn.errors import DualamnError
from dualamn.kernels import compute

MADE_ENTITIES = 22_000
"""Makes two graphs that are together about as large as one pair of DBP15K."""


@dataclass(frozen=True)
class Timing:
    """How long something took, several times over.

    Attributes:
        seconds: wall-clock seconds of every repetition.
        cpu_seconds: seconds of all processor cores together.
    """

    seconds: tuple[float, ...]
    cpu_seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Wall-clock seconds."""
        return statistics.median(self.seconds)


def alternate(
    things: Mapping[str, Callable[[], object]], repeat: int, *, warm_up: int = 1
) -> dict[str, Timing]:
    """Runs things in turn, so that whatever else the machine does falls on all of them.

    Args:
        things: what to time, by name.
        repeat: how often each is timed.
        warm_up: how often each runs before, without being timed.
    """
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in things}
    for turn in range(warm_up + repeat):
        for name, run in things.items():
            begin, cpu_begin = time.perf_counter(), time.process_time()
            run()
            if turn >= warm_up:
                seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu_begin
                taken[name].append((seconds, cpu))
    return {
        name: Timing(tuple(s for s, _ in pairs), tuple(c for _, c in pairs))
        for name, pairs in taken.items()
    }


def options(
    description: str | None, *, dataset: str, repeat: int | None
) -> argparse.ArgumentParser:
    """A parser with the options that all scripts understand; --repeat if it has a default."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder of data sets, else $DUALAMN_DATA")
    parser.add_argument("--dataset", default=dataset, help=f"name or path  [{dataset}]")
    parser.add_argument(
        "--made",
        type=int,
        nargs="?",
        const=MADE_ENTITIES,
        metavar="ENTITIES",
        help=f"synthetic data in place of a data set, from so many entities  [{MADE_ENTITIES:,}]",
    )
    parser.add_argument("--threads", type=_positive, help="CPU threads  [torch's own choice]")
    if repeat is not None:
        parser.add_argument("--repeat", type=_positive, default=repeat, help=f"[{repeat}]")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def set_threads(count: int | None) -> None:
    """Has torch and FAISS use as many threads, by torch's own choice if None."""
    import faiss
    import torch

    if count is not None:
        torch.set_num_threads(count)
    faiss.omp_set_num_threads(torch.get_num_threads())


def machine() -> str:
    """What the figures were taken on."""
    import torch

    found, versions = compute.machine(), compute.versions()
    memory = found["memory_bytes"]
    return (
        f"{found['processor']}, {found['cores']} cores, "
        f"{'?' if memory is None else round(memory / 2**30)} GiB; "
        f"threads: {torch.get_num_threads()}; dualamn {versions['dualamn']}, "
        f"torch {versions['torch']}, Python {versions['python']}"
    )


def get_task(given: argparse.Namespace, *, n_kgs: int = 2) -> AlignmentTask:
    """The data that the options ask for."""
    if not given.made:
        return load(resolve(given.dataset, given.data), seed=given.seed)
    return make_task(
        given.made,
        n_kgs=n_kgs,
        n_relations=max(2, given.made // 12),
        mean_degree=11.5,
        train_ratio=0.3,
        seed=given.seed,
    )


def describe(task: AlignmentTask) -> str:
    """The task in one line."""
    return f"{task}, {len(task.triples):,} triples"


def program(words: Sequence[str]) -> bool:
    """Shows a command of `dualamn` and runs it in a process of its own; whether it went well."""
    print(shlex.join(("dualamn", *words)), flush=True)
    return subprocess.run([sys.executable, "-m", "dualamn", *words], check=False).returncode == 0


def run(main: Callable[[], None]) -> None:
    """Runs a script, with errors of the library as one line."""
    try:
        main()
    except DualamnError as error:
        raise SystemExit(f"error: {error}") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:  # as in `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table that also reads well as it is; the first column flush left."""
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    rule = ["-" * width if i == 0 else "-" * (width - 1) + ":" for i, width in enumerate(widths)]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    return "\n".join([line(header), line(rule), *map(line, rows)])


def peak_memory() -> str:
    """The most memory this process has held at once."""
    return f"{compute.peak_memory_bytes() / 2**30:.2f} GiB"


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
