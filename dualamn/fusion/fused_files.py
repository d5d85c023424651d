"""The formats that fused statements are written in, as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from dualamn.errors import ConfigError, did_you_mean, needs
from dualamn.files.atomic import atomic_path
from dualamn.files.opening import COMPRESSED, suffix
from dualamn.files.text import write_lines
from dualamn.fusion.statement_chunks import Chunk
from dualamn.fusion.terms import plain
from dualamn.link_files.table_formats import csv_line

_HEADER = ("head", "relation", "tail")
_SOURCE = "source"
_ENDS = str.maketrans({"\t": r"\t", "\n": r"\n", "\r": r"\r"})


@dataclass(frozen=True)
class GraphFormat:
    """A format that graphs are written in.

    Attributes:
        name: what it is called in `--format`.
        title: what people call it.
        endings: of file names, the first is the usual one.
        is_rdf: whether terms are those of RDF.
        has_graphs: whether statements may stand in named graphs.
        lines: of RDF, the text of statements, one chunk after the other.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    is_rdf: bool = True
    has_graphs: bool = False
    lines: Callable[[Iterable[Chunk]], Iterator[str]] | None = None

    @property
    def is_text(self) -> bool:
        """Whether it can be shown on a terminal."""
        return self.name != "parquet"

    def write(
        self,
        path: Path,
        chunks: Iterable[Chunk],
        labels: Mapping[str, str],
        *,
        with_source: bool,
    ) -> None:
        """Writes statements to a file that is whole or as it was.

        Args:
            path: the file.
            chunks: the statements, some thousand at a time.
            labels: what names of tables are written as, see `plain`.
            with_source: whether tables get a column for the source.

        Raises:
            DataError: the file cannot be written.
            MissingExtraError: a package that writes it is not installed.
        """
        if self.lines is not None:
            write_lines(path, self.lines(chunks))
            return
        header = (*_HEADER, _SOURCE) if with_source else _HEADER
        columns = (_plain(chunk, labels, with_source=with_source) for chunk in chunks)
        if self.name == "parquet":
            _write_parquet(path, header, columns)
        else:
            line = csv_line if self.name == "csv" else _tsv_line
            rows = chain.from_iterable(zip(*chunk, strict=True) for chunk in columns)
            write_lines(path, map(line, chain([header], rows)))


def _tsv_line(fields: Iterable[str]) -> str:
    """A line of triples as they are read: a backslash is one, so that names stay as they were."""
    return "\t".join(field.translate(_ENDS) for field in fields) + "\n"


def _ntriples(chunks: Iterable[Chunk]) -> Iterator[str]:
    for chunk in chunks:
        yield "".join(f"{s} {p} {o} .\n" for s, p, o, _ in _rows(chunk))


def _nquads(chunks: Iterable[Chunk]) -> Iterator[str]:
    for chunk in chunks:
        yield "".join(
            f"{s} {p} {o} {g} .\n" if g else f"{s} {p} {o} .\n" for s, p, o, g in _rows(chunk)
        )


def _turtle(chunks: Iterable[Chunk]) -> Iterator[str]:
    return _trig(replace(chunk, named=None) for chunk in chunks)


def _trig(chunks: Iterable[Chunk]) -> Iterator[str]:
    """Statements that follow one another share their graph and subject."""
    subject = graph = ""
    for chunk in chunks:
        parts = []
        for s, p, o, g in _rows(chunk):
            if s == subject and g == graph:
                parts.append(f" ;\n    {p} {o}")
                continue
            if subject:
                parts.append(" .\n}\n" if graph and g != graph else " .\n")
            if g and g != graph:
                parts.append(f"{g} {{\n")
            parts.append(f"{s} {p} {o}")
            subject, graph = s, g
        yield "".join(parts)
    if subject:
        yield " .\n}\n" if graph else " .\n"


def _rows(chunk: Chunk) -> Iterable[tuple[str, str, str, str]]:
    return zip(chunk.subjects, chunk.properties, chunk.objects, chunk.graphs, strict=True)


def _plain(chunk: Chunk, labels: Mapping[str, str], *, with_source: bool) -> list[list[str]]:
    """The columns of a table."""
    columns = (chunk.subjects, chunk.properties, chunk.objects)
    texts = [[plain(term, labels) for term in column] for column in columns]
    return [*texts, list(chunk.graphs)] if with_source else texts


def _write_parquet(
    path: Path, header: Sequence[str], chunks: Iterable[Sequence[Sequence[str]]]
) -> None:
    pa, parquet = needs("pyarrow", extra="parquet"), needs("pyarrow.parquet", extra="parquet")
    schema = pa.schema([(name, pa.string()) for name in header])
    with (
        atomic_path(path) as temporary,
        parquet.ParquetWriter(temporary, schema, compression="zstd") as file,
    ):
        for columns in chunks:
            file.write_table(pa.table([pa.array(at, pa.string()) for at in columns], schema=schema))


FORMATS = {
    made.name: made
    for made in (
        GraphFormat("ntriples", "N-Triples", (".nt",), lines=_ntriples),
        GraphFormat("nquads", "N-Quads", (".nq",), has_graphs=True, lines=_nquads),
        GraphFormat("turtle", "Turtle", (".ttl",), lines=_turtle),
        GraphFormat("trig", "TriG", (".trig",), has_graphs=True, lines=_trig),
        GraphFormat("tsv", "TSV", (".tsv", ".txt", ""), is_rdf=False),
        GraphFormat("csv", "CSV", (".csv",), is_rdf=False),
        GraphFormat("parquet", "Parquet", (".parquet",), is_rdf=False),
    )
}
"""Every format of graphs that is written, by name."""


def graph_format(path: Path, name: str | None = None) -> GraphFormat:
    """The format that a graph is written in, by the ending of its file unless a name settles it.

    Raises:
        ConfigError: an unknown name or ending, or compressed Parquet.

    >>> graph_format(Path("merged.nt.gz")).title
    'N-Triples'
    """
    if name is not None and name not in FORMATS:
        raise ConfigError(
            f"there is no format {name!r}{did_you_mean(name, FORMATS)}; the formats are "
            f"{', '.join(FORMATS)}"
        )
    by_ending = {end: form for form in FORMATS.values() for end in form.endings}
    found = by_ending.get(suffix(path)) if name is None else FORMATS[name]
    if found is None:
        endings = ", ".join(form.endings[0] for form in FORMATS.values())
        raise ConfigError(
            f"{path}: {suffix(path)} tells no format; end the name in one of {endings}, or name "
            "the format"
        )
    if not found.is_text and path.suffix.lower() in COMPRESSED:
        raise ConfigError(
            f"{path}: {found.title} is compressed within; leave {path.suffix} out of the name"
        )
    return found
