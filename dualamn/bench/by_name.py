"""What names give away without any method: the baseline of every score that uses them."""

from __future__ import annotations

from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array, StringArray
from dualamn.result import CandidateProtocol
from dualamn.search import candidate_sets


def exact_name_match(
    task: AlignmentTask, links: Int32Array, protocol: CandidateProtocol = "test_only"
) -> float | None:
    """Hits@1 of answering with the entity whose name is the same string, left to right.

    An answer is right if exactly one candidate has that name and is the linked one: ties are
    wrong. With several pairs of graphs it is the mean over all links.

    Args:
        task: graphs with names.
        links: (m, 2) int32 joint ids to judge by.
        protocol: whose entities are candidates.

    Returns:
        The share of the links found so; None without names or links.
    """
    names = task.entity_names
    if names is None or not len(links):
        return None
    right = sum(
        _found(names, task.links_between(links, *pair), candidate_sets(task, *pair, protocol)[1])
        for pair in task.kg_pairs
    )
    return right / len(links)


def _found(names: StringArray, links: Int32Array, pool: Int32Array) -> int:
    alone: dict[str, int] = {}
    for entity in pool.tolist():
        # -1 where several candidates share a name.
        alone[names[entity]] = -1 if names[entity] in alone else entity
    alone.pop("", None)
    return sum(alone.get(names[left], -1) == right for left, right in links.tolist())
