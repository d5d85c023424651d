"""Which classes stand for each other, and what that says of pairs."""

from dataclasses import replace

import numpy as np
import pytest

from dualamn import Aligner, AlignmentTask, ConfigError, KnowledgeGraph
from dualamn.attributes import Attributes
from dualamn.attributes.types import TypeSimilarity, stated_types
from dualamn.config import AlignerConfig
from dualamn.files.rdf import RDF_TYPE
from dualamn.graphs.knowledge_graph import Literals
from dualamn.kernels.arrays import IntArray, strings

Typed = list[tuple[int, str]]


def graph(
    name: str, n: int, typed: Typed, triples: list[tuple[int, int, int]] | None = None
) -> KnowledgeGraph:
    entities, types = [i for i, _ in typed], [t for _, t in typed]
    literals = Literals(
        strings([RDF_TYPE]),
        np.array(entities, dtype=np.int32),
        np.zeros(len(typed), dtype=np.int32),
        strings(types),
        strings(["http://www.w3.org/2001/XMLSchema#anyURI"] * len(typed)),
    )
    kg = KnowledgeGraph.from_arrays(
        name, triples or [], [f"{name}{i}" for i in range(n)], ["r0", "r1"]
    )
    return replace(kg, literals=literals)


def learned(left: Typed, right: Typed, n: int, known: int) -> tuple[AlignmentTask, TypeSimilarity]:
    """Two graphs of n entities, the first of which are known to be the same."""
    links = np.stack([np.arange(known)] * 2, axis=1)
    task = AlignmentTask.from_kgs((graph("a", n, left), graph("b", n, right)), {(0, 1): links})
    types = TypeSimilarity(task, seed=0)
    types.weigh(task.seed_links)
    return task, types


def weights(
    task: AlignmentTask, types: TypeSimilarity, pairs: list[tuple[int, int]]
) -> list[float]:
    found: list[float] = types.match_weight(*ids(task, pairs)).tolist()
    return found


def ids(task: AlignmentTask, pairs: list[tuple[int, int]]) -> tuple[IntArray, IntArray]:
    left = task.ids(0, [f"a{x}" for x, _ in pairs])
    right = task.ids(1, [f"b{y}" for _, y in pairs])
    return left.astype(np.int64), right.astype(np.int64)


def cities_and_bands(n: int) -> tuple[Typed, Typed]:
    """Every third entity is a city, the others are bands."""
    left = [(i, "City" if i % 3 == 0 else "Band") for i in range(n)]
    return left, [(i, {"City": "Ort", "Band": "Gruppe"}[name]) for i, name in left]


def test_classes_that_stand_for_each_other_speak_for_and_against() -> None:
    task, types = learned(*cities_and_bands(120), 120, 60)
    city, band, mixed = weights(task, types, [(90, 93), (91, 92), (90, 91)])
    assert city == pytest.approx(np.log(3), abs=0.1), "a third are cities"
    assert band == pytest.approx(np.log(1.5), abs=0.1)
    assert mixed < -3
    assert types.conflict(*ids(task, [(90, 93), (90, 91)])).tolist() == [False, True]


def test_few_labels_say_little() -> None:
    said = []
    for known in (0, 3, 9, 60):
        task, types = learned(*cities_and_bands(120), 120, known)
        said.append(weights(task, types, [(90, 91)])[0])
    assert said[0] == 0
    assert 0 >= said[1] > said[2] > said[3]
    assert said[1] > -2.5


def test_labels_at_random_say_nothing_against() -> None:
    rng = np.random.default_rng(0)
    left, _ = cities_and_bands(300)
    right = [(i, str(rng.choice(["Ort", "Gruppe"]))) for i in range(300)]
    task, types = learned(left, right, 300, 100)
    assert min(weights(task, types, [(0, y) for y in range(200, 210)])) > -0.5


def test_general_classes_do_not_hide_the_special_one() -> None:
    """Both are places, and both are everything; a city is no river."""
    left: Typed = []
    for i in range(120):
        left += [(i, "Thing"), (i, "Place"), (i, "City" if i % 2 else "River")]
    right = [(i, f"{name}'") for i, name in left]
    task, types = learned(left, right, 120, 60)
    same, other = weights(task, types, [(101, 103), (101, 102)])
    assert same == pytest.approx(np.log(2), abs=0.1)
    assert other < -3
    assert types.conflict(*ids(task, [(101, 102)])).tolist() == [True], "what all are is no match"


