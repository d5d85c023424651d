from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dualamn.data_loaders import load

Files = Callable[..., dict[str, Any]]
Folder = Callable[..., Path]
Refused = Callable[..., None]


@pytest.fixture
def three(layout: Files) -> Any:
    """The small world with a third graph."""
    return layout(
        "dbp5l",
        {
            "kg/cc-train.tsv": "0\t3\t1\n",
            "kg/cc-val.tsv": "1\t3\t2\n",
            "kg/cc-test.tsv": "2\t0\t0\n",
            "entity/cc.tsv": "x\ny\nz\nx\n",
            "entity/de.tsv": "nothing\n",
            "seed_alignlinks/cc-aa.tsv": "0.0\t5.0\n1.0\t6.0\n0.0\t5.0\n",
            "seed_alignlinks/bb-cc.tsv": "3\t0\n",
        },
    )


def test_three_graphs(three: Any, make_folder: Folder) -> None:
    task = load(make_folder(three, "many"), train_ratio=0.5)
    assert task.kg_names == ("aa", "bb", "cc")
    assert [kg.n_entities for kg in task.kgs] == [12, 12, 4]
    assert task.n_relations == 4
    pooled = {
        pair: {
            tuple(row)
            for links in (task.seed_links, task.test_links)
            for row in task.identifiers(task.links_between(links, *pair))
        }
        for pair in task.kg_pairs
    }
    assert pooled[0, 1] == {(str(i), str(100 + i)) for i in range(11)}
    assert pooled[0, 2] == {("5", "x"), ("6", "y")}
    assert pooled[1, 2] == {("103", "x")}
    # Every pair is split for itself, and one link is a seed.
    seeds = [len(task.links_between(task.seed_links, *pair)) for pair in task.kg_pairs]
    assert seeds == [6, 1, 1]
    assert set(task.notes) == {
        "cc: 1 entity has the name of another one; the id is added to tell them apart",
        "entity/de.tsv belongs to no graph and is not read",
        "cc-aa.tsv: 1 repeated line skipped",
    }


def test_files_in_both_directions(layout: Files, make_folder: Folder) -> None:
    files = layout("dbp5l", {"seed_alignlinks/bb-aa.tsv": "11\t11\n0\t0\n"})
    task = load(make_folder(files), train_ratio=1)
    assert len(task.seed_links) == 12
    assert "bb-aa.tsv: 1 repeated line skipped" in task.notes


def test_missing_folder(layout: Files, make_folder: Folder, refused: Refused) -> None:
    files = {name: text for name, text in layout("dbp5l").items() if not name.startswith("kg/")}
    folder = make_folder(files)
    refused(folder, "missing", file="kg")
    (folder / "kg").mkdir()
    refused(folder, "found 0 graphs", "L-train.tsv", file="kg")
    folder = make_folder(layout("dbp5l", {"seed_alignlinks/aa-bb.tsv": None}), "other")
    refused(folder, "no links here", "A-B.tsv", file="seed_alignlinks")
