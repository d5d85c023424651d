"""Pseudo-seeds: beside seed links, of the same IRIs, and what teaches weights without seeds."""

from dataclasses import replace

import numpy as np
import pytest

from dualamn import bootstrap
from dualamn.aligner import Aligner
from dualamn.attributes import PseudoSeeds
from dualamn.attributes.attributes import Attributes
from dualamn.attributes.pseudo_seeds import ENOUGH, shared_identifiers
from dualamn.attributes.seeds_by_name import types_fit
from dualamn.config import AlignerConfig
from dualamn.decoding import Decoder
from dualamn.eval import evaluate
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings
from tests.attributes.conftest import FAST, described_task, named_task, shuffled, spoken
from tests.conftest import there


def found(
    pairs: list[list[int]], chance: list[float], exact: int = 0, near: int = 0
) -> PseudoSeeds:
    links = np.array(pairs, dtype=np.int32)
    return PseudoSeeds(links, np.array(chance, dtype=np.float32), exact, near)


def test_seed_links_judge_those_beside_them() -> None:
    pairs = [[i, 100 + i] for i in range(30)]
    own = found(pairs, [0.0] * 10 + [0.3] * 20, exact=10, near=20)
    right = np.array(pairs[:5] + pairs[12:17], dtype=np.int32)
    few = np.array(pairs[:1] + pairs[12:13] + [[50, 150]], dtype=np.int32)
    kept = own.judged_by(right)
    # Half of what chance gave before them counts for no more than ten seed links do.
    np.testing.assert_allclose(kept.chance, [0.0] * 5 + [0.15] * 15, atol=1e-6)
    assert (kept.exact, kept.near) == (5, 15)
    assert not np.isin(kept.links, right).any()
    wrong = right.copy()
    wrong[:, 1] += 50
    assert len(own.judged_by(wrong).links) == 0
    # Many seed links stand in for pairs that are not trusted, a few do not.
    others = np.array([[50 + i, 250 + i] for i in range(ENOUGH)], dtype=np.int32)
    assert own.judged_by(others).links.tolist() == pairs[:10]
    assert len(own.judged_by(others[:1]).links) == 30
    assert len(own.judged_by(few).links) == 28


def iri_task() -> AlignmentTask:
    kgs = []
    for name, entities in (
        ("l", ["http://x.org/a", "http://x.org/b", "c", "http://l.org/d"]),
        ("r", ["c", "http://x.org/b", "http://x.org/a", "http://r.org/d"]),
    ):
        kg = KnowledgeGraph.from_arrays(name, [[0, 0, 1], [2, 0, 3]], entities)
        kgs.append(replace(kg, unlinkable=kg.entities == "http://x.org/b"))
    return AlignmentTask.from_kgs(kgs, {}, seed=1)


def test_the_same_iri_is_a_pair_and_other_identifiers_are_none() -> None:
    task = iri_task()
    links = shared_identifiers(task)
    assert links.dtype == np.int32
    assert task.identifiers(links).tolist() == [["http://x.org/a", "http://x.org/a"]]
    own = found([[int(links[0, 0]), 7], [3, 5]], [0.5, 0.5], exact=2).with_shared(links)
    assert own.links.tolist() == [*links.tolist(), [3, 5]]
    assert own.chance.tolist() == [0, 0.5]
    assert str(own).startswith("2 pseudo-seeds: 1 by the same IRI, 1 by unique exact name")
    assert str(PseudoSeeds.none().with_shared(links)) == "1 pseudo-seeds: 1 by the same IRI"


def test_a_few_correct_seed_links_do_no_harm() -> None:
    task = named_task(600, mean_degree=2.5, keep_triples=0.6)
    scores = []
    for count in (0, 5):
        some = replace(task, seed_links=task.seed_links[:count])
        aligner = Aligner("fast", **FAST).fit(some)
        assert len(there(aligner.pseudo_seeds).links) > 250
        links = there(evaluate(aligner.align(), task.test_links).links)
        scores.append(links["f1"] or 0)
    without, beside = scores
    assert beside >= without - 0.02 > 0.95


def test_pseudo_seeds_of_names_that_seed_links_refute_are_not_used() -> None:
    task = named_task(200, shuffled)
    assert Attributes.of(task, AlignerConfig.preset("fast")).start(task) is None


@pytest.mark.parametrize(("kept", "knows"), [(0.8, True), (0.05, False)])
def test_structure_judges_names_where_it_finds_what_they_find(kept: float, knows: bool) -> None:
    task = named_task(300, keep_triples=kept)
    decoder = Decoder(replace(task, seed_links=task.seed_links[:0]), AlignerConfig.preset("fast"))
    links = np.concatenate([task.seed_links, task.test_links])
    own = PseudoSeeds(links, np.zeros(len(links), dtype=np.float32), exact=len(links))
    assert bootstrap._structure_knows(decoder, own) is knows
    if knows:
        rng = np.random.default_rng(0)
        mixed = links.copy()
        mixed[:, 1] = rng.permutation(mixed[:, 1])
        assert not bootstrap._structure_knows(decoder, replace(own, links=mixed))


def test_without_structure_names_keep_their_weight() -> None:
    names = [spoken(number) for number in range(150)]
    kgs = []
    for graph, shift in (("l", 0), ("r", 50)):
        entities = [f"{graph}{i}" for i in range(100)]
        # A chain that says nothing: it runs through others in the other graph.
        chain = [[i, 0, (i + 1) % 100] for i in range(100)]
        kg = KnowledgeGraph.from_arrays(graph, chain, entities)
        own = [f"{name} x" if shift and at % 2 else name for at, name in enumerate(names)]
        texts = strings(own[shift : shift + 100])
        order = np.random.default_rng(shift).permutation(100)
        kgs.append(replace(kg, entity_names=texts[order]))
    task = AlignmentTask.from_kgs(kgs, {}, seed=1)
    aligner = Aligner("fast", **FAST).fit(task)
    weights = there(aligner.fitted.model.attributes.names).weights
    assert weights.similarity + weights.same > 5


def test_names_are_weighed_by_pairs_that_values_found() -> None:
    task = described_task(lambda side, number: [(0, "code", f"code {number:06}", "")], 200)
    task = replace(
        task,
        kgs=tuple(
            replace(
                kg, entity_names=strings(f"{e} {spoken(int(e.split('/')[1]))}" for e in kg.entities)
            )
            for kg in task.kgs
        ),
        seed_links=task.seed_links[:0],
    )
    attributes = Attributes.of(task, AlignerConfig.preset("fast"))
    own = there(attributes.start(task))
    assert len(own.by_value) > 100
    attributes.weigh_without_seeds(own, np.empty((0, 2), dtype=np.int32))
    by_value = there(attributes.names).weights
    there(attributes.names).weigh(own.by_value)
    assert by_value == there(attributes.names).weights
    assert by_value.similarity > 5


def test_seed_links_show_which_types_go_together() -> None:
    kind = np.array([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2, -1])
    seeds = np.array([[i, 7 + i] for i in range(5)], dtype=np.int32)
    pairs = np.array([[5, 12], [6, 14], [6, 15], [14, 14]], dtype=np.int32)
    assert types_fit(seeds, pairs, kind).tolist() == [True, False, True, True]
    assert types_fit(seeds[:4], pairs, kind).all()
