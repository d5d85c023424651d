"""The duplicates of one graph: pairs with probabilities, and clusters of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from dualamn.attributes.blocking import alike_by_name
from dualamn.attributes.names import NameSimilarity
from dualamn.data_loaders.given_links import link_table
from dualamn.deduping.agreement import probabilities
from dualamn.deduping.comparisons import Features
from dualamn.deduping.grouping import grouped_pairs
from dualamn.errors import ConfigError, DataError
from dualamn.files.text import counted
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Floats, IntArray, keys_of, no_links, strings
from dualamn.link_files.confidence import MIN_CONFIDENCE, checked_confidence, confident
from dualamn.link_files.formats import format_of, table_writer
from dualamn.link_files.link_table import in_full
from dualamn.link_files.table import Slots, Table, WriteOptions
from dualamn.progress import Progress, ProgressCallback, silent
from dualamn.result import LIKELY, AlignedLinks, PairAlignment

_CANDIDATES = 10  # of the most alike names, that an entity is compared with
_WIDTH = 8  # of dense rows of names, which nothing here asks for
_MATCHER = "dedupe"


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Pairs of entities of one graph that may be the same thing.

    >>> import dualamn
    >>> rows = [(f"q{at}", "lives in", "q9") for at in (1, 2, 3)]
    >>> names = {"q1": "Anna Berg", "q2": "Berg, Anna", "q3": "Carl Stein", "q9": "Bern"}
    >>> duplicates = dualamn.dedupe(dualamn.as_graph(rows, "people", entity_names=names))
    >>> duplicates.likely().columns["right"].tolist()
    ['q2']

    Attributes:
        graph: the graph.
        pairs: (p, 2) positions in `graph.entities`, the lower one first; all that were compared,
            and known ones.
        probabilities: (p,) how probable it is that each is one thing; 1 and 0 for known ones.
        known: (p,) 1 for known links, 0 for pairs known to be different, NaN for others.
        notes: what a reader should know.
    """

    graph: KnowledgeGraph
    pairs: IntArray
    probabilities: Floats
    known: Floats
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return int((self.probabilities >= LIKELY).sum())

    def __repr__(self) -> str:
        return f"Duplicates({self.graph.name!r}: {len(self):,} likely pairs)"

    def likely(self, least: float = LIKELY) -> Table:
        """Pairs of at least this probability as a table, the most probable first.

        Columns are left, right, probability, and left_name and right_name if the graph has names.
        """
        links = self.links(least)
        columns = links.columns()
        assert columns.probability is not None
        told = {"left": columns.left, "right": columns.right, "probability": columns.probability}
        if columns.left_name is not None and columns.right_name is not None:
            told |= {"left_name": columns.left_name, "right_name": columns.right_name}
        return Table(told)

    def links(self, least: float = LIKELY) -> AlignedLinks:
        """Pairs of at least this probability as links from the graph to itself.

        Raises:
            ConfigError: `least` is no probability.
        """
        if not 0 <= least <= 1:
            raise ConfigError(f"a probability lies between 0 and 1, got {least!r}")
        kept = np.flatnonzero((self.probabilities >= least) & (self.known != 0))
        names = self.graph.entities[self.pairs[kept]]
        order = sorted(range(len(kept)), key=lambda at: (-self.probabilities[kept[at]], *names[at]))
        kept = kept[order]
        joint = self.pairs[kept] + np.array([0, self.graph.n_entities])
        p = self.probabilities[kept].astype(np.float32)
        links = joint.astype(np.int32).reshape(-1, 2)
        pair = PairAlignment(0, 1, links, p, None, None, probabilities=p)
        return AlignedLinks(self._views, (pair,), "unaligned", _MATCHER)

    @cached_property
    def _views(self) -> AlignmentTask:
        """The graph beside itself, as files of links have it."""
        none = no_links()
        return AlignmentTask(self.graph.name, (self.graph, self.graph), none, none, none)

    def clusters(self) -> list[tuple[list[str], float]]:
        """Sets of two and more entities that are one thing, and how sure each is.

        See `dualamn.deduping.grouping.grouped_pairs`.
        """
        found = grouped_pairs(self.pairs, self.probabilities, self.known == 0)
        entities = self.graph.entities
        return [(entities[own].tolist(), sure) for own, sure in found]

    def write(
        self,
        path: str | Path,
        format: str | None = None,  # noqa: A002
        *,
        least: float = LIKELY,
        base: str | None = None,
        sssom: Slots | None = None,
    ) -> None:
        """Writes the pairs of at least this probability; arguments as of `Alignment.write`."""
        chosen, options = format_of(path, format), WriteOptions(base, sssom or {})
        chosen.check(options)
        chosen.write_links(self.links(least), Path(path), options)

    def cluster_table(self) -> Table:
        """A row for every entity in a cluster: cluster, probability, members, entity and name."""
        rows = [
            (number, sure, len(own), entity)
            for number, (own, sure) in enumerate(self.clusters(), start=1)
            for entity in own
        ]
        numbers, sure, sizes, entities = zip(*rows, strict=True) if rows else ((), (), (), ())
        columns: dict[str, Any] = {
            "cluster": np.array(numbers, dtype=np.int64),
            "probability": np.array(sure, dtype=np.float32),
            "members": np.array(sizes, dtype=np.int64),
            "entity": strings(entities),
        }
        if self.graph.entity_names is not None:
            name = dict(zip(self.graph.entities, self.graph.entity_names, strict=True))
            columns["name"] = strings(name[entity] for entity in entities)
        return Table(columns)

    def write_clusters(
        self,
        path: str | Path,
        format: str | None = None,  # noqa: A002
    ) -> None:
        """Writes `cluster_table`; errors as of `Alignment.write_unmatched`."""
        table_writer(path, format)(self.cluster_table(), Path(path))


