"""Pairs found by name that stood in for seed links."""

import numpy as np

from dualamn.probability.begun_with import BegunWith


def test_it_knows_its_own_pairs_and_how_sure_they_are() -> None:
    links = np.array([[7, 20], [3, 25], [5, 21]], dtype=np.int32)
    pairs = BegunWith(links, np.array([0.25, 1.0, 0.0], dtype=np.float32))
    asked = np.array([[3, 25], [5, 21], [5, 20], [7, 20], [9, 30]], dtype=np.int32)
    # Even one that chance explains is known to be among them.
    assert pairs.sure(asked).tolist() == [0.01, 1.0, 0.0, 0.75, 0.0]
    assert pairs.sure(asked[:0]).tolist() == []
    none = BegunWith(links[:0], pairs.chance[:0])
    assert none.sure(asked).tolist() == [0] * 5
