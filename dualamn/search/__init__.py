"""Nearest-neighbour search over embeddings."""

from dualamn.search.candidates import Candidates, search_candidates
from dualamn.search.exact import nearest
from dualamn.search.pools import candidate_pools

__all__ = ["Candidates", "candidate_pools", "nearest", "search_candidates"]