def dedupe(
    graph: KnowledgeGraph,
    links: Any = None,
    *,
    not_links: Any = None,
    same_type: bool = False,
    min_confidence: float = MIN_CONFIDENCE,
    encoding: str | None = None,
    progress: ProgressCallback = silent,
) -> Duplicates:
    """Finds which entities of one graph are the same thing.

    Every entity is compared with those of the most alike names, by names, the numbers in them,
    neighbours, values and types. What each agreement means is learned from the graph itself; see
    docs/dedupe.md for what probabilities are based on.

        >>> import dualamn
        >>> rows = [("Q1", "capital of", "Q2"), ("Q3", "capital of", "Q2"), ("Q4", "in", "Q2")]
        >>> names = {"Q1": "Vienna", "Q3": "Vienna", "Q4": "Graz", "Q2": "Austria"}
        >>> graph = dualamn.as_graph(rows, "cities", entity_names=names)
        >>> dualamn.dedupe(graph, [("Q1", "Q3")]).clusters()
        [(['Q1', 'Q3'], 1.0)]

    Args:
        graph: with names for its entities.
        links: pairs known to be the same: a path in any format of links, pairs of identifiers, a
            table, or a list of paths.
        not_links: pairs known to be different, likewise.
        same_type: entities that both have types (rdf:type), and none in common, are no duplicates.
        min_confidence: known pairs of which their file says that they are less probable are left
            out.
        encoding: that of files of links which are not UTF-8.
        progress: told of stages "search" and "match".

    Raises:
        DataError: the graph has no names, or known pairs cannot be used.
        ConfigError: `min_confidence` is no probability.
    """
    if graph.entity_names is None or not (graph.entity_names != "").any():
        raise DataError(
            f"{graph.name} has no names, and duplicates are found by theirs: give names for its "
            "entities (--names FILE, or --names uri where identifiers hold names)"
        )
    notes: list[str] = []
    checked_confidence(min_confidence)
    same = _known(graph, links, min_confidence, encoding, notes, different=False)
    different = _known(graph, not_links, 0.0, encoding, notes, different=True)
    for one, other in sorted(set(same) & set(different))[:1]:
        raise DataError(
            f"{graph.entities[one]!r} and {graph.entities[other]!r} are a link and a rejected "
            "pair; remove one of the two"
        )
    progress(Progress("search", 0, 1))
    found, likeness_of = _candidates(graph)
    known = [*same, *different]
    every = [*map(tuple, found.tolist()), *known]
    pairs = np.array(sorted(set(every)), dtype=np.int64).reshape(-1, 2)
    features = Features.of(graph)
    keys = keys_of(pairs[:, 0], pairs[:, 1])
    said = np.full(len(pairs), np.nan)
    for value, own in ((1.0, same), (0.0, different)):
        ends = np.array(own, dtype=np.int64).reshape(-1, 2)
        said[np.isin(keys, keys_of(ends[:, 0], ends[:, 1]))] = value
    if same_type:
        kept = ~(features.other_types(pairs[:, 0], pairs[:, 1]) & np.isnan(said))
        pairs, said = pairs[kept], said[kept]
    progress(Progress("search", 1, 1))
    progress(Progress("match", 0, 1))
    compared = features.compare(pairs[:, 0], pairs[:, 1])
    # Levels of words rank pairs, and pieces of words those of one level.
    likeness = compared[0].level / 10 + likeness_of.similarities(pairs[:, 0], pairs[:, 1])
    p = probabilities(pairs, compared, likeness, said)
    progress(Progress("match", 1, 1))
    unnamed = int((graph.entity_names == "").sum())
    if unnamed:
        notes.append(f"{counted(unnamed, 'entity', 'entities')} without a name: compared with none")
    return Duplicates(graph, pairs, p, said, tuple(notes))


