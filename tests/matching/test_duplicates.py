"""Graphs that have some entities twice: both are linked, and nobody else is."""

from typing import Any

import numpy as np
import pytest

from dualamn import Aligner, Alignment, AlignmentTask, ConfigError, KnowledgeGraph
from dualamn.bench.synthetic_task import make_task
from dualamn.eval import judge
from dualamn.kernels.arrays import strings
from dualamn.matching import BY_PROBABILITY, MATCHERS, get_matcher
from dualamn.matching.duplicates import with_claims
from dualamn.probability.calibration import label_links
from dualamn.result import Candidates, TopK
from tests.conftest import there

TEMPERATURE = 0.03


def candidates_of(scores: Any) -> Candidates:
    """All pairs as candidates, from a dense table."""
    table = np.asarray(scores, dtype=np.float32)
    left = np.arange(len(table), dtype=np.int32)
    right = np.arange(table.shape[1], dtype=np.int32) + 100

    def topk(values: Any, queries: Any, others: Any) -> TopK:
        order = np.argsort(-values, axis=1, kind="stable")
        return TopK(queries, others[order], np.take_along_axis(values, order, axis=1), len(others))

    return Candidates(topk(table, left, right), topk(table.T, right, left))


def links_of(scores: Any, matcher: str = "mutual") -> dict[tuple[int, int], float]:
    candidates = candidates_of(scores)
    one_to_one = get_matcher(matcher, temperature=TEMPERATURE).match(candidates)
    found = with_claims(one_to_one, candidates, TEMPERATURE)
    assert found.links.dtype == np.int32
    assert found.scores.dtype == np.float32
    pairs = [(int(a), int(b) - 100) for a, b in found.links]
    assert len(set(pairs)) == len(pairs)
    return dict(zip(pairs, found.scores.tolist(), strict=True))


@pytest.mark.parametrize("matcher", BY_PROBABILITY)
def test_both_of_two_duplicates_are_linked(matcher: str) -> None:
    scores = [[0.9, 0.1, 0.1], [0.85, 0.1, 0.2], [0.1, 0.8, 0.1], [0.1, 0.2, 0.9]]
    found = links_of(scores, matcher)
    assert found.keys() == {(0, 0), (1, 0), (2, 1), (3, 2)}
    assert min(found.values()) > 0.9
    assert links_of(np.transpose(scores), matcher).keys() == {(b, a) for a, b in found}


def test_who_fits_others_as_well_has_no_claim() -> None:
    # The second is no duplicate of the first: it is no better with 0 than with 1.
    found = links_of([[0.9, 0.1, 0.1], [0.5, 0.5, 0.1], [0.1, 0.9, 0.1], [0.1, 0.1, 0.9]])
    assert (1, 0) not in found
    assert (1, 1) not in found


def test_who_is_far_from_a_taken_entity_has_no_claim() -> None:
    assert links_of([[1.9, 0.1], [0.6, 0.1], [0.1, 1.2]]).keys() == {(0, 0), (2, 1)}


def test_entities_that_nothing_tells_apart_have_no_claims() -> None:
    candidates = candidates_of(np.full((4, 4), 0.5))
    one_to_one = get_matcher("mutual", temperature=TEMPERATURE).match(candidates)
    found = with_claims(one_to_one, candidates, TEMPERATURE)
    np.testing.assert_array_equal(found.links, one_to_one.links)


def test_no_candidates_no_links() -> None:
    nobody = np.empty(0, dtype=np.int32)
    none = Candidates.none(nobody, nobody)
    assert with_claims(get_matcher("mutual").match(none), none, TEMPERATURE).links.shape == (0, 2)


def test_a_link_beside_the_correct_one_is_not_labelled_by_it() -> None:
    links = np.array([[0, 5], [1, 5], [2, 6]], dtype=np.int32)
    held_out = np.array([[0, 5], [3, 6]], dtype=np.int32)
    features = np.arange(3, dtype=np.float32)[:, None]
    once = label_links(links, features, held_out)
    assert once.is_correct.tolist() == [True, False, False]
    assert once.features[:, 0].tolist() == [0, 1, 2]
    many = label_links(links, features, held_out, many=True)
    assert (many.is_correct.tolist(), many.features[:, 0].tolist()) == ([True, False], [0, 2])


