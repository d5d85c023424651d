"""Made data of exactly the layout and the counts of DWY100K, all the way through the program."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from dualamn.data_loaders import load
from dualamn.data_loaders.fetching.known import known_datasets

Run = Callable[..., Result]

PER_GRAPH, SEEDS = 100_000, 30_000
TEST = PER_GRAPH - SEEDS
TRIPLES = {"dwy100k/dbp_wd": (463_294, 448_774), "dwy100k/dbp_yg": (428_952, 502_563)}
RELATIONS = {"dwy100k/dbp_wd": (330, 220), "dwy100k/dbp_yg": (302, 31)}


FILES = {name: {file.name for file in known_datasets()[name].files} for name in TRIPLES}


def rows(line: str, *columns: Any) -> bytes:
    """Numbers as lines of text, each written as `line` says."""
    cells = np.column_stack(columns)
    # All at once: line by line, this would take longer than what is tested.
    return (line * len(cells) % tuple(cells.ravel().tolist())).encode()


def made(name: str) -> dict[str, bytes]:
    """The files, with ids as they are there: test links first, then seed links, 0 to 199,999."""
    rng = np.random.default_rng(11)
    test, seeds = np.arange(TEST), np.arange(2 * TEST, 2 * TEST + SEEDS)
    ids = np.concatenate([test, seeds]), np.concatenate([test + TEST, seeds + SEEDS])
    files = {
        "ref_ent_ids": rows("%d\t%d\n", test, test + TEST),
        "sup_ent_ids": rows("%d\t%d\n", seeds, seeds + SEEDS),
    }
    first_relation = 0
    for number, (mine, count, relations) in enumerate(
        zip(ids, TRIPLES[name], RELATIONS[name], strict=True), start=1
    ):
        line = f"%d\thttp://kg{number}.org/%d\n"
        files[f"ent_ids_{number}"] = rows(line, mine, mine)
        # Distinct triples: some more than wanted are drawn, and the repeated ones dropped.
        codes = np.unique(rng.integers(PER_GRAPH * relations * PER_GRAPH, size=count + 1000))
        codes = rng.permutation(codes)[:count]
        heads, rest = np.divmod(codes, relations * PER_GRAPH)
        relation, tails = np.divmod(rest, PER_GRAPH)
        triples = mine[heads], relation + first_relation, mine[tails]
        files[f"triples_{number}"] = rows("%d\t%d\t%d\n", *triples)
        first_relation += relations
    return files


@pytest.mark.parametrize("name", TRIPLES)
def test_a_set_of_its_layout_and_counts_is_fetched_and_read(
    run: Run, cache: Path, publish: Any, server: Any, name: str
) -> None:
    files = made(name)
    assert set(files) == FILES[name]
    addresses = publish(name, files, sizes=False)
    server.faults[addresses["triples_1"]] = ["drop", "503"]
    server.faults[addresses["triples_2"]] = ["corrupt"]
    shown = run("data", "get", name)
    assert shown.exit_code == 0
    assert run("data", "verify", name).exit_code == 0
    assert run("data", "path", name).stdout == f"{cache / name}\n"

    shown = run("inspect", name, "--json")
    assert shown.exit_code == 0
    found = json.loads(shown.stdout)
    assert [graph["entities"] for graph in found["graphs"]] == [PER_GRAPH, PER_GRAPH]
    assert tuple(graph["triples"] for graph in found["graphs"]) == TRIPLES[name]
    (pair,) = found["pairs"]
    assert (pair["seed"], pair["valid"], pair["test"]) == (SEEDS, 0, TEST)
    assert found["notes"] == []

    task = load(cache / name)
    assert task.kg_names == tuple(name.partition("/")[2].split("_"))
    names = task.identifiers(task.test_links[:1000])
    assert all(
        int(left.rpartition("/")[2]) + TEST == int(right.rpartition("/")[2])
        for left, right in names
    )
