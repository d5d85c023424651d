"""Small networks for tests."""

import torch

from dualamn import AlignmentTask
from dualamn.encoders.dual_amn import DualAMN
from dualamn.encoders.message_graph import RelationGraph


def network_of(task: AlignmentTask) -> tuple[DualAMN, RelationGraph]:
    """An untrained network of width 8 with four proxies, and the task's graph."""
    graph = RelationGraph.from_triples(
        task.triples, task.n_entities, task.n_relations, reorder=True
    )
    generator = torch.Generator().manual_seed(3)
    network = DualAMN(graph.n_entities, graph.n_relations, dim=8, n_proxies=4, generator=generator)
    return network, graph
