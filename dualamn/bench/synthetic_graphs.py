"""Synthetic knowledge graphs, as arrays that come part by part."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dualamn.bench.synthetic_hidden import (
    HEADS_OF_A_KIND,
    HiddenPart,
    degrees,
    draw_tails,
    generator,
    hidden_part,
    hidden_relations,
    mixed_bits,
    popular_ranks,
    relation_names,
)
from dualamn.bench.synthetic_options import (
    TRIPLES_PER_PART,
    SyntheticOptions,
    count_all,
    share_of,
)
from dualamn.kernels.arrays import Floats, Int32Array, IntArray

_ENTITIES, _LINKS, _ORDER, _UNEVEN, _SIDE = 30, 31, 32, 33, 34  # purposes of random numbers


class SyntheticGraphs:
    """Graphs whose every link is known, made as they are asked for and the same every time.

    Each call makes its arrays anew, in memory for one part of the graph at a time and some bytes
    for every entity.

        >>> graphs = SyntheticGraphs(SyntheticOptions(entities=(50, 40), seeds=0.3))
        >>> graphs.counts.links, graphs.n_seeds, len(graphs.links(0, 1))
        (31, 9, 31)

    Raises:
        DataError: the options cannot go together.
    """

    def __init__(self, options: SyntheticOptions) -> None:
        self.options = options
        self.counts = count_all(options)
        self.relations = hidden_relations(self.counts)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the graphs, in the order of their numbers."""
        return tuple(f"kg{number}" for number in range(1, self.options.graphs + 1))

    def n_parts(self, graph: int) -> int:
        """How many parts the triples of a graph come in."""
        return self.counts.parts + self._dangling_parts(graph)

    def triples(self, graph: int) -> Iterator[IntArray]:
        """Yields (m, 3) int64 head, relation and tail: all of a graph's triples, each once.

        Entities are numbered from 0 in every graph, at random, and so are relations. What is the
        same in two graphs is neither numbered alike nor in the same place.
        """
        parts = generator(self.options.seed, _ORDER, graph).permutation(self.n_parts(graph))
        entities = self._numbers(graph)
        names = relation_names(self.counts, graph)
        for part in parts.tolist():
            rng = generator(self.options.seed, _SIDE, graph, part)
            if part < self.counts.parts:
                heads, predicates, tails = self._linked_part(rng, graph, part)
            else:
                heads, predicates, tails = self._dangling_part(rng, graph, part - self.counts.parts)
            rows = np.empty((len(heads), 3), dtype=np.int64)
            shuffle = rng.permutation(len(heads))
            rows[:, 0] = entities[heads[shuffle]]
            rows[:, 1] = names.of(predicates[shuffle], heads[shuffle])
            rows[:, 2] = entities[tails[shuffle]]
            yield rows

    def links(self, left: int, right: int) -> Int32Array:
        """(m, 2) int32 entities of two graphs that are the same, in an order drawn at random.

        The first `n_seeds` are the seeds.
        """
        order = generator(self.options.seed, _LINKS, left, right).permutation(self.counts.links)
        columns = [self._numbers(graph)[order] for graph in (left, right)]
        return np.stack(columns, axis=1)

    @property
    def n_seeds(self) -> int | None:
        """How many links of every pair are seeds, at least one and not all; None if no split is
        published."""
        if self.options.seeds is None:
            return None
        return min(max(1, round(self.options.seeds * self.counts.links)), self.counts.links - 1)

    def _numbers(self, graph: int) -> Int32Array:
        """The numbers of a graph's entities: first of the linked ones, then of the others."""
        count = self.counts.graphs[graph].entities
        rng = generator(self.options.seed, _ENTITIES, graph)
        numbers = np.arange(count, dtype=np.int32)
        rng.shuffle(numbers)
        return numbers

    def _dangling_parts(self, graph: int) -> int:
        counts = self.counts.graphs[graph]
        return min(-(-counts.dangling_heads // TRIPLES_PER_PART), counts.dangling)

    def _linked_part(
        self, rng: np.random.Generator, graph: int, part: int
    ) -> tuple[IntArray, IntArray, IntArray]:
        """Triples whose heads are linked entities: those kept of a hidden part, some of them
        changed, and those that lead to entities without counterpart."""
        counts, own = self.counts, self.counts.graphs[graph]
        hidden = hidden_part(counts, self.relations, part)
        kept = self._kept(rng, graph, part, hidden)
        heads, predicates, tails = hidden.heads[kept], hidden.relations[kept], hidden.tails[kept]
        first = hidden.first[kept]
        changed = rng.random(len(first)) >= (1 - self.options.contradictory) ** 0.5
        # Every head's first triple is kept. It would be in all graphs, and no other is, so it is
        # made anew, with its relation, as often as others are missing.
        share = own.linked_triples / counts.hidden_triples
        forgotten = first & (rng.random(len(first)) >= share**0.5)
        # Another entity's tail: its own and those nearby could well draw the same one again.
        others = rng.integers(counts.links, size=int(changed.sum()))
        tails[changed] = draw_tails(counts, self.relations, rng, others, predicates[changed])
        predicates[forgotten] = self.relations.draw(rng, heads[forgotten])
        tails[forgotten] = draw_tails(
            counts, self.relations, rng, heads[forgotten], predicates[forgotten]
        )
        changed |= forgotten
        n_dangling = len(share_of(own.dangling_tails, part, counts.parts))
        if n_dangling:
            of_dangling = hidden.heads[rng.integers(len(hidden.heads), size=n_dangling)]
            heads = np.concatenate([heads, of_dangling])
            predicates = np.concatenate([predicates, self.relations.draw(rng, of_dangling)])
            # Each of them once, as far as they go, then others by a power law.
            listed = share_of(own.dangling, part, counts.parts)
            once = rng.permutation(np.arange(listed.start, listed.stop))[:n_dangling]
            luck = rng.random(n_dangling - len(once))
            more = popular_ranks(luck, own.dangling, self.options.degree_exponent)
            tails = np.concatenate([tails, counts.links + once, counts.links + more])
            changed = np.concatenate([changed, np.ones(n_dangling, dtype=bool)])

        def redraw(at: IntArray, tired: bool) -> None:
            predicates[at] = self.relations.draw(rng, heads[at], any_one=tired)
            linked = at[tails[at] < counts.links]
            tails[linked] = rng.integers(counts.links, size=len(linked))
            if tired:
                of_dangling = at[tails[at] >= counts.links]
                tails[of_dangling] = counts.links + rng.integers(
                    own.dangling, size=len(of_dangling)
                )

        self.relations.repair((heads, predicates, tails), changed, redraw)
        return heads, predicates, tails

    def _kept(
        self, rng: np.random.Generator, graph: int, part: int, hidden: HiddenPart
    ) -> IntArray:
        """Positions of the triples that a graph keeps: the first of every head, so that none is
        left alone, and others at random."""
        count = len(share_of(self.counts.graphs[graph].linked_triples, part, self.counts.parts))
        seed = generator(self.options.seed, _UNEVEN, graph).integers(2**32, size=2).tolist()
        likely = _luck_of(seed[0], hidden.heads) + _luck_of(seed[0], hidden.tails)
        kinds = hidden.heads // HEADS_OF_A_KIND
        likely += _luck_of(seed[1], kinds * self.relations.count + hidden.relations)
        likely += 2 * _luck_of(seed[1] + 1, kinds) + _luck_of(seed[1] + 2, hidden.relations)
        likely *= self.options.uneven
        # Whoever waits least is taken: sampling without replacement, by weight.
        wait = np.log(rng.standard_exponential(len(likely))) - likely
        wait[hidden.first] -= 1e6
        return np.sort(np.argpartition(wait, count - 1)[:count]) if count else np.arange(0)

    def _dangling_part(
        self, rng: np.random.Generator, graph: int, part: int
    ) -> tuple[IntArray, IntArray, IntArray]:
        """Triples whose heads have no counterpart; their tails are of both kinds."""
        counts, own = self.counts, self.counts.graphs[graph]
        parts = self._dangling_parts(graph)
        entities = share_of(own.dangling, part, parts)
        count = len(share_of(own.dangling_heads, part, parts))
        each = degrees(rng, count, len(entities), self.options.degree_exponent + 1)
        heads = np.repeat(np.arange(entities.start, entities.stop), each) + counts.links
        predicates = self.relations.draw(rng, heads)
        tails = np.empty(count, dtype=np.int64)

        def draw(at: IntArray, tired: bool) -> None:
            predicates[at] = self.relations.draw(rng, heads[at], any_one=tired)
            if tired:
                tails[at] = rng.integers(own.entities, size=len(at))
                return
            steps = rng.geometric(1 / self.options.nearness, size=len(at))
            near = counts.links + (heads[at] - counts.links + steps) % own.dangling
            mixed = heads[at] * counts.links // own.entities
            linked = draw_tails(counts, self.relations, rng, mixed, predicates[at])
            is_linked = rng.random(len(at)) < counts.links / own.entities
            tails[at] = np.where(is_linked, linked, near)

        draw(np.arange(count), False)
        self.relations.repair((heads, predicates, tails), np.ones(count, dtype=bool), draw)
        return heads, predicates, tails


def _luck_of(seed: int, numbers: IntArray) -> Floats:
    """(m,) numbers of mean 0 and deviation 1, alike where `numbers` are."""
    chance = mixed_bits(seed, numbers) + 2.0**-54
    luck: Floats = np.log(chance / (1 - chance)) * (3**0.5 / np.pi)
    return luck
