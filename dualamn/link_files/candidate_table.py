"""The best candidates of every entity as a table, for people who choose among them.

    source   entity    rank   candidate_source   candidate   score      linked
    en       Germany   1      fr                 Allemagne   0.912345   true
    en       Germany   2      fr                 Prusse      0.020511   false

Pairs of graphs in the order of the task, each in both directions; then by entity and rank.
"""

from __future__ import annotations

import numpy as np

from dualamn.errors import ConfigError
from dualamn.kernels.arrays import BoolArray, FloatArray, Int32Array, strings
from dualamn.link_files.table import Table
from dualamn.result import AlignedLinks, PairAlignment, TopK


def candidate_table(alignment: AlignedLinks, k: int) -> Table:
    """The k best candidates of every entity that was searched for.

    Args:
        alignment: of a matcher that ranks candidates.
        k: how many of each entity at most.

    Returns:
        Columns source, entity, rank from 1, candidate_source, candidate, score as the matcher
        gives it, and whether the two are linked. If a graph has names, also name and
        candidate_name, "" for an entity without one.

    Raises:
        ConfigError: k is less than 1, or the matcher ranks nothing.
    """
    if k < 1:
        raise ConfigError(f"the number of candidates must be 1 or more, got {k}")
    parts = [
        _part(alignment, pair, topk, k)
        for pair in alignment.pairs
        for topk in (pair.left_to_right, pair.right_to_left)
    ]
    queries, candidates, ranks, scores, linked = (
        np.concatenate([np.empty(0, dtype), *column])
        for dtype, column in zip(
            (np.int32, np.int32, np.int32, np.float32, np.bool_),
            zip(*parts, strict=True) if parts else [()] * 5,
            strict=True,
        )
    )
    task = alignment.task
    graphs = strings(task.kg_names)
    columns = {
        "source": graphs[task.source_of[queries]],
        "entity": task.identifiers(queries),
        "rank": ranks,
        "candidate_source": graphs[task.source_of[candidates]],
        "candidate": task.identifiers(candidates),
        "score": scores,
        "linked": linked,
    }
    if task.entity_names is not None:
        columns["name"] = task.entity_names[queries]
        columns["candidate_name"] = task.entity_names[candidates]
    return Table(columns)


def _part(
    alignment: AlignedLinks, pair: PairAlignment, topk: TopK | None, k: int
) -> tuple[Int32Array, Int32Array, Int32Array, FloatArray, BoolArray]:
    """Queries, candidates, ranks, scores and whether linked, of one direction."""
    if topk is None:
        raise ConfigError(
            f"the matcher {alignment.matcher} decides on links and ranks nothing: for candidates "
            "take mutual, sinkhorn, csls or greedy"
        )
    names = alignment.task.identifiers(topk.queries).tolist()
    order = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)
    candidates, scores = topk.candidates[order, :k], topk.scores[order, :k]
    real = candidates >= 0
    queries = np.repeat(topk.queries[order], real.sum(axis=1))
    ranks = np.broadcast_to(np.arange(1, candidates.shape[1] + 1, dtype=np.int32), real.shape)[real]
    # A link and a row are the same if the lower and the higher id are.
    size = alignment.task.n_entities
    ends = np.sort(np.stack([queries, candidates[real]], axis=1).astype(np.int64), axis=1)
    links = np.sort(pair.links.astype(np.int64), axis=1)
    linked = np.isin(ends[:, 0] * size + ends[:, 1], links[:, 0] * size + links[:, 1])
    return queries, candidates[real], ranks, scores[real], linked
