"""Synthetic graphs: counts exactly as asked for, everything else roughly."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dualamn.bench import synthetic_options
from dualamn.bench.synthetic_graphs import SyntheticGraphs
from dualamn.bench.synthetic_options import PRESETS, SyntheticOptions, preset_options
from dualamn.errors import DataError
from dualamn.graphs.knowledge_graph import distinct_rows

SMALL = SyntheticOptions(entities=1500, seed=3)


def made(**changes: Any) -> SyntheticGraphs:
    return SyntheticGraphs(SyntheticOptions(**{"entities": 1500, **changes}))


def all_triples(graphs: SyntheticGraphs, graph: int) -> Any:
    return np.concatenate(list(graphs.triples(graph)))


def degrees(graphs: SyntheticGraphs, graph: int) -> NDArray[np.int64]:
    ends = all_triples(graphs, graph)[:, [0, 2]]
    return np.bincount(ends.ravel(), minlength=graphs.counts.graphs[graph].entities)


def common_share(graphs: SyntheticGraphs, *, relations: bool = False) -> float:
    """The share of the left graph's triples between linked entities that are in the right one."""
    links = graphs.links(0, 1)
    counterpart = np.full(graphs.counts.graphs[0].entities, -1)
    counterpart[links[:, 0]] = links[:, 1]
    left, right = (all_triples(graphs, graph) for graph in (0, 1))
    left[:, [0, 2]] = counterpart[left[:, [0, 2]]]
    left = left[(left >= 0).all(axis=1)]
    columns = [0, 1, 2] if relations else [0, 2]
    there = {tuple(row) for row in right[:, columns].tolist()}
    return float(np.mean([tuple(row) in there for row in left[:, columns].tolist()]))


def correlation(left: Any, right: Any) -> float:
    table: Any = np.corrcoef(left, right)
    return float(table[0, 1])


@pytest.fixture(params=["one part", "many parts"])
def parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "many parts":
        for module in ("synthetic_options", "synthetic_graphs"):
            monkeypatch.setattr(f"dualamn.bench.{module}.TRIPLES_PER_PART", 700)


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"triples": (5000, 8001), "entities": (1400, 1501), "overlap": 0.5},
        {"overlap": 1.0, "missing": 0.0, "contradictory": 0.0},
        {"overlap": 0.4, "lone_degree": 0.8, "lone_heads": 0.5},
        {"graphs": 4, "entities": (500, 600, 700, 801), "shared_relations": True},
        {"degree": 0.9, "relations": 3},
        {"entities": 40, "triples": 300, "relations": 4},
    ],
)
def test_counts_are_exact(changes: dict[str, Any]) -> None:
    graphs = made(**changes)
    options = graphs.options
    for graph, counts in enumerate(graphs.counts.graphs):
        batches = list(graphs.triples(graph))
        assert len(batches) == graphs.n_parts(graph)
        triples = np.concatenate(batches)
        assert triples.dtype == np.int64
        asked = options.triples[graph] if isinstance(options.triples, tuple) else options.triples
        degree = options.degree
        assert isinstance(degree, float)
        assert len(triples) == (asked or round(counts.entities * degree / 2))
        assert len(distinct_rows(triples)) == len(triples)
        assert triples.min() >= 0
        assert triples[:, [0, 2]].max() < counts.entities
        assert triples[:, 1].max() < counts.relations
        assert (triples[:, 0] != triples[:, 2]).all()
    sizes = [counts.entities for counts in graphs.counts.graphs]
    for left, right in combinations(range(options.graphs), 2):
        links = graphs.links(left, right)
        assert len(links) == round(options.overlap * min(sizes))
        for side, graph in enumerate((left, right)):
            assert len(np.unique(links[:, side])) == len(links)
            assert links[:, side].max() < sizes[graph]


def test_many_parts_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic_options, "TRIPLES_PER_PART", 700)
    assert SyntheticGraphs(SMALL).counts.parts > 5


