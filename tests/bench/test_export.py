"""What is written as a folder loads to the same task."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.bench.export import write_task
from dualamn.bench.synthetic_task import make_task
from dualamn.data_loaders import load
from dualamn.errors import DataError
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask

NAMES = st.text(
    st.characters(exclude_characters="\t\n\r\0", exclude_categories=["Cs"]), min_size=1, max_size=5
).filter(lambda name: not name.startswith("\ufeff") and name.strip(" "))


def content(task: AlignmentTask) -> Any:
    """A task without its numbering."""

    def triples(kg: KnowledgeGraph) -> Any:
        heads, relations, tails = kg.triples.T
        columns = (kg.entities[heads], kg.relations[relations], kg.entities[tails])
        return set(zip(*columns, strict=True))

    return (
        [(kg.name, set(kg.entities), triples(kg)) for kg in task.kgs],
        *(
            {tuple(row) for row in task.identifiers(links)}
            for links in (task.seed_links, task.valid_links, task.test_links)
        ),
    )


@pytest.mark.parametrize("layout", ["tables", "ids"])
def test_made_task(tmp_path: Path, layout: str) -> None:
    task = make_task(60, shared_relations=True)
    write_task(task, tmp_path / "new" / "a_b", layout)
    again = load(tmp_path / "new" / "a_b", seed=7)
    assert again.notes == ()
    if layout == "tables":
        assert content(again) == content(task)
    else:  # relations are numbered in this layout
        assert content(again)[1:] == content(task)[1:]
        assert [kg.n_triples for kg in again.kgs] == [kg.n_triples for kg in task.kgs]
        assert again.n_relations == task.n_relations


def test_three_graphs_and_validation_links(tmp_path: Path) -> None:
    task = make_task(40, n_kgs=3)
    task = replace(task, test_links=task.test_links[5:], valid_links=task.test_links[:5])
    write_task(task, tmp_path)
    assert content(load(tmp_path)) == content(task)


def test_isolated_entities_and_one_use_of_links(tmp_path: Path) -> None:
    kgs = [
        KnowledgeGraph.from_arrays(name, [(0, 0, 1)], [f"{name}{i}" for i in range(3)], ["r"])
        for name in "ab"
    ]
    task = AlignmentTask.from_kgs(kgs, {(0, 1): [(2, 2), (0, 1)]})
    write_task(task, tmp_path / "a_b", "ids")
    again = load(tmp_path / "a_b", train_ratio=1)
    assert content(again)[1] == {("a2", "b2"), ("a0", "b1")}
    assert (again.kgs[0].degrees == 0).sum() == 1
    with pytest.raises(
        DataError, match="without triples, which tables cannot hold; use the layout ids"
    ):
        write_task(task, tmp_path / "tables")


def test_diagonal_is_permuted_on_load(tmp_path: Path) -> None:
    write_task(make_task(100, diagonal=True), tmp_path, "ids")
    again = load(tmp_path)
    links = np.concatenate([again.seed_links, again.test_links])
    assert (links[:, 1] - links[:, 0] == again.entity_offsets[1]).mean() < 0.2


@given(
    graphs=st.tuples(*[st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=1, max_size=8)] * 2),
    data=st.data(),
)
def test_any_names_survive_tables(
    tmp_path_factory: pytest.TempPathFactory, graphs: Any, data: Any
) -> None:
    kgs = [KnowledgeGraph.from_triples(*named) for named in zip("ab", graphs, strict=True)]
    size = min(kg.n_entities for kg in kgs)
    n_links = data.draw(st.integers(1, size))
    links = list(zip(range(n_links), data.draw(st.permutations(range(size))), strict=False))
    task = AlignmentTask.from_kgs(kgs, {(0, 1): links[:1]}, {(0, 1): links[1:]})
    folder = tmp_path_factory.mktemp("tables")
    write_task(task, folder)
    assert content(load(folder)) == content(task)


@pytest.mark.parametrize("name", ["links", "a/b", "", "..", "seed_links"])
def test_graph_names_that_cannot_be_files(tmp_path: Path, name: str) -> None:
    kgs = [KnowledgeGraph.from_triples(kg, [("x", "r", "y")]) for kg in (name, "other")]
    with pytest.raises(DataError, match="rename the graph"):
        write_task(AlignmentTask.from_kgs(kgs, {}), tmp_path)


@pytest.mark.parametrize("bad", ["a\tb", "a\nb", "", "a\rb"])
def test_identifiers_that_cannot_be_written(tmp_path: Path, bad: str) -> None:
    kgs = [KnowledgeGraph.from_triples(kg, [(bad, "r", "y")]) for kg in "ab"]
    with pytest.raises(DataError, match="rename it"):
        write_task(AlignmentTask.from_kgs(kgs, {}), tmp_path)


def test_tasks_that_do_not_fit_the_layout(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two graphs, not 3; use tables"):
        write_task(make_task(20, n_kgs=3), tmp_path, "ids")
    task = make_task(20)
    task = replace(task, valid_links=task.test_links)
    with pytest.raises(DataError, match="no validation links; use tables"):
        write_task(task, tmp_path, "ids")
    with pytest.raises(DataError, match="tables or ids, not as 'xml'"):
        write_task(task, tmp_path, "xml")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot make this folder"):
        write_task(make_task(20), tmp_path / "file" / "x")
