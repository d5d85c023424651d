from pathlib import Path

import numpy as np
import pytest

import dualamn
from dualamn.errors import DataError
from dualamn.graphs.knowledge_graph import KnowledgeGraph, Literals
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings


def literals(entities: list[int], kinds: list[int], values: list[str]) -> Literals:
    return Literals(
        strings(["born", "label"]),
        np.array(entities, dtype=np.int32),
        np.array(kinds, dtype=np.int32),
        strings(values),
        strings(["@en"] * len(values)),
    )


def described_kg(name: str) -> KnowledgeGraph:
    rows = [[0, 0, 1], [1, 0, 2]]
    return KnowledgeGraph(
        name,
        strings(["a", "b", "c"]),
        strings(["r"]),
        np.array(rows, dtype=np.int32),
        strings(["Name of a", "", "Name of c"]),
        literals([0, 2], [0, 1], ["1900 of a", "c"]),
    )


def described(kg: KnowledgeGraph) -> dict[str, object]:
    assert kg.entity_names is not None
    assert kg.literals is not None
    told = zip(kg.literals.entities, kg.literals.kinds, kg.literals.values, strict=True)
    return {
        "names": dict(zip(kg.entities, kg.entity_names, strict=True)),
        "values": {(kg.entities[e], kg.literals.attributes[k], v) for e, k, v in told},
        "triples": {(kg.entities[h], r, kg.entities[t]) for h, r, t in kg.triples.tolist()},
    }


@pytest.mark.parametrize("seed", range(4))
def test_names_and_values_stay_with_their_entities(seed: int, tmp_path: Path) -> None:
    kgs = [described_kg("left"), described_kg("right")]
    task = AlignmentTask.from_kgs(kgs, {(0, 1): [(0, 0)]}, seed=seed)
    assert [described(kg) for kg in task.kgs] == [described(kg) for kg in kgs]
    assert task.entity_names is not None
    named = dict(zip(task.identifiers(np.arange(6)), task.entity_names, strict=True))
    assert named == {"a": "Name of a", "b": "", "c": "Name of c"}

    aligner = dualamn.Aligner("fast", relation_dim=4, label_dim=8, seed=seed, calibrate=False).fit(
        task
    )
    aligner.save(tmp_path / "aligner")
    loaded = dualamn.Aligner.load(tmp_path / "aligner").task
    assert [described(kg) for kg in loaded.kgs] == [described(kg) for kg in kgs]


def test_a_graph_without_names_beside_one_with_them() -> None:
    plain = KnowledgeGraph.from_triples("plain", [("x", "r", "y")])
    task = AlignmentTask.from_kgs([described_kg("left"), plain], {(0, 1): [(0, 0)]})
    assert task.entity_names is not None
    assert sorted(task.entity_names) == ["", "", "", "Name of a", "Name of c"]
    nameless = AlignmentTask.from_kgs(
        [plain, KnowledgeGraph.from_triples("too", [("x", "r", "y")])], {(0, 1): [(0, 0)]}
    )
    assert nameless.entity_names is None


def test_what_does_not_fit_is_an_error() -> None:
    with pytest.raises(DataError, match="have the lengths"):
        literals([0], [0], ["x", "y"])
    with pytest.raises(DataError, match="numbered 0 to 1, but attribute triples name 2"):
        literals([0], [2], ["x"])
    kg = described_kg("kg")
    with pytest.raises(DataError, match="3 entities, but 1 names"):
        KnowledgeGraph("kg", kg.entities, kg.relations, kg.triples, strings(["one"]))
    with pytest.raises(DataError, match="entities of kg are numbered 0 to 2"):
        KnowledgeGraph(
            "kg", kg.entities, kg.relations, kg.triples, literals=literals([3], [0], ["x"])
        )
