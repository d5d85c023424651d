"""One small world in every layout, and helpers to write folders and to check refusals."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from dualamn.data_loaders import load
from dualamn.errors import DataError
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array

Contents = Mapping[str, str | bytes]
Folder = Callable[..., Path]

# Twelve entities a side; entity 7 of the left graph is 107 of the right one. Names are the ids
# written out, so that layouts with and without names give the same identifiers. Entity 11 has
# no counterpart. Relation 2 is in both graphs.
LEFT = [(i, i % 3, (i + 1) % 12) for i in range(12)] + [(0, 2, 5), (3, 1, 9)]
RIGHT = [(100 + i, 2 + i % 2, 100 + (i + 1) % 12) for i in range(12)] + [(104, 3, 108)]
LINKS = [(i, 100 + i) for i in range(11)]


def rows(table: object, separator: str = "\t") -> str:
    return "".join(separator.join(map(str, row)) + "\n" for row in table)  # type: ignore[attr-defined]


def links(task: AlignmentTask, of: Int32Array) -> Any:
    """Links as tuples of identifiers."""
    return {tuple(row) for row in task.identifiers(of)}


def numbered_links(task: AlignmentTask, of: Int32Array) -> Any:
    """Links whose identifiers are numbers."""
    return {tuple(map(int, row)) for row in task.identifiers(of)}


def triples(kg: KnowledgeGraph) -> set[tuple[str, str, str]]:
    """The triples of a graph as strings."""
    heads, relations, tails = kg.triples.T
    return set(zip(kg.entities[heads], kg.relations[relations], kg.entities[tails], strict=True))


def _names(first: int) -> list[tuple[int, int]]:
    return [(number, number) for number in range(first, first + 12)]


LAYOUTS: dict[str, Contents] = {
    "ids with names": {
        "triples_1": rows(LEFT),
        "triples_2": rows(RIGHT),
        "ent_ids_1": rows(_names(0)),
        "ent_ids_2": rows(_names(100)),
        "ref_ent_ids": rows(LINKS),
    },
    "ids without names, with seeds": {
        "triples_1": rows(LEFT),
        "triples_2": rows(RIGHT).replace("\n", "\r\n"),
        "sup_ent_ids": rows(LINKS[:4]),
        "ref_ent_ids": rows(LINKS[4:]),
    },
    "ids with folds": {
        "triples_1": rows(LEFT),
        "triples_2": rows(RIGHT),
        "ref_ent_ids": rows(LINKS),
        "721_5fold/1/train_links": rows(LINKS[:3]),
        "721_5fold/1/test_links": rows(LINKS[5:]),
    },
    "openea": {
        "rel_triples_1": rows(LEFT),
        "rel_triples_2": rows(RIGHT),
        "ent_links": rows(LINKS),
        "721_5fold/1/train_links": rows(LINKS[:3]),
        "721_5fold/1/valid_links": rows(LINKS[3:5]),
        "721_5fold/1/test_links": rows(LINKS[5:]),
    },
    "openea without folds": {
        "rel_triples_1": rows(LEFT),
        "rel_triples_2": rows(RIGHT),
        "ent_links": rows(LINKS),
    },
    "contea": {
        "base/triples_1": rows(LEFT),
        "base/triples_2": rows(RIGHT),
        "base/train_links": rows(LINKS[:3]),
        "base/valid_links": rows(LINKS[3:5]),
        "base/test_links": rows(LINKS[5:]),
    },
    "dbp5l": {
        "kg/aa-train.tsv": rows(LEFT[:9]),
        "kg/aa-val.tsv": rows(LEFT[9:11]),
        "kg/aa-test.tsv": rows(LEFT[11:]),
        "kg/bb-train.tsv": rows((h - 100, r, t - 100) for h, r, t in RIGHT[:9]),
        "kg/bb-val.tsv": rows((h - 100, r, t - 100) for h, r, t in RIGHT[9:11]),
        "kg/bb-test.tsv": rows((h - 100, r, t - 100) for h, r, t in RIGHT[11:]),
        "entity/aa.tsv": rows([n] for n, _ in _names(0)),
        "entity/bb.tsv": rows([n] for n, _ in _names(100)),
        "relations.txt": "0\n1\n2\n3\n",
        "seed_alignlinks/aa-bb.tsv": rows((f"{a}.0", f"{b - 100}.0") for a, b in LINKS),
    },
    "tables": {"aa.tsv": rows(LEFT), "bb.tsv": rows(RIGHT), "links.tsv": rows(LINKS)},
    "tables with commas and folders": {
        "aa/one.csv": "head,relation,tail\n" + rows(LEFT[:5], ","),
        "aa/two.tsv": rows(LEFT[5:]),
        "bb.csv": rows(((f'"{h}"', r, t) for h, r, t in RIGHT), ","),
        "links/bb-aa.tsv": rows((b, a) for a, b in LINKS),
    },
}


@pytest.fixture(params=list(LAYOUTS))
def any_layout(request: pytest.FixtureRequest) -> Contents:
    """The files of the small world, once in every layout."""
    return LAYOUTS[request.param]


def layout(name: str, changes: Mapping[str, str | bytes | None] = {}) -> dict[str, Any]:
    """The files of the small world in one layout, with some replaced, or left out if None."""
    changed = {**LAYOUTS[name], **changes}
    return {name: content for name, content in changed.items() if content is not None}


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes files, given as path and content, into a folder."""

    def make(files: Contents, name: str = "aa_bb") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True, parents=True)
        for path, content in files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return make


def refused(
    folder: Path | str,
    *words: str,
    file: str | None = None,
    line: int | None = None,
    call: Callable[..., object] = load,
    **arguments: Any,
) -> None:
    """Asserts that loading ends in one error with the file, the line and all the words."""
    with pytest.raises(DataError) as caught:
        call(folder, **arguments)
    error = caught.value
    if file is not None:
        assert error.path is not None
        assert error.path.as_posix().endswith(file), str(error)
        assert error.path.name in str(error)
    assert error.line == line, str(error)
    if line is not None:
        assert f"line {line}" in str(error)
    for word in words:
        assert word in str(error), str(error)
    assert "\n" not in str(error)
