"""The Dual-AMN network together with its training, as the aligner uses it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

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
from dualamn.kernels.sparse import multiply
from dualamn.progress import ProgressCallback
from dualamn.training.trainer import Trainer

if TYPE_CHECKING:
    from dualamn.encoders import Encoder

_FAR = 3  # triples from what is known that new entities are given embeddings over


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

    @torch.no_grad()
    def take_over(self, old: Encoder, new_id: Int32Array, links: Int32Array) -> bool:
        """Takes the parameters; a new entity gets the mean of its neighbours.

        So ContEA reconstructs entities (Wang et al., "Facing changes: continual entity alignment
        for growing knowledge graphs", ISWC 2022). Entities of which nothing is known yet, so that
        they have no embedding, get none here either.
        """
        if not isinstance(old, TrainedDualAMN):
            return False
        mine, theirs = self.network, old.network
        for own, other in zip(
            mine.branches.parameters(), theirs.branches.parameters(), strict=True
        ):
            own.copy_(other)
        before = {name: number for number, name in enumerate(old.task.relations)}
        pairs = [
            (number, before[name])
            for number, name in enumerate(self.task.relations)
            if name in before
        ]
        here, there = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).T.to(self.device)
        for inverse in (0, 1):
            new = here + inverse * self.task.n_relations
            mine.relations[new] = theirs.relations[there + inverse * old.task.n_relations]
        stays = np.flatnonzero(new_id >= 0)
        rows = self.graph.position[torch.from_numpy(new_id[stays].astype(np.int64))]
        known = torch.zeros(len(mine.entities), dtype=torch.bool, device=self.device)
        known[rows] = True
        mine.entities[~known] = 0
        mine.entities[rows] = theirs.entities[old.graph.position[torch.from_numpy(stays)]]
        self._reconstruct(known)
        return True

    @torch.no_grad()
    def _reconstruct(self, known: Tensor) -> None:
        """Gives entities that are not among (n,) known ones the mean of neighbours that are.

        Those that have none come later, by neighbours that got theirs so.
        """
        pattern, entities = self.graph.neighbours, self.network.entities
        for _ in range(_FAR):
            told = known & (entities != 0).any(dim=1)
            weights = told.float().index_select(0, pattern.indices)
            count = torch.zeros(len(entities), device=self.device)
            count.index_add_(0, pattern.rows, weights)
            new = ~known & (count > 0)
            if not new.any():
                break
            mean = multiply(pattern, weights / count.clamp(min=1)[pattern.rows], entities.detach())
            entities[new] = mean[new]
            known = known | new

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
