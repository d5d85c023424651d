import numpy as np
import pytest

from dualamn.alignment import Alignment
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.result import PairAlignment


@pytest.fixture
def alignment() -> Alignment:
    """Links between three graphs: a0-b1 and a1-b0, then b1-c0."""
    kgs = [KnowledgeGraph.from_triples(name, [(f"{name}0", "r", f"{name}1")]) for name in "abc"]
    task = AlignmentTask.from_kgs(kgs, {}, name="small", seed=3)

    def pair(left: int, right: int, *links: tuple[str, str]) -> PairAlignment:
        ends = [task.ids(left, [a for a, _ in links]), task.ids(right, [b for _, b in links])]
        scores = np.linspace(0.5, 1, len(links), dtype=np.float32)
        return PairAlignment(left, right, np.stack(ends, axis=1), scores, None, None)

    pairs = (pair(0, 1, ("a0", "b1"), ("a1", "b0")), pair(0, 2), pair(1, 2, ("b1", "c0")))
    return Alignment(task, pairs, "unaligned", "mutual")


def test_columns_speak_the_users_identifiers(alignment: Alignment) -> None:
    columns = alignment.columns()
    assert list(columns.left_source) == ["a", "a", "b"]
    assert list(columns.left) == ["a0", "a1", "b1"]
    assert list(columns.right_source) == ["b", "b", "c"]
    assert list(columns.right) == ["b1", "b0", "c0"]
    assert columns.score.tolist() == [0.5, 1.0, 0.5]
    assert len(alignment) == 3
    assert alignment.links.shape == (3, 2)
    assert alignment.links.dtype == np.int32
    assert alignment.scores.dtype == np.float32


def test_no_pairs_and_no_links_are_empty_columns(alignment: Alignment) -> None:
    for pairs in ((), alignment.pairs[1:2]):
        empty = Alignment(alignment.task, pairs, "unaligned", "mutual")
        assert len(empty) == 0
        assert empty.links.shape == (0, 2)
        assert list(empty.columns().left) == []


def test_the_summary_and_the_text_form(alignment: Alignment) -> None:
    assert alignment.summary() == {
        "protocol": "unaligned",
        "matcher": "mutual",
        "links": {"a-b": 2, "a-c": 0, "b-c": 1},
    }
    assert repr(alignment) == "Alignment('small': 3 links, matcher mutual, protocol unaligned)"
