"""Which formats there are, which one a file has, and the one reader of links in any of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dualamn.errors import ConfigError, did_you_mean, needs
from dualamn.files.iris import Base
from dualamn.files.opening import COMPRESSED, PARQUET, RDF, check_exists, suffix
from dualamn.files.text import read_text
from dualamn.link_files import rdf_links, sssom, table_formats
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
        write_links: writes the links of an alignment to a path, with options that it takes.
        read: reads links.
        write_table: writes any table, None where the format knows only links.
        is_text: whether it can be shown on a terminal.
        needs_to_write: a package that has to be installed, if any, and the extra that brings it.
        has_iris: whether it names entities by IRIs, and takes the option `base`.
        has_slots: whether it is an SSSOM mapping set, and takes the option `sssom`.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    write_links: Callable[[AlignedLinks, Path, WriteOptions], None]
    read: Callable[[Path, Asked], LinkTable]
    write_table: Callable[[Table, Path], None] | None = None
    is_text: bool = True
    needs_to_write: tuple[str, str] | None = None
    has_iris: bool = False
    has_slots: bool = False

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
        checked_slots(options.sssom)
        if self.needs_to_write is not None:
            name, extra = self.needs_to_write
            needs(name, extra=extra)


def _names(fits: Callable[[Format], bool]) -> str:
    return ", ".join(form.name for form in FORMATS.values() if fits(form))


def _of_tables(
    name: str,
    title: str,
    endings: tuple[str, ...],
    write: Callable[[Table, Path], None],
    read: Callable[[Path, Asked], LinkTable],
    **more: Any,
) -> Format:
    def write_links(alignment: AlignedLinks, path: Path, options: WriteOptions) -> None:
        write(table_of_links(alignment), path)

    return Format(name, title, endings, write_links, read, write, **more)


FORMATS: dict[str, Format] = {
    made.name: made
    for made in (
        _of_tables("tsv", "TSV", (".tsv",), table_formats.write_tsv_table, table_formats.read_tsv),
        _of_tables("csv", "CSV", (".csv",), table_formats.write_csv_table, table_formats.read_csv),
        _of_tables(
            "jsonl",
            "JSON Lines",
            (".jsonl", ".ndjson"),
            table_formats.write_jsonl_table,
            table_formats.read_jsonl,
        ),
        _of_tables(
            "parquet",
            "Parquet",
            (".parquet",),
            table_formats.write_parquet_table,
            table_formats.read_parquet_links,
            is_text=False,
            needs_to_write=("pyarrow", "parquet"),
        ),
        Format(
            "ntriples",
            "N-Triples",
            (".nt",),
            rdf_links.write_ntriples,
            rdf_links.read_ntriples,
            has_iris=True,
        ),
        Format(
            "turtle",
            "Turtle",
            (".ttl",),
            rdf_links.write_turtle,
            rdf_links.read_rdf,
            has_iris=True,
            has_slots=True,
        ),
        Format(
            "sssom",
            "SSSOM",
            (".sssom.tsv", ".sssom"),
            sssom.write_sssom,
            sssom.read_sssom,
            has_iris=True,
            has_slots=True,
        ),
    )
}
"""Every format by name; a new one is one file and one entry here."""

_PLAIN = ("", ".txt")
"""Names that end like this are TSV, and so are standard output and other devices."""


def format_of(path: str | Path, name: str | None = None, *, tables: bool = False) -> Format:
    """The format that a file is written in.

    Args:
        path: the file, whose ending says the format.
        name: the format, to settle it.
        tables: only formats that can hold any table.

    Raises:
        ConfigError: an unknown name or ending, or a format for links alone.

    >>> format_of("links.sssom.tsv").title
    'SSSOM'
    """
    path = Path(path)
    found = format_by_ending(path) if name is None else FORMATS.get(name)
    if found is None and name is None:
        endings = ", ".join(made.endings[0] for made in FORMATS.values())
        raise ConfigError(
            f"{path}: {path.suffix} tells no format; end the name in one of {endings}, "
            "or name the format"
        )
    if found is None:
        raise ConfigError(
            f"there is no format {name!r}{did_you_mean(str(name), FORMATS)}; "
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

    The ending of its name says the format, whether one of compression follows it or not; what
    says none is a table, TSV, and a table with the columns of SSSOM is one of mappings.

    Args:
        path: the file.
        format: its format, to settle it.
        asked: what readers may ask about the graphs.

    Raises:
        DataError: the file is missing or unusable.
        ConfigError: there is no such format.
        MissingExtraError: the format needs a package that is not installed.
    """
    path, asked = Path(path), asked or Asked()
    check_exists(path)
    if format is not None:
        return format_of(path, format).read(path, asked)
    known = format_by_ending(Path(path.stem) if path.suffix.lower() in COMPRESSED else path)
    if known is not None and known.name not in ("tsv", "csv"):
        return known.read(path, asked)
    if suffix(path) in RDF:
        return rdf_links.read_rdf(path, asked)
    if suffix(path) in PARQUET:
        return table_formats.read_parquet_links(path, asked)
    text = read_text(path, as_written=True)
    if sssom.is_sssom(text):
        return sssom.parse_sssom(path, text)
    return table_formats.parse_links(path, text, asked)


def read_links(
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    base: str | None = None,
    one_to_one: bool = False,
) -> DistinctLinks:
    """Reads the different links of a file of any format, see `read_table`.

    Args:
        path: the file.
        format: its format, to settle it.
        base: what names that are no IRIs were written under, in RDF and SSSOM: their graphs and
            names are read back.
        one_to_one: refuse an entity with two different counterparts, as gold links must.

    Raises:
        DataError: the file is missing or unusable, or a link contradicts another.
        ConfigError: there is no such format, or the base cannot be one.
        MissingExtraError: the format needs a package that is not installed.
    """
    table = read_table(path, format=format)
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
