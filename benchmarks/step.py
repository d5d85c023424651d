"""A training epoch of the engine against the same model written densely with PyG.

    python benchmarks/step.py --data DIR          # DIR/dbp15k/zh_en, or $DUALAMN_DATA
    python benchmarks/step.py --made              # synthetic data, no download
    python benchmarks/step.py --only ours         # one side alone
    python benchmarks/step.py --profile           # where the reference spends its time

An epoch is every seed link once. Each side runs in a process of its own, so that it has its own
allocator and its own peak of memory; they take turns, so that whatever else the machine does
falls on both. Before anything is timed, the reference must give the engine's loss and gradient on
a small graph.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

from harness import describe, get_task, machine, options, run, set_threads, table

from dualamn import AlignerConfig, AlignmentTask
from dualamn.bench.synthetic_task import make_task
from dualamn.kernels import compute

SIDES = {
    "ours": "dualamn, as the program trains",
    "reference": "dense PyG, torch defaults",
    "ours-plain": "dualamn, torch defaults",
    "reference-tuned": "dense PyG, as the program trains",
}
"""What can be timed. The program has dense products in bfloat16 where the processor can, and keeps
freed memory; torch's defaults are float32 and the memory as the C library handles it. The last
two have each other's settings, to tell apart what these bring and what the algorithm does."""

Turn = tuple[float, float, int]
"""Seconds, seconds of all cores together, and bytes of memory at the highest so far."""


def losses(task: AlignmentTask, config: AlignerConfig) -> tuple[float, float, float]:
    """The same model and batch on both sides, every entity a candidate, without dropout.

    Returns:
        The engine's loss, the reference's, and the cosine between their gradients for the
        entity and relation embeddings.
    """
    import numpy as np
    import torch
    from reference import DenseDualAMN, dense_loss

    from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
    from dualamn.training.loss import LossLayout, hard_sample_loss
    from dualamn.training.micro_batch import LOSS_TAU

    encoder = TrainedDualAMN(task, config, torch.device("cpu"))
    network, everyone = encoder.network, np.arange(task.n_entities, dtype=np.int32)
    pairs = task.seed_links
    negatives = np.tile(everyone, (2 * len(pairs), 1))
    layout = LossLayout.build(pairs, negatives, everyone, task.n_entities)
    branches = network(encoder.graph, layout.rows)
    ours = hard_sample_loss(
        branches, layout, gamma=config.gamma, scale=config.loss_scale, tau=LOSS_TAU
    )
    dense = DenseDualAMN(encoder)
    theirs = dense_loss(dense(), torch.from_numpy(pairs).long(), config)
    mine, others = (
        torch.autograd.grad(loss, (net.entities, net.relations))
        for loss, net in ((ours, network), (theirs, dense))
    )
    mine = (mine[0][encoder.graph.position], mine[1])  # the engine's order inside is its own
    grads = [torch.cat([part.flatten() for part in parts]) for parts in (mine, others)]
    cosine = torch.nn.functional.cosine_similarity(grads[0], grads[1], dim=0)
    return ours.item(), theirs.item(), cosine.item()


def check() -> str:
    """Holds both sides to each other on a small synthetic graph.

    Raises:
        SystemExit: they differ.
    """
    ours, theirs, cosine = losses(make_task(60, seed=1), AlignerConfig.preset("paper"))
    if abs(ours / theirs - 1) > 1e-4 or cosine < 0.9999:
        raise SystemExit(
            f"the two sides are not the same model: on a small graph the loss is {ours:.6f} by "
            f"dualamn and {theirs:.6f} by the reference, the gradients' cosine {cosine:.6f}"
        )
    return f"same model: loss {ours:.4f} and {theirs:.4f} on a small graph, cosine {cosine:.5f}"


def epochs(side: str, task: AlignmentTask, seed: int) -> tuple[Callable[[], object], int]:
    """What trains one side, and how many epochs a call of it is."""
    import torch

    from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
    from dualamn.kernels.memory import keep_freed_memory
    from dualamn.progress import silent
    from dualamn.training.trainer import Trainer

    tuned = side in ("ours", "reference-tuned")
    if tuned:
        keep_freed_memory()
    config = AlignerConfig.preset(
        "paper", seed=seed, device="cpu", matmul_precision="medium" if tuned else "highest"
    )
    encoder = TrainedDualAMN(task, config, torch.device("cpu"))
    if side.startswith("reference"):
        from reference import DenseTraining

        torch.set_float32_matmul_precision(config.matmul_precision)
        torch.manual_seed(seed)
        return DenseTraining(encoder).epoch, 1
    config = AlignerConfig.from_dict(config.to_dict() | {"epochs": 1})
    trainer = Trainer(encoder.network, encoder.graph, task, config)
    return lambda: trainer.run(progress=silent, checkpoint=None, resume=False), config.epochs


