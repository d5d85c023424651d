from collections.abc import Callable

import numpy as np
import pytest

from dualamn.kernels.arrays import FloatArray
from dualamn.result import Candidates
from dualamn.search import search_candidates

MakeCandidates = Callable[..., Candidates]


@pytest.fixture
def made() -> MakeCandidates:
    """Candidates of random unit vectors; right ids follow the left ones, with a gap of 3."""

    def make(
        n_left: int, n_right: int, k: int = 100, d: int = 8, seed: int = 0, gap: int = 3
    ) -> Candidates:
        return search_candidates(
            unit_rows(n_left + gap + n_right, d, seed),
            np.arange(n_left, dtype=np.int32),
            np.arange(n_left + gap, n_left + gap + n_right, dtype=np.int32),
            k,
        )

    return make


def unit_rows(n: int, d: int, seed: int) -> FloatArray:
    rows = np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))