def test_the_seed_decides_everything() -> None:
    first, again = SyntheticGraphs(SMALL), SyntheticGraphs(SMALL)
    other = made(seed=4)
    for graph in (0, 1):
        assert (all_triples(first, graph) == all_triples(again, graph)).all()
        assert (all_triples(first, graph) != all_triples(other, graph)).any()
    assert (first.links(0, 1) == again.links(0, 1)).all()
    assert (first.links(0, 1) != other.links(0, 1)).any()
    # Graphs can be made in any order, and again.
    assert (all_triples(first, 0) == all_triples(again, 0)).all()


def test_numbers_and_places_give_nothing_away() -> None:
    graphs = made(missing=0.0, contradictory=0.0, uneven=0.0, overlap=1.0, shared_relations=True)
    assert common_share(graphs, relations=True) == 1
    links = graphs.links(0, 1)
    assert (links[:, 0] == links[:, 1]).mean() < 0.01
    assert abs(correlation(*links.T)) < 0.1
    assert abs(correlation(np.arange(len(links)), links[:, 0])) < 0.1
    # What is the same has no place in common in the lists of triples, either.
    counterpart = dict(links.tolist())
    left, right = (all_triples(graphs, graph)[:, 0].tolist() for graph in (0, 1))
    assert np.mean([counterpart[a] == b for a, b in zip(left, right, strict=True)]) < 0.02


def test_relations_are_numbered_anew_unless_shared() -> None:
    same = {"missing": 0.0, "contradictory": 0.0, "overlap": 1.0, "relation_split": 0.0}
    assert common_share(made(**same, shared_relations=True), relations=True) == 1
    assert common_share(made(**same), relations=True) < 0.2
    assert common_share(made(**same)) == 1


def test_missing_and_contradictory_triples() -> None:
    for missing in (0.2, 0.6):
        graphs = made(missing=missing, contradictory=0.0, uneven=0.0, parallel=0.0, degree=14)
        # Some pairs are joined by another triple, by chance.
        assert 1 - missing - 0.03 < common_share(graphs) < 1 - missing + 0.12
    graphs = made(missing=0.0, contradictory=0.3, uneven=0.0, parallel=0.0, degree=14)
    assert 0.67 < common_share(graphs) < 0.78


def test_uneven_gaps_leave_some_entities_nearly_nothing_in_common() -> None:
    def none_in_common(uneven: float) -> float:
        graphs = made(uneven=uneven)
        links = graphs.links(0, 1)
        counterpart = dict(links.tolist())
        edges = [set(map(tuple, all_triples(graphs, g)[:, [0, 2]].tolist())) for g in (0, 1)]
        found = {a for a, b in edges[0] if (counterpart.get(a), counterpart.get(b)) in edges[1]}
        return 1 - len(found) / len(links)

    assert none_in_common(4.0) > 1.5 * none_in_common(0.0)


def test_degrees_follow_a_power_law() -> None:
    steep = {exponent: degrees(made(degree_exponent=exponent), 0) for exponent in (2.3, 6.0)}
    assert steep[2.3].max() > 1.5 * steep[6.0].max()
    assert SyntheticGraphs(SMALL).counts.graphs[0].triples > 0
    usual = degrees(SyntheticGraphs(SMALL), 0)
    assert usual.max() > 10 * usual.mean()
    assert usual.min() >= 1


def test_entities_without_counterpart() -> None:
    for lone_degree, lone_heads in ((0.2, 0.0), (0.6, 0.5)):
        graphs = made(overlap=0.6, lone_degree=lone_degree, lone_heads=lone_heads)
        linked = np.zeros(1500, dtype=bool)
        linked[graphs.links(0, 1)[:, 0]] = True
        each = degrees(graphs, 0)
        ratio = each[~linked].mean() / each[linked].mean()
        assert 0.9 * lone_degree < ratio < 1.5 * lone_degree
        starts = ~linked[all_triples(graphs, 0)[:, 0]]
        assert starts.any() == (lone_heads > 0)


