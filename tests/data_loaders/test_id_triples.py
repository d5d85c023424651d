from dualamn.data_loaders import load
from tests.data_loaders.conftest import Folder, layout, refused
from tests.data_loaders.conftest import numbered_links as links


def test_published_seeds_are_used(make_folder: Folder) -> None:
    task = load(make_folder(layout("ids without names, with seeds")), seed=5)
    assert links(task, task.seed_links) == {(i, 100 + i) for i in range(4)}
    assert links(task, task.test_links) == {(i, 100 + i) for i in range(4, 11)}
    assert task.notes == ()


def test_fold_without_validation_links(make_folder: Folder) -> None:
    task = load(make_folder(layout("ids with folds")), fold=1)
    assert links(task, task.seed_links) == {(i, 100 + i) for i in range(3)}
    assert links(task, task.valid_links) == {(3, 103), (4, 104)}
    assert links(task, task.test_links) == {(i, 100 + i) for i in range(5, 11)}
    assert "fold 1 of 1" in task.notes[0]
    assert "2 links of ref_ent_ids" in task.notes[1]


def test_names_and_isolated_entities(make_folder: Folder) -> None:
    names = "".join(f"{i}\tNäme {i}\n" for i in range(13))
    task = load(make_folder(layout("ids with names", {"ent_ids_1": names})))
    assert set(task.kgs[0].entities) == {f"Näme {i}" for i in range(13)}
    assert (task.kgs[0].degrees == 0).sum() == 1
    assert task.ids(0, ["Näme 12"])[0] in task.entity_range(0)


def test_equal_names_are_told_apart(make_folder: Folder) -> None:
    # 13 has no triple and the name of 3, which keeps it.
    names = "13\t3\n" + "".join(f"{i}\t{i}\n" for i in range(12))
    task = load(make_folder(layout("ids with names", {"ent_ids_1": names})))
    assert {"3", "3 [13]"} <= set(task.kgs[0].entities)
    assert list(task.kgs[0].entities[task.kgs[0].degrees == 0]) == ["3 [13]"]
    assert "1 entity has the name of another one" in task.notes[0]


def test_large_sparse_ids(make_folder: Folder) -> None:
    big = 10**17
    files = {
        "triples_1": f"{big}\t0\t{big + 1}\n{big}\t{big}\t5\n",
        "triples_2": f"7\t{big}\t8\n",
        "ref_ent_ids": f"{big}\t7\n5\t8\n",
    }
    task = load(make_folder(files))
    assert set(task.kgs[0].entities) == {"5", str(big), str(big + 1)}
    assert set(task.relations) == {"0", str(big)}
    assert links(task, task.seed_links) | links(task, task.test_links) == {(big, 7), (5, 8)}


def test_repeats_are_merged_and_counted(make_folder: Folder) -> None:
    files = layout("ids with names")
    files["triples_1"] += "0\t0\t1\n0\t0\t1\n"
    files["ref_ent_ids"] += "4\t104\n"
    files["ent_ids_2"] += "104\t104\n"
    task = load(make_folder(files))
    assert task.kgs[0].n_triples == 14
    assert len(task.seed_links) + len(task.test_links) == 11
    assert set(task.notes) >= {
        "aa: 2 repeated triples merged",
        "ref_ent_ids: 1 repeated line skipped",
        "ent_ids_2: 1 repeated line skipped",
    }


def test_link_in_both_splits_is_a_seed_only(make_folder: Folder) -> None:
    files = layout("ids without names, with seeds")
    files["ref_ent_ids"] += "2\t102\n"
    task = load(make_folder(files))
    assert (2, 102) in links(task, task.seed_links)
    assert (2, 102) not in links(task, task.test_links)
    assert task.notes == ("ref_ent_ids: 1 repeated line skipped",)


def test_odd_but_clear_lines_are_read(make_folder: Folder) -> None:
    odd = " 0\t 100 \n\n1.0\t101.00\n2   102\n\n"
    task = load(make_folder(layout("ids with names", {"ref_ent_ids": odd})))
    found = links(task, task.seed_links) | links(task, task.test_links)
    assert found == {(0, 100), (1, 101), (2, 102)}


def test_byte_order_mark_and_old_line_ends(make_folder: Folder) -> None:
    files = layout("ids with names")
    files["ent_ids_1"] = b"\xef\xbb\xbf" + files["ent_ids_1"].encode()
    files["triples_1"] = b"\xef\xbb\xbf" + files["triples_1"].encode()
    files["triples_2"] = files["triples_2"].replace("\n", "\r")
    task = load(make_folder(files))
    assert [kg.n_triples for kg in task.kgs] == [14, 13]


def test_folder_in_place_of_a_file(make_folder: Folder) -> None:
    folder = make_folder(layout("ids with names", {"triples_2": None}))
    (folder / "triples_2").mkdir()
    refused(folder, "folder where a file is needed", file="triples_2")


def test_folds_that_do_not_exist(make_folder: Folder) -> None:
    files = layout("ids with folds", {"721_5fold/4/train_links": "0\t100\n"})
    folder = make_folder(files)
    refused(folder, "no fold 2", "folds are 1, 4", file="721_5fold", fold=2)
    refused(folder, "missing", file="4/test_links", fold=4)
    files = layout("ids with names", {"721_5fold/readme": "nothing"})
    refused(make_folder(files, "b"), "no fold in this folder", file="721_5fold")
