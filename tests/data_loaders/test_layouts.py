"""What holds for every layout: the same world loads to the same task."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualamn.data_loaders import load
from dualamn.data_loaders.catalog import LAYOUTS
from dualamn.progress import Progress
from tests.data_loaders.conftest import LEFT, LINKS, RIGHT, Folder, layout, links, refused, triples


def as_names(rows: Any) -> set[tuple[str, ...]]:
    return {tuple(map(str, row)) for row in rows}


def test_every_layout_loads_to_one_task(any_layout: dict[str, str], make_folder: Folder) -> None:
    task = load(make_folder(any_layout), train_ratio=0.5, seed=3)
    assert task.kg_names == ("aa", "bb")
    assert [kg.n_entities for kg in task.kgs] == [12, 12]
    assert [triples(kg) for kg in task.kgs] == [as_names(LEFT), as_names(RIGHT)]
    assert set(task.relations) == {"0", "1", "2", "3"}
    assert task.n_relations == 4
    assert len(task.triples) == len(LEFT) + len(RIGHT)
    # Half of 11, rounded to even.
    assert [len(task.seed_links), len(task.valid_links), len(task.test_links)] == [6, 0, 5]
    seeds, test = links(task, task.seed_links), links(task, task.test_links)
    assert seeds | test == as_names(LINKS)
    assert not seeds & test
    for array in (task.triples, task.seed_links, task.test_links, task.valid_links):
        assert array.dtype == np.int32


def test_every_layout_permutes_by_the_seed(any_layout: dict[str, str], make_folder: Folder) -> None:
    folder = make_folder(any_layout)
    first, again, other = (load(folder, train_ratio=0.5, seed=seed) for seed in (1, 1, 2))
    assert list(first.kgs[0].entities) == list(again.kgs[0].entities)
    assert (first.triples == again.triples).all()
    assert (first.seed_links == again.seed_links).all()
    assert list(first.kgs[0].entities) != list(other.kgs[0].entities)
    assert links(first, first.seed_links) != links(other, other.seed_links)
    # The files number counterparts alike, the task must not.
    local = np.concatenate([first.seed_links, first.test_links]) - first.entity_offsets[:2]
    assert (local[:, 0] == local[:, 1]).mean() < 0.5


def test_every_layout_reports_its_steps(any_layout: dict[str, str], make_folder: Folder) -> None:
    steps: list[Progress] = []
    load(make_folder(any_layout), progress=steps.append)
    assert [step.step for step in steps] == list(range(1, len(steps) + 1))
    assert {(step.stage, step.total) for step in steps} == {("load", len(steps))}


def test_all_links_can_be_seeds(any_layout: dict[str, str], make_folder: Folder) -> None:
    task = load(make_folder(any_layout), train_ratio=1)
    assert links(task, task.seed_links) == as_names(LINKS)
    assert task.test_links.shape == (0, 2)


@pytest.mark.parametrize("ratio", [0, -0.1, 1.5, 30, float("nan")])
def test_train_ratio_must_be_a_share(make_folder: Folder, ratio: float) -> None:
    folder = make_folder(layout("tables"))
    hint = "30% is 0.3" if ratio == 30 else "such as 0.3"
    refused(folder, "train_ratio", hint, train_ratio=ratio)


def test_folder_of_no_layout(make_folder: Folder) -> None:
    folder = make_folder({"notes.txt": "hello"}, "stuff")
    refused(folder, "fits no known layout", "triples_1", "rel_triples_1", file="stuff")
    refused(make_folder({}, "nothing"), "fits no known layout", file="nothing")


def test_folder_of_two_layouts(make_folder: Folder) -> None:
    folder = make_folder(layout("ids with names", layout("openea without folds")))
    refused(folder, "fits 2 layouts", "ids (", "openea (", "layout", file="aa_bb")
    assert load(folder, layout="openea").n_entities == 24


@pytest.mark.parametrize("named", [True, False])
def test_links_by_name_beside_numbers(make_folder: Folder, named: bool) -> None:
    files = layout("ids with names" if named else "ids without names, with seeds")
    folder = make_folder({**files, "ent_links": files["ref_ent_ids"]})
    assert load(folder).n_entities == 24
    alone = {
        name: text for name, text in files.items() if name not in ("ref_ent_ids", "sup_ent_ids")
    }
    text = "".join(f"{left}\t{right}\n" for left, right in LINKS)
    if named:
        for side in "12":
            alone[f"ent_ids_{side}"] = alone[f"ent_ids_{side}"].replace("\t", "\tname ")
        text = "".join(f"name {left}\tname {right}\n" for left, right in LINKS)
    task = load(make_folder({**alone, "ent_links": text}, "alone"), train_ratio=1)
    assert len(task.seed_links) == len(LINKS)


def test_seeds_and_test_links_of_another_name(make_folder: Folder) -> None:
    files = layout("ids without names, with seeds")
    files["sup_pairs"], files["ref_pairs"] = files.pop("sup_ent_ids"), files.pop("ref_ent_ids")
    task = load(make_folder(files))
    assert [len(task.seed_links), len(task.test_links)] == [4, 7]


def test_entities_that_no_list_names(make_folder: Folder) -> None:
    gone = {"entity/aa.tsv": None, "entity/bb.tsv": None}
    task = load(make_folder(layout("dbp5l", gone)), train_ratio=1)
    assert links(task, task.seed_links) == {(str(a), str(b - 100)) for a, b in LINKS}
    assert any("no lists of entities" in note for note in task.notes)


def test_folder_of_data_sets(make_folder: Folder) -> None:
    make_folder(layout("tables"), "data/x/aa_bb")
    folder = make_folder(layout("contea"), "data/aa_bb")
    refused(folder.parent, "holds some", "aa_bb, x/aa_bb", file="data")


def test_missing_folder_and_file(tmp_path: Path, make_folder: Folder) -> None:
    refused(tmp_path / "nowhere", "no such folder", file="nowhere")
    refused(tmp_path / "nowhere", "no such folder", file="nowhere", layout="ids")
    refused(make_folder({"links.tsv": "a\tb\n"}) / "links.tsv", "is a file", file="links.tsv")


def test_layout_by_name(make_folder: Folder) -> None:
    folder = make_folder(layout("contea"))
    assert load(folder, layout="contea").n_entities == 24
    refused(folder, "no layout 'conte'", "did you mean contea?", layout="conte")
    refused(folder, "triples_1", "missing", file="triples_1", layout="ids")


def test_layout_names_differ() -> None:
    names = [layout.name for layout in LAYOUTS]
    assert len(set(names)) == len(names)


def test_what_goes_with_no_fold_or_batch(make_folder: Folder) -> None:
    for name in ("ids with names", "openea without folds", "contea", "dbp5l", "tables"):
        folder = make_folder(layout(name), name)
        refused(folder, "fold 1", "publishes no folds", file=name, fold=1)
    refused(folder.with_name("tables@2"), "does not grow", file="tables")
    refused(folder, "seed is -1", seed=-1)
    refused(make_folder(layout("openea")), "only one", file="aa_bb", fold=1, train_ratio=0.3)


def test_default_split_is_noted(make_folder: Folder) -> None:
    task = load(make_folder(layout("tables")))
    assert len(task.seed_links) == 3
    assert task.notes == ("no split is published: 30% of the links become seeds",)
