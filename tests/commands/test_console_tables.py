"""Tables of links and scores, on an alignment made by hand."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from dualamn.alignment import Alignment
from dualamn.commands.console_tables import link_table, score_table
from dualamn.eval import evaluate
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings
from dualamn.result import PairAlignment


@pytest.fixture
def alignment() -> Alignment:
    """Entity 0 has the most triples, then 1 and so on; five links of every kind."""
    names = ["Alps", "Bern", "[bold]Cork", "Dover", "Essen"]
    spokes = [(i, 0, 5 + j) for i in range(5) for j in range(5 - i)]
    kgs = [
        KnowledgeGraph.from_arrays(side, spokes, [side + n for n in names] + list("vwxyz"), ["r"])
        for side in ("a", "b")
    ]
    # Alps and Bern have known counterparts; Cork's is Dover; nothing is known of Essen.
    task = AlignmentTask.from_kgs(kgs, {}, {(0, 1): [(0, 0), (1, 1), (2, 3)]})
    found = [("Alps", "Alps"), ("Bern", "Essen"), ("[bold]Cork", "[bold]Cork"), ("Dover", "Dover")]
    found.append(("Essen", "z"))
    links = np.stack(
        [
            task.ids(0, ["a" + left for left, _ in found]),
            task.ids(1, [right if right == "z" else "b" + right for _, right in found]),
        ],
        axis=1,
    )
    scores = np.linspace(0.9, 0.1, 5, dtype=np.float32)
    return Alignment(task, (PairAlignment(0, 1, links, scores, None, None),), "unaligned", "made")


def lines(table: Table) -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return [line.strip() for line in console.file.getvalue().splitlines() if line.strip()]


def rows(alignment: Alignment, count: int) -> list[str]:
    """The rows of the table of links, with single spaces."""
    return [" ".join(line.split()) for line in lines(link_table(alignment, count))[2:]]


def test_links_are_labelled_one_by_one(alignment: Alignment) -> None:
    assert rows(alignment, 6) == [
        "aAlps ↔ bAlps 0.900 ✓ correct",
        "a[bold]Cork ↔ b[bold]Cork 0.500 ✗ should be bDover",
        "aBern ↔ bEssen 0.700 ✗ should be bBern",
        "aDover ↔ bDover 0.300 ✗ a[bold]Cork belongs there",
        "aEssen ↔ z 0.100 ? unknown",
    ]


def test_where_there_are_probabilities_they_say_how_sure_a_link_is(alignment: Alignment) -> None:
    chances = np.array([0.99, 0.2, 0.7, 0.6, 0.8], dtype=np.float32)
    pair = replace(alignment.pairs[0], probabilities=chances)
    shown = lines(link_table(replace(alignment, pairs=(pair,)), 4))
    assert "probability" in shown[0]
    assert "score" not in shown[0]
    told = [line.split() for line in shown[2:]]
    assert [row[3] for row in told] == ["0.990", "0.700", "0.200", "0.600"]
    # By score the last one would be the link of Essen.
    assert told[-1][0] == "aDover"


def test_a_link_that_was_not_calibrated_has_no_probability(alignment: Alignment) -> None:
    chances = np.array([0.99, 0.2, np.nan, 0.6, 0.8], dtype=np.float32)
    pair = replace(alignment.pairs[0], probabilities=chances)
    told = [row.split() for row in rows(replace(alignment, pairs=(pair,)), 5)]
    assert {row[0]: row[3] for row in told}["a[bold]Cork"] == "-"


def test_the_best_connected_come_first_and_then_the_least_sure(alignment: Alignment) -> None:
    assert [row.split()[0] for row in rows(alignment, 4)] == [
        "aAlps",
        "a[bold]Cork",
        "aBern",
        "aEssen",
    ]


def test_entities_are_called_by_name_and_unknown_counterparts_are_not_told(
    alignment: Alignment,
) -> None:
    task = alignment.task
    named = replace(
        task.kgs[0],
        entity_names=strings(
            "N" * 100 if e == "aAlps" else f"{e}  name" for e in task.kgs[0].entities
        ),
    )
    known = replace(alignment, task=replace(task, kgs=(named, task.kgs[1])))
    told = rows(known, 6)
    assert told[0] == f"{'N' * 39}… ↔ bAlps 0.900 ✓ correct"
    assert told[3] == "aDover name ↔ bDover 0.300 ✗ a[bold]Cork name belongs there"
    unknown = replace(known, task=replace(known.task, test_links=task.test_links[:0]))
    assert rows(unknown, 6)[2:] == [
        "aBern name ↔ bEssen 0.700",
        "aDover name ↔ bDover 0.300",
        "aEssen name ↔ z 0.100",
    ]


def test_no_link_is_shown_twice(alignment: Alignment) -> None:
    for count in range(9):
        shown = [row.split()[0] for row in rows(alignment, count)]
        assert len(set(shown)) == len(shown) == min(count, 5)


def test_no_links_make_an_empty_table(alignment: Alignment) -> None:
    none = PairAlignment(0, 1, np.empty((0, 2), np.int32), np.empty(0, np.float32), None, None)
    empty = Alignment(alignment.task, (none,), "unaligned", "made")
    assert len(lines(link_table(empty, 5))) == 2


def test_a_matcher_without_ranking_has_no_ranking_rows(alignment: Alignment) -> None:
    evaluation = evaluate(alignment, alignment.task.test_links)
    shown = lines(score_table(evaluation))
    assert len(shown) == 2
    assert shown[0].startswith("ranking, unaligned")
