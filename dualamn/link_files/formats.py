"""Which formats there are, which one a file has, and the one reader of links in any of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dualamn.errors import ConfigError, did_you_mean, needs
from dualamn.files.encodings import checked_encoding
from dualamn.files.iris import Base
from dualamn.files.opening import COMPRESSED, PARQUET, RDF, check_exists, suffix
from dualamn.files.text import read_text
from dualamn.link_files import oaei_alignment as oaei
from dualamn.link_files import rdf_links as rdf
from dualamn.link_files import sssom
from dualamn.link_files import table_formats as tables
from dualamn.link_files.link_table import (
    Asked,
    DistinctLinks,
    LinkTable,
    distinct_links,
    in_full,
)
from dualamn.link_files.mapping_set import checked_slots
from dualamn.link_files.table import Table, WriteOptions, table_of_links
from dualamn.result import AlignedLinks


@dataclass(frozen=True)
class Format:
    """A format of link files.

    Attributes:
        name: what it is called in `--format`.
        title: what people call it.
        endings: of file names, the first is the usual one.
        read: reads links. DataError with the line if the file is missing, is not what its format
            says (UTF-8 text, but for Parquet), or lacks the end of a link; MissingExtraError if
            a package is not installed.
        write_table: writes any table; None where the format knows only links.
        write_iris: writes the links of an alignment, in a format that names entities by IRIs and
            takes the option `base`; None for tables.
        has_slots: whether it is an SSSOM mapping set, and takes the option `sssom`.
        is_text: whether it can be shown on a terminal.
        needs_to_write: a package that has to be installed, if any, and the extra that brings it.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    read: Callable[[Path, Asked], LinkTable]
    write_table: Callable[[Table, Path], None] | None = None
    write_iris: Callable[[AlignedLinks, Path, WriteOptions], None] | None = None
    has_slots: bool = False
    is_text: bool = True
    needs_to_write: tuple[str, str] | None = None

    @property
    def has_iris(self) -> bool:
        """Whether entities are named by IRIs."""
        return self.write_iris is not None

    def write_links(self, alignment: AlignedLinks, path: Path, options: WriteOptions) -> None:
        """Writes the links of an alignment, sorted, with options that `check` lets pass.

        Raises:
            ConfigError: an SSSOM slot that does not exist or whose value does not fit.
            DataError: the file cannot be written, or an entity cannot get an IRI.
        """
        if self.write_iris is not None:
            self.write_iris(alignment, path, options)
        elif self.write_table is not None:
            self.write_table(table_of_links(alignment, ids=options.ids), path)

    def check(self, options: WriteOptions) -> None:
        """Asks, before long work, whether links can be written with these options.

        Raises:
            ConfigError: an option that the format does not take, or whose value does not fit.
            MissingExtraError: a package that it needs is not installed.
        """
        if options.base is not None and not self.has_iris:
            raise ConfigError(
                f"{self.title} holds identifiers as they are: a base goes with "
                f"{_names(lambda form: form.has_iris)}"
            )
        if options.sssom and not self.has_slots:
            raise ConfigError(
                f"{self.title} has no SSSOM slots; they go with "
                f"{_names(lambda form: form.has_slots)}"
            )
        if options.ids and self.has_iris:
            raise ConfigError(
                f"{self.title} has no columns for ids; they go with "
                f"{_names(lambda form: not form.has_iris)}"
            )
        checked_slots(options.sssom)
        self.check_package()

    def check_package(self) -> None:
        """Raises a MissingExtraError if a package that writes the format is not installed."""
        if self.needs_to_write is not None:
            name, extra = self.needs_to_write
            needs(name, extra=extra)


def _names(fits: Callable[[Format], bool]) -> str:
    return ", ".join(form.name for form in FORMATS.values() if fits(form))


FORMATS: dict[str, Format] = {
    made.name: made
    for made in (
        Format("tsv", "TSV", (".tsv",), tables.read_tsv, tables.write_tsv),
        Format("csv", "CSV", (".csv",), tables.read_csv, tables.write_csv),
        Format("jsonl", "JSON Lines", (".jsonl", ".ndjson"), tables.read_jsonl, tables.write_jsonl),
        Format(
            "parquet",
            "Parquet",
            (".parquet",),
            tables.read_parquet,
            tables.write_parquet,
            is_text=False,
            needs_to_write=("pyarrow", "parquet"),
        ),
        Format("ntriples", "N-Triples", (".nt",), rdf.read_ntriples, None, rdf.write_ntriples),
        Format("turtle", "Turtle", (".ttl",), rdf.read_rdf, None, rdf.write_turtle, has_slots=True),
        Format(
            "alignment",
            "the Alignment format",
            (".rdf",),
            oaei.read_xml,
            write_iris=oaei.write_alignment,
        ),
        Format(
            "sssom",
            "SSSOM",
            (".sssom.tsv", ".sssom"),
            sssom.read_sssom,
            write_iris=sssom.write_sssom,
            has_slots=True,
        ),
    )
}
"""Every format by name; a new one is one file and one entry here."""

_PLAIN = ("", ".txt")
"""Names that end like this are TSV, and so are standard output and other devices."""


