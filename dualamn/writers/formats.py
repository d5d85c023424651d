"""Which formats there are, and which one a file has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dualamn.alignment import Alignment
from dualamn.errors import ConfigError, did_you_mean
from dualamn.extras import needs
from dualamn.writers import csv, jsonl, parquet, tsv
from dualamn.writers.link_file import LinkFile, RawLinks, distinct_links
from dualamn.writers.links import link_table
from dualamn.writers.table import Table


@dataclass(frozen=True)
class Format:
    """A format of link files.

    Attributes:
        name: what it is called in `--format`.
        title: what people call it.
        endings: of file names, the first is the usual one.
        write_links: writes the links of an alignment to a path.
        read_links: reads them back.
        write_table: writes any table, None where the format knows only links.
        is_text: whether it can be shown on a terminal.
        package: what it needs to be installed, if anything, and the extra that brings it.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    write_links: Callable[[Alignment, Path], None]
    read_links: Callable[[Path], RawLinks]
    write_table: Callable[[Table, Path], None] | None = None
    is_text: bool = True
    package: tuple[str, str] | None = None

    def check_installed(self) -> None:
        """Asks, before long work, for the package that the format needs.

        Raises:
            MissingExtraError: it is not installed.
        """
        if self.package is not None:
            name, extra = self.package
            needs(name, extra=extra)


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
    def write_links(alignment: Alignment, path: Path) -> None:
        write(link_table(alignment), path)

    return Format(name, title, endings, write_links, read, write, is_text, package)


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
        known = _by_ending(path)
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


def _by_ending(path: Path) -> Format | None:
    # The longest ending wins: .sssom.tsv is no plain TSV.
    endings = {end: made for made in FORMATS.values() for end in made.endings}
    for ending in sorted(endings, key=len, reverse=True):
        if path.name.lower().endswith(ending) and path.name.lower() != ending:
            return endings[ending]
    return FORMATS["tsv"] if path.suffix.lower() in _PLAIN else None


def read_links(
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    one_to_one: bool = False,
) -> LinkFile:
    """Reads a links file of any format.

    Args:
        path: the file. One whose ending tells no format is read as TSV.
        format: its format, to settle it.
        one_to_one: refuse an entity with two different partners, as gold links must.

    Raises:
        DataError: the file is missing or unusable, or a link contradicts another.
        ConfigError: there is no such format.
        MissingExtraError: the format needs a package that is not installed.
    """
    path = Path(path)
    chosen = format_of(path, format) if format is not None else _by_ending(path) or FORMATS["tsv"]
    return distinct_links(path, chosen.read_links(path), one_to_one=one_to_one)
