"""Where candidates come from: by which way, among which entities, and the search itself."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from dualamn.config import AlignerConfig
from dualamn.errors import ConfigError
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import EmbeddingArray, FloatArray, Int32Array
from dualamn.progress import Progress, ProgressCallback, silent
from dualamn.result import CandidateProtocol, Candidates, TopK
from dualamn.search.approximate import nearest_approximately
from dualamn.search.exact import nearest_both_ways


def search_candidates(
    embeddings: EmbeddingArray,
    left_ids: Int32Array,
    right_ids: Int32Array,
    k: int,
    *,
    recall: float = 1.0,
    seed: int = 0,
    progress: ProgressCallback = silent,
) -> Candidates:
    """Searches the k nearest entities by cosine in both directions.

    Args:
        embeddings: (n, d) float32 or float16, rows in joint ids and L2-normalised (or all zero).
        left_ids, right_ids: (q,) and (p,) int32 joint ids of the two candidate sets, without
            repeats; either may be empty.
        k: candidates of each entity; at most all of the other set.
        recall: share of the ten nearest that must be found; 1 for all, by an exact search.
        seed: of the samples and clusters of an approximate search.
        progress: told of stage "search" in steps of left entities.

    Raises:
        ConfigError: k is less than 1.
        DataError: an embedding is NaN or infinite.
        ValueError: a row is not L2-normalised, so inner products would not be cosines.
    """
    if k < 1:
        raise ConfigError(f"the number of candidates must be 1 or more, got {k}")
    left, right = (_rows(embeddings, ids) for ids in (left_ids, right_ids))

    def done(rows: int) -> None:
        progress(Progress("search", rows, len(left)))

    found = None
    if recall < 1 and len(left) and len(right):
        to_right, to_left, found = nearest_approximately(
            left, right, k, recall=recall, seed=seed, done=done
        )
    else:
        to_right, to_left = nearest_both_ways(left, right, k, done=done)
    return Candidates(
        TopK(left_ids, _named(right_ids, to_right[1]), to_right[0], len(right)),
        TopK(right_ids, _named(left_ids, to_left[1]), to_left[0], len(left)),
        found,
    )


def _named(ids: Int32Array, positions: Int32Array) -> Int32Array:
    """Joint ids of positions in a candidate set; -1 stays."""
    return np.where(positions >= 0, ids[positions], np.int32(-1))


def _rows(embeddings: EmbeddingArray, ids: Int32Array) -> FloatArray:
    """The float32 rows of these ids, checked; no copy where the ids follow each other."""
    follow = len(ids) and ids[-1] < len(embeddings) and np.all(np.diff(ids) == 1)
    chosen = embeddings[ids[0] : ids[-1] + 1] if follow else embeddings[ids]
    rows: FloatArray = chosen.astype(np.float32, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.einsum("nd,nd->n", rows, rows)
        # NaN and infinity get an error of their own.
        wrong = np.flatnonzero((np.abs(squares - 1) > 1e-3) & (squares != 0) & (squares < np.inf))
    if wrong.size:
        raise ValueError(
            f"embeddings must be L2-normalised for the search: {wrong.size:,} of {len(rows):,} "
            f"are not, one has length {squares[wrong[0]] ** 0.5:.3g}"
        )
    return rows


def candidate_sets(
    task: AlignmentTask, left: int, right: int, protocol: CandidateProtocol
) -> tuple[Int32Array, Int32Array]:
    """The entities of both graphs that are queries and candidates of each other.

    With "test_only" they are the ends of the test links between the two graphs (given by their
    positions in the task), with "all_entities" all entities, since the neighbourhoods of every
    entity count in matching, and with "unaligned" those that neither a seed link nor the same
    identifier joins to the other graph (`AlignmentTask.same_identifiers`), without those that get
    no links (`AlignmentTask.is_linkable`).

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
        free = task.is_linkable.copy()
        for known in (task.seed_links, task.same_identifiers):
            free[task.links_between(known, left, right)] = False
        return entities[0][free[entities[0]]], entities[1][free[entities[1]]]
    protocols = ", ".join(get_args(CandidateProtocol))
    raise ConfigError(f"there is no protocol {protocol!r}, choose one of {protocols}")


def _distinct(ids: Int32Array) -> Int32Array:
    return np.unique(ids).astype(np.int32, copy=False)


Way = Literal["exact", "approximate", "names", "evidence"]
"""Where candidates come from.

- `exact`: everything is compared with everything;
- `approximate`: an entity is compared with clusters near it (`dualamn.search.approximate`);
- `names`: names look up those that share rare words or pieces (`dualamn.attributes.blocking`), and
  who is near by structure comes from evidence on its way, or else from an approximate search;
- `evidence`: nothing is compared, and there are no others than evidence finds.
"""


def way_to_search(products: int, config: AlignerConfig, *, seeds: bool, names: bool) -> Way:
    """Where candidates come from.

    Args:
        products: left entities times right entities times the width of embeddings, or
            of projected names where there are no embeddings yet.
        config: up to its `search_limit` a search is exact.
        seeds: there are seed links, without which evidence alone has nothing to begin with.
        names: names take part.
    """
    explored = explores(config)
    if products <= config.search_limit or (config.search_recall == 1 and not explored):
        return "exact"
    if names:
        return "names"
    if explored and seeds:
        return "evidence"
    return "approximate" if config.search_recall < 1 else "exact"


def explores(config: AlignerConfig) -> bool:
    """Whether evidence finds candidates of its own."""
    return config.evidence_rounds > 0 and config.evidence_explored > 0
