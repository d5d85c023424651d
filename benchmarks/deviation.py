"""How far the loss over mined negatives is from the loss over all entities.

Trains for some epochs, then takes a batch of seed links and compares, without dropout, loss and
gradient at that state: by the dense formula, and by layouts as training makes them. The gradient
is the one for the embeddings of all entities. Nothing here looks at test links.

    python benchmarks/deviation.py --data DIR     # DIR/dbp15k/zh_en, or $DUALAMN_DATA
    python benchmarks/deviation.py --made         # synthetic data, no download
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dualamn import AlignerConfig, AlignmentTask, load
from dualamn.bench.synthetic_task import make_task
from dualamn.data_loaders import resolve
from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
from dualamn.progress import silent
from dualamn.training.loss import LossLayout, hard_sample_loss
from dualamn.training.micro_batch import LOSS_TAU, StepSizes, draw_micro_batches
from dualamn.training.mining import mine, principal_projection
from dualamn.training.trainer import Trainer

BLOCK = 64
"""Anchors at a time in the dense loss: 64 x 38,960 distances in float64 are 20 MB."""


def dense(
    points: Tensor, pairs: Tensor, config: AlignerConfig, candidates: Tensor | None = None
) -> tuple[float, Tensor]:
    """The published loss and its gradient.

    Args:
        points: (n, d) float64 embeddings of all entities.
        pairs: (p, 2) joint ids.
        config: gives gamma, lambda and tau.
        candidates: (n,) bool: the entities whose terms are summed up; all if None. Mean and
            deviation are over all entities either way.

    Returns:
        The loss, and (n, d) float64.
    """
    leaf = points.clone().requires_grad_()
    anchors, counterparts = torch.cat([pairs, pairs.flip(1)]).t()
    total = 0.0
    for start in range(0, len(anchors), BLOCK):
        anchor, counterpart = anchors[start : start + BLOCK], counterparts[start : start + BLOCK]
        squares = leaf.square().sum(dim=1)  # (n,)
        distances = squares[anchor, None] + squares - 2 * leaf[anchor] @ leaf.t()  # (b, n)
        pair = (leaf[anchor] - leaf[counterpart]).square().sum(dim=1, keepdim=True)
        own = torch.zeros_like(distances, dtype=torch.bool)
        own.scatter_(1, torch.stack([anchor, counterpart], dim=1), True)
        hardness = (config.gamma + pair - distances).masked_fill(own, 0)
        with torch.no_grad():
            mean = hardness.mean(dim=1, keepdim=True)
            deviation = hardness.std(dim=1, correction=0, keepdim=True)
        exponents = config.loss_scale * (hardness - mean) / deviation + LOSS_TAU
        if candidates is not None:
            exponents = exponents.masked_fill(~(candidates | own), -torch.inf)
        loss = torch.logsumexp(exponents, dim=1).sum() * 2 / len(anchors)
        loss.backward()
        total += loss.item()
    assert leaf.grad is not None
    return total, leaf.grad


def by_layout(points: Tensor, layout: LossLayout, config: AlignerConfig) -> tuple[float, Tensor]:
    """The loss of a layout as training has it, and its gradient as (n, d) float64."""
    width = points.shape[1] // 2
    rows = points[layout.rows].float()
    branches = [rows[:, :width].contiguous(), rows[:, width:].contiguous()]
    for branch in branches:
        branch.requires_grad_()
    with matmul_precision(config):
        loss = hard_sample_loss(
            branches, layout, gamma=config.gamma, scale=config.loss_scale, tau=LOSS_TAU
        )
        loss.backward()
    grad = torch.zeros_like(points)
    grad[layout.rows] = torch.cat([branch.grad for branch in branches], dim=1).double()
    return loss.item(), grad


@contextmanager
def matmul_precision(config: AlignerConfig) -> Iterator[None]:
    """Products run as in training inside the block."""
    torch.set_float32_matmul_precision(config.matmul_precision)
    yield
    torch.set_float32_matmul_precision("highest")


def compare(task: AlignmentTask, config: AlignerConfig, size: int) -> list[tuple[str, ...]]:
    """The table's rows; the last of them has the dense loss summed over the same pool."""
    encoder = TrainedDualAMN(task, config, torch.device("cpu"))
    trainer = Trainer(encoder.network, encoder.graph, task, config)
    trainer.run(progress=silent, checkpoint=None, resume=False)
    with torch.no_grad():
        points = torch.cat(encoder.network(encoder.graph, torch.arange(task.n_entities)), dim=1)
    points = points.double()
    n, rng = task.n_entities, np.random.default_rng([config.seed, 9])
    chosen = rng.permutation(len(task.seed_links))[:size]
    pairs = task.seed_links[chosen]
    anchors = pairs.T.ravel()
    everyone = np.arange(n, dtype=np.int32)
    sample = rng.choice(n, min(StepSizes().sampled, n), replace=False).astype(np.int32)

    generator = torch.Generator().manual_seed(config.seed)
    branches, k = [points.float()], config.negatives
    projection = principal_projection(branches, StepSizes().dim, generator)
    # A projection that turns nothing makes the same search an exact one.
    nothing = torch.eye(points.shape[1])
    exact, projected = (mine(branches, anchors, k, through) for through in (nothing, projection))
    # What one step of training does; its entities are positions in its pool.
    batch, *_ = draw_micro_batches(pairs, trainer.linked, trainer.others, StepSizes(), rng)
    pool = torch.from_numpy(batch.entities).long()
    with matmul_precision(config), torch.no_grad():
        step = trainer.batched_step
        embedded = step.embedded(batch, encoder.network.body(encoder.graph, pool))
        default = step.layout(batch, embedded, rng, generator)
    default = replace(default, rows=pool[default.rows])
    in_pool = torch.zeros(n, dtype=torch.bool)
    in_pool[pool] = True

    links = torch.from_numpy(pairs).long()
    of_all = dense(points, links, config)
    of_pool = dense(points, links, config, in_pool)
    layouts = (
        (
            f"{k} hardest of all, exact search",
            "of all",
            LossLayout.build(pairs, exact, everyone, n),
        ),
        (f"{k} hardest of all", "of all", LossLayout.build(pairs, projected, everyone, n)),
        (f"{k} hardest of all", "sampled", LossLayout.build(pairs, projected, sample, n)),
        (f"{k} hardest of the pool (default)", "sampled", default),
    )
    rows = []
    for negatives, moments, layout in layouts:
        mined_loss = by_layout(points, layout, config)
        rows.append((negatives, moments, "all", *ratios(mined_loss, of_all)))
    rows.append((negatives, moments, "the pool", *ratios(mined_loss, of_pool)))
    return rows


