"""Nearest-neighbour search over embeddings."""

from dualamn.search.approximate import Recall
from dualamn.search.candidates import Candidates, search_candidates
from dualamn.search.cosines import pair_cosines
from dualamn.search.exact import nearest
from dualamn.search.pools import candidate_pools

__all__ = [
    "Candidates",
    "Recall",
    "candidate_pools",
    "nearest",
    "pair_cosines",
    "search_candidates",
]
