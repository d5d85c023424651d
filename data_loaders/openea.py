"""The layout of OpenEA: two graphs as tab-separated URIs or names, and folds as others have them.

``rel_triples_1`` and ``rel_triples_2`` hold head, relation and tail, ``ent_links`` all links,
and ``721_5fold/K/`` publishes splits: ``train_links``, ``test_links`` and ``valid_links``.
Attribute triples are not read.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dualamn.data_loaders.dataset import Dataset, Layout, Request, pair_names
from dualamn.data_loaders.graph_builder import GraphBuilder
from dualamn.data_loaders.triple_tables import TRIPLE_FIELDS
from dualamn.errors import DataError
from dualamn.files.rdf import Reading
from dualamn.files.string_tables import read_strings
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.link_files.numbered_links import LinkFile, PairLinks, merge_links, without
from dualamn.link_files.resolving import LinkReader

_TRIPLES = ("rel_triples_1", "rel_triples_2")
FOLDS = "721_5fold"


def has_folds(folder: Path) -> bool:
    """Whether a data set publishes folds."""
    return (folder / FOLDS).is_dir()


def fold_numbers(folder: Path) -> list[int]:
    """The folds that a data set publishes, ascending."""
    names = [path.name for path in (folder / FOLDS).iterdir() if path.is_dir()]
    return sorted(int(name) for name in names if name.isascii() and name.isdecimal())


def read_fold(
    folder: Path,
    fold: int | None,
    kgs: tuple[KnowledgeGraph, KnowledgeGraph],
    read: Callable[[Path], LinkFile],
    all_links: LinkFile | None,
    notes: list[str],
) -> PairLinks:
    """Reads one published fold, the first if none is asked for.

    Args:
        read: reads one file of links.
        all_links: the links of all uses, if the data set has such a file: where a fold lacks
            ``valid_links``, those in neither of its other files are set aside.
        notes: where the fold and counts are added.

    Raises:
        DataError: there is no such fold, or one of its files is unusable.
    """
    numbers = fold_numbers(folder)
    shown = ", ".join(map(str, numbers))
    if not numbers:
        raise DataError(
            "there is no fold in this folder; add 1/train_links and 1/test_links, "
            "or remove the folder to draw a split",
            path=folder / FOLDS,
        )
    chosen = numbers[0] if fold is None else fold
    if chosen not in numbers:
        raise DataError(f"there is no fold {chosen}; the folds are {shown}", path=folder / FOLDS)
    place = folder / FOLDS / str(chosen)
    notes.append(f"the split is fold {chosen} of {shown}")
    seeds, test = read(place / "train_links"), read(place / "test_links")
    valid = []
    if (place / "valid_links").exists():
        valid = [read(place / "valid_links")]
    elif all_links is not None:
        valid = [without(all_links, [seeds, test])]
        notes.append(
            f"fold {chosen} has no valid_links: {len(valid[0].rows):,} links of "
            f"{all_links.path.name} that are in neither of its files are set aside instead"
        )
    return merge_links(kgs, notes=notes, seeds=[seeds], valid=valid, test=[test])


def _fits(folder: Path) -> bool:
    # Links by name also lie beside triples of numbers.
    only_links = (folder / "ent_links").is_file() and not (folder / "triples_1").is_file()
    return only_links or any((folder / name).is_file() for name in _TRIPLES)


def _read(request: Request) -> Dataset:
    folder, notes = request.folder, list[str]()
    graphs = []
    for number, name in enumerate(pair_names(folder)):
        builder = GraphBuilder(Reading())
        builder.add_table(read_strings(folder / _TRIPLES[number], TRIPLE_FIELDS))
        graphs.append(builder.graph(name, notes, hubs=False))
        request.step(number + 1, 3)
    kgs = (graphs[0], graphs[1])
    read = LinkReader(kgs, notes).read_pair
    links_file = folder / "ent_links"
    if has_folds(folder):
        all_links = read(links_file) if links_file.exists() else None
        links = read_fold(folder, request.fold, kgs, read, all_links, notes)
    else:
        links = merge_links(kgs, notes=notes, unsplit=[read(links_file)])
    request.step(3, 3)
    return Dataset(kgs, {(0, 1): links}, notes)


OPENEA = Layout(
    "openea",
    "rel_triples_1, rel_triples_2, ent_links or 721_5fold/K/train_links, valid_links, test_links",
    _fits,
    _read,
    folds=has_folds,
)