def _candidates(graph: KnowledgeGraph) -> tuple[IntArray, NameSimilarity]:
    """(c, 2) pairs of entities with alike names, the lower one first, and what compares names."""
    assert graph.entity_names is not None
    n = graph.n_entities
    none = np.zeros(n, dtype=np.int32)
    names = NameSimilarity(
        graph.entity_names, none, width=_WIDTH, seed=0, further=graph.further_names
    )
    view = AlignmentTask(graph.name, (graph,), no_links(), no_links(), no_links())
    ids = np.flatnonzero(names.named & view.is_linkable).astype(np.int32)
    near = alike_by_name(names, ids, ids, _CANDIDATES + 1).left_to_right  # itself among them
    one = np.repeat(near.queries, near.candidates.shape[1])
    other = near.candidates.ravel()
    real = (other >= 0) & (other != one)
    pairs = np.sort(np.stack([one[real], other[real]], axis=1), axis=1)
    return np.unique(pairs, axis=0).astype(np.int64), names


def _known(
    graph: KnowledgeGraph,
    data: Any,
    least: float,
    encoding: str | None,
    notes: list[str],
    *,
    different: bool,
) -> list[tuple[int, int]]:
    """Known pairs of positions in the graph, the lower one first, each once."""
    several = isinstance(data, list | tuple) and all(isinstance(at, str | Path) for at in data)
    given: Sequence[Any] = () if data is None else data if several else [data]
    position = {name: at for at, name in enumerate(graph.entities.tolist())}
    for alias, name in (graph.aliases or {}).items():
        if name in position:
            position.setdefault(alias, position[name])
    found: dict[tuple[int, int], None] = {}
    what = Path("not_links" if different else "links")
    for one in given:
        table = link_table(one, encoding=encoding, name=what, different=different)
        notes.extend(table.notes)
        table = confident(table, least, notes)
        columns = in_full(table)
        skipped = 0
        ends = zip(columns["left"], columns["right"], strict=True)
        for row, (left, right) in enumerate(ends):
            unknown = next((name for name in (left, right) if name not in position), None)
            if unknown is not None and not table.is_statements:
                raise table.error(f"there is no entity {unknown!r} in {graph.name}", row)
            if unknown is not None:
                skipped += 1
                continue
            a, b = sorted((position[left], position[right]))
            if a == b and not table.is_statements:
                raise table.error(f"{left!r} is paired with itself", row)
            if a != b:
                found[a, b] = None
        if skipped:
            notes.append(
                f"{table.path.name}: {counted(skipped, 'statement')} about what is not in "
                f"{graph.name} skipped"
            )
    return list(found)
