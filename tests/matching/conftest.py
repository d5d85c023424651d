from typing import Any

import numpy as np

from dualamn.kernels.arrays import FloatArray
from dualamn.result import Candidates, TopK
from dualamn.search import search_candidates


def made(
    n_left: int, n_right: int, k: int = 100, d: int = 8, seed: int = 0, gap: int = 3
) -> Candidates:
    """Candidates of random unit vectors; right ids follow the left ones, with a gap of 3."""
    left = np.arange(n_left, dtype=np.int32)
    right = np.arange(n_left + gap, n_left + gap + n_right, dtype=np.int32)
    return search_candidates(unit_rows(n_left + gap + n_right, d, seed), left, right, k)


def unit_rows(n: int, d: int, seed: int) -> FloatArray:
    rows = np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def complete(queries: Any, candidates: Any, scores: Any) -> TopK:
    """Every entity of the other side in order of its score, from lists."""
    found = np.array(candidates, np.int32)
    return TopK(np.array(queries, np.int32), found, np.array(scores, np.float32), found.shape[1])
