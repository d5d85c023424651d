"""A made alignment with wrong links, and what is true of it."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from dualamn import Aligner, Alignment, AlignmentTask
from dualamn.bench.synthetic_task import make_task
from dualamn.kernels.arrays import pair_keys
from dualamn.review import Review


class Known(NamedTuple):
    """An alignment and its gold.

    Attributes:
        gold: keys of all true pairs.
    """

    task: AlignmentTask
    alignment: Alignment
    gold: set[int]

    def truth(self, review: Review) -> np.ndarray:
        """(m,) which of the proposals are the same."""
        return np.isin(pair_keys(review.proposals.pairs), list(self.gold))


@pytest.fixture(scope="session")
def known() -> Known:
    task = make_task(400, keep_triples=0.6, seed=5)
    gold = np.concatenate([task.seed_links, task.test_links])
    # Few seeds, so that links are wrong.
    task = AlignmentTask("few", task.kgs, task.seed_links[:25], task.test_links, task.valid_links)
    alignment = Aligner("fast", calibrate=True).fit(task).align()
    return Known(task, alignment, set(pair_keys(gold).tolist()))


@pytest.fixture
def review(known: Known, tmp_path: Path) -> Review:
    return Review(known.alignment, tmp_path / "decisions.sssom.tsv", who="anna")
