"""How similar two entities are by all that is stated of them."""

from math import log, sqrt

import numpy as np
import pytest

from dualamn.evidence import statement_similarity as similarity_module
from dualamn.evidence.statement_similarity import StatementSimilarity
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.kernels.arrays import keys_of
from dualamn.matching.pairs import PairTable
from tests.evidence.small_graphs import (
    Floats,
    Known,
    made_alignment,
    made_kg,
    plain_similarity,
    with_any_graphs,
)


def all_pairs(left: KnowledgeGraph, right: KnowledgeGraph) -> PairTable:
    x, y = np.indices((left.n_entities, right.n_entities)).reshape(2, -1)
    keys = keys_of(x, y)
    nothing = np.zeros(len(keys))
    return PairTable(keys, nothing, nothing == 0)


def alike(known: Known) -> Floats:
    """(n, n') of all pairs."""
    flat = StatementSimilarity.of(*known.statements()).between(all_pairs(known.left, known.right))
    return flat.reshape(known.shape)


@pytest.mark.parametrize("at_once", [1, 5, 1 << 20])
@with_any_graphs
def test_similarity_equals_a_loop_over_statements(
    at_once: int, left: KnowledgeGraph, right: KnowledgeGraph, seed: int
) -> None:
    known = made_alignment(left, right, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(similarity_module, "_AT_ONCE", at_once)
        found = alike(known)
    np.testing.assert_allclose(found, plain_similarity(known), atol=1e-6)


def test_what_many_share_tells_who_lacks_it() -> None:
    """Of 400 people 200 live in one country and 200 in the other; two share a street as well."""
    people = range(3, 403)
    triples = [(i, 0, i % 2) for i in people] + [(3, 1, 2), (4, 1, 2)]
    kg = made_kg(triples, 403, 2)
    places = np.arange(3)
    found = alike(Known(kg, kg, 0.9 * np.eye(4), (places, places), np.ones(3)))
    country, street = log(403 / 200), log(403 / 2)
    both = street + country
    assert found[7, 9] == pytest.approx(0.9 * country / sqrt(country**2 + 1))
    assert found[7, 8] == 0  # countries differ
    assert found[3, 4] == pytest.approx(0.9 * street / sqrt(both**2 + 1))
    assert found[3, 3] == pytest.approx(0.9 * both / sqrt(both**2 + 1))
    assert found[7, 3] < found[7, 9]  # who has a street is less like one who has none
