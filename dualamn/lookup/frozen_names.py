"""Names in an index: the words and pieces of all names, and who has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from dualamn.attributes.blocking import PRODUCTS
from dualamn.attributes.name_features import NameFeatures, NameReader, Vocabulary
from dualamn.attributes.name_sets import all_names, distinct_names
from dualamn.attributes.names import TRANSLATED, NameSimilarity, largest_of_owners
from dualamn.attributes.normalisation import in_latin
from dualamn.files.array_file import Arrays
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import FloatArray, Floats, IntArray, expand, largest_of, strings
from dualamn.lookup.packed_strings import PackedStrings
from dualamn.lookup.sparse_rows import gathered, of_rows, summed_by

_MOST_NAMESAKES = 50  # of one name: more are all alike


def freeze_names(
    names: NameSimilarity, task: AlignmentTask, kgs: tuple[int, int]
) -> tuple[Arrays, dict[str, Any]]:
    """Arrays and plain values by which names are compared with those of a task.

    Args:
        names: with their match weights.
        task: of the names.
        kgs: the two graphs whose names are looked up.
    """
    first = task.entity_names
    texts, owners = all_names(
        strings([""] * task.n_entities) if first is None else first,
        task.source_of,
        task.further_names,
    )
    vocabulary = Vocabulary()
    features = NameFeatures.of(texts, vocabulary)
    if len(owners):
        kept = distinct_names(features.whole, owners, task.n_entities)
        features = features.chosen(kept)
    arrays: Arrays = {}
    for what, counts, known in (
        ("words", features.words, vocabulary.words),
        ("pieces", features.pieces, vocabulary.pieces),
    ):
        counted = counts if names.owners.single else largest_of_owners(counts, names.owners)
        used = np.bincount(counted.indices, minlength=counts.shape[1])
        arrays[f"names/{what}/rarity"] = _rarity(used, counted.shape[0])
        arrays |= PackedStrings.of(known).named(f"names/{what}")
    synonyms = names.synonyms()
    if synonyms is not None:
        arrays |= of_rows(synonyms, "names/synonyms", np.float32)
    whole_hashes = np.fromiter(map(_hash_of_whole, vocabulary.wholes), np.uint64)
    for side, kg in zip(("left", "right"), kgs, strict=True):
        own = task.entity_range(kg).astype(np.int64)
        which, number = names.owners.names_of(own)
        real = names.whole[number] >= 0
        which, number = which[real], number[real]
        rows = csr_array(names.rows[number])
        arrays |= of_rows(rows, f"{side}/named/rows", np.float16)
        arrays[f"{side}/named/owner"] = which.astype(np.int32)
        arrays[f"{side}/named/starts"] = np.searchsorted(which, np.arange(len(own) + 1))
        wholes = whole_hashes[names.whole[number]]
        order = np.argsort(wholes, kind="stable")
        arrays[f"{side}/named/whole"] = wholes
        arrays[f"{side}/named/wholes"] = wholes[order]
        arrays[f"{side}/named/by_whole"] = order.astype(np.int32)
        used = np.bincount(rows.indices, minlength=rows.shape[1])
        arrays[f"{side}/named/used"] = used.astype(np.int32)
        data = np.where(used[rows.indices] <= PRODUCTS, rows.data, 0)
        rare = csr_array((data, rows.indices, rows.indptr), shape=rows.shape)
        rare.eliminate_zeros()
        arrays |= of_rows(csr_array(rare.T.tocsr()), f"{side}/named/having", np.float16)
    about = {
        "n": int(features.words.shape[0] if names.owners.single else task.n_entities),
        "initials": vocabulary.initials,
        "similarity": names.weights.similarity,
        "same": names.weights.same,
    }
    return arrays, about


def _rarity(used: IntArray, n: int) -> FloatArray:
    """(w,) how much a word or piece counts: log((n + 1) / entities that have it)."""
    return np.log((n + 1) / np.maximum(used, 1)).astype(np.float32)


def _hash_of_whole(words: Iterable[str]) -> int:
    """64 bits that stand for a name as a whole: its words in any order."""
    text = "\x00".join(words).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")


@dataclass(frozen=True, eq=False)
class AskedName:
    """A name that is looked up.

    Attributes:
        columns: (m,) its words and pieces among all columns of the rows of names, ascending.
        numbers: (m,) how much each counts; of one row, which has length one with what nobody has.
        whole: the hash of the name as a whole.
    """

    columns: IntArray
    numbers: Floats
    whole: int


class FrozenNames:
    """The names of an index, which others are compared with.

    Args:
        arrays, about: what `freeze_names` gave.
    """

    def __init__(self, arrays: Arrays, about: dict[str, Any]) -> None:
        self._arrays, self._about = arrays, about
        self._words = PackedStrings.taken(arrays, "names/words")
        self._pieces = PackedStrings.taken(arrays, "names/pieces")

    @cached_property
    def _unknown(self) -> float:
        """What a word counts that no name has."""
        return float(np.log(self._about["n"] + 1))

    def read(self, names: Sequence[str]) -> list[AskedName]:
        """Takes names apart, in Latin letters too; those without a word in them are left out."""
        texts = [text for name in names for text in (name, in_latin(name)) if text]
        found = (self._read(text) for text in dict.fromkeys(texts))
        return [asked for asked in found if asked is not None]

    def _read(self, text: str) -> AskedName | None:
        new_words, new_pieces = dict[str, int](), dict[str, int]()
        n_words, n_pieces = len(self._words), len(self._pieces)

        def word(part: str) -> int:
            at = self._words.find(part)
            return at if at >= 0 else n_words + new_words.setdefault(part, len(new_words))

        def piece(part: str) -> int:
            at = self._pieces.find(part)
            return at if at >= 0 else n_pieces + new_pieces.setdefault(part, len(new_pieces))

        reader = NameReader(word, piece, initials=self._about["initials"])
        words, pieces, bare = reader.read(text)
        if not bare:
            return None
        own = np.array(sorted(words), dtype=np.int64)
        weight = self._rarity("words", own)
        parts, counts = np.unique(np.array(pieces, dtype=np.int64), return_counts=True)
        part_weight = self._rarity("pieces", parts) * counts
        translated, told = self._translated(own, weight)
        told *= (TRANSLATED / max(float(told @ told), 1e-12)) ** 0.5
        square = float(weight @ weight + part_weight @ part_weight)
        scale = ((1 - TRANSLATED) / max(square, 1e-12)) ** 0.5
        known = [at < n for at, n in ((translated, n_words), (own, n_words), (parts, n_pieces))]
        columns = [translated[known[0]], n_words + own[known[1]], 2 * n_words + parts[known[2]]]
        numbers = [told[known[0]], scale * weight[known[1]], scale * part_weight[known[2]]]
        return AskedName(np.concatenate(columns), np.concatenate(numbers), _hash_of_whole(bare))

    def _rarity(self, what: str, numbers: IntArray) -> Floats:
        rarity = self._arrays[f"names/{what}/rarity"]
        known = numbers < len(getattr(self, f"_{what}"))
        found = np.full(len(numbers), self._unknown)
        found[known] = rarity[numbers[known]]
        return found

    def _translated(self, words: IntArray, weight: Floats) -> tuple[IntArray, Floats]:
        """The words that some words stand for, ascending, and how much each counts."""
        if "names/synonyms/starts" not in self._arrays:
            return words, weight.copy()
        known = words < len(self._words)
        owner, columns, numbers = gathered(self._arrays, "names/synonyms", words[known])
        every = np.concatenate([columns, words[~known]])
        amounts = np.concatenate([weight[known][owner] * numbers, weight[~known]])
        distinct, place = np.unique(every, return_inverse=True)
        return distinct, summed_by(place, amounts, len(distinct))

    def nearest(self, asked: Sequence[AskedName], side: str, k: int) -> IntArray:
        """The entities of one side whose names are the most alike, by rare words and pieces."""
        owner = self._arrays[f"{side}/named/owner"]
        used = self._arrays[f"{side}/named/used"]
        found = [np.empty(0, dtype=np.int64)]
        for name in asked:
            cost = used[name.columns]
            order = np.argsort(cost, kind="stable")
            chosen = order[np.cumsum(cost[order]) <= PRODUCTS]
            which, names, numbers = gathered(
                self._arrays, f"{side}/named/having", name.columns[chosen]
            )
            distinct, place = np.unique(names, return_inverse=True)
            score = summed_by(place, name.numbers[chosen][which] * numbers, len(distinct))
            best = distinct[largest_of(np.zeros(len(score), dtype=np.int64), score, k)[0]]
            found += [owner[best], owner[self._namesakes(name, side)]]
        return np.unique(np.concatenate(found)).astype(np.int64)

    def _namesakes(self, name: AskedName, side: str) -> IntArray:
        wholes = self._arrays[f"{side}/named/wholes"]
        first = int(np.searchsorted(wholes, np.uint64(name.whole)))
        last = int(np.searchsorted(wholes, np.uint64(name.whole), side="right"))
        order: IntArray = self._arrays[f"{side}/named/by_whole"]
        return order[first : min(last, first + _MOST_NAMESAKES)]

    def match_weight(self, asked: Sequence[AskedName], side: str, entities: IntArray) -> Floats:
        """(m,) the match weight of entities of one side by their names; 0 without one."""
        similarity, same = np.zeros(len(entities)), np.zeros(len(entities), dtype=np.bool_)
        starts = self._arrays[f"{side}/named/starts"]
        own = starts[entities]
        which, number = expand(own, starts[entities + 1] - own)
        if not len(number):
            return similarity
        owner, columns, numbers = gathered(self._arrays, f"{side}/named/rows", number)
        wholes = self._whole_of(side, number)
        for name in asked:
            place = np.searchsorted(name.columns, columns)
            place[place == len(name.columns)] = 0
            if not len(name.columns):
                continue
            here = name.columns[place] == columns
            product = np.where(here, name.numbers[place] * numbers, 0.0)
            alike = np.minimum(np.bincount(owner, product, len(number)), 1)
            np.maximum.at(similarity, which, alike)
            same[which[wholes == np.uint64(name.whole)]] = True
        weights = self._about
        found: Floats = weights["similarity"] * similarity + weights["same"] * same
        return found

    def _whole_of(self, side: str, names: IntArray) -> IntArray:
        """(m,) the hash of every one of some names as a whole."""
        hashes: IntArray = self._arrays[f"{side}/named/whole"][names]
        return hashes
