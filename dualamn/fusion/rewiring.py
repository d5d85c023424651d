"""The second look at graphs that are fused: statements as they are now, each of them once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from dualamn.files.rdf import SAME_AS, Reading
from dualamn.fusion.distinct_statements import Seen
from dualamn.fusion.functional_properties import Conflicts
from dualamn.fusion.identities import Identities
from dualamn.fusion.statement_chunks import CHUNK, Chunk, GraphFiles
from dualamn.fusion.survey import Survey
from dualamn.fusion.terms import Terms
from dualamn.kernels.arrays import find
from dualamn.progress import Progress, ProgressCallback

_SAMENESS = frozenset(f"<{same}>" for same in SAME_AS)


class Rewiring:
    """Renames linked terms, leaves out what was written already, and counts both.

    Args:
        identities: what terms are renamed to.
        survey: of the same graphs.
        conflicts: where values of functional properties are added.
        sources: what every graph is called as the source of its statements; None if that is not
            asked for.
        has_graphs: whether statements stand in named graphs, if no source is asked for.
        added: properties by which every cluster names its other members.

    Attributes:
        n_written, n_duplicates: statements written, and those left out as repeated.
        n_same: statements left out that say of what is one thing now that it is the same.
        n_loops: statements of two things that are one now.
    """

    def __init__(
        self,
        identities: Identities,
        survey: Survey,
        conflicts: Conflicts,
        *,
        sources: Sequence[str] | None,
        has_graphs: bool,
        added: Sequence[str],
    ) -> None:
        self._identities, self._survey, self._conflicts = identities, survey, conflicts
        self._sources, self._has_graphs, self._added = sources, has_graphs, added
        self._seen = Seen()
        self.n_written = self.n_duplicates = self.n_same = self.n_loops = 0

    def chunks(
        self,
        sources: Sequence[GraphFiles],
        terms: Terms,
        reading: Reading,
        progress: ProgressCallback,
    ) -> Iterator[Chunk]:
        """The statements of all graphs, in their order, then those that are added."""
        total, done = sum(self._survey.n_statements), 0
        renamed = self._identities.renamed
        for source in sources:
            # What there was to note was noted by the survey.
            for chunk in source.chunks(terms, reading, [], renamed):
                yield self._new(self._rewired(source.number, chunk))
                done += len(chunk)
                progress(Progress("fuse", done, total))
        added = self._statements_added()
        while rows := list(islice(added, CHUNK)):
            subjects, properties, objects = map(list, zip(*rows, strict=True))
            yield self._new(Chunk(subjects, properties, objects))

    def _rewired(self, graph: int, chunk: Chunk) -> Chunk:
        """The statements of a chunk as they are now."""
        now = self._identities.renamed.get
        subjects = [now(term, term) for term in chunk.subjects]
        objects = [now(term, term) for term in chunk.objects]
        called = {term: now(term, term) for term in set(chunk.properties)}
        properties = [called[term] for term in chunk.properties]
        if self._conflicts.functional:
            self._look_at_values(graph, chunk, properties, objects)
        named = chunk.named if self._has_graphs else None
        if self._sources is not None:
            named = [self._sources[graph]] * len(chunk)
        now_called = Chunk(subjects, properties, objects, named)
        loops = [
            at
            for at, (one, other) in enumerate(zip(subjects, objects, strict=True))
            if one == other
        ]
        if not loops:
            return now_called
        same = {at for at in loops if properties[at] in _SAMENESS}
        self.n_same += len(same)
        self.n_loops += sum(
            chunk.subjects[at] != chunk.objects[at] for at in loops if at not in same
        )
        return now_called.take([at not in same for at in range(len(chunk))])

    def _look_at_values(
        self, graph: int, chunk: Chunk, properties: Sequence[str], objects: Sequence[str]
    ) -> None:
        """Adds to conflicts the values of functional properties of entities with several members.

        These are clusters, and after them the subjects that several graphs have.
        """
        functional = self._conflicts.functional
        at = np.flatnonzero([name in functional for name in properties])
        if not len(at):
            return
        subjects = [chunk.subjects[place] for place in at.tolist()]
        numbers = self._identities.linked.numbers(subjects)
        entity = np.full(len(at), -1, dtype=np.int64)
        entity[numbers >= 0] = self._identities.cluster_of[numbers[numbers >= 0]]
        hashes = np.fromiter(map(hash, subjects), np.int64, len(subjects))
        place, is_shared = find(self._survey.shared, hashes)
        is_shared &= entity < 0
        entity[is_shared] = len(self._identities) + place[is_shared]
        rows = np.flatnonzero(entity >= 0)
        if len(rows):
            places = at[rows].tolist()
            self._conflicts.add(
                graph,
                entity[rows],
                [chunk.subjects[place] for place in places],
                [properties[place] for place in places],
                [objects[place] for place in places],
            )

    def _statements_added(self) -> Iterator[tuple[str, str, str]]:
        if not self._added:
            return
        for name, others in self._identities:
            for other in others:
                for how in self._added:
                    yield name, how, other

    def _new(self, chunk: Chunk) -> Chunk:
        """Those statements that were not written yet."""
        columns = (chunk.subjects, chunk.properties, chunk.objects, chunk.graphs)
        new = self._seen.new([f"{s} {p} {o} {g}" for s, p, o, g in zip(*columns, strict=True)])
        kept = chunk if new.all() else chunk.take(new.tolist())
        self.n_written += len(kept)
        self.n_duplicates += len(chunk) - len(kept)
        return kept
