"""The Dual-AMN network together with its training, as the aligner uses it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dualamn.config import AlignerConfig
from dualamn.encoders.dual_amn import DualAMN
from dualamn.encoders.message_graph import RelationGraph
from dualamn.errors import CheckpointError
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import EmbeddingArray, Int32Array, normalise
from dualamn.kernels.memory import Storage, blocks_of, return_freed_memory
from dualamn.progress import ProgressCallback
from dualamn.training.trainer import Trainer


class TrainedDualAMN:
    """Dual-AMN for one task; its methods are those of `Encoder`.

    Args:
        graph: of the task, where it is built already.
    """

    def __init__(
        self,
        task: AlignmentTask,
        config: AlignerConfig,
        device: torch.device,
        graph: RelationGraph | None = None,
    ) -> None:
        self.task = task
        self.config = config
        self.device = device
        self.storage = Storage()
        self.graph = RelationGraph.of(task, device) if graph is None else graph
        self.network = DualAMN(
            self.graph.n_entities,
            self.graph.n_relations,
            dim=config.dim,
            depth=config.depth,
            n_proxies=config.proxies,
            # Drawn on the CPU, so that every device starts from the same values.
            generator=torch.Generator().manual_seed(config.seed),
        ).to(device)

    def fit(
        self, links: Int32Array, progress: ProgressCallback, checkpoint: Path | None, resume: bool
    ) -> None:
        """Trains on links, see `Trainer`."""
        self._trainer(links, self.config).run(progress, checkpoint, resume)

    def refit(self, links: Int32Array, turn: int, progress: ProgressCallback) -> None:
        """Trains on with other links, from the parameters as they are."""
        seed = np.random.SeedSequence([self.config.seed, turn]).generate_state(1)[0]
        config = replace(self.config, epochs=self.config.turn_epochs, seed=int(seed))
        self._trainer(links, config).run(progress, checkpoint=None, resume=False)

    def _trainer(self, links: Int32Array, config: AlignerConfig) -> Trainer:
        task = replace(self.task, seed_links=links)
        return Trainer(self.network, self.graph, task, config)

    def embeddings(self) -> EmbeddingArray:
        """(n, 2 (depth + 1) dim) rows of length one, in joint ids."""
        embedded = self.network.embed(self.graph, self.storage)
        for block in blocks_of(embedded):
            normalise(embedded[block])
        return_freed_memory()  # of the layers
        return embedded

    def state(self) -> dict[str, Tensor]:
        """The network's parameters."""
        return {name: value.detach().cpu() for name, value in self.network.state_dict().items()}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Takes parameters that `state` gave, of the same task and settings."""
        try:
            self.network.load_state_dict(state)
        except RuntimeError as error:
            raise CheckpointError(
                "the saved parameters do not fit this task and these settings: "
                + " ".join(str(error).split())
            ) from None
