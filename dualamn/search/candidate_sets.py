"""Which entities of a pair of graphs are searched, by protocol."""

from __future__ import annotations

from typing import get_args

import numpy as np

from dualamn.errors import ConfigError
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array
from dualamn.result import CandidateProtocol


def candidate_pools(
    task: AlignmentTask, left: int, right: int, protocol: CandidateProtocol
) -> tuple[Int32Array, Int32Array]:
    """The entities of both graphs that are queries and candidates of each other.

    With "test_only" they are the ends of the test links between the two graphs, with
    "all_entities" all entities, and with "unaligned" those that no seed link joins to the
    other graph. Under "all_entities" the pools are complete, since the neighbourhoods of every
    entity count in matching; the evaluation then looks at the queries it has gold links for.
    "unaligned" leaves blank nodes of RDF out, since a link to one could not be used.

    Args:
        left, right: positions of the two graphs in the task.

    Returns:
        Two sorted arrays of int32 joint ids, of the left and of the right graph.

    Raises:
        ConfigError: an unknown protocol.
    """
    if protocol == "test_only":
        links = task.links_between(task.test_links, left, right)
        return _distinct(links[:, 0]), _distinct(links[:, 1])
    entities = task.entity_range(left), task.entity_range(right)
    if protocol == "all_entities":
        return entities
    if protocol == "unaligned":
        seeds = task.links_between(task.seed_links, left, right)
        free = ~task.is_blank
        free[seeds] = False
        return entities[0][free[entities[0]]], entities[1][free[entities[1]]]
    known = ", ".join(get_args(CandidateProtocol))
    raise ConfigError(f"there is no protocol {protocol!r}, choose one of {known}")


def _distinct(ids: Int32Array) -> Int32Array:
    return np.unique(ids).astype(np.int32, copy=False)
