"""Several names an entity: which names there are, and results by name as results by entity."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dualamn.attributes.normalisation import in_latin
from dualamn.graphs.knowledge_graph import FurtherNames
from dualamn.kernels.arrays import (
    BoolArray,
    FloatArray,
    Int32Array,
    IntArray,
    StringArray,
    expand,
    ranks,
)

_MOSTLY = 0.9  # of the share of a script: another graph that has so much needs no Latin letters


@dataclass(frozen=True, eq=False)
class NameOwners:
    """Whose names there are: name i is the first of entity i, and further ones follow by entity.

    Attributes:
        owner: (r,) the entity of every name.
        start: (n + 1,) where the further names of every entity begin, from `n` on.
    """

    owner: IntArray
    start: IntArray

    @classmethod
    def of(cls, n_entities: int, further: IntArray) -> NameOwners:
        """Of (m,) entities with a further name each, ascending."""
        counts = np.bincount(further, minlength=n_entities)
        start = n_entities + np.append(0, np.cumsum(counts))
        return cls(np.append(np.arange(n_entities), further).astype(np.int64), start)

    @property
    def single(self) -> bool:
        """Whether nobody has more than one name."""
        return len(self.owner) == len(self.start) - 1

    def counts(self, ids: IntArray) -> IntArray:
        """(q,) how many names entities have, one at least, though it may be empty."""
        found: IntArray = 1 + self.start[ids + 1] - self.start[ids]
        return found

    def names_of(self, ids: IntArray) -> tuple[IntArray, IntArray]:
        """(m,) which of (q,) entities, ascending, and their names, the first one first."""
        if self.single:
            return np.arange(len(ids)), ids
        counts = self.counts(ids)
        which, number = expand(np.zeros(len(ids), dtype=np.int64), counts)
        further = self.start[ids][which] + number - 1
        return which, np.where(number == 0, ids[which], further)

    def pairs_of_names(self, left: IntArray, right: IntArray) -> tuple[IntArray, ...]:
        """(m,) which of (p,) pairs of entities, ascending, and every name of both ends together."""
        n_right = self.counts(right)
        which, number = expand(np.zeros(len(left), dtype=np.int64), self.counts(left) * n_right)
        ends = np.divmod(number, n_right[which])
        rows = [
            np.where(at == 0, ids[which], self.start[ids][which] + at - 1)
            for ids, at in zip((left, right), ends, strict=True)
        ]
        return which, *rows


def all_names(
    names: StringArray, sources: Int32Array, further: FurtherNames | None
) -> tuple[StringArray, IntArray]:
    """Every name, those of `names` first, and (m,) whose the others are, ascending.

    A name in a script that some other graph has less of is there in Latin letters too.
    """
    texts, owners = list(names), list(range(len(names)))
    if further is not None:
        texts += further.names.tolist()
        owners += further.entities.tolist()
    for number, latin in list(_in_latin(texts, sources[owners].tolist() if owners else [])):
        texts.append(latin)
        owners.append(owners[number])
    order = np.argsort(np.array(owners[len(names) :], dtype=np.int64), kind="stable")
    found = np.empty(len(texts), dtype=object)
    found[: len(names)] = texts[: len(names)]
    found[len(names) :] = np.array([*texts[len(names) :], None], dtype=object)[:-1][order]
    return found, np.array(owners[len(names) :], dtype=np.int64)[order]


def _in_latin(texts: Sequence[str], sources: Sequence[int]) -> Iterable[tuple[int, str]]:
    """Which names are wanted in Latin letters, and they."""
    scripts = [_script(text) for text in texts]
    if set(scripts) <= {"", "LATIN"}:
        return
    counts = Counter(zip(sources, scripts, strict=True))
    graphs = set(sources)
    total = {g: sum(n for (of, s), n in counts.items() if of == g and s) for g in graphs}
    wanted = {
        (graph, script)
        for graph, script in counts
        if script not in ("", "LATIN")
        and any(
            counts[o, script] * total[graph] < _MOSTLY * counts[graph, script] * total[o]
            for o in graphs - {graph}
        )
    }
    for number, (text, source, script) in enumerate(zip(texts, sources, scripts, strict=True)):
        if (source, script) in wanted:
            yield number, in_latin(text)


def _script(text: str) -> str:
    """The script of the first letter that is not Latin, "LATIN" if all are, "" without letters."""
    if text.isascii():
        return "LATIN" if text else ""
    found = ""
    for character in text:
        if character.isalpha():
            script = unicodedata.name(character, "OTHER").partition(" ")[0]
            if script in ("HIRAGANA", "KATAKANA", "HANGUL"):
                script = "CJK" if script != "HANGUL" else script
            if script not in ("LATIN", "FULLWIDTH", "MODIFIER", "FEMININE", "MASCULINE"):
                return script
            found = "LATIN"
    return found


def best_entities(
    query: IntArray, entity: IntArray, scores: FloatArray, n_queries: int, k: int
) -> tuple[IntArray, FloatArray]:
    """The k best entities of every query, each by the best of its names.

    Args:
        query, entity, scores: (m,) what was found, in any order; an entity may come repeatedly.
        n_queries: queries are numbered below it.
        k: how many.

    Returns:
        (n_queries, k) entities, best first, -1 where there are fewer, and float32 scores, -inf for
        none.
    """
    order = np.lexsort((entity, -scores, query))
    keys = query[order] * (int(entity.max(initial=0)) + 1) + entity[order]
    _, first = np.unique(keys, return_index=True)
    order = order[np.sort(first)]
    rank = ranks(query[order])
    order, rank = order[rank < k], rank[rank < k]
    found = np.full((n_queries, k), -1, dtype=np.int64)
    best = np.full((n_queries, k), -np.inf, dtype=np.float32)
    found[query[order], rank] = entity[order]
    best[query[order], rank] = scores[order]
    return found, best


def distinct_names(whole: IntArray, owners: IntArray, n_entities: int) -> BoolArray:
    """(r,) which names to keep: all first ones, and further ones of words that the entity's names
    before have not.

    Args:
        whole: (r,) a number for all names of the same words, -1 for none.
        owners: (r - n,) whose the further names are.
        n_entities: n.
    """
    owner = np.append(np.arange(n_entities), owners)
    _, first = np.unique(np.stack([owner, whole], axis=1), axis=0, return_index=True)
    kept = np.zeros(len(whole), dtype=np.bool_)
    kept[first] = True
    kept &= whole >= 0
    kept[:n_entities] = True
    return kept
