"""Published folds: ``721_5fold/K/`` with ``train_links``, ``test_links`` and ``valid_links``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dualamn.errors import DataError
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.link_files.numbered_links import LinkFile, PairLinks, merge_links, without

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
    """Reads one published fold.

    Args:
        folder: the data set's folder.
        fold: which fold; None for the first.
        kgs: the two graphs.
        read: reads one file of links.
        all_links: the links of all uses, if the data set has such a file: where a fold lacks
            ``valid_links``, those in neither of its other files are set aside.
        notes: where the fold and counts are added.

    Raises:
        DataError: there is no such fold, or one of its files is unusable.
    """
    numbers = fold_numbers(folder)
    if not numbers:
        raise DataError(
            "there is no fold in this folder; add 1/train_links and 1/test_links, "
            "or remove the folder to draw a split",
            path=folder / FOLDS,
        )
    chosen = numbers[0] if fold is None else fold
    if chosen not in numbers:
        raise DataError(
            f"there is no fold {chosen}; the folds are {', '.join(map(str, numbers))}",
            path=folder / FOLDS,
        )
    place = folder / FOLDS / str(chosen)
    notes.append(f"the split is fold {chosen} of {', '.join(map(str, numbers))}")
    seeds, test = read(place / "train_links"), read(place / "test_links")
    valid = []
    if (place / "valid_links").exists():
        valid = [read(place / "valid_links")]
    elif all_links is not None:
        rest = without(all_links, [seeds, test])
        valid = [rest]
        notes.append(
            f"fold {chosen} has no valid_links: {len(rest.rows):,} links of "
            f"{all_links.path.name} that are in neither of its files are set aside instead"
        )
    return merge_links(kgs, notes=notes, seeds=[seeds], valid=valid, test=[test])
