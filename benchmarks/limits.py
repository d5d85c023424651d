"""Where a training step's time goes, and what memory and arithmetic would allow.

    python benchmarks/limits.py --dataset made/dwy100k-like    # a folder, or a name
    python benchmarks/limits.py --made                         # synthetic data, no download

Every kernel of the step is timed in the thread that it runs in, and the numbers that it must move
and multiply at least are counted from its arguments: rows of a matrix larger than the cache come
from memory each time they are used, those of a smaller one once. What the machine can do is
measured first, on all threads at once. Seconds are those of all threads together.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from harness import get_task, machine, options, run, set_threads, table
from torch import Tensor

from dualamn import AlignerConfig, AlignmentTask
from dualamn.encoders import gate, reflection
from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
from dualamn.kernels import rmsprop, sparse
from dualamn.kernels.autograd import each
from dualamn.kernels.memory import keep_freed_memory
from dualamn.kernels.sparse import Pattern
from dualamn.training import micro_batch
from dualamn.training.trainer import Trainer

_NUMBER = 4  # bytes of a float32
_ENTRY = 8  # of a sparse matrix's entry: column and value
_MEASURED = 2**28  # bytes of the matrix that bandwidth is measured on
_SIDE = 1024  # of the matrices that arithmetic is measured on


@dataclass
class Cost:
    """What calls of a kernel came to.

    Attributes:
        calls: how many there were.
        seconds: of the threads that they ran in.
        moved: bytes to or from memory at least.
        products: multiplications with an addition each, at least.
    """

    calls: int = 0
    seconds: float = 0.0
    moved: float = 0.0
    products: float = 0.0


Count = Callable[..., tuple[str, float, float]]
"""Of a call's arguments the kernel's name, the bytes it moves and its products."""


class Recorder:
    """Times kernels and counts what they must do.

    Args:
        dim: width of a layer; wider matrices are those of the loss.
        cache: bytes that stay in the processor's cache.
    """

    def __init__(self, dim: int, cache: float) -> None:
        self.dim, self.cache = dim, cache
        self.costs: dict[str, Cost] = defaultdict(Cost)
        self._lock = threading.Lock()
        self._inside = threading.local()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Has every kernel recorded while the block runs."""
        with ExitStack() as stack:
            for where in (sparse, reflection):
                for name, count in (
                    ("multiply", self._product),
                    ("multiply_transposed", self._transposed),
                    ("dot_rows", self._dots),
                ):
                    self._watch(stack, where, name, count)
            self._watch(stack, micro_batch, "mine", self._mining)
            self._watch(stack, gate._Gate, "forward", self._gate, static=True)
            self._watch(stack, gate._Gate, "backward", self._gate_back, static=True)
            self._watch(stack, rmsprop.RMSprop, "step", self._optimizer)
            self._watch(
                stack, micro_batch.MicroBatchedStep, "_focused", self._other("patterns of the step")
            )
            yield

    def _watch(
        self, stack: ExitStack, where: Any, name: str, count: Count, *, static: bool = False
    ) -> None:
        original = getattr(where, name)

        def timed(*arguments: Any, **named: Any) -> Any:
            if getattr(self._inside, "now", False):  # a part of what is recorded
                return original(*arguments, **named)
            self._inside.now = True
            begin = time.perf_counter()
            try:
                return original(*arguments, **named)
            finally:
                seconds = time.perf_counter() - begin
                self._inside.now = False
                self._add(seconds, *count(*arguments, **named))

        stack.enter_context(patch.object(where, name, staticmethod(timed) if static else timed))

    def _add(self, seconds: float, name: str, moved: float, products: float) -> None:
        # What the main thread asks for runs on all threads.
        alone = threading.current_thread() is not threading.main_thread()
        with self._lock:
            cost = self.costs[name]
            cost.calls += 1
            cost.seconds += seconds * (1 if alone else torch.get_num_threads())
            cost.moved += moved
            cost.products += products

    def _rows(self, uses: int, matrix: Tensor) -> float:
        """Bytes that come from memory when rows of a matrix are used so many times."""
        size = matrix.numel() * _NUMBER
        return size if size <= self.cache else uses * matrix.shape[1] * _NUMBER

    def _name(self, what: str, pattern: Pattern, dense: Tensor) -> str:
        if dense.shape[1] != self.dim:
            return "distances in the loss"
        return f"{what} {'neighbours' if pattern.shape[0] <= pattern.shape[1] else 'relations'}"

    def _product(
        self, pattern: Pattern, values: Tensor, dense: Tensor, **_: Any
    ) -> tuple[str, float, float]:
        e, out = pattern.n_entries, pattern.shape[0] * dense.shape[1] * _NUMBER
        moved = e * _ENTRY + self._rows(e, dense) + out
        return self._name("sums over", pattern, dense), moved, e * dense.shape[1]

    def _transposed(
        self, pattern: Pattern, values: Tensor, dense: Tensor
    ) -> tuple[str, float, float]:
        e, out = pattern.n_entries, pattern.shape[1] * dense.shape[1] * _NUMBER
        tall = pattern.shape[0] > pattern.shape[1]
        rows = dense.numel() * _NUMBER if tall else self._rows(e, dense)
        name = self._name("sums over", pattern, dense)
        return name, e * _ENTRY + rows + out, e * dense.shape[1]

    def _dots(self, pattern: Pattern, left: Tensor, right: Tensor) -> tuple[str, float, float]:
        e = pattern.n_entries
        moved = e * _ENTRY + left.numel() * _NUMBER + self._rows(e, right)
        return self._name("dot products with", pattern, left), moved, e * left.shape[1]

    def _mining(
        self, embedded: list[Tensor], anchors: np.ndarray[Any, Any], k: int, projection: Tensor
    ) -> tuple[str, float, float]:
        n, (width, narrow) = len(embedded[0]), projection.shape
        return "mining", n * width * _NUMBER, n * narrow * (width + len(anchors))

    def _gate(self, ctx: Any, rows: Any, proxies: Tensor, *_: Any) -> tuple[str, float, float]:
        q, (c, width) = len(rows[0]), proxies.shape
        return "gate, forward", 3 * q * width * _NUMBER, q * width * (2 * c + width)

    def _gate_back(self, ctx: Any, grad: Tensor) -> tuple[str, float, float]:
        proxies = ctx.saved_tensors[0]
        q, (c, width) = int((grad != 0).any(dim=1).sum()), proxies.shape
        return "gate, backward", 4 * q * width * _NUMBER, q * width * (5 * c + 2 * width)

    def _optimizer(self, optimizer: rmsprop.RMSprop, *_: Any) -> tuple[str, float, float]:
        n = sum(mean.numel() for mean in optimizer.mean_squares)
        return "optimiser", 5 * n * _NUMBER, 3 * n

    def _other(self, name: str) -> Count:
        return lambda *_: (name, 0.0, 0.0)


