import numpy as np
import pytest
from ot import sinkhorn as dense_sinkhorn  # type: ignore[import-untyped]

from dualamn.errors import ConfigError
from dualamn.matching import get_matcher
from dualamn.matching.sinkhorn import Sinkhorn
from dualamn.result import Candidates, TopK
from tests.conftest import there
from tests.matching.conftest import complete, made


def by_id(topk: TopK) -> tuple[list[int], list[list[float]]]:
    """The queries, and their scores in the order of the candidates' ids."""
    order = np.argsort(topk.candidates, axis=1)
    return topk.queries.tolist(), np.take_along_axis(topk.scores, order, axis=1).tolist()


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_complete_candidates_give_the_plan_of_dense_transport(temperature: float) -> None:
    candidates = made(20, 20)
    cosines = np.array(by_id(candidates.left_to_right)[1])
    even = np.full(20, 1 / 20)
    expected = 20 * dense_sinkhorn(
        even, even, -cosines, temperature, method="sinkhorn_log", numItermax=20_000, stopThr=1e-10
    )
    matching = Sinkhorn(temperature, rounds=20_000, tolerance=1e-10).match(candidates)
    np.testing.assert_allclose(by_id(there(matching.left_to_right))[1], expected, atol=1e-5)
    np.testing.assert_allclose(by_id(there(matching.right_to_left))[1], expected.T, atol=1e-5)
    np.testing.assert_array_equal(
        matching.links, np.stack([np.arange(20), 23 + expected.argmax(axis=1)], axis=1)
    )
    np.testing.assert_allclose(matching.scores, expected.max(axis=1), atol=1e-5)


def test_a_pair_has_one_probability_in_both_directions() -> None:
    matching = get_matcher("sinkhorn").match(made(40, 30, 6))
    forward, backward = (
        {
            (int(query), int(candidate)): float(score)
            for query, row, scores in zip(topk.queries, topk.candidates, topk.scores, strict=True)
            for candidate, score in zip(row, scores, strict=True)
        }
        for topk in (there(matching.left_to_right), there(matching.right_to_left))
    )
    shared = [(left, right) for left, right in forward if (right, left) in backward]
    assert len(shared) > 50
    assert all(forward[left, right] == backward[right, left] for left, right in shared)


def test_equal_probabilities_keep_the_order_of_the_cosines() -> None:
    """Far below the best, probabilities are 0 in float32, and cosines still tell them apart."""
    forward = complete([0, 1], [[4, 2, 5, 3], [3, 5, 2, 4]], [[1, 0.3, 0.2, 0.1]] * 2)
    backward = complete(
        [2, 3, 4, 5], [[0, 1], [1, 0], [0, 1], [1, 0]], [[0.3, 0.2], [1, 0.1], [1, 0.1], [0.3, 0.2]]
    )
    matching = Sinkhorn(temperature=0.001).match(Candidates(forward, backward))
    assert matching.left_to_right is not None
    assert (matching.left_to_right.scores[:, 1:] == 0).all()
    np.testing.assert_array_equal(matching.left_to_right.candidates, forward.candidates)
    assert matching.links.tolist() == [[0, 4], [1, 3]]


def test_an_entity_takes_its_second_choice_if_the_first_is_taken() -> None:
    """Both left entities are nearest to 2, but entity 1 has another that is nearly as near."""
    forward = complete([0, 1], [[2, 3], [2, 3]], [[0.9, 0.1], [0.8, 0.7]])
    backward = complete([2, 3], [[0, 1], [1, 0]], [[0.9, 0.8], [0.7, 0.1]])
    matching = get_matcher("sinkhorn").match(Candidates(forward, backward))
    assert matching.links.tolist() == [[0, 2], [1, 3]]
    assert (matching.scores > 0.9).all()


@pytest.mark.parametrize("name", ["sinkhorn", "mutual", "one_to_one"])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": 0.0}, "temperature above 0, got 0.0"),
        ({"temperature": float("nan")}, "temperature above 0, got nan"),
        ({"rounds": 0}, "1 round or more, got 0"),
        ({"tolerance": -1.0}, "tolerance of 0 or more, got -1.0"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    name: str, settings: dict[str, float], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        get_matcher(name, **settings)
