"""Several graphs become one: linked entities are one entity, and what is said of them is united."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dualamn.data_loaders.given_links import link_table
from dualamn.data_loaders.string_graph import files_of_graph
from dualamn.data_loaders.tables import Source, named_paths
from dualamn.errors import ConfigError, DataError, did_you_mean
from dualamn.files.atomic import check_writable
from dualamn.files.iris import Base
from dualamn.files.rdf import SAME_AS, Reading
from dualamn.files.text import counted, short
from dualamn.fusion.functional_properties import Conflicts
from dualamn.fusion.fused_files import GraphFormat, graph_format
from dualamn.fusion.identities import PREFERENCES, LinkedTerms, Prefer
from dualamn.fusion.rewiring import Rewiring
from dualamn.fusion.statement_chunks import Chunk, GraphFiles, check_files
from dualamn.fusion.survey import Survey
from dualamn.fusion.terms import Terms, plain
from dualamn.link_files.alike import file_notes
from dualamn.link_files.confidence import MIN_CONFIDENCE, checked_confidence, confident
from dualamn.link_files.formats import links_in_full, table_writer
from dualamn.link_files.link_table import DistinctLinks
from dualamn.progress import ProgressCallback, silent

DERIVED = "<http://www.w3.org/ns/prov#wasDerivedFrom>"
_SAME = f"<{SAME_AS[0]}>"
_SOURCES = "urn:dualamn:graph/"  # what sources are called where no base is given


@dataclass(frozen=True)
class Fusion:
    """What became of several graphs. Printed, it is a few readable lines.

        >>> print(Fusion({"en": 2, "de": 3}, n_statements=4, n_duplicates=1, n_same=0, n_loops=0,
        ...              n_entities=1, n_merged=2, largest=2, n_shared=0, n_links=1, n_not_found=0))
        4 statements of en 2 + de 3; 1 duplicate removed
        2 entities became 1

    Attributes:
        graphs: how many statements were read of each, by name.
        n_statements: how many were written.
        n_duplicates: how many were left out, since the same one had been written.
        n_same: statements that two things are the same which have become one; left out.
        n_loops: statements between members of one cluster, now of an entity with itself.
        n_entities: the clusters that became one entity each.
        n_merged: their members in the graphs.
        largest: members of the largest cluster.
        n_shared: subjects that several graphs have under the same IRI, without a link.
        n_links: links that were taken.
        n_not_found: linked identifiers that are in no graph.
        n_conflicts: entities and properties of which sources give different values; None where
            these were not looked for.
        functional: the properties that should have one value, and how that is known: "declared"
            or "data".
        notes: what a reader should know.
    """

    graphs: Mapping[str, int]
    n_statements: int
    n_duplicates: int
    n_same: int
    n_loops: int
    n_entities: int
    n_merged: int
    largest: int
    n_shared: int
    n_links: int
    n_not_found: int
    n_conflicts: int | None = None
    functional: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """All of it, for a report."""
        return asdict(self)

    def __str__(self) -> str:
        read = " + ".join(f"{name} {count:,}" for name, count in self.graphs.items())
        lines = [
            f"{counted(self.n_statements, 'statement')} of {read}; "
            f"{counted(self.n_duplicates, 'duplicate')} removed",
            f"{counted(self.n_merged, 'entity', 'entities')} became {self.n_entities:,}",
        ]
        if self.n_conflicts is not None:
            lines.append(counted(self.n_conflicts, "conflict"))
        return "\n".join([*lines, *self.notes])


def fuse(
    graphs: Sequence[Source],
    links: Any,
    out: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    prefer: Prefer = "first",
    conflicts: str | Path | None = None,
    provenance: bool = False,
    same_as: bool = False,
    base: str | None = None,
    names: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    skip_bad_lines: bool = False,
    min_confidence: float = MIN_CONFIDENCE,
    progress: ProgressCallback = silent,
) -> Fusion:
    """Writes one graph of several, in which linked entities are one.

    Statements are streamed, and every one is written once. A linked IRI is replaced wherever it
    stands, as subject, object or property; an IRI that several graphs have is one entity anyway.
    docs/fuse.md says all about it.

        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import dualamn
        >>> with TemporaryDirectory() as folder:
        ...     en, de = Path(folder, "en.tsv"), Path(folder, "de.tsv")
        ...     _ = en.write_text("Bern\\tlies on\\tAare\\n")
        ...     _ = de.write_text("Bern (Stadt)\\tin\\tSchweiz\\nBern (Stadt)\\tlies on\\tAar\\n")
        ...     links = [("Bern", "Bern (Stadt)"), ("Aare", "Aar")]
        ...     print(dualamn.fuse([en, de], links, Path(folder, "one.tsv")))
        ...     print(Path(folder, "one.tsv").read_text())
        2 statements of en 1 + de 2; 1 duplicate removed
        4 entities became 2
        head    relation    tail
        Bern    lies on     Aare
        Bern    in          Schweiz

    Args:
        graphs: for every graph a file of RDF or of triples, a folder whose files are joined, or
            several of these.
        links: what is the same: a path in any format of links, or several; an `Alignment`; or
            pairs of identifiers, as a sequence, an array of strings or a table. An entity may have
            several counterparts.
        out: the file that is written, replaced only once the new one is complete.
        format: "ntriples", "nquads", "turtle", "trig", "tsv", "csv" or "parquet", where the name
            of the file does not tell.
        prefer: by which of its members a cluster is called, see
            `dualamn.fusion.identities.Prefer`.
        conflicts: a table that is written as well: the values of properties with one value at
            most in which the members of an entity differ.
        provenance: say where statements come from: in N-Quads and TriG, every statement stands
            in the named graph of each of its sources; in tables there is a column `source`; else
            every merged entity is `prov:wasDerivedFrom` its other members.
        same_as: say that every merged entity is `owl:sameAs` its other members.
        base: an IRI under which names that are no IRIs get one, where tables become RDF, and
            sources get theirs.
        names: the graphs' names; made from the names of the files if not given.
        columns, separator, encoding, skip_bad_lines, min_confidence: see `load_files`.
        progress: called now and then, with stages "survey" and "fuse".

    Raises:
        ConfigError: a setting that cannot be, or a file to write that is read.
        DataError: a file is unusable or cannot be written, it is unclear which graph an entity of
            a table is of, or no linked entity is in any graph.
        MissingExtraError: a package that reads or writes a file is not installed.
    """
    if prefer not in PREFERENCES:
        raise ConfigError(
            f"prefer is {prefer!r}{did_you_mean(prefer, PREFERENCES)}; use {', '.join(PREFERENCES)}"
        )
    reading = Reading.of(
        columns=columns, separator=separator, encoding=encoding, skip_bad_lines=skip_bad_lines
    )
    notes: list[str] = []
    form, out = graph_format(Path(out), format), Path(out)
    if base is not None and not form.is_rdf:
        raise ConfigError(f"{form.title} holds identifiers as they are: a base goes with RDF")
    sources = _sources(graphs, names, notes)
    terms = Terms(
        [source.name for source in sources],
        [source.is_table for source in sources],
        form.is_rdf,
        None if base is None else Base(base),
    )
    links_of, link_paths = _links(links, checked_confidence(min_confidence), encoding, notes)
    side = None if conflicts is None else Path(conflicts)
    write_side = None if side is None else table_writer(side)
    read = {path.resolve() for source in sources for path in (*source.given, *source.paths)}
    _check_outputs([out] if side is None else [out, side], read | set(link_paths))
    linked = LinkedTerms(terms, links_of)
    survey = Survey.of(
        sources, terms, reading, linked, notes, with_properties=side is not None, progress=progress
    )
    n_found = linked.n_found
    if linked.n_links and not n_found:
        raise DataError(
            f"none of the linked entities is in a graph, such as {short(plain(linked.term[0], {}))}"
            "; are these the links of these graphs?"
        )
    identities = linked.clusters(prefer)
    labels = survey.labels(identities.renamed, terms.graphs, notes)

    def written(term: str) -> str:
        return plain(term, labels)

    functional = survey.functional(identities.renamed)
    added = [_SAME] if same_as else []
    if provenance and form.is_rdf and not form.has_graphs:
        added.append(DERIVED)
    n_conflicts: int | None = None
    with Conflicts(functional) as found:
        rewiring = Rewiring(
            identities,
            survey,
            found,
            sources=_source_names(terms, form) if provenance else None,
            has_graphs=form.has_graphs,
            added=added,
        )

        def chunks_then_conflicts() -> Iterator[Chunk]:
            # Before the graph gets its name, so that there are both files or none.
            nonlocal n_conflicts
            yield from rewiring.chunks(sources, terms, reading, progress)
            if side is not None and write_side is not None:
                table = found.table(terms.graphs, identities.renamed, written)
                write_side(table, side)
                whose = zip(table.columns["entity"], table.columns["property"], strict=True)
                n_conflicts = len(set(whose))

        form.write(out, chunks_then_conflicts(), labels, with_source=provenance)
    return Fusion(
        graphs=dict(zip(terms.graphs, survey.n_statements, strict=True)),
        n_statements=rewiring.n_written,
        n_duplicates=rewiring.n_duplicates,
        n_same=rewiring.n_same,
        n_loops=rewiring.n_loops,
        n_entities=len(identities),
        n_merged=int(identities.sizes.sum()),
        largest=int(identities.sizes.max(initial=0)),
        n_shared=len(survey.shared),
        n_links=linked.n_links,
        n_not_found=len(linked.term) - n_found,
        n_conflicts=n_conflicts,
        functional={written(name): known for name, known in functional.items()},
        notes=tuple(notes),
    )


def _sources(
    graphs: Sequence[Source], names: Sequence[str] | None, notes: list[str]
) -> list[GraphFiles]:
    """The graphs and their files.

    Raises:
        DataError: there is none, or one that cannot be read.
    """
    if isinstance(graphs, str | Path) or not graphs:
        raise DataError("give the graphs as a list of one or more, each a file or folder")
    paths, named = named_paths(graphs, names)
    sources, first = [], 1
    for number, (given, name) in enumerate(zip(paths, named, strict=True)):
        files = files_of_graph(given, notes)
        check_files(files)
        sources.append(GraphFiles(number, name, files, first, given))
        first += len(files)
    return sources


def _links(
    links: Any, least: float, encoding: str | None, notes: list[str]
) -> tuple[list[DistinctLinks], list[Path]]:
    """Links of all files or of what is in memory, and the files, resolved."""
    several = isinstance(links, list | tuple) and all(isinstance(at, str | Path) for at in links)
    given = list(links) if several else [links]
    found = []
    for data in given:
        table = confident(link_table(data, encoding=encoding), least, notes)
        found.append(links_in_full(table))
        notes.extend(file_notes(found[-1]))
    paths = [Path(data).expanduser().resolve() for data in given if isinstance(data, str | Path)]
    return found, paths


def _check_outputs(paths: Sequence[Path], read: Collection[Path]) -> None:
    """Refuses, before the work begins, files that are read, the same one twice, or no place.

    Raises:
        ConfigError: a file is read, or lies in a folder that is, or is to be written twice.
        DataError: it cannot be written.
    """
    taken = set[Path]()
    for path in paths:
        place = check_writable(path).resolve()
        if place in read or (place.is_file() and place.parent in read):
            raise ConfigError(f"{path}: this file is read, and would be lost; name another one")
        if place in taken:
            raise ConfigError(f"{path}: this needs a file of its own")
        taken.add(place)


def _source_names(terms: Terms, form: GraphFormat) -> list[str]:
    """What every graph is called as a source: by IRIs where statements stand in named graphs."""
    if not form.is_rdf:
        return list(terms.graphs)
    base = terms.base or Base(_SOURCES)
    return [f"<{base.graph(name)}>" for name in terms.graphs]
