from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dualamn.data_loaders import load
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array

Files = Callable[..., dict[str, Any]]
Folder = Callable[..., Path]


def links(task: AlignmentTask, of: Int32Array) -> Any:
    return {tuple(int(name) for name in row) for row in task.identifiers(of)}


def test_published_fold(layout: Files, make_folder: Folder) -> None:
    files = layout(
        "openea",
        {
            "721_5fold/2/train_links": "9\t109\n",
            "721_5fold/2/valid_links": "8\t108\n",
            "721_5fold/2/test_links": "7\t107\n",
        },
    )
    folder = make_folder(files)
    first, second = load(folder), load(folder, fold=2)
    assert links(first, first.seed_links) == {(0, 100), (1, 101), (2, 102)}
    assert links(first, first.valid_links) == {(3, 103), (4, 104)}
    assert len(first.test_links) == 6
    assert links(second, second.seed_links) == {(9, 109)}
    assert links(second, second.valid_links) == {(8, 108)}
    assert links(second, second.test_links) == {(7, 107)}
    assert second.notes == ("the split is fold 2 of 1, 2",)


def test_folds_alone_are_enough(layout: Files, make_folder: Folder) -> None:
    task = load(make_folder(layout("openea", {"ent_links": None})))
    assert [len(task.seed_links), len(task.valid_links), len(task.test_links)] == [3, 2, 6]


def test_names_from_the_folder(layout: Files, make_folder: Folder) -> None:
    assert load(make_folder(layout("openea"), "EN_FR_15K_V1")).kg_names == ("EN", "FR")
    assert load(make_folder(layout("openea"), "D_D_15K_V1")).kg_names == ("kg1", "kg2")
    assert load(make_folder(layout("openea"), "some_long_name")).kg_names == ("kg1", "kg2")
