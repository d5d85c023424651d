"""Two files of links beside each other: entities spelt alike, and links by pair of graphs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from difflib import get_close_matches
from itertools import chain

from dualamn.errors import DataError
from dualamn.files.iris import to_uri
from dualamn.files.spellings import Spellings, differences, first_difference
from dualamn.files.text import counted, short
from dualamn.kernels.arrays import strings
from dualamn.link_files.link_table import DistinctLinks

Ends = tuple[str, str]
"""The names of two graphs."""
Row = tuple[str, str, int]
"""Left and right entity of a link, and its place in its file."""
NO_NAMES = ("", "")
_NEAR_POOL = 5_000  # among so many entities a near name is looked for


def spelt_alike(
    links: DistinctLinks, others: DistinctLinks
) -> tuple[DistinctLinks, DistinctLinks, list[str]]:
    """Both files, the other one's entities as the links spell them, and a note about these.

    Where one of them can only hold URIs, both have URIs in place of IRIs. Whether an entity that
    no link has is in a graph is not known here, so that capital letters count, unless no entity of
    a side is found with them.
    """
    if links.are_uris or others.are_uris:
        links, others = _as_uris(links), _as_uris(others)
    respelt: dict[str, str] = {}
    sides = []
    of_any = set(chain(links.left, links.right)) if name_graphs(links, others) else None
    for mine, theirs in ((links.left, others.left), (links.right, others.right)):
        ours, known = of_any or set(mine), set(theirs)
        found = _spellings(ours, known, fold_case=False)
        if not found and ours.isdisjoint(known):
            found = _spellings(ours, known, fold_case=True)
        sides.append(strings(found.get(name, name) for name in theirs))
        respelt |= found
    if not respelt:
        return links, others, []
    ways = sorted({how for pair in respelt.items() for how in differences(*pair)})
    name, spelt = min(respelt.items())
    note = (
        f"{others.path}: {counted(len(respelt), 'identifier')} found in another spelling "
        f"({', '.join(ways)}), such as {short(name)} as {short(spelt)}"
    )
    return links, replace(others, left=sides[0], right=sides[1]), [note]


def _spellings(ours: set[str], theirs: set[str], *, fold_case: bool) -> dict[str, str]:
    """Which of our names those of theirs mean that are not among ours, one for one."""
    foreign = theirs - ours
    if not foreign:
        return {}
    known = Spellings(ours - theirs)
    found: dict[str, list[str]] = {}
    for name in foreign:
        if (spelt := known.find(name, fold_case=fold_case)) is not None:
            found.setdefault(spelt, []).append(name)
    return {names[0]: spelt for spelt, names in found.items() if len(names) == 1}


def _as_uris(table: DistinctLinks) -> DistinctLinks:
    """The links with URIs in place of IRIs, as one of the files can only hold these."""
    left, right = (strings(map(to_uri, side)) for side in (table.left, table.right))
    return replace(table, left=left, right=right)


def name_graphs(*files: DistinctLinks) -> bool:
    """Whether all files name graphs, so that either side may hold the entities of either."""
    return all(file.left_source is not None for file in files)


def in_pairs(
    links: DistinctLinks, others: DistinctLinks
) -> tuple[dict[Ends, list[Row]], dict[Ends, list[Row]]]:
    """The links of both files by pair of graphs, those of each pair turned the same way.

    If only one of them names graphs, all are of its single pair; if none does, of `NO_NAMES`.

    Raises:
        DataError: one file does not name graphs, and the other one has several pairs of them.
    """
    theirs = _by_pair(others, known=())
    ours = _by_pair(links, known=theirs)
    if name_graphs(links, others):
        return ours, theirs
    _check_single_pair(links, others, len(theirs))
    _check_single_pair(others, links, len(ours))
    name = next((pair for pair in (*theirs, *ours) if any(pair)), NO_NAMES)
    return {name: list(chain(*ours.values()))}, {name: list(chain(*theirs.values()))}


def _check_single_pair(silent: DistinctLinks, other: DistinctLinks, n_pairs: int) -> None:
    """A file that names no graphs fits only to a single pair of them."""
    if silent.left_source is None and n_pairs > 1:
        raise DataError(
            f"does not say which graphs its links are of, and {other.path} holds {n_pairs} pairs "
            "of graphs; add the columns left_source and right_source",
            path=silent.path,
        )


def _by_pair(table: DistinctLinks, known: Collection[Ends]) -> dict[Ends, list[Row]]:
    """The links of each pair of graphs, all turned the same way: that of `known` if it is there."""
    no_names = [""] * len(table)
    sources = table.left_source, table.right_source
    ends = zip(*(no_names if names is None else names for names in sources), strict=True)
    pairs: dict[Ends, list[Row]] = {}
    for row, ((a, b), left, right) in enumerate(zip(ends, table.left, table.right, strict=True)):
        if a != b and ((b, a) in known or ((b, a) in pairs and (a, b) not in known)):
            pairs.setdefault((b, a), []).append((right, left, row))
        else:
            pairs.setdefault((a, b), []).append((left, right, row))
    return pairs


def file_notes(*files: DistinctLinks) -> list[str]:
    """What was taken for granted in files, and what of them was passed over."""
    notes = [f"{file.path.parent / note}" for file in files for note in file.notes]
    repeated = "repeated lines were counted once"
    notes += [f"{file.path}: {file.n_repeated:,} {repeated}" for file in files if file.n_repeated]
    others = "statements do not say that two entities are the same and were passed over"
    notes += [f"{file.path}: {file.n_others:,} {others}" for file in files if file.n_others]
    return notes


def foreign_sides(links: DistinctLinks, others: DistinctLinks) -> list[str]:
    """A note for every side of which two files without names of graphs have no entity in common."""
    if not len(links) or not len(others) or name_graphs(links, others):
        return []
    left, right = set(links.left), set(links.right)
    are_foreign = left.isdisjoint(others.left), right.isdisjoint(others.right)
    if all(are_foreign) and not left.isdisjoint(others.right):
        return [
            f"{others.path}: its right entities are on the left side of {links.path}: are the "
            "columns swapped?"
        ]
    notes = []
    for side, is_foreign in zip(("left", "right"), are_foreign, strict=True):
        if not is_foreign:
            continue
        ours, theirs = getattr(links, side)[0], getattr(others, side)
        near = next(iter(get_close_matches(ours, theirs[:_NEAR_POOL].tolist(), n=1)), theirs[0])
        how = ", ".join(differences(near, ours)) or first_difference(near, ours)
        notes.append(
            f"{others.path}: none of its {side} entities is one of {links.path}: are both files of "
            f"the same graphs, under the same names? It has {short(near)}, the links have "
            f"{short(ours)}" + (f" ({how})" if how else "")
        )
    return notes