def format_of(path: str | Path, name: str | None = None, *, tables: bool = False) -> Format:
    """The format that a file is written in, by its ending unless a name settles it.

    An ending of compression may follow that of a text format.

    With `tables` only formats that can hold any table will do.

    Raises:
        ConfigError: an unknown name or ending, a format for links alone, or compressed Parquet.

    >>> format_of("links.sssom.tsv").title
    'SSSOM'
    """
    path = Path(path)
    packed = path.suffix.lower() in COMPRESSED
    by_ending = format_by_ending(Path(path.stem) if packed else path)
    found = by_ending if name is None else FORMATS.get(name)
    if packed and found is not None and not found.is_text:
        raise ConfigError(
            f"{path}: {found.title} is compressed within; leave {path.suffix} out of the name"
        )
    if found is None:
        endings = ", ".join(made.endings[0] for made in FORMATS.values())
        raise ConfigError(
            f"{path}: {path.suffix} tells no format; end the name in one of {endings}, "
            "or name the format"
            if name is None
            else f"there is no format {name!r}{did_you_mean(name, FORMATS)}; "
            f"the formats are {', '.join(FORMATS)}"
        )
    if tables and found.write_table is None:
        raise ConfigError(
            f"{path}: {found.title} can hold links alone; choose one of "
            f"{_names(lambda form: form.write_table is not None)}"
        )
    return found


def table_writer(path: str | Path, name: str | None = None) -> Callable[[Table, Path], None]:
    """Writes tables in the format of a file; errors as `format_of`."""
    write = format_of(path, name, tables=True).write_table
    assert write is not None
    return write


def format_by_ending(path: Path) -> Format | None:
    """The format that the ending of a name says, None if it says none."""
    # The longest ending wins: .sssom.tsv is no plain TSV.
    endings = {end: made for made in FORMATS.values() for end in made.endings}
    for ending in sorted(endings, key=len, reverse=True):
        if path.name.lower().endswith(ending) and path.name.lower() != ending:
            return endings[ending]
    return FORMATS["tsv"] if path.suffix.lower() in _PLAIN else None


def read_table(
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    asked: Asked | None = None,
) -> LinkTable:
    """Reads a links file of any format, as strings and with line numbers.

    The ending of its name says the format if none is given, whether one of compression follows it
    or not; what says none is a table, TSV, and a table with the columns of SSSOM is one of
    mappings. Errors as of `Format.read`.

    Raises:
        ConfigError: there is no such format.
    """
    path, asked = Path(path), asked or Asked()
    check_exists(path)
    if format is not None:
        return format_of(path, format).read(path, asked)
    known = format_by_ending(Path(path.stem) if path.suffix.lower() in COMPRESSED else path)
    if known is not None and known.name not in ("tsv", "csv"):
        return known.read(path, asked)
    if RDF.get(suffix(path)) == "RDF/XML":
        return oaei.read_xml(path, asked)
    if suffix(path) in RDF:
        return rdf.read_rdf(path, asked)
    if suffix(path) in PARQUET:
        return tables.read_parquet(path, asked)
    text = read_text(path, as_written=True, encoding=asked.encoding)
    if sssom.is_sssom(text):
        return sssom.parse_sssom(path, text, asked)
    return tables.parse_links(path, text, asked)


def read_links(
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    base: str | None = None,
    one_to_one: bool = False,
    encoding: str | None = None,
) -> DistinctLinks:
    """Reads the different links of a file of any format, see `read_table`.

    Args:
        path, format: the file, and its format, to settle it.
        base: what names that are no IRIs were written under, in RDF and SSSOM: their graphs and
            names are read back.
        one_to_one: refuse an entity with two different counterparts, as gold links must.
        encoding: that of text which is not UTF-8 and does not say what it is.

    Raises:
        DataError: the file is missing or unusable, or a link contradicts another.
        ConfigError: there is no such format or encoding, or the base cannot be one.
        MissingExtraError: the format needs a package that is not installed.
    """
    encoding = None if encoding is None else checked_encoding(encoding)
    table = read_table(path, format=format, asked=Asked(encoding=encoding))
    return links_in_full(table, base=base, one_to_one=one_to_one)


def links_in_full(
    table: LinkTable, *, base: str | None = None, one_to_one: bool = False
) -> DistinctLinks:
    """The different links of a table with names in full; arguments and errors as `read_links`."""
    columns = in_full(table)
    if base is not None and table.is_statements:
        _remove_base(columns, Base(base))
    return distinct_links(table, columns, one_to_one=one_to_one)


def _remove_base(columns: dict[str, Sequence[Any]], base: Base) -> None:
    """Puts names in place of the IRIs that they got under the base, and of those of graphs."""
    sources = ("left_source", "right_source")
    for side, source in zip(("left", "right"), sources, strict=True):
        parts = [base.split(iri) or (None, iri) for iri in columns[side]]
        columns[side] = [name for _, name in parts]
        graphs = [graph for graph, _ in parts]
        if source in columns:
            columns[source] = [base.graph_of(iri) for iri in columns[source]]
        elif graphs and None not in graphs:
            columns[source] = graphs
    if len(columns.keys() & set(sources)) == 1:
        for source in sources:
            columns.pop(source, None)
