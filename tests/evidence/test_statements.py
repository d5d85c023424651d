"""Statements, aligned relations and shared statements equal plain loops over triples."""

from math import log, log1p, sqrt

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dualamn.evidence import overlap as overlap_module
from dualamn.evidence.overlap import overlap_evidence
from dualamn.evidence.relations import align_relations
from dualamn.evidence.statements import Statements
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from tests.evidence.small_graphs import (
    ALONE,
    BOTH_WAYS,
    HUB,
    LOOP,
    NOTHING,
    Floats,
    Ints,
    Known,
    graphs,
    made_alignment,
    made_kg,
    plain_groups,
    plain_overlap,
    with_any_graphs,
)


def plain_relations(
    left: KnowledgeGraph, right: KnowledgeGraph, counterpart: Ints, probability: Floats
) -> Floats:
    r, r_right = left.n_relations, right.n_relations
    again, of_left, of_right = np.zeros((r, 2 * r_right)), np.zeros(r), np.zeros(r_right)
    sure = {int(y): float(probability[x]) for x, y in enumerate(counterpart) if y >= 0}
    for head, kind, tail in left.triples.tolist():
        ends = counterpart[head], counterpart[tail]
        if min(ends) < 0:
            continue
        mass = probability[head] * probability[tail]
        of_left[kind] += mass
        for other_head, other, other_tail in right.triples.tolist():
            again[kind, other] += mass * ((other_head, other_tail) == ends)
            again[kind, other + r_right] += mass * ((other_tail, other_head) == ends)
    for head, kind, tail in right.triples.tolist():
        of_right[kind] += sure.get(head, 0) * sure.get(tail, 0)
    weights = np.zeros((2 * r, 2 * r_right))
    for k in range(r):
        for other in range(2 * r_right):
            both = sqrt(of_left[k] * of_right[other % r_right])
            weight = min(again[k, other] / (both + 3), 0.98)
            if weight >= 0.01:
                weights[k, other] = weights[k + r, (other + r_right) % (2 * r_right)] = weight
    return weights


def added_up(known: Known) -> Floats:
    found = np.zeros(known.shape)
    for x, x_right, weight in overlap_evidence(*known.statements()):
        np.add.at(found, (x, x_right), weight)
    return found


def made_counterparts(n: int, n_right: int, seed: int) -> tuple[Ints, Floats]:
    """A random one-to-one choice of counterparts, about a third of them missing."""
    rng = np.random.default_rng(seed)
    counterpart = np.full(n, -1, dtype=np.int64)
    size = min(n, n_right)
    counterpart[rng.permutation(n)[:size]] = rng.permutation(n_right)[:size]
    counterpart[rng.random(n) < 0.3] = -1
    # Whole numbers among them, so that a relation may be as good as certain.
    return counterpart, np.where(rng.random(n) < 0.5, 1.0, rng.random(n))


@given(graphs())
@example(NOTHING)
@example(ALONE)
@example(LOOP)
@example(BOTH_WAYS)
@example(HUB)
def test_statements_group_every_edge_both_ways(kg: KnowledgeGraph) -> None:
    statements = Statements.of(kg)
    r = statements.n_relations
    groups = plain_groups(kg)
    assert r == 2 * kg.n_relations
    assert statements.group_keys.tolist() == sorted(y * r + k for y, k in groups)
    stated = statements.stated.toarray()
    for y in range(kg.n_entities):
        for place in range(statements.group_starts[y], statements.group_starts[y + 1]):
            kind = int(statements.relation[place])
            assert statements.group_keys[place] == y * r + kind
            members = groups[y, kind]
            assert statements.count[place] == len(members)
            begin, end = statements.member_starts[place : place + 2]
            assert statements.members[begin:end].tolist() == sorted(members)
            assert np.flatnonzero(stated[:, place]).tolist() == sorted(members)
            expected = log(kg.n_entities / len(members))
            assert statements.information[place] == pytest.approx(expected)
    assert stated.sum() == len(statements.members)