def work(side: str, given: argparse.Namespace, line: Connection) -> None:
    """The process of one side: an epoch, or what goes for some, whenever it is told to."""
    try:
        set_threads(given.threads)
        equal = check() if side.startswith("reference") else None
        train, count = epochs(side, get_task(given), given.seed)
        line.send(equal)
        while line.recv():
            begin, cpu_begin = time.perf_counter(), time.process_time()
            train()
            seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu_begin
            line.send((seconds / count, cpu / count, compute.peak_memory_bytes()))
    except (KeyboardInterrupt, EOFError):
        sys.exit(130)


def measured(sides: Sequence[str], given: argparse.Namespace) -> dict[str, list[Turn]]:
    """Lets the sides take turns; the first of each is not counted.

    Raises:
        SystemExit: the process of a side ended, after its own words on why.
    """
    context = multiprocessing.get_context("spawn")
    lines: dict[str, Connection] = {}
    processes = []
    turns: dict[str, list[Turn]] = {side: [] for side in sides}
    equal: str | None = None
    try:
        for side in sides:
            lines[side], far_end = context.Pipe()
            process = context.Process(target=work, args=(side, given, far_end))
            process.daemon = True
            # As the program has it; the reference keeps what the caller's environment says.
            passive = side == "ours" and "OMP_WAIT_POLICY" not in os.environ
            if passive:
                os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
            process.start()
            if passive:
                del os.environ["OMP_WAIT_POLICY"]
            far_end.close()
            processes.append(process)
            equal = lines[side].recv() or equal
        if equal:
            print(equal, flush=True)
        for turn in range(1 + given.repeat):
            for side in sides:
                lines[side].send(True)
                result = lines[side].recv()
                if turn:
                    turns[side].append(result)
        for side in sides:
            lines[side].send(False)
    except EOFError:
        raise SystemExit("a process ended before it was done, see above") from None
    finally:
        for line in lines.values():
            line.close()
        for process in processes:
            process.join()
    return turns


def report(turns: dict[str, list[Turn]]) -> str:
    """The table, and the ratios of medians to the first side."""
    medians = {side: statistics.median(t[0] for t in of) for side, of in turns.items()}
    first = next(iter(turns))
    rows = []
    for side, of in turns.items():
        seconds = [t[0] for t in of]
        rows.append(
            (
                SIDES[side],
                f"{medians[side]:.2f}",
                f"{min(seconds):.2f}",
                f"{max(seconds):.2f}",
                f"{statistics.median(t[1] for t in of):.2f}",
                f"{max(t[2] for t in of) / 2**30:.2f}",
                f"{medians[side] / medians[first]:.1f}",
            )
        )
    head = ("one epoch", "median s", "min", "max", "CPU s", "peak GiB", "times the first")
    lines = [table(head, rows)]
    if {"ours", "reference"} <= turns.keys():
        paired = [
            theirs[0] / ours[0]
            for ours, theirs in zip(turns["ours"], turns["reference"], strict=True)
        ]
        lines += [
            "",
            f"ratio of the medians: {medians['reference'] / medians['ours']:.1f} "
            f"(turn by turn {min(paired):.1f} to {max(paired):.1f})",
        ]
    return "\n".join(lines)


def profile(given: argparse.Namespace) -> str:
    """Where one step of the reference spends its time."""
    import torch
    from reference import BATCH, DenseTraining
    from torch.profiler import ProfilerActivity

    from dualamn.encoders.dual_amn_encoder import TrainedDualAMN

    task = get_task(given)
    config = AlignerConfig.preset("paper", seed=given.seed, device="cpu")
    encoder = TrainedDualAMN(task, config, torch.device("cpu"))
    training = DenseTraining(encoder)
    batch = training.seed_links[:BATCH]
    training.step(batch)
    with torch.profiler.profile(activities=[ProfilerActivity.CPU]) as profiler:
        training.step(batch)
    averages = profiler.key_averages()
    return str(
        averages.table(sort_by="self_cpu_time_total", row_limit=30, max_name_column_width=60)
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = options(__doc__, dataset="dbp15k/zh_en", repeat=5)
    parser.add_argument("--only", choices=SIDES, nargs="+", metavar="SIDE", help=", ".join(SIDES))
    parser.add_argument("--all", action="store_true", help="all four sides")
    parser.add_argument("--profile", action="store_true", help="profile a step of the reference")
    given = parser.parse_args(arguments)
    set_threads(given.threads)
    print(machine())
    print(describe(get_task(given)), flush=True)
    if given.profile:
        print(profile(given))
        return
    sides = list(SIDES) if given.all else given.only or ["ours", "reference"]
    print(f"\n{report(measured(sides, given))}")


if __name__ == "__main__":
    run(main)
