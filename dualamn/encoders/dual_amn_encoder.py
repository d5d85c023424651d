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
from dualamn.encoders.new_entities import Frozen
from dualamn.errors import CheckpointError
from dualamn.graphs.reach import in_triples, within_hops
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
        self._forget(torch.ones(self.task.n_entities, dtype=torch.bool, device=self.device), links)

    def refit(self, links: Int32Array, turn: int, progress: ProgressCallback) -> None:
        """Trains on with other links, from the parameters as they are."""
        seed = np.random.SeedSequence([self.config.seed, turn]).generate_state(1)[0]
        config = replace(self.config, epochs=self.config.turn_epochs, seed=int(seed))
        unknown = (self.network.entities == 0).all(dim=1)
        self.network.draw_entities(unknown, torch.Generator().manual_seed(int(seed)))
        self._trainer(links, config).run(progress, checkpoint=None, resume=False)
        self._forget(unknown, links)

    @torch.no_grad()
    def _forget(self, unknown: Tensor, links: Int32Array) -> None:
        """Takes the embeddings away of unknown entities that these links do not reach either.

        They are about as they were drawn, and would tell entities apart by chance.

        Args:
            unknown: (n,) bool in the graph's inner order.
            links: (m, 2) joint ids.
        """
        reached = torch.from_numpy(within_hops(self.task, links.ravel(), self.config.depth))
        self.network.entities[unknown & ~reached.to(self.device)[self.graph.order]] = 0

    def _trainer(self, links: Int32Array, config: AlignerConfig) -> Trainer:
        task = replace(self.task, seed_links=links)
        return Trainer(self.network, self.graph, task, config)

    def embeddings(self) -> EmbeddingArray:
        """(n, 2 (depth + 1) dim) rows of length one, in joint ids.

        Rows of entities that no triple joins to another one are zero.
        """
        embedded = self.network.embed(self.graph, self.storage)
        joined = in_triples(self.task)
        for block in blocks_of(embedded):
            embedded[block][~joined[block]] = 0
            normalise(embedded[block])
        return_freed_memory()  # of the layers
        return embedded

    @torch.no_grad()
    def frozen(self) -> Frozen:
        """What embeddings of new entities are made of: the parameters, and layers of neighbours."""
        network, position = self.network, self.graph.position
        unit = torch.nn.functional.normalize
        entities = {"entities": network.entities[position]}
        shared = {
            "relations": network.relations,
            "unit_relations": unit(network.relations, dim=1, eps=1e-12),
        }
        for number, (branch, layers) in enumerate(
            zip(network.both, network.layers(self.graph), strict=True)
        ):
            at = f"branch{number}/"
            for depth, layer in enumerate(layers[:-1]):
                entities[f"{at}layer{depth}"] = layer[position]
            shared[f"{at}unit_proxies"] = unit(branch.proxies, dim=1, eps=1e-12)
            for name in ("attention", "proxies", "weight", "bias"):
                shared[f"{at}{name}"] = getattr(branch, name)
        return Frozen(
            "dual_amn",
            {name: own.numpy(force=True) for name, own in entities.items()},
            {name: own.numpy(force=True) for name, own in shared.items()},
        )

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
