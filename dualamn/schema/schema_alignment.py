"""The correspondences of relations, properties and classes of graphs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dualamn.attributes.facts import Facts
from dualamn.attributes.types import Types
from dualamn.errors import needs
from dualamn.evidence.statements import Statements
from dualamn.files.iris import is_iri
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Floats, Int32Array, IntArray, strings
from dualamn.link_files.table import Table
from dualamn.result import AlignedLinks
from dualamn.schema.correspondence import KINDS, MEANINGS, Correspondence, TermKind
from dualamn.schema.judgement import Judged
from dualamn.schema.schema_files import write_schema
from dualamn.schema.shares import Counterparts, Shares

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False)
class SchemaAlignment:
    """Correspondences of terms of several graphs, made by `Alignment.schema`.

    Relations first, then properties and classes; of each kind equivalent terms first, then those
    with the most support. Printed, it is a line for each.

        >>> from dualamn import Aligner
        >>> from dualamn.bench.synthetic_task import make_task
        >>> task = make_task(200, n_relations=4, seed=1)
        >>> schema = Aligner("fast").fit(task).align().schema()
        >>> len(schema), {(item.kind, item.meaning) for item in schema}
        (4, {('relation', 'equivalent')})

    Attributes:
        items: all of them.
    """

    items: tuple[Correspondence, ...]

    @classmethod
    def of(
        cls, alignment: AlignedLinks, facts: Facts | None = None, types: Types | None = None
    ) -> SchemaAlignment:
        """Those that the links of an alignment show, together with its task's seed links.

        Args:
            alignment: links, each counted for its probability where it has one.
            facts, types: of the task, where they are known already.
        """
        task = alignment.task
        if facts is None and sum(kg.literals is not None for kg in task.kgs) > 1:
            facts = Facts.of(task)
        types = Types.of(task) if types is None else types
        by_kind: dict[TermKind, list[Correspondence]] = {kind: [] for kind in KINDS}
        for pair in alignment.pairs:
            seeds = task.links_between(task.seed_links, pair.left, pair.right)
            chances = pair.probabilities
            sure = np.ones(len(pair.links)) if chances is None else np.nan_to_num(chances, nan=1.0)
            links = np.concatenate([seeds, pair.links])
            sure = np.concatenate([np.ones(len(seeds)), sure]).astype(np.float64)
            graphs = task.kg_names[pair.left], task.kg_names[pair.right]
            for kind, terms, shares in shares_of_pair(
                task, pair.left, pair.right, links, sure, facts, types
            ):
                by_kind[kind].extend(_judged(kind, graphs, terms, shares))
        return cls(tuple(item for kind in KINDS for item in by_kind[kind]))

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Correspondence]:
        return iter(self.items)

    def __str__(self) -> str:
        return "\n".join(map(str, self.items))

    def __repr__(self) -> str:
        return f"SchemaAlignment({len(self):,} correspondences)"

    def counts(self) -> dict[str, int]:
        """How many there are of relations, properties and classes, by these words."""
        words = zip(KINDS, ("relations", "properties", "classes"), strict=True)
        return {word: sum(item.kind == kind for item in self.items) for kind, word in words}

    def table(self) -> Table:
        """A row for each, with the attributes of `Correspondence` as columns."""
        numbers = ("probability", "support", "left_share", "right_share")
        columns = {}
        for name in Correspondence.__dataclass_fields__:
            values = [getattr(item, name) for item in self.items]
            if name in numbers:
                columns[name] = np.array(values, dtype=np.float64)
            else:
                columns[name] = np.array(values, np.bool_) if name == "inverse" else strings(values)
        return Table(columns)

    def write(
        self,
        path: str | Path,
        format: str | None = None,  # noqa: A002
        *,
        base: str | None = None,
    ) -> None:
        """Writes them as a table, as SSSOM or as RDF, by the ending of the file's name.

        SSSOM and RDF say `owl:equivalentProperty`, `owl:inverseOf`, `rdfs:subPropertyOf`,
        `owl:equivalentClass` and `rdfs:subClassOf`; Turtle and SSSOM with confidence. What they
        have no word for, a part of an inverse, is in tables alone.

        Args:
            path: the file, replaced only once the new one is complete.
            format: the name of a format, where the name of the file does not tell.
            base: an IRI under which terms that are no IRIs get one, in SSSOM and RDF.

        Raises:
            ConfigError: the format does not fit, or the base cannot be one.
            DataError: the file cannot be written, or a term needs an IRI and there is no base.
            MissingExtraError: the format needs a package that is not installed.
        """
        write_schema(self.items, self.table(), Path(path), format, base)

    def to_pandas(self) -> pandas.DataFrame:
        """The table as a `pandas.DataFrame`; MissingExtraError if pandas is not installed."""
        return needs("pandas", extra="pandas").DataFrame(dict(self.table().columns))


def shares_of_pair(
    task: AlignmentTask,
    left: int,
    right: int,
    links: Int32Array,
    probability: Floats,
    facts: Facts | None = None,
    types: Types | None = None,
) -> Iterator[tuple[TermKind, tuple[Sequence[str], Sequence[str]], Shares]]:
    """What terms of two graphs cover of each other: kind, names of either graph's terms, shares.

    Args:
        task: the graphs.
        left, right: positions of the two.
        links: (m, 2) joint ids of linked entities.
        probability: (m,) that each link is correct.
        facts, types: of the task, where they are known already.
    """
    sides = left, right
    one, other = (task.kgs[side] for side in sides)
    joint = Counterparts.of(links, probability)
    local = Counterparts(joint.links - task.entity_offsets[list(sides)], joint.probability)
    relations = one.relations.tolist(), other.relations.tolist()
    shares = Shares.of_relations(Statements.of(one), Statements.of(other), local)
    yield "relation", relations, shares
    if one.literals is not None and other.literals is not None:
        facts = Facts.of(task) if facts is None else facts
        names = _attributes(one), _attributes(other)
        own = _properties(facts, sides, names)
        counts = len(names[0]), len(names[1])
        yield "property", names, Shares.of_properties(facts, own, counts, joint)
    types = Types.of(task) if types is None else types
    classes = _classes(types, left), _classes(types, right)
    own = np.full(len(types.graph), -1, dtype=np.int64)
    for side, of_side in zip(sides, classes, strict=True):
        own[types.graph == side] = np.arange(len(of_side))
    counts = len(classes[0]), len(classes[1])
    yield "class", classes, Shares.of_classes(types, own, counts, joint)


def _judged(
    kind: TermKind,
    graphs: tuple[str, str],
    terms: tuple[Sequence[str], Sequence[str]],
    shares: Shares,
) -> list[Correspondence]:
    """What shares say, equivalent terms first; a term that both graphs have is itself."""
    judged = Judged.of(shares)
    left, right = shares.left[judged.entry], shares.right[judged.entry]
    both = shares.both[judged.entry]
    columns = (
        (terms[0][at] for at in left.tolist()),
        (terms[1][at] for at in right.tolist()),
        shares.inverse[judged.entry].tolist(),
        (MEANINGS[order] for order in judged.order.tolist()),
        judged.probability.tolist(),
        both.tolist(),
        (both / shares.left_found[left]).tolist(),
        (both / shares.right_found[right]).tolist(),
    )
    found = [
        Correspondence(kind, graphs[0], one, graphs[1], other, *rest)
        for one, other, *rest in zip(*columns, strict=True)
        if one != other or not is_iri(one)
    ]
    return sorted(
        found, key=lambda at: (at.meaning != "equivalent", -at.support, at.left, at.right)
    )


def _attributes(kg: KnowledgeGraph) -> list[str]:
    """The properties of a graph that have values; classes are compared by themselves."""
    return [] if kg.literals is None else [str(name) for name in kg.literals.attributes]


def _properties(
    facts: Facts, sides: tuple[int, int], names: tuple[Sequence[str], Sequence[str]]
) -> IntArray:
    """(q,) the place of every property of two graphs among their names; -1 for other graphs'.

    Languages of a property are told apart by `Facts`, and are one here.
    """
    places = {
        (side, name): place
        for side, own in zip(sides, names, strict=True)
        for place, name in enumerate(own)
    }
    found = []
    for graph, name in zip(facts.graph.tolist(), facts.names, strict=True):
        place = places.get((graph, name))
        found.append(places.get((graph, name.rpartition("@")[0]), -1) if place is None else place)
    return np.array(found, dtype=np.int64)


def _classes(types: Types, graph: int) -> list[str]:
    """The classes of a graph."""
    return [types.names[at] for at in np.flatnonzero(types.graph == graph).tolist()]
