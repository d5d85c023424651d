"""Who is compared with whom when pseudo-seeds are looked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualamn.attributes.names import NameSimilarity
from dualamn.attributes.types import stated_types
from dualamn.files.rdf import RDF_TYPE
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, IntArray, splitmix64

_ECHOES = 0.5  # of a relation's statements: their ends have a name in common
_FEWEST = 10  # statements, fewer of which show nothing of a relation


@dataclass(frozen=True, eq=False)
class Comparable:
    """Who counts, and as what, when unique names and values are looked for.

    A name is unique if no other entity that counts, of the same types, has it.

    Attributes:
        kind: (n,) a number for all entities of the same types, in every graph; -1 for none.
        counts: (n,) who counts: who may get links, is the first of exact copies, and no node
            that only repeats the name of another, as an article does of its subject.
    """

    kind: IntArray
    counts: BoolArray

    @classmethod
    def of(cls, task: AlignmentTask, names: NameSimilarity | None) -> Comparable:
        """Reads types, names, values and triples."""
        kind = kinds_of(task)
        counts = task.is_linkable.copy()
        if names is not None:
            counts &= ~echoes_of(task, names)
        return cls(kind, counts & first_of_copies(task, kind, names))


def kinds_of(task: AlignmentTask) -> IntArray:
    """(n,) one number for all entities of the same set of types, -1 for those without."""
    numbers: dict[str, int] = {}
    total = np.zeros(task.n_entities, dtype=np.uint64)
    typed = np.zeros(task.n_entities, dtype=np.bool_)
    for entities, types in stated_types(task):
        own = [numbers.setdefault(name, len(numbers)) for name in types]
        seen = np.unique(np.stack([entities, np.array(own, dtype=np.int64)], axis=1), axis=0)
        np.add.at(total, seen[:, 0], splitmix64(seen[:, 1].astype(np.uint64)))
        typed[seen[:, 0]] = True
    kind = np.full(task.n_entities, -1, dtype=np.int64)
    kind[typed] = np.unique(total[typed], return_inverse=True)[1]
    return kind


def echoes_of(task: AlignmentTask, names: NameSimilarity) -> BoolArray:
    """(n,) nodes that stand for a name or a page of another entity, whose name they have.

    They are on one end of a relation most of whose statements join two of one name: the end that
    has fewer statements.
    """
    echo = np.zeros(task.n_entities, dtype=np.bool_)
    triples = task.triples.astype(np.int64)
    # Most statements end at nobody of a name; those are not compared.
    triples = triples[names.named[triples[:, 0]] & names.named[triples[:, 2]]]
    if not len(triples):
        return echo
    head, relation, tail = triples.T
    source = task.source_of[head].astype(np.int64)
    alike = names.same(head, tail) & (head != tail)
    group = source * task.n_relations + relation
    share = np.bincount(group[alike], minlength=int(group.max()) + 1) / np.maximum(
        count := np.bincount(group), 1
    )
    degree = np.concatenate([kg.degrees for kg in task.kgs]).astype(np.float64)
    busy = [np.bincount(group, weights=degree[end]) for end in (head, tail)]
    told = (share >= _ECHOES) & (count >= _FEWEST)
    by_head = busy[0] < busy[1]
    chosen = alike & told[group]
    echo[np.where(by_head[group], head, tail)[chosen]] = True
    return echo


def first_of_copies(task: AlignmentTask, kind: IntArray, names: NameSimilarity | None) -> BoolArray:
    """(n,) who is not an exact copy of another entity of the graph that is in more triples.

    Copies have the same names, values and outgoing statements, of which they must have some, and
    no different types.
    """
    n = task.n_entities
    mark = splitmix64(task.source_of.astype(np.uint64), 1)
    told = kind >= 0
    if names is not None:
        real = np.flatnonzero(names.whole >= 0)
        _add(mark, names.owners.owner[real], names.whole[real], 2)
    asked = _repeated(mark)
    heads = task.triples[asked[task.triples[:, 0]]].astype(np.int64)
    _add(mark, heads[:, 0], heads[:, 1] * n + heads[:, 2], 3)
    told[heads[:, 0]] = True
    numbers: dict[tuple[str, str], int] = {}
    for kg, offset in zip(task.kgs, task.entity_offsets.tolist(), strict=False):
        if kg.literals is None:
            continue
        is_type = np.asarray(kg.literals.attributes == RDF_TYPE)
        owner = kg.literals.entities.astype(np.int64) + offset
        rows = np.flatnonzero(asked[owner] & ~is_type[kg.literals.kinds])
        attributes = kg.literals.attributes[kg.literals.kinds[rows]].tolist()
        pairs = zip(attributes, kg.literals.values[rows].tolist(), strict=True)
        found = [numbers.setdefault(pair, len(numbers)) for pair in pairs]
        _add(mark, owner[rows], np.array(found, dtype=np.int64), 4)
        told[owner[rows]] = True
    own = np.flatnonzero(asked & told)
    _, group = np.unique(mark[own], return_inverse=True)
    typed = kind[own] >= 0
    types = np.unique(np.stack([group[typed], kind[own][typed]], axis=1), axis=0)
    torn = np.bincount(types[:, 0], minlength=len(own)) > 1
    cells = np.stack([group, np.where(torn[group], kind[own], -1)], axis=1)
    degree = np.concatenate([kg.degrees for kg in task.kgs])[own]
    order = np.argsort(-degree, kind="stable")
    _, at = np.unique(cells[order], axis=0, return_index=True)
    first = np.ones(n, dtype=np.bool_)
    first[own] = False
    first[own[order[at]]] = True
    return first


def _add(mark: NDArray[np.uint64], owner: IntArray, what: IntArray, purpose: int) -> None:
    """Adds numbers to the marks of their owners, in whatever order they come."""
    np.add.at(mark, owner, splitmix64(what.astype(np.uint64), purpose))


def _repeated(mark: NDArray[np.uint64]) -> BoolArray:
    """(n,) whose mark another entity has too."""
    _, which, count = np.unique(mark, return_inverse=True, return_counts=True)
    several: BoolArray = count[which] > 1
    return several
