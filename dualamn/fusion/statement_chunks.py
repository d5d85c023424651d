"""The statements of graphs in files, some ten thousand at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, islice, repeat
from pathlib import Path
from typing import Any

from dualamn.data_loaders.string_graph import check_can_be_read
from dualamn.data_loaders.triple_tables import triple_blocks
from dualamn.errors import DataError
from dualamn.files.opening import RDF, endpoint_of, suffix
from dualamn.files.rdf import BY_LINE, Reading, pyoxigraph, statements
from dualamn.files.text import BadLines
from dualamn.fusion.terms import Terms

CHUNK = 1 << 16
_DEFAULT = "DEFAULT"  # what pyoxigraph calls the graph without a name


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some statements of one graph, as columns of terms of equal length.

    Attributes:
        subjects, properties, objects: see `dualamn.fusion.terms`.
        named: the named graph of every statement, "" outside of one; None where all are.
    """

    subjects: list[str]
    properties: list[str]
    objects: list[str]
    named: list[str] | None = None

    def __len__(self) -> int:
        return len(self.subjects)

    @property
    def graphs(self) -> Iterable[str]:
        """The named graph of every statement, "" outside of one."""
        return repeat("", len(self)) if self.named is None else self.named

    def take(self, chosen: Sequence[bool]) -> Chunk:
        """Those of the statements that are chosen."""
        return Chunk(
            list(compress(self.subjects, chosen)),
            list(compress(self.properties, chosen)),
            list(compress(self.objects, chosen)),
            None if self.named is None else list(compress(self.named, chosen)),
        )


@dataclass(frozen=True)
class GraphFiles:
    """The files of one graph.

    Attributes:
        number, name: of the graph.
        paths: its files.
        first: the number of the first of them among the files of all graphs, from 1, which tells
            its blank nodes from those of others.
        given: the files and folders that these were given as.
    """

    number: int
    name: str
    paths: Sequence[Path]
    first: int
    given: Sequence[Path] = ()

    @property
    def is_table(self) -> bool:
        """Whether some of its entities may be named by what is no IRI."""
        return any(suffix(path) not in RDF for path in self.paths)

    def chunks(
        self, terms: Terms, reading: Reading, notes: list[str], renamed: Mapping[str, str]
    ) -> Iterator[Chunk]:
        """All statements, file after file.

        Args:
            renamed: what terms within quoted triples, and only there, become.

        Raises:
            DataError: a file is unusable.
            MissingExtraError: a package that reads it is not installed.
        """
        for number, path in enumerate(self.paths, start=self.first):
            if suffix(path) in RDF:
                written = _Written(
                    f"f{number}.", renamed, keeps_labels=RDF[suffix(path)] in BY_LINE
                )
                yield from _of_rdf(path, written, reading, notes)
            else:
                for table in triple_blocks(path, notes, reading):
                    heads, relations, tails = table.columns
                    yield Chunk(
                        [terms.entity(self.number, name, path) for name in heads],
                        [terms.relation(name, path) for name in relations],
                        [terms.entity(self.number, name, path) for name in tails],
                    )


def check_files(files: Sequence[Path]) -> None:
    """Refuses what holds no triples in files that can be read twice.

    Raises:
        DataError: it is an endpoint, or in a format that is not read.
    """
    for path in files:
        if endpoint_of(path) is not None:
            raise DataError(
                "is an endpoint, and graphs are fused from files; load a dump", path=path
            )
        check_can_be_read(path)
        if suffix(path) == ".json":
            raise DataError(
                "is JSON, and graphs are fused from RDF and tables of triples", path=path
            )


def _of_rdf(path: Path, written: _Written, reading: Reading, notes: list[str]) -> Iterator[Chunk]:
    """The statements of a file of RDF; those within formulas of N3 are left out."""
    kind = RDF[suffix(path)]
    bad = BadLines() if reading.skip_bad_lines else None
    quads = statements(path, encoding=reading.encoding, bad=bad)
    if kind == "N3":
        quads = (quad for quad in quads if str(quad.graph_name) == _DEFAULT)
    has_graphs = kind in ("N-Quads", "TriG")
    count = 0
    while chunk := written.chunk(islice(quads, CHUNK), has_graphs=has_graphs):
        count += len(chunk)
        yield chunk
    if not count:
        raise DataError(f"there is no statement in this file; expected {kind}", path=path)
    notes.extend([] if bad is None else bad.note(path))


class _Written:
    """Terms of pyoxigraph as N-Triples writes them.

    Args:
        scope: what tells these blank nodes from those of other files.
        renamed: what terms within quoted triples become.
        keeps_labels: whether blank nodes are called as they are, and not by a number. Parsers
            make labels up at random, with which no two runs would be the same.
    """

    def __init__(self, scope: str, renamed: Mapping[str, str], *, keeps_labels: bool) -> None:
        ox = pyoxigraph()
        self._blank, self._nested = ox.BlankNode, ox.Triple
        self._scope, self._renamed, self._keeps_labels = scope, renamed, keeps_labels
        self._labels: dict[str, str] = {}

    def chunk(self, quads: Iterable[Any], *, has_graphs: bool) -> Chunk:
        """Statements, of which none is held: collecting garbage would take longer than reading."""
        subjects: list[str] = []
        properties: list[str] = []
        objects: list[str] = []
        named: list[str] = []
        is_other = (self._blank, self._nested)
        for quad in quads:
            subject, value = quad.subject, quad.object
            is_plain = type(subject) not in is_other
            subjects.append(str(subject) if is_plain else self.term(subject))
            properties.append(str(quad.predicate))
            objects.append(str(value) if type(value) not in is_other else self.term(value))
            if has_graphs:
                graph = self.term(quad.graph_name)
                named.append("" if graph == _DEFAULT else graph)
        return Chunk(subjects, properties, objects, named if has_graphs else None)

    def term(self, term: Any) -> str:
        """The term in N-Triples."""
        kind = type(term)
        if kind is self._blank:
            label = term.value
            if not self._keeps_labels:
                label = self._labels.setdefault(label, f"b{len(self._labels)}")
            return f"_:{self._scope}{label}"
        if kind is self._nested:
            parts = map(self.term, (term.subject, term.predicate, term.object))
            return f"<<( {' '.join(self._renamed.get(part, part) for part in parts)} )>>"
        return str(term)