def ratios(mine: tuple[float, Tensor], exact: tuple[float, Tensor]) -> tuple[str, str, str]:
    """Loss ratio, gradient cosine, ratio of the gradients' lengths."""
    cosine = torch.nn.functional.cosine_similarity(mine[1].ravel(), exact[1].ravel(), dim=0)
    length = mine[1].norm() / exact[1].norm()
    return f"{mine[0] / exact[0]:.4f}", f"{cosine.item():.4f}", f"{length.item():.4f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of data sets, else $DUALAMN_DATA")
    parser.add_argument("--dataset", default="dbp15k/zh_en")
    parser.add_argument(
        "--made",
        type=int,
        nargs="?",
        const=6_000,
        metavar="ENTITIES",
        help="synthetic data in place of a data set  [6,000 entities]",
    )
    parser.add_argument(
        "--epochs", type=int, nargs="+", default=[2, AlignerConfig().epochs], help="states"
    )
    parser.add_argument("--pairs", type=int, default=512, help="links of the batch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.made:
        task = make_task(options.made, seed=options.seed)
    else:
        task = load(resolve(options.dataset, options.data), seed=options.seed)
    print(task)
    for epochs in options.epochs:
        started = time.perf_counter()
        config = AlignerConfig.preset("paper", epochs=epochs, seed=options.seed, device="cpu")
        rows = compare(task, config, options.pairs)
        print(f"\nafter {epochs} epochs, batch of {options.pairs} seed links")
        head = ("negatives", "moments", "dense over", "loss ratio", "gradient cosine", "length")
        for row in (head, *rows):
            print(f"{row[0]:<40}{row[1]:<9}{row[2]:<12}{row[3]:>10}{row[4]:>17}{row[5]:>9}")
        print(f"({time.perf_counter() - started:.0f} s)")


if __name__ == "__main__":
    main()