def test_nothing_is_said_of_entities_without_type() -> None:
    left, right = cities_and_bands(120)
    task, types = learned(left[:100], right, 120, 60)
    assert weights(task, types, [(110, 93), (110, 91)]) == [0, 0]


def test_types_are_read_from_literals_and_triples_alike() -> None:
    as_literals = graph("a", 3, [(0, "City"), (0, "http://www.w3.org/2002/07/owl#Thing")])
    as_triples = KnowledgeGraph.from_triples("b", [("x", RDF_TYPE, "Ort"), ("x", "in", "y")])
    task = AlignmentTask.from_kgs((as_literals, as_triples), {})
    (own, one), (other, two) = stated_types(task)
    assert (one, two) == (["City"], ["Ort"])
    assert task.identifiers([own[0], other[0]]).tolist() == ["a0", "x"]


def homonyms(n: int, same_type: bool = False) -> Aligner:
    """Places whose counterparts are missing, and bands of their names; all others are found."""
    rng = np.random.default_rng(1)
    words = ["".join(rng.choice([*"aeioubdklmnrst"], 9)) for _ in range(2 * n)]
    place = [i < n for i in range(2 * n)]
    gone = [i for i in range(n) if i % 5 == 0]
    triples = [(i, 0, n + i) for i in range(n)] + [(i, 1, (i * 7 + 1) % n) for i in range(n)]
    left = graph("a", 2 * n, [(i, "City" if place[i] else "Man") for i in range(2 * n)], triples)
    kept = [row for row in triples if row[0] not in gone and row[2] not in gone]
    kinds = [(i, "Gruppe" if i in gone else "Ort" if place[i] else "Mann") for i in range(2 * n)]
    right = graph("b", 2 * n, kinds, kept)
    kgs = [replace(kg, entity_names=strings(words)) for kg in (left, right)]
    known = [i for i in range(2 * n) if i % 5 == 1 and i not in gone]
    task = AlignmentTask.from_kgs(kgs, {(0, 1): [(i, i) for i in known]}, seed=2)
    return Aligner("fast", same_type=same_type).fit(task)


@pytest.mark.parametrize("same_type", [False, True])
def test_equal_names_of_other_types_are_no_links(same_type: bool) -> None:
    n = 60
    aligner = homonyms(n, same_type)
    task = aligner.task
    links = aligner.align(matcher="mutual").links
    pairs = [(int(x[1:]), int(y[1:])) for x, y in task.identifiers(links).tolist()]
    assert not [pair for pair in pairs if pair[0] < n and pair[0] % 5 == 0]
    assert sum(x == y for x, y in pairs) > 0.9 * (2 * n - n // 5 - len(task.seed_links))
    types = aligner.fitted.model.attributes.types
    assert types is not None
    if same_type:
        assert not types.conflict(*links.astype(np.int64).T).any()


def test_types_take_part_with_values_and_are_none_themselves() -> None:
    task, _ = learned(*cities_and_bands(30), 30, 10)
    attributes = Attributes.of(task, AlignerConfig())
    assert attributes.types is not None
    assert attributes.values is not None
    assert not len(attributes.values.facts)
    assert not attributes.notes(task)
    assert Attributes.of(task, AlignerConfig(values="off")).types is None
    with pytest.raises(ConfigError, match="values must be auto for same_type"):
        AlignerConfig(values="off", same_type=True)
    untyped = replace(task, kgs=tuple(replace(kg, literals=None) for kg in task.kgs))
    assert Attributes.of(untyped, AlignerConfig()).types is None


def test_what_was_learned_of_types_is_saved() -> None:
    task, types = learned(*cities_and_bands(60), 60, 30)
    again = TypeSimilarity(task, seed=0)
    again.load_state(types.state())
    pairs = [(x, y) for x in range(40, 50) for y in range(40, 50)]
    assert weights(task, again, pairs) == weights(task, types, pairs)
