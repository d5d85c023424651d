"""Which entities nothing tells apart: no method can know more of their links than chance.

Entities start with a colour: what they are linked to, their names, and values that several graphs
know. In every round the colour of an entity becomes that of its own and of all its statements, a
statement being a relation, a direction and the colour of the neighbour. Entities of one colour in
the end have neighbourhoods of the same shape (colour refinement of Weisfeiler and Leman;
Shervashidze et al., "Weisfeiler-Lehman graph kernels", JMLR 2011). Colours are sums of hashes of 64
bits, so that a round takes time linear in the triples.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualamn.attributes import Attributes
from dualamn.graphs.knowledge_graph import Numbers
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import FloatArray, Int32Array, components, grouped, splitmix64

_ROUNDS = 8  # at most: how far away what tells two entities apart may be

Colours = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Distinguishable:
    """How many entities are like each one in all that takes part.

    Attributes:
        class_size: (n,) int32 entities of the same graph, in joint ids, that nothing tells apart
            from each, itself among them.
    """

    class_size: Int32Array

    @classmethod
    def of(
        cls, task: AlignmentTask, links: Int32Array, attributes: Attributes | None = None
    ) -> Distinguishable:
        """Compares all entities of a task.

        Args:
            task: its triples, and names that take part.
            links: (m, 2) known links in joint ids: linked entities are like nobody else.
            attributes: which of names and values take part; neither if None.
        """
        colours = _refined(task, _first_colours(task, links, attributes or Attributes()))
        size = np.empty(task.n_entities, dtype=np.int32)
        for first, end in zip(task.entity_offsets[:-1], task.entity_offsets[1:], strict=True):
            _, which, count = np.unique(colours[first:end], return_inverse=True, return_counts=True)
            size[first:end] = count[which]
        return cls(size)

    def most_probable(self, links: Int32Array) -> FloatArray:
        """(m,) what the probability of (m, 2) links of joint ids cannot be above.

        Of c entities that nothing tells apart one at most is the counterpart, and each may be it.
        """
        size = self.class_size[links].max(axis=1) if len(links) else np.empty(0)
        return (1 / size).astype(np.float32)


def _first_colours(task: AlignmentTask, links: Int32Array, attributes: Attributes) -> Colours:
    colours = np.zeros(task.n_entities, dtype=np.uint64)
    linked = np.unique(links)
    group = components(links, task.n_entities)[linked]
    colours[linked] = splitmix64(group.astype(np.uint64), 1)
    if attributes.names is not None and task.entity_names is not None:
        named = [(np.arange(task.n_entities, dtype=np.int32), task.entity_names)]
        if (further := task.further_names) is not None:
            named.append((further.entities, further.names))
        numbers = Numbers({"": 0})
        for entities, names in named:
            number = np.fromiter(_numbered(names, numbers), np.int64, len(names))
            entities, number = entities[number > 0], number[number > 0]
            _add(colours, entities, splitmix64(number.astype(np.uint64), 2))
    if attributes.values is not None:
        facts = attributes.values.facts
        of_prop = splitmix64(facts.prop.astype(np.uint64), 3)
        _add(colours, facts.entity, splitmix64(facts.key.astype(np.uint64) + of_prop, 4))
    return colours


def _numbered(names: Iterable[str], numbers: Numbers) -> Iterable[int]:
    return (numbers[name.casefold()] for name in names)


def _refined(task: AlignmentTask, colours: Colours) -> Colours:
    """Colours after as many rounds as tell more entities apart."""
    heads, relations, tails = task.triples.T
    n, r = task.n_entities, task.n_relations
    own = np.concatenate([heads, tails])
    order = grouped(own, n)
    own, other = own[order], np.concatenate([tails, heads])[order]
    way = np.concatenate([relations, relations + r])[order].astype(np.uint64)
    way = splitmix64(way, 5)
    count = len(np.unique(colours))
    for _ in range(_ROUNDS):
        stated = splitmix64(colours[other] + way, 6)
        refined = splitmix64(colours, 7)
        _add(refined, own, stated)
        refined = splitmix64(refined, 8)
        distinct = len(np.unique(refined))
        if distinct == count:
            break
        colours, count = refined, distinct
    return colours


def _add(colours: Colours, own: NDArray[np.integer], hashes: Colours) -> None:
    """Adds to the colour of each entity the hashes that are its own; sums may overflow."""
    if not len(own):
        return
    if (np.diff(own) < 0).any():
        order = np.argsort(own, kind="stable")
        own, hashes = own[order], hashes[order]
    start = np.flatnonzero(np.diff(own, prepend=-1))
    colours[own[start]] += np.add.reduceat(hashes, start)
