"""Nearest-neighbour search over embeddings."""

from dualamn.result import Candidates, Recall
from dualamn.search.candidate_search import candidate_sets, search_candidates
from dualamn.search.exact import nearest, pair_cosines

__all__ = ["Candidates", "Recall", "candidate_sets", "nearest", "pair_cosines", "search_candidates"]
