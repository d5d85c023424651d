"""Dual-AMN and label propagation side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dualamn.config import AlignerConfig
from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
from dualamn.encoders.message_graph import RelationGraph
from dualamn.encoders.propagation import Propagation
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import EmbeddingArray, Int32Array, normalise
from dualamn.kernels.memory import Storage, blocks_of, empty_rows, let_go
from dualamn.progress import ProgressCallback, silent


class Joint:
    """Two encoders whose rows are joined, so that a cosine is the mean of both cosines.

    The two err on different entities: the network sees the shape of a neighbourhood, the labels
    who is in it.

    Args:
        task: gives graph and seed links.
        config: the settings of both.
        device: where to compute.
        share: weight of the labels' cosine.
    """

    def __init__(
        self,
        task: AlignmentTask,
        config: AlignerConfig,
        device: torch.device,
        share: float = 0.5,
    ) -> None:
        self.share = share
        self.storage = Storage()
        graph = RelationGraph.of(task, device)
        self.network = TrainedDualAMN(task, config, device, graph)
        self.labels = Propagation(task, config, device, graph)

    def fit(
        self,
        links: Int32Array,
        *,
        progress: ProgressCallback,
        checkpoint: Path | None,
        resume: bool,
    ) -> None:
        """Trains the network on the links, and takes them for the labels."""
        self.network.fit(links, progress=progress, checkpoint=checkpoint, resume=resume)
        self.labels.fit(links, progress=silent, checkpoint=None, resume=False)

    def refit(self, links: Int32Array, turn: int, *, progress: ProgressCallback) -> None:
        """Goes on with other links, see `base.Encoder.refit`."""
        self.network.refit(links, turn, progress=progress)
        self.labels.refit(links, turn, progress=silent)

    def embeddings(self) -> EmbeddingArray:
        """(n, d + d') rows of length one (or zero), in joint ids.

        An entity that no label reaches is compared by the network alone.
        """
        self.network.storage = self.labels.storage = self.storage
        parts = self.network.embeddings(), self.labels.embeddings()
        weights = (1 - self.share) ** 0.5, self.share**0.5
        width = parts[0].shape[1]
        size = len(parts[0]), width + parts[1].shape[1]
        joined = empty_rows(*size, half=self.storage.half, mapped=self.storage.mapped)
        for block in blocks_of(joined):
            rows = joined[block]
            np.multiply(parts[0][block], np.float32(weights[0]), out=rows[:, :width])
            np.multiply(parts[1][block], np.float32(weights[1]), out=rows[:, width:])
            normalise(rows)
            for part in parts:
                let_go(part)
        return joined

    def state(self) -> dict[str, Tensor]:
        """What both know."""
        return {f"network/{k}": v for k, v in self.network.state().items()} | {
            f"labels/{k}": v for k, v in self.labels.state().items()
        }

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Takes what `state` gave.

        Raises:
            CheckpointError: it is of another task or of other settings.
        """
        for name, encoder in (("network/", self.network), ("labels/", self.labels)):
            encoder.load_state(
                {k.removeprefix(name): v for k, v in state.items() if k.startswith(name)}
            )
