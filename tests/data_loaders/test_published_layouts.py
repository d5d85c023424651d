"""Folders as OpenEA, DBP-5L and ContEA publish them."""

from pathlib import Path
from typing import Any

import pytest

from dualamn.data_loaders import load
from tests.data_loaders.conftest import Folder, layout, refused
from tests.data_loaders.conftest import numbered_links as links


def test_published_fold(make_folder: Folder) -> None:
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


def test_folds_alone_are_enough(make_folder: Folder) -> None:
    task = load(make_folder(layout("openea", {"ent_links": None})))
    assert [len(task.seed_links), len(task.valid_links), len(task.test_links)] == [3, 2, 6]


def test_names_from_the_folder(make_folder: Folder) -> None:
    assert load(make_folder(layout("openea"), "EN_FR_15K_V1")).kg_names == ("EN", "FR")
    assert load(make_folder(layout("openea"), "D_D_15K_V1")).kg_names == ("kg1", "kg2")
    assert load(make_folder(layout("openea"), "some_long_name")).kg_names == ("kg1", "kg2")


@pytest.fixture
def three() -> Any:
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
    assert [len(task.links_between(task.seed_links, *pair)) for pair in task.kg_pairs] == [6, 1, 1]
    assert set(task.notes) == {
        "cc: 1 entity has the name of another one; the id is added to tell them apart",
        "entity/de.tsv belongs to no graph and is not read",
        "cc-aa.tsv: 1 repeated line skipped",
    }


def test_files_in_both_directions(make_folder: Folder) -> None:
    files = layout("dbp5l", {"seed_alignlinks/bb-aa.tsv": "11\t11\n0\t0\n"})
    task = load(make_folder(files), train_ratio=1)
    assert len(task.seed_links) == 12
    assert "bb-aa.tsv: 1 repeated line skipped" in task.notes


def test_missing_folder(make_folder: Folder) -> None:
    files = {name: text for name, text in layout("dbp5l").items() if not name.startswith("kg/")}
    folder = make_folder(files)
    refused(folder, "missing", file="kg")
    (folder / "kg").mkdir()
    refused(folder, "found 0 graphs", "L-train.tsv", file="kg")
    folder = make_folder(layout("dbp5l", {"seed_alignlinks/aa-bb.tsv": None}), "other")
    refused(folder, "no links here", "A-B.tsv", file="seed_alignlinks")


BATCHES = {
    "batch1/new_triples_1": "0\t2\t20\n0\t0\t1\n",  # the second repeats one of the base
    "batch1/new_triples_2": "",
    "batch1/new_test_links": "20\t111\n",
    "batch1/all_test_links": "not read\n",
    "batch2/new_triples_1": "0\t2\t20\n20\t2\t21\n",
    "batch2/new_triples_2": "100\t2\t121\n",
    "batch2/new_test_links": "21\t121\n",
}


@pytest.fixture
def folder(make_folder: Folder) -> Any:
    return make_folder(layout("contea", BATCHES), "AA-BB")


def test_base(folder: Path) -> None:
    for path in (folder, folder.with_name("AA-BB@0")):
        task = load(path)
        assert task.kg_names == ("AA", "BB")
        assert [kg.n_entities for kg in task.kgs] == [12, 12]
        assert links(task, task.seed_links) == {(0, 100), (1, 101), (2, 102)}
        assert links(task, task.valid_links) == {(3, 103), (4, 104)}
        assert links(task, task.test_links) == {(i, 100 + i) for i in range(5, 11)}
        assert task.notes == ()


def test_snapshots(folder: Path) -> None:
    one, two = (load(str(folder) + f"@{k}") for k in (1, 2))
    assert one.name == "AA-BB@1"
    assert [kg.n_entities for kg in one.kgs] == [13, 12]
    assert links(one, one.test_links) == {*((i, 100 + i) for i in range(5, 11)), (20, 111)}
    assert one.notes == ("AA: 1 repeated triple merged",)
    assert [kg.n_entities for kg in two.kgs] == [14, 13]
    assert [kg.n_triples for kg in two.kgs] == [16, 14]
    assert (21, 121) in links(two, two.test_links)
    assert len(two.seed_links) == 3
    assert two.notes == ("AA: 2 repeated triples merged",)


def test_pooled_links(folder: Path) -> None:
    task = load(str(folder) + "@2", train_ratio=0.3)
    assert [len(task.seed_links), len(task.valid_links), len(task.test_links)] == [4, 0, 9]


def test_batch_that_is_not_there(folder: Path) -> None:
    refused(folder.with_name("AA-BB@3"), "no folder batch3", "@0 to @2", file="AA-BB")
    refused(folder.with_name("AA-BB@300"), "no folder batch3", "@0 to @2", file="AA-BB")
    (folder / "batch1").rename(folder / "batch9")
    refused(folder.with_name("AA-BB@2"), "no folder batch1", "use the base", file="AA-BB")


def test_folder_whose_own_name_has_an_at_sign(make_folder: Folder) -> None:
    task = load(make_folder(layout("contea"), "mine@7"))
    assert task.name == "mine@7"
    assert task.n_entities == 24


@pytest.mark.parametrize("file", ["base/triples_1", "base/valid_links", "batch1/new_test_links"])
def test_missing_file(folder: Path, file: str) -> None:
    (folder / file).unlink()
    refused(folder.with_name("AA-BB@1"), "missing", file=file)


@pytest.mark.parametrize(
    ("link", "words"),
    [("20\t121\n", ["entity 121", "no triple of BB"]), ("0\t111\n", ["'0' of AA", "train_links"])],
)
def test_links_of_a_batch_that_do_not_fit(folder: Path, link: str, words: list[str]) -> None:
    (folder / "batch1/new_test_links").write_text(link)
    refused(folder.with_name("AA-BB@1"), *words, file="batch1/new_test_links", line=1)
    assert load(folder).n_entities == 24


def test_bad_line(folder: Path) -> None:
    (folder / "batch2/new_triples_2").write_text("1\t2\t3\n100\t2\n")
    refused(folder.with_name("AA-BB@2"), "found 2", file="batch2/new_triples_2", line=2)
