"""Dual-AMN and label propagation side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from dualamn.config import AlignerConfig
from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
from dualamn.encoders.message_graph import RelationGraph
from dualamn.encoders.new_entities import Frozen
from dualamn.encoders.propagation import Propagation
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import EmbeddingArray, Int32Array, normalise
from dualamn.kernels.memory import Storage, blocks_of, empty_rows, let_go
from dualamn.progress import ProgressCallback, silent

if TYPE_CHECKING:
    from dualamn.encoders import Encoder


class Joint:
    """Two encoders whose rows are joined, so that a cosine is the mean of both cosines.

    The two err on different entities: the network sees the shape of a neighbourhood, the labels
    who is in it. `share` is the weight of the labels' cosine; methods are those of `Encoder`.
    """

    def __init__(
        self, task: AlignmentTask, config: AlignerConfig, device: torch.device, share: float = 0.5
    ) -> None:
        self.share = share
        self.storage = Storage()
        graph = RelationGraph.of(task, device)
        self.network = TrainedDualAMN(task, config, device, graph)
        self.labels = Propagation(task, config, device, graph)

    def fit(
        self, links: Int32Array, progress: ProgressCallback, checkpoint: Path | None, resume: bool
    ) -> None:
        """Trains the network on the links, and takes them for the labels."""
        self.network.fit(links, progress, checkpoint, resume)
        self.labels.fit(links, silent, checkpoint=None, resume=False)

    def refit(self, links: Int32Array, turn: int, progress: ProgressCallback) -> None:
        """Goes on with other links."""
        self.network.refit(links, turn, progress)
        self.labels.refit(links, turn, silent)

    def take_over(self, old: Encoder, new_id: Int32Array, links: Int32Array) -> bool:
        """Takes the network as it was, and the links for the labels."""
        return (
            isinstance(old, Joint)
            and self.network.take_over(old.network, new_id, links)
            and self.labels.take_over(old.labels, new_id, links)
        )

    def embeddings(self) -> EmbeddingArray:
        """(n, d + d') rows of length one (or zero), in joint ids.

        An entity that no label reaches is compared by the network alone.
        """
        self.network.storage = self.labels.storage = self.storage
        near, labels = self.network.embeddings(), self.labels.embeddings()
        width = near.shape[1]
        joined = empty_rows(len(near), width + labels.shape[1], self.storage)
        for block in blocks_of(joined):
            rows = joined[block]
            np.multiply(near[block], np.float32((1 - self.share) ** 0.5), out=rows[:, :width])
            np.multiply(labels[block], np.float32(self.share**0.5), out=rows[:, width:])
            normalise(rows)
            let_go(near)
            let_go(labels)
        return joined

    def frozen(self) -> Frozen:
        """What embeddings of new entities are made of, by both."""
        network, labels = self.network.frozen().under("network/"), self.labels.frozen()
        labels = labels.under("labels/")
        return Frozen(
            "joint",
            network.entities | labels.entities,
            network.shared | labels.shared,
            self.share,
        )

    def state(self) -> dict[str, Tensor]:
        """What both know."""
        return {f"network/{k}": v for k, v in self.network.state().items()} | {
            f"labels/{k}": v for k, v in self.labels.state().items()
        }

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Takes what `state` gave."""
        for name, encoder in (("network/", self.network), ("labels/", self.labels)):
            encoder.load_state(
                {k.removeprefix(name): v for k, v in state.items() if k.startswith(name)}
            )
