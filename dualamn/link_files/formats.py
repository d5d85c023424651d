"""Which formats there are, and which one a file has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dualamn.errors import ConfigError, did_you_mean, needs
from dualamn.link_files import csv, jsonl, ntriples, sssom, tsv, turtle
from dualamn.link_files import parquet_tables as parquet
from dualamn.link_files.link_file import RawLinks
from dualamn.link_files.link_table import link_table
from dualamn.link_files.slots import checked_slots
from dualamn.link_files.table import Table
from dualamn.link_files.write_options import WriteOptions
from dualamn.result import AlignedLinks


@dataclass(frozen=True)
class Format:
    """A format of link files.

    Attributes:
        name: what it is called in `--format`.
        title: what people call it.
        endings: of file names, the first is the usual one.
        write_links: writes the links of an alignment to a path, with options that it takes.
        read_links: reads them back.
        write_table: writes any table, None where the format knows only links.
        is_text: whether it can be shown on a terminal.
        needs_to_write, needs_to_read: a package that has to be installed, if any, and the
            extra that brings it.
        has_iris: whether it names entities by IRIs, and takes the option `base`.
        has_slots: whether it is an SSSOM mapping set, and takes the option `sssom`.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    write_links: Callable[[AlignedLinks, Path, WriteOptions], None]
    read_links: Callable[[Path], RawLinks]
    write_table: Callable[[Table, Path], None] | None = None
    is_text: bool = True
    needs_to_write: tuple[str, str] | None = None
    needs_to_read: tuple[str, str] | None = None
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
    read: Callable[[Path], RawLinks],
    *,
    is_text: bool = True,
    package: tuple[str, str] | None = None,
) -> Format:
    def write_links(alignment: AlignedLinks, path: Path, options: WriteOptions) -> None:
        write(link_table(alignment), path)

    return Format(name, title, endings, write_links, read, write, is_text, package, package)


FORMATS: dict[str, Format] = {
    made.name: made
    for made in (
        _of_tables("tsv", "TSV", (".tsv",), tsv.write_tsv_table, tsv.read_tsv),
        _of_tables("csv", "CSV", (".csv",), csv.write_csv_table, csv.read_csv),
        _of_tables(
            "jsonl", "JSON Lines", (".jsonl", ".ndjson"), jsonl.write_jsonl_table, jsonl.read_jsonl
        ),
        _of_tables(
            "parquet",
            "Parquet",
            (".parquet",),
            parquet.write_parquet_table,
            parquet.read_parquet,
            is_text=False,
            package=("pyarrow", "parquet"),
        ),
        Format(
            "ntriples",
            "N-Triples",
            (".nt",),
            ntriples.write_ntriples,
            ntriples.read_ntriples,
            has_iris=True,
        ),
        Format(
            "turtle",
            "Turtle",
            (".ttl",),
            turtle.write_turtle,
            turtle.read_turtle,
            needs_to_read=("pyoxigraph", "rdf"),
            has_iris=True,
            has_slots=True,
        ),
        Format(
            "sssom",
            "SSSOM",
            (".sssom.tsv", ".sssom"),
            sssom.write_sssom,
            sssom.read_sssom,
            needs_to_read=("yaml", "sssom"),
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
        path: the file; the ending of its name tells the format.
        name: the format, to settle it.
        tables: only formats that can hold any table.

    Raises:
        ConfigError: an unknown name or ending, or a format for links alone.
    """
    path = Path(path)
    if name is not None:
        if name not in FORMATS:
            raise ConfigError(
                f"there is no format {name!r}{did_you_mean(name, FORMATS)}; "
                f"the formats are {', '.join(FORMATS)}"
            )
        found = FORMATS[name]
    else:
        known = format_by_ending(path)
        if known is None:
            endings = [made.endings[0] for made in FORMATS.values()]
            raise ConfigError(
                f"{path}: {path.suffix} tells no format; end the name in one of "
                f"{', '.join(endings)}, or name the format"
            )
        found = known
    if tables and found.write_table is None:
        able = [made.name for made in FORMATS.values() if made.write_table is not None]
        raise ConfigError(
            f"{path}: {found.title} can hold links alone; choose one of {', '.join(able)}"
        )
    return found


def table_writer(
    path: str | Path,
    name: str | None = None,
) -> Callable[[Table, Path], None]:
    """Writes tables in the format of a file; errors as `format_of`."""
    write = format_of(path, name, tables=True).write_table
    assert write is not None
    return write


def format_by_ending(path: Path) -> Format | None:
    """The format that the ending of a name tells, None if it tells none."""
    # The longest ending wins: .sssom.tsv is no plain TSV.
    endings = {end: made for made in FORMATS.values() for end in made.endings}
    for ending in sorted(endings, key=len, reverse=True):
        if path.name.lower().endswith(ending) and path.name.lower() != ending:
            return endings[ending]
    return FORMATS["tsv"] if path.suffix.lower() in _PLAIN else None
