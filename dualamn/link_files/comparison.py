"""The evaluation of a links file by a file of gold links."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from dualamn.errors import DataError
from dualamn.eval.reliability import (
    ReliabilityBin,
    calibration_in_words,
    error_of,
    reliability_table,
)
from dualamn.eval.verdicts import (
    LINKS_HEADER,
    LinkMetrics,
    PrecisionRecallCurve,
    Verdicts,
    judge,
    link_cells,
    text_table,
)
from dualamn.files.iris import to_uri
from dualamn.files.spellings import Spellings, differences, first_difference
from dualamn.files.text import counted, short
from dualamn.kernels.arrays import FloatArray, strings
from dualamn.link_files.formats import read_links
from dualamn.link_files.link_table import DistinctLinks

Ends = tuple[str, str]
Link = tuple[str, str, float]
NO_NAMES = ("", "")
_NEAR_POOL = 5_000  # among so many entities a near name is looked for


@dataclass(frozen=True)
class LinkFileEvaluation:
    """How well the links of a file agree with gold links. Printed, it is a readable table.

    Attributes:
        total: all pairs of graphs together.
        pairs: each pair of graphs, by "left-right"; empty if neither file names graphs.
        notes: what a reader of the figures should know, such as repeated lines.
        verdicts: what the gold links say about every single link.
        reliability: the probabilities of links that are not unknown, beside the share of them
            that is correct; empty if the links file has no probabilities.

    >>> verdicts = judge(links=[[0, 0], [1, 2]], gold=[[0, 0], [1, 1]])
    >>> print(LinkFileEvaluation(verdicts.metrics, {}, (), verdicts))
    links precision recall F1 correct incorrect unknown missed
    all 0.500 0.500 0.500 1 1 0 1
    """

    total: LinkMetrics
    pairs: Mapping[str, LinkMetrics]
    notes: tuple[str, ...]
    verdicts: Verdicts = field(compare=False, repr=False)
    reliability: tuple[ReliabilityBin, ...] = ()

    @property
    def calibration_error(self) -> float | None:
        """How far probabilities and shares of correct links lie apart; None without either."""
        return error_of(self.reliability)

    def curve(self) -> PrecisionRecallCurve:
        """Precision and recall by probability, or by score where there is none.

        Over all pairs of graphs together.

        Raises:
            DataError: the links file has no scores.
        """
        return self.verdicts.curve()

    def as_dict(self) -> dict[str, Any]:
        """All figures, for a report."""
        return {
            **self.total.as_dict(),
            "pairs": {name: metrics.as_dict() for name, metrics in self.pairs.items()},
            "calibration_error": self.calibration_error,
            "reliability": [row.as_dict() for row in self.reliability],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        rows = [[name, *link_cells(m.as_dict())] for name, m in self.pairs.items()]
        if len(rows) != 1:
            rows.append(["all", *link_cells(self.total.as_dict())])
        lines = [text_table(LINKS_HEADER, rows)]
        if self.reliability:
            lines.append(calibration_in_words(self.reliability))
        return "\n".join([*lines, *self.notes])


def evaluate_files(
    links_path: str | Path,
    gold_path: str | Path,
    *,
    base: str | None = None,
    many: bool = False,
    encoding: str | None = None,
) -> LinkFileEvaluation:
    """Evaluates a links file by a gold file, each in any format of `dualamn.link_files`.

    If both files name graphs, links are compared within their pair of graphs, whichever side is
    left. If only one does, it must hold a single pair.

    Args:
        links_path: the links.
        gold_path: links that are known to be correct.
        base: the IRI under which names that are no IRIs stand in either file, see
            `Alignment.write`.
        many: gold links may give an entity several counterparts, which are all correct, as with
            `Aligner.align(many=True)`.
        encoding: that of text which is not UTF-8, such as "windows-1252".

    Raises:
        DataError: a file cannot be read, the gold links contradict each other, or it is unclear
            which graphs a link is of.
        ConfigError: the base cannot be one, or there is no such encoding.
        MissingExtraError: a format needs a package that is not installed.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     links, gold = Path(folder) / "links.tsv", Path(folder) / "gold.tsv"
    ...     _ = links.write_text("left\\tright\\nRome\\tRoma\\nParis\\tLondra\\n")
    ...     _ = gold.write_text("left\\tright\\nRome\\tRoma\\nParis\\tParigi\\n")
    ...     print(evaluate_files(links, gold))
    links precision recall F1 correct incorrect unknown missed
    all 0.500 0.500 0.500 1 1 0 1
    """
    found = read_links(links_path, base=base, encoding=encoding)
    gold = read_links(gold_path, base=base, one_to_one=not many, encoding=encoding)
    if found.are_uris or gold.are_uris:
        found, gold = _as_uris(found), _as_uris(gold)
    gold, respelt = _spelt_alike(found, gold)
    verdicts = _verdicts(found, gold, _ranked_by(found))
    named = {f"{left}-{right}": v.metrics for (left, right), v in verdicts.items() if left or right}
    together = Verdicts.merge(list(verdicts.values()))
    notes = (*_notes(found, gold), *respelt)
    return LinkFileEvaluation(together.metrics, named, notes, together, _reliability(found, gold))


def _ranked_by(found: DistinctLinks) -> FloatArray | None:
    """What says which links are surer: probabilities, or scores where some have no probability."""
    p = found.probability
    if p is None or (found.score is not None and np.isnan(p).any()):
        return found.score
    return np.nan_to_num(p)


def _reliability(found: DistinctLinks, gold: DistinctLinks) -> tuple[ReliabilityBin, ...]:
    """The table of the links that have a probability and are not unknown."""
    if found.probability is None:
        return ()
    verdicts = Verdicts.merge(list(_verdicts(found, gold, found.probability).values()))
    assert verdicts.scores is not None
    known = verdicts.correct | verdicts.incorrect
    return reliability_table(verdicts.scores[known], verdicts.correct[known])


def _verdicts(
    found: DistinctLinks, gold: DistinctLinks, scores: FloatArray | None
) -> dict[Ends, Verdicts]:
    """The verdicts on the links of every pair of graphs; a link whose score is NaN is left out."""
    wanted = _by_pair(gold, None, known=())
    links = _by_pair(found, scores, known=wanted)
    if found.left_source is None or gold.left_source is None:
        _check_single_pair(found, gold, len(wanted))
        _check_single_pair(gold, found, len(links))
        name = next((pair for pair in (*wanted, *links) if any(pair)), NO_NAMES)
        # All in one pair, if there is any.
        wanted, links = ({name: list(chain(*rows.values()))} for rows in (wanted, links))
    return {
        pair: _judge(links.get(pair, []), wanted.get(pair, []), has_scores=scores is not None)
        for pair in dict.fromkeys([*wanted, *links])
    }


def _spelt_alike(found: DistinctLinks, gold: DistinctLinks) -> tuple[DistinctLinks, list[str]]:
    """Gold links with their entities as the links spell them, and a note about these.

    Whether an entity that no link has is in a graph is not known here, so that capital letters
    count, unless no entity of a side is found with them.
    """
    respelt: dict[str, str] = {}
    sides = []
    of_any = set(chain(found.left, found.right)) if _name_graphs(found, gold) else None
    for links, known in ((found.left, gold.left), (found.right, gold.right)):
        ours, theirs = of_any or set(links), set(known)
        mine = _spellings(ours, theirs, fold_case=False)
        if not mine and ours.isdisjoint(theirs):
            mine = _spellings(ours, theirs, fold_case=True)
        sides.append(strings(mine.get(name, name) for name in known))
        respelt |= mine
    if not respelt:
        return gold, []
    ways = sorted({how for pair in respelt.items() for how in differences(*pair)})
    name, spelt = min(respelt.items())
    note = (
        f"{gold.path}: {counted(len(respelt), 'identifier')} found in another spelling "
        f"({', '.join(ways)}), such as {short(name)} as {short(spelt)}"
    )
    return replace(gold, left=sides[0], right=sides[1]), [note]


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


def _name_graphs(*files: DistinctLinks) -> bool:
    """Whether all files name graphs, so that either side may hold the entities of either."""
    return all(file.left_source is not None for file in files)


def _foreign_sides(found: DistinctLinks, gold: DistinctLinks) -> list[str]:
    """A note for every side of which gold and links have no entity in common."""
    left, right = set(found.left), set(found.right)
    are_foreign = left.isdisjoint(gold.left), right.isdisjoint(gold.right)
    if all(are_foreign) and not left.isdisjoint(gold.right):
        return [
            f"{gold.path}: its right entities are on the left side of {found.path}: are the "
            "columns swapped?"
        ]
    notes = []
    for side, is_foreign in zip(("left", "right"), are_foreign, strict=True):
        if not is_foreign:
            continue
        ours, theirs = getattr(found, side)[0], getattr(gold, side)
        near = next(iter(get_close_matches(ours, theirs[:_NEAR_POOL].tolist(), n=1)), theirs[0])
        how = ", ".join(differences(near, ours)) or first_difference(near, ours)
        notes.append(
            f"{gold.path}: none of its {side} entities is one of {found.path}: are both files of "
            f"the same graphs, under the same names? It has {short(near)}, the links have "
            f"{short(ours)}" + (f" ({how})" if how else "")
        )
    return notes


def _check_single_pair(silent: DistinctLinks, other: DistinctLinks, n_pairs: int) -> None:
    """A file that names no graphs fits only to a single pair of them."""
    if silent.left_source is None and n_pairs > 1:
        raise DataError(
            f"does not say which graphs its links are of, and {other.path} holds {n_pairs} pairs "
            "of graphs; add the columns left_source and right_source",
            path=silent.path,
        )


def _as_uris(table: DistinctLinks) -> DistinctLinks:
    """The links with URIs in place of IRIs, as one of the files can only hold these."""
    left, right = (strings(map(to_uri, side)) for side in (table.left, table.right))
    return replace(table, left=left, right=right)


def _by_pair(
    table: DistinctLinks, scores: FloatArray | None, known: Collection[Ends]
) -> dict[Ends, list[Link]]:
    """The links of each pair of graphs, all turned the same way: that of `known` if it is there."""
    values = [0.0] * len(table) if scores is None else scores.tolist()
    no_names = [""] * len(table)
    sources = table.left_source, table.right_source
    ends = zip(*(no_names if names is None else names for names in sources), strict=True)
    pairs: dict[Ends, list[Link]] = {}
    for (a, b), left, right, score in zip(ends, table.left, table.right, values, strict=True):
        if score != score:
            continue
        if a != b and ((b, a) in known or ((b, a) in pairs and (a, b) not in known)):
            pairs.setdefault((b, a), []).append((right, left, score))
        else:
            pairs.setdefault((a, b), []).append((left, right, score))
    return pairs


def _judge(links: list[Link], gold: list[Link], *, has_scores: bool) -> Verdicts:
    lefts: dict[str, int] = {}
    rights: dict[str, int] = {}

    def numbered(rows: list[Link]) -> list[tuple[int, int]]:
        return [
            (lefts.setdefault(left, len(lefts)), rights.setdefault(right, len(rights)))
            for left, right, _ in rows
        ]

    scores = [score for *_, score in links] if has_scores else None
    return judge(numbered(links), numbered(gold), scores)


def _notes(found: DistinctLinks, gold: DistinctLinks) -> tuple[str, ...]:
    files = (found, gold)
    notes = [f"{file.path.parent / note}" for file in files for note in file.notes]
    repeated = "repeated lines were counted once"
    notes += [f"{file.path}: {file.n_repeated:,} {repeated}" for file in files if file.n_repeated]
    others = "statements do not say that two entities are the same and were passed over"
    notes += [f"{file.path}: {file.n_others:,} {others}" for file in files if file.n_others]
    if len(found) and len(gold) and not _name_graphs(found, gold):
        notes += _foreign_sides(found, gold)
    return tuple(notes)