@given(graphs(), st.integers(0, 127))
@example(NOTHING, 1)
@example(HUB, 0)
def test_restricted_statements_lose_members_and_keep_counts(kg: KnowledgeGraph, bits: int) -> None:
    kept = np.array([bool(bits >> i & 1) for i in range(kg.n_entities)])
    whole = Statements.of(kg)
    part = whole.restricted(kept)
    np.testing.assert_array_equal(part.triples, whole.triples)
    left = [
        (y, kind, count, [x for x in members if kept[x]])
        for y, kind, count, members in listed(whole)
    ]
    assert listed(part) == [group for group in left if group[3]]
    groups = np.arange(len(part.count))
    assert part.n_members(groups).tolist() == [len(members) for *_, members in listed(part)]


def listed(statements: Statements) -> list[tuple[int, int, int, list[int]]]:
    """Neighbour, relation, count and members of every group, by the tables of starts."""
    groups = []
    for y in range(statements.n_entities):
        for place in range(*statements.group_starts[y : y + 2].tolist()):
            key = int(statements.group_keys[place])
            assert key == y * statements.n_relations + statements.relation[place]
            members = statements.members[slice(*statements.member_starts[place : place + 2])]
            count = int(statements.count[place])
            groups.append((y, int(statements.relation[place]), count, members.tolist()))
    assert len(groups) == len(statements.group_keys) == len(statements.member_starts) - 1
    return groups


@with_any_graphs
def test_aligned_relations_equal_a_loop_over_triples(
    left: KnowledgeGraph, right: KnowledgeGraph, seed: int
) -> None:
    counterpart, probability = made_counterparts(left.n_entities, right.n_entities, seed)
    weights = align_relations(Statements.of(left), Statements.of(right), counterpart, probability)
    expected = plain_relations(left, right, counterpart, probability)
    assert weights.shape == expected.shape
    np.testing.assert_allclose(weights.toarray(), expected, atol=1e-12)


def test_relations_of_no_counterparts_do_not_stand_for_each_other() -> None:
    nobody = np.full(HUB.n_entities, -1)
    weights = align_relations(
        Statements.of(HUB), Statements.of(HUB), nobody, np.ones(HUB.n_entities)
    )
    assert weights.nnz == 0


def test_a_relation_turned_around_is_found_again_as_an_inverse() -> None:
    chain = [(i, 0, i + 1) for i in range(39)]
    left = made_kg(chain, 40, 1)
    right = made_kg([(t, 0, h) for h, _, t in chain], 40, 1)
    weights = align_relations(
        Statements.of(left), Statements.of(right), np.arange(40), np.ones(40)
    ).toarray()
    np.testing.assert_allclose(weights, [[0, 39 / 42], [39 / 42, 0]])


@pytest.mark.parametrize("at_once", [1, 5, 1 << 20])
@with_any_graphs
def test_overlap_equals_a_loop_over_triples(
    at_once: int, left: KnowledgeGraph, right: KnowledgeGraph, seed: int
) -> None:
    known = made_alignment(left, right, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlap_module, "_AT_ONCE", at_once)
        found = added_up(known)
    np.testing.assert_allclose(found, plain_overlap(known), atol=1e-12)


def test_a_statement_about_many_says_less_of_each() -> None:
    """Two who alone were born in a town share more than two of seven."""
    few = made_kg([(1, 0, 0)], 8, 1)
    many = made_kg([(i, 0, 0) for i in range(1, 8)], 8, 1)
    one = np.zeros(1, dtype=np.int64)
    alone, crowd = (
        added_up(Known(kg, kg, np.diag([0.9, 0.0]), (one, one), np.ones(1)))[1, 1]
        for kg in (few, many)
    )
    assert alone == pytest.approx(-log1p(-0.9))
    assert crowd == pytest.approx(-log1p(-0.9 / 7))


def test_evidence_is_finite_however_sure_all_is() -> None:
    one = np.zeros(1, dtype=np.int64)
    found = added_up(Known(LOOP, LOOP, np.ones((2, 2)), (one, one), np.ones(1)))
    assert found[0, 0] == pytest.approx(-log1p(-0.99)), "two neighbours speak once"


def test_members_of_a_hub_too_large_to_matter_are_left_out() -> None:
    hub = made_kg([(i, 0, 0) for i in range(1, 120)], 120, 1)
    one = np.zeros(1, dtype=np.int64)
    assert not added_up(Known(hub, hub, np.diag([1.0, 0.0]), (one, one), np.ones(1))).any()
