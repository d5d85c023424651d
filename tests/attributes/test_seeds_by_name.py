"""Pseudo-seeds by name, where nobody gave seed links."""

from dataclasses import replace

import numpy as np
import pytest

from dualamn.aligner import Aligner
from dualamn.attributes import PseudoSeeds
from dualamn.attributes.seeds_by_name import find_seeds_by_name
from dualamn.errors import TrainingError
from dualamn.eval import evaluate
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings
from dualamn.settings.groups import Names
from tests.attributes.conftest import FAST, named_task, names_in, shuffled, spoken
from tests.conftest import there


def of_names(left: list[str], right: list[str]) -> AlignmentTask:
    """Two graphs whose entities have these names."""
    kgs = []
    for graph, names in (("l", left), ("r", right)):
        entities = [f"{graph}{i}" for i in range(len(names))]
        kg = KnowledgeGraph.from_arrays(graph, [[0, 0, 1]], entities)
        kgs.append(replace(kg, entity_names=strings(names)))
    return AlignmentTask.from_kgs(kgs, {}, seed=1)


def test_only_names_that_nobody_shares_and_near_ones_by_far_are_taken() -> None:
    task = of_names(
        ["Anna Bellinghausen", "Springfield", "Springfield", "Charlottenburg", "zzz", "", ""],
        ["bellinghausen, anna", "Springfield", "Charlotenburg", "xxx", "", "", ""],
    )
    own = find_seeds_by_name(task, names_in(task, 256))
    assert {tuple(pair) for pair in task.identifiers(own.links)} == {("l0", "r0"), ("l3", "r2")}
    assert (own.exact, own.near) == (1, 1)
    assert str(own) == "2 pseudo-seeds: 1 by unique exact name, 1 by mutual nearest name"


WORDS = [f"{a}{b}{c}" for a in ("ba", "ko", "mi", "tu") for b in "lnrs" for c in ("ek", "ov", "ix")]


def drawn(count: int, seed: int) -> list[str]:
    """Names of two words of a small language."""
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, 2)) for _ in range(count)]


@pytest.mark.parametrize("limit", [1e12, 0])
def test_pairs_that_chance_explains_are_refused(limit: float) -> None:
    different = of_names(drawn(300, 1), drawn(300, 2))
    own = find_seeds_by_name(different, names_in(different, 256), limit)
    assert len(own.links) == 0
    assert own.refused > 20
    with pytest.raises(TrainingError, match=f"than chance gives \\({own.refused} pairs found\\)"):
        Aligner("fast", **FAST).fit(different)
    # The same names again, beside some that are in both graphs and that chance does not give.
    common = [f"Number {spoken(i)}" for i in range(300)]
    some = of_names(drawn(300, 1) + common, drawn(300, 2) + common)
    own = find_seeds_by_name(some, names_in(some, 256), limit)
    assert own.exact > 250
    assert 20 < own.refused < 80
    wrong = [not name.startswith("Number") for name in there(some.entity_names)[own.links[:, 0]]]
    assert sum(wrong) <= own.chance.sum() < 5
    assert ((own.chance > 0) & (own.chance <= 1)).all()


def test_chance_explains_nothing_where_names_are_their_own() -> None:
    task = named_task(200)
    own = find_seeds_by_name(task, names_in(task, 256))
    assert own.refused == 0
    assert "chance" not in str(own)
    assert str(replace(own, refused=3)).endswith("(3 more left out: as many would agree by chance)")


def test_a_task_without_seed_links_is_aligned_by_its_own() -> None:
    task = named_task(200)
    aligner = Aligner("fast", **FAST).fit(replace(task, seed_links=task.seed_links[:0]))
    assert aligner.pseudo_seeds is not None
    assert aligner.pseudo_seeds.exact > 100
    scores = evaluate(aligner.align(), task.test_links)
    assert (there(scores.links)["f1"] or 0) > 0.95
    # They are no seed links: they were judged anew, and are among the links that came out.
    assert len(aligner.align().links) > 0.9 * len(aligner.pseudo_seeds.links)
    # Beside seed links there are others, of entities that have none.
    beside = there(Aligner("fast", **FAST).fit(task).pseudo_seeds)
    assert beside.exact > 60
    assert not np.isin(beside.links, task.seed_links).any()


def test_names_are_judged_by_pairs_that_structure_found() -> None:
    good, bad = named_task(300), named_task(300, shuffled)
    for task, worth in ((good, True), (bad, False)):
        own = PseudoSeeds(
            task.seed_links, np.zeros(len(task.seed_links), np.float32), len(task.seed_links), 0
        )
        found = task.test_links  # as if structure had found them all
        names = names_in(task, 256)
        names.weigh(own.labels(np.concatenate([found, own.links])))
        assert (names.weights.similarity + names.weights.same > 8) is worth


@pytest.mark.parametrize(
    ("names", "left", "message"),
    [
        ("auto", None, "no seed links to learn from, and its graphs have no names"),
        ("off", [], "no seed links to learn from, and names are off"),
        ("auto", [], "no two names in it are near"),
    ],
)
def test_neither_seeds_nor_names_is_an_error(
    names: Names, left: list[str] | None, message: str
) -> None:
    task = of_names(["alpha", "", ""], ["omikron", "", ""])
    if left is None:
        task = replace(task, kgs=tuple(replace(kg, entity_names=None) for kg in task.kgs))
    with pytest.raises(TrainingError, match=message):
        Aligner("fast", names=names, **FAST).fit(task)
