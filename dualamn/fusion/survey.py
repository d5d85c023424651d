"""The first look at graphs that are fused: where linked terms occur, and what their names mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dualamn.files.rdf import Reading
from dualamn.files.text import counted
from dualamn.fusion.functional_properties import Known, PropertyCounts
from dualamn.fusion.identities import LinkedTerms
from dualamn.fusion.statement_chunks import GraphFiles
from dualamn.fusion.terms import Terms, is_name, parts_of_name
from dualamn.kernels.arrays import IntArray
from dualamn.progress import Progress, ProgressCallback


@dataclass(frozen=True, eq=False)
class Survey:
    """What is to be known of all graphs before the first statement is written.

    Attributes:
        n_statements: how many each graph has.
        shared: (k,) int64, ascending: hashes of the subjects that several graphs have.
        properties: how often properties are given; None where that is not asked for.
        names: of every graph the names of tables that are no IRIs, as terms.
    """

    n_statements: Sequence[int]
    shared: IntArray
    properties: PropertyCounts | None
    names: Sequence[set[str]]

    @classmethod
    def of(
        cls,
        sources: Sequence[GraphFiles],
        terms: Terms,
        reading: Reading,
        linked: LinkedTerms,
        notes: list[str],
        *,
        with_properties: bool,
        progress: ProgressCallback,
    ) -> Survey:
        """Reads all graphs once, and counts in `linked` where its terms occur."""
        properties = PropertyCounts() if with_properties else None
        n_statements: list[int] = []
        subjects: list[IntArray] = []
        names: list[set[str]] = []
        for source in sources:
            count = 0
            found: set[str] = set()
            hashes = [np.empty(0, dtype=np.int64)]
            for chunk in source.chunks(terms, reading, notes, {}):
                count += len(chunk)
                linked.count(source.number, chunk)
                distinct = set(chunk.subjects)
                hashes.append(np.fromiter(map(hash, distinct), np.int64, len(distinct)))
                if len(hashes) > _AT_ONCE:
                    hashes = [np.unique(np.concatenate(hashes))]
                if properties is not None:
                    properties.add(chunk)
                if source.is_table and not terms.has_iris:
                    found.update(filter(is_name, chunk.subjects))
                    found.update(filter(is_name, chunk.objects))
                progress(Progress("survey", sum(n_statements) + count, None))
            if properties is not None:
                properties.close_graph()
            n_statements.append(count)
            names.append(found)
            subjects.append(np.unique(np.concatenate(hashes)))
        every, times = np.unique(np.concatenate(subjects), return_counts=True)
        return cls(n_statements, every[times > 1], properties, names)

    def functional(self, renamed: Mapping[str, str]) -> dict[str, Known]:
        """The properties with one value at most; none where they were not counted."""
        return {} if self.properties is None else self.properties.functional(renamed)

    def labels(
        self, renamed: Mapping[str, str], graphs: Sequence[str], notes: list[str]
    ) -> dict[str, str]:
        """What names are written as that mean another thing in an earlier graph.

        Args:
            renamed: what terms are called now; the same name of linked entities is no trouble.
            graphs: names of the graphs.
            notes: where it is noted how many names these are.

        Returns:
            The graph, a slash and the name, by term.
        """
        times = Counter(parts_of_name(term)[1] for names in self.names for term in names)
        left = [
            (*parts_of_name(term), term)
            for names in self.names
            for term in names
            if term not in renamed and times[parts_of_name(term)[1]] > 1
        ]
        taken, labels = set[str](), dict[str, str]()
        for graph, name, term in sorted(left):
            if name in taken:
                label = f"{graphs[graph]}/{name}"
                while label in times or label in taken:
                    label = f"{graphs[graph]}/{label}"
                labels[term] = label
            taken.add(labels.get(term, name))
        if labels:
            term, label = next(iter(labels.items()))
            notes.append(
                f"{counted(len(labels), 'name')} of several graphs, without a link between them, "
                f"are written with their graph, such as {label}"
            )
        return labels


_AT_ONCE = 64  # chunks whose hashes are joined