def doubled(seed: int, *, side: int = 0) -> AlignmentTask:
    """A task in which a fifth of one graph's entities are there twice, ``a/7`` as ``a/7/again``.

    Every copy keeps four fifths of the triples. The first of two may be a seed link, the second
    never is.
    """
    base = make_task(250, keep_triples=0.8, seed=seed)
    one, other = base.kgs[side], base.kgs[1 - side]
    rng = np.random.default_rng([seed, 9])
    twice = np.flatnonzero((rng.random(one.n_entities) < 0.2) & (one.degrees >= 4))
    copy = {int(entity): one.n_entities + i for i, entity in enumerate(twice)}
    rows: list[tuple[int, int, int]] = []
    for head, relation, tail in one.triples.tolist():
        copies = [(copy[head], relation, tail)] if head in copy else []
        copies += [(head, relation, copy[tail])] if tail in copy else []
        first = [(head, relation, tail)]
        rows += first if not copies else [x for x in first + copies if rng.random() < 0.8]
    entities = strings([*one.entities, *(f"{one.entities[entity]}/again" for entity in twice)])
    graph = KnowledgeGraph(one.name, entities, one.relations, np.array(rows, dtype=np.int32))
    number = {str(name).split("/")[1]: i for i, name in enumerate(other.entities)}
    same = [(i, number.get(str(name).split("/")[1], -1)) for i, name in enumerate(entities)]
    links = np.array([pair for pair in same if pair[1] >= 0])
    seeds = (links[:, 0] < one.n_entities) & (rng.random(len(links)) < 0.3)
    if side:
        links = links[:, ::-1]
    kgs = [graph, other] if side == 0 else [other, graph]
    return AlignmentTask.from_kgs(
        kgs, {(0, 1): links[seeds]}, {(0, 1): links[~seeds]}, name=base.name, seed=seed
    )


def again(alignment: Alignment, links: Any) -> int:
    """How many links of second copies are right."""
    gold = {tuple(row) for row in alignment.task.test_links.tolist()}
    names = alignment.task.identifiers(links)
    return sum(
        tuple(link) in gold and any(str(name).endswith("/again") for name in ends)
        for link, ends in zip(links.tolist(), names, strict=True)
    )


@pytest.mark.parametrize("side", [0, 1])
def test_duplicates_come_out_with_their_probabilities(side: int) -> None:
    task = doubled(side, side=side)
    aligner = Aligner("fast", calibrate=True).fit(task)
    once = aligner.align(matcher="mutual")
    many = aligner.align(matcher="mutual", many=True).confident(0.5)
    copies = again(many, task.test_links)
    assert copies > 20
    assert again(once, once.links) < 0.5 * copies
    assert again(many, many.links) > 0.75 * copies
    metrics = judge(many.links, task.test_links, None, task.seed_links).metrics
    assert there(metrics.precision) > 0.85
    assert there(metrics.recall) > 0.85
    # Several links of an entity on the side that has them once, and none of a seed link.
    assert np.bincount(many.links[:, 1 - side]).max() > 1
    known = {tuple(row) for row in task.seed_links.tolist()}
    assert not known & {tuple(row) for row in many.links.tolist()}


def test_without_duplicates_links_stay_as_they_are() -> None:
    task = make_task(250, seed=2)
    aligner = Aligner("fast", calibrate=True).fit(task)
    once, many = (
        aligner.align(matcher="mutual", many=many).confident(0.5) for many in (False, True)
    )
    right = [judge(a.links, task.test_links, None, task.seed_links).metrics for a in (once, many)]
    assert right[1].correct >= 0.97 * right[0].correct
    assert len(many) <= 1.1 * len(once)


@pytest.mark.parametrize("matcher", sorted(set(MATCHERS) - set(BY_PROBABILITY)))
def test_a_matcher_without_probabilities_is_refused(matcher: str) -> None:
    aligner = Aligner("fast").fit(make_task(60))
    with pytest.raises(ConfigError, match="goes by probability"):
        aligner.align(matcher=matcher, many=True)
