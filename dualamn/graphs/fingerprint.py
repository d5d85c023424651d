"""What says whether two tasks are the same, however they came about."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from dualamn.graphs.graph_change import identifier_hash
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array, IntArray, splitmix64

_Words = NDArray[np.uint64]

_LINKS = ("seed_links", "not_links", "accepted_links")


def entity_hashes(task: AlignmentTask) -> IntArray:
    """(n,) int64: what says which entity of which graph each joint id is."""
    found = [
        np.fromiter(
            (identifier_hash(kg.name, name) for name in kg.entities), np.uint64, kg.n_entities
        )
        for kg in task.kgs
    ]
    return np.concatenate(found).view(np.int64)


def fingerprint(task: AlignmentTask, hashes: IntArray) -> str:
    """What two tasks have in common only if graphs, names, values and known links are the same.

    The order of anything does not matter, as sums of hashes are compared. Test and validation links
    do not count.

    Args:
        task: any.
        hashes: its `entity_hashes`.
    """
    parts = [0, 0]
    for kg, first in zip(task.kgs, task.entity_offsets.tolist(), strict=False):
        own = hashes[first : first + kg.n_entities].view(np.uint64)
        for words in _words(kg, own):
            _add(parts, words)
    for number, name in enumerate(_LINKS, start=1):
        links: Int32Array = getattr(task, name)
        ends = hashes[links].view(np.uint64)
        _add(parts, _mixed(ends[:, 0], ends[:, 1], np.full(len(links), number, np.uint64)))
    return "".join(f"{part:016x}" for part in parts)


def _words(kg: KnowledgeGraph, own: _Words) -> Iterable[_Words]:
    """64 bits for each thing that a graph says."""
    yield own
    heads, relations, tails = kg.triples.T
    yield _mixed(own[heads], _hashes(kg.relations)[relations], own[tails])
    if kg.entity_names is not None:
        named = np.flatnonzero(kg.entity_names != "")
        yield _mixed(own[named], _hashes(kg.entity_names[named]))
    if kg.further_names is not None:
        yield _mixed(own[kg.further_names.entities], _hashes(kg.further_names.names))
    if kg.literals is not None:
        literals = kg.literals
        kinds = _hashes(literals.attributes)[literals.kinds]
        of = own[literals.entities]
        yield _mixed(of, kinds, _hashes(literals.values), _hashes(literals.types))


def _hashes(texts: Iterable[str]) -> _Words:
    found = [
        int.from_bytes(
            blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little"
        )
        for text in texts
    ]
    return np.array(found, dtype=np.uint64)


def _mixed(*columns: _Words) -> _Words:
    """(m,) 64 bits of every row."""
    word = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        word = splitmix64(word ^ column, 1)
    return word


def _add(parts: list[int], words: _Words) -> None:
    for number in range(len(parts)):
        total = splitmix64(words, number + 2).sum(dtype=np.uint64)
        parts[number] = (parts[number] + int(total)) % 2**64
