"""Evidence does not come back to where it came from, and is not counted twice."""

from dataclasses import replace

import numpy as np
import pytest

from dualamn import Aligner, AlignmentTask, KnowledgeGraph
from dualamn.evidence.overlap import overlap_evidence, summed
from dualamn.evidence.statements import Statements
from dualamn.kernels.arrays import strings
from tests.evidence.small_graphs import Known, made_kg

Triples = list[tuple[int, int, int]]
ONE = np.zeros(1, dtype=np.int64)


def evidence_of(left: KnowledgeGraph, right: KnowledgeGraph, relations: int) -> float:
    """Of the pair (1, 1), if 0 and 0 are the same and each relation stands for its own."""
    weights = np.diag([0.8] * (2 * relations)).astype(np.float64)
    known = Known(left, right, weights, (ONE, ONE), np.ones(1))
    one, two, matched = known.statements()
    keys, values = summed(overlap_evidence(one, two, matched), known.shape)
    return float(dict(zip(keys.tolist(), values.tolist(), strict=True))[(1 << 32) + 1])


def test_inverse_symmetric_and_similar_relations_count_once() -> None:
    plain = made_kg([(1, 0, 0)], 2, 2)
    once = evidence_of(plain, plain, 2)
    inverse = made_kg([(1, 0, 0), (0, 1, 1)], 2, 2)
    symmetric = made_kg([(1, 0, 0), (0, 0, 1)], 2, 2)
    parallel = made_kg([(1, 0, 0), (1, 1, 0)], 2, 2)
    for several in (inverse, symmetric, parallel):
        assert evidence_of(several, several, 2) == pytest.approx(once)
        assert evidence_of(plain, several, 2) == pytest.approx(once)


def test_two_neighbours_still_count_twice() -> None:
    pair = made_kg([(1, 0, 0), (1, 0, 2)], 3, 1)
    ends = np.array([0, 2])
    known = Known(pair, pair, np.diag([0.8, 0.0]), (ends, ends), np.ones(2))
    one, two, matched = known.statements()
    _, values = summed(overlap_evidence(one, two, matched), known.shape)
    assert values.tolist() == pytest.approx([-2 * np.log(0.2)])


def known_by(triples: Triples, n: int, mute: list[int]) -> list[int]:
    is_mute = np.zeros(n, dtype=np.bool_)
    is_mute[mute] = True
    found: list[int] = Statements.of(made_kg(triples, n, 2)).known_by(is_mute).tolist()
    return found


def test_private_entities_are_those_at_the_end_of_trees() -> None:
    chain: Triples = [(0, 0, 1), (1, 0, 2), (2, 0, 3), (3, 1, 2), (4, 0, 0), (0, 0, 5), (5, 0, 4)]
    assert known_by(chain, 6, []) == [-1, -1, -1, 2, -1, -1]
    assert known_by(chain, 6, [3]) == [-1, -1, 1, 2, -1, -1]
    assert known_by(chain, 6, [2, 3]) == [-1, 0, 1, 2, -1, -1]
    assert known_by([(0, 0, 0), (1, 0, 0)], 3, []) == [1, 0, -1]


def addresses(n: int, named: bool, seed: int) -> AlignmentTask:
    """Persons with an address and its suburb each; every fourth person is linked.

    Addresses have a name if `named`, and some are linked as well; everything else has none.
    """
    kgs = []
    for side in "ab":
        rows = [(i, 0, n + i) for i in range(n)] + [(n + i, 1, 2 * n + i) for i in range(n)]
        names = [f"{side}{i}" for i in range(3 * n)]
        kg = KnowledgeGraph.from_arrays(side, rows, names, ["address", "suburb"])
        rng = np.random.default_rng(5)
        streets = ["".join(rng.choice([*"aeiourstlnm"], 9)) for _ in range(n)]
        called = strings([""] * n + streets + [""] * n)
        kgs.append(replace(kg, entity_names=called) if named else kg)
    known = np.concatenate([np.arange(0, n, 4), np.arange(n, 2 * n, 4)[: 15 * named]])
    return AlignmentTask.from_kgs(kgs, {(0, 1): np.stack([known] * 2, axis=1)}, seed=seed)


def found(task: AlignmentTask) -> list[tuple[int, int]]:
    links = Aligner("fast").fit(task).align(matcher="mutual").links
    return [(int(one[1:]), int(two[1:])) for one, two in task.identifiers(links).tolist()]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_private_neighbours_do_not_prove_each_other(seed: int) -> None:
    """What hangs from linked persons is found, and nothing else: nothing tells that apart."""
    n = 60
    links = found(addresses(n, named=False, seed=seed))
    assert all(one == two and (one % n) % 4 == 0 for one, two in links)
    assert len(links) > 20


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_private_neighbours_speak_by_their_own_names(seed: int) -> None:
    """Addresses with a name bring in the persons, who have none, and what else hangs there."""
    n = 60
    links = found(addresses(n, named=True, seed=seed))
    assert all(one == two for one, two in links)
    kinds = np.bincount([one // n for one, _ in links], minlength=3)
    assert (kinds > 40).all()