def bandwidth() -> float:
    """Bytes a second that all threads together read and write."""
    size = _MEASURED // _NUMBER // torch.get_num_threads()
    pairs = [(torch.ones(size), torch.ones(size)) for _ in range(torch.get_num_threads())]

    def copy(pair: tuple[Tensor, Tensor]) -> None:
        torch.add(pair[0], 1, out=pair[1])

    return 2 * size * _NUMBER * len(pairs) / _best(copy, pairs)


def arithmetic() -> float:
    """Products a second of all threads together, each with an addition."""
    square = torch.ones(_SIDE, _SIDE)
    results = [torch.empty(_SIDE, _SIDE) for _ in range(torch.get_num_threads())]

    def product(out: Tensor) -> None:
        torch.mm(square, square, out=out)

    return len(results) * float(_SIDE) ** 3 / _best(product, results)


def _best(work: Callable[[Any], None], items: list[Any]) -> float:
    """Seconds that one thread for each item takes, the least of some turns."""
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        each([lambda item=item: work(item) for item in items])  # type: ignore[misc]
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def record(task: AlignmentTask, config: AlignerConfig, steps: int, cache: float) -> list[list[str]]:
    """The lines of the table: one for every kernel, then all else and the sum."""
    rate, speed = bandwidth(), arithmetic()
    threads = torch.get_num_threads()
    print(
        f"{threads} threads move {rate / 1e9:.1f} GB/s and multiply {speed / 1e9:.0f} billion "
        "pairs of numbers a second"
    )
    torch.set_float32_matmul_precision(config.matmul_precision)
    encoder = TrainedDualAMN(task, config, torch.device("cpu"))
    trainer = Trainer(encoder.network, encoder.graph, task, config)
    rng, generator = np.random.default_rng(config.seed), torch.Generator().manual_seed(config.seed)
    others = trainer._others(rng)
    batches = np.array_split(rng.permutation(len(task.seed_links)), trainer.batches)
    recorder = Recorder(config.dim, cache)
    wall = 0.0
    for step in range(steps + 1):
        begin = time.perf_counter()
        with ExitStack() as stack:
            if step:  # the first one warms up
                stack.enter_context(recorder.watching())
            trainer._step(batches[step % len(batches)], others, step, rng, generator)
        wall += time.perf_counter() - begin if step else 0
    total = wall * threads
    lines = []
    for name, cost in sorted(recorder.costs.items(), key=lambda item: -item[1].seconds):
        least = max(cost.moved / rate, cost.products / speed) * threads
        lines.append(
            [
                name,
                f"{cost.calls / steps:.0f}",
                f"{cost.seconds / steps:.3f}",
                f"{cost.seconds / total:.0%}",
                f"{cost.moved / steps / 1e9:.2f}" if cost.moved else "-",
                f"{cost.products / steps / 1e9:.1f}" if cost.products else "-",
                f"{least / cost.seconds:.0%}" if least else "-",
            ]
        )
    rest = total - sum(cost.seconds for cost in recorder.costs.values())
    lines.append(["all else", "-", f"{rest / steps:.3f}", f"{rest / total:.0%}", "-", "-", "-"])
    whole = f"a step of {wall / steps:.2f} s"
    lines.append([whole, "-", f"{total / steps:.3f}", "100%", "-", "-", "-"])
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints what the machine can do, and the table."""
    parser = options(__doc__, dataset="dbp15k/zh_en", repeat=None)
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--steps", type=int, default=5, help="steps that are timed  [5]")
    parser.add_argument("--cache", type=float, default=32, help="MiB of cache  [32]")
    given = parser.parse_args(arguments)
    keep_freed_memory()
    set_threads(given.threads)
    task = get_task(given)
    config = AlignerConfig.preset(given.preset)
    if config.encoder == "propagation":
        parser.error(f"--preset {given.preset}: it trains nothing, take balanced, best or paper")
    if given.steps < 1 or given.cache < 0:
        parser.error("--steps must be 1 or more, --cache 0 or more")
    print(f"{task.name}, {task.n_triples:,} triples, {given.preset}; {machine()}\n")
    lines = record(task, config, given.steps, given.cache * 2**20)
    head = ["kernel", "calls", "thread s", "share", "GB", "10⁹ products", "of what is possible"]
    print("\n" + table(head, lines))


if __name__ == "__main__":
    run(main)