def test_relations_have_unequal_frequencies() -> None:
    counts = np.bincount(all_triples(made(relations=100), 0)[:, 1], minlength=100)
    shares = np.sort(counts)[::-1] / counts.sum()
    assert shares[:10].sum() > 0.3
    assert shares[50:].sum() < 0.25
    flat = np.bincount(all_triples(made(relations=100, relation_exponent=0), 0)[:, 1])
    assert flat.std() < 0.8 * counts.std()


def repeats(columns: slice, **changes: Any) -> float:
    """How often two neighbouring columns of a triple are the same, on average."""
    triples = all_triples(made(**changes), 0)
    return len(triples) / len(distinct_rows(triples[:, columns]))


def test_functional_relations_have_one_tail() -> None:
    head = slice(2)
    assert repeats(head, functional=1.0) == 1
    assert repeats(head, functional=0.0) > 1.2


def test_values_are_shared_by_many_heads() -> None:
    value = slice(1, 3)
    assert repeats(value, values=1.0) > 1.5 * repeats(value, values=0.0)
    assert repeats(value, popularity=0.03) > 1.2 * repeats(value, popularity=1.0)


def test_seeds() -> None:
    assert made().n_seeds is None
    assert made(seeds=0.3).n_seeds == round(0.3 * round(0.77 * 1500))
    assert made(seeds=1e-9).n_seeds == 1
    assert made(seeds=1 - 1e-9).n_seeds == round(0.77 * 1500) - 1


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_has_the_size_it_says(name: str) -> None:
    graphs = SyntheticGraphs(preset_options(name))
    summary = PRESETS[name].summary
    counts = graphs.counts
    assert f"{counts.links:,} links" in summary
    triples = sum(graph.triples for graph in counts.graphs)
    assert f"{triples:,} triples" in summary or f"{triples // 10**6} million triples" in summary
    assert ("seeds" in summary) == (graphs.n_seeds is not None)


@pytest.mark.parametrize("name", list(PRESETS))
def test_presets_in_other_sizes(name: str) -> None:
    graphs = SyntheticGraphs(preset_options(name, entities=800))
    full = preset_options(name)
    for graph in (0, 1):
        degree = full.degree[graph] if isinstance(full.degree, tuple) else full.degree
        assert len(all_triples(graphs, graph)) == round(400 * degree)
    assert len(SyntheticGraphs(preset_options(name, graphs=3, entities=500)).counts.graphs) == 3


def test_unknown_presets_are_guessed() -> None:
    with pytest.raises(DataError, match="'1mm', did you mean '1m'"):
        preset_options("1mm")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("entities", 1, "entities is 1; use a whole number from 2 to 100,000,000"),
        ("entities", 2.5, "entities is 2.5; use a whole number"),
        ("entities", (50, 60, 70), "entities has 3 numbers for 2 graphs"),
        ("graphs", 1, "graphs is 1; use a whole number from 2 to 26"),
        ("triples", 0, "triples is 0"),
        ("triples", 10**9, "too many for"),
        ("degree", float("nan"), "degree is nan; use a number from 0.1"),
        ("relations", 0, "relations is 0"),
        ("overlap", 1.2, "overlap is 1.2; use a number from 0 to 1"),
        ("overlap", 0.0, "leaves 0 links; raise overlap or entities"),
        ("missing", 1.0, "missing is 1.0; use a number from 0 to 0.99"),
        ("contradictory", -0.1, "contradictory is -0.1"),
        ("degree_exponent", 2.0, "degree_exponent is 2.0"),
        ("nearness", 0, "nearness is 0"),
        ("seeds", 1, "seeds is 1; use a number between 0 and 1"),
        ("seeds", True, "seeds is True"),
        ("seed", -1, "seed is -1"),
    ],
)
def test_bad_options(name: str, value: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        made(**{name: value})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_options_that_do_not_go_together() -> None:
    with pytest.raises(DataError, match="with shared_relations all graphs have the same"):
        made(shared_relations=True, relations=(5, 6))
    with pytest.raises(DataError, match="no room for so many distinct triples"):
        all_triples(made(functional=1.0, relations=2, degree=20), 0)
