"""Links and rejected pairs as they are given: files, tables in memory, or several of both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from dualamn.data_loaders.given_tables import columns_of, paths_of
from dualamn.errors import DataError
from dualamn.files.encodings import checked_encoding
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import pair_keys
from dualamn.link_files.formats import read_table
from dualamn.link_files.link_table import Asked, LinkTable
from dualamn.link_files.numbered_links import LinkFile
from dualamn.link_files.resolving import LinkReader, PairFiles, join_links
from dualamn.link_files.table import table_of_links
from dualamn.link_files.table_formats import named_links
from dualamn.result import AlignedLinks

_LINKS = Path("links")
_NOT_LINKS = Path("not_links")
"""What pairs in memory are called in messages, in place of a file."""


@runtime_checkable
class Writes(Protocol):
    """What has links, of which files get a part: an `Alignment`."""

    def written(self) -> AlignedLinks:
        """The links that files have."""
        ...


def read_given(reader: LinkReader, links: Any) -> list[PairFiles]:
    """Reads links: pairs of identifiers, a table, a path, or a list of tables and paths.

    Raises:
        DataError: they are nothing of these, or name an entity that does not exist.
    """
    if links is None:
        return []
    if paths := paths_of(links):
        return [reader.read(path) for path in paths]
    if _are_several(links):
        return [files for one in links for files in read_given(reader, one)]
    header, table = columns_of(links, 2, _NOT_LINKS if reader.different else _LINKS)
    if not len(table):
        return []
    return [reader.resolve(named_links(table, header, different=reader.different))]


def link_table(
    data: Any, *, encoding: str | None = None, name: Path = _LINKS, different: bool = False
) -> LinkTable:
    """The links that data holds, as strings.

    Args:
        data: a path of any format of links; an `Alignment`, of which the links are taken that
            files have; or pairs of identifiers, as a sequence, an array of strings or a table.
        encoding: that of a file that is not UTF-8.
        name: what links in memory are called in messages.
        different: whether pairs are read that are known to be different, in place of links.

    Raises:
        DataError: the data is nothing of these, or a file cannot be read.
        ConfigError: there is no such encoding.
        MissingExtraError: a format needs a package that is not installed.
    """
    if isinstance(data, Writes):
        columns = {
            key: column.tolist() for key, column in table_of_links(data.written()).columns.items()
        }
        missing = [None if value != value else value for value in columns.get("probability", ())]
        return LinkTable(name, columns | ({"probability": missing} if missing else {}))
    if isinstance(data, str | Path):
        encoding = None if encoding is None else checked_encoding(encoding)
        return read_table(
            Path(data).expanduser(), asked=Asked(encoding=encoding, different=different)
        )
    header, table = columns_of(data, 2, name)
    return named_links(table, header, different=different)


def _are_several(links: Any) -> bool:
    """Whether a list holds paths and whole tables, and no pairs of identifiers."""
    if not isinstance(links, list | tuple) or not links:
        return False

    def is_whole(one: Any) -> bool:
        if isinstance(one, list | tuple):
            return all(isinstance(row, list | tuple) for row in one)
        return isinstance(one, str | Path) or hasattr(one, "columns") or np.ndim(one) == 2

    return all(map(is_whole, links))


def with_not_links(
    task: AlignmentTask, not_links: Any, *, encoding: str | None = None
) -> AlignmentTask:
    """The task that also knows of pairs which are different.

        >>> from dualamn import as_task
        >>> en, de = [("Bern", "in", "Europe")], [("Bern (Stadt)", "in", "Europa")]
        >>> task = as_task({"en": en, "de": de})
        >>> with_not_links(task, [("Bern", "Europa")]).not_links.shape
        (1, 2)

    Args:
        task: the graphs and their links.
        not_links: what `read_given` takes. Of RDF the statements `owl:differentFrom` are read, of
            SSSOM mappings with the predicate modifier Not, of tables every pair unless a column
            says which are links.
        encoding: that of text which is not UTF-8.

    Raises:
        DataError: a file is unusable, names an entity that does not exist, or a pair that is a
            seed link.
    """
    notes: list[str] = []
    reader = LinkReader(
        task.kgs, notes, encoding=encoding, min_confidence=0, many=True, different=True
    )
    read = read_given(reader, not_links)
    for files in read:
        for (left, right), parts in files.items():
            for part in parts:
                _check(task, part, left, right)
    pairs = [
        task.entity_offsets[list(kgs)] + links.seeds
        for kgs, links in join_links(task.kgs, notes, many=True, seeds=read).items()
    ]
    joint = np.concatenate([task.not_links, *pairs]).astype(np.int32)
    return replace(task.with_not_links(joint), notes=(*task.notes, *notes))


def _check(task: AlignmentTask, file: LinkFile, left: int, right: int) -> None:
    """Refuses, with its line, a rejected pair that is a seed link."""
    joint = file.rows + task.entity_offsets[[left, right]]
    for row in np.flatnonzero(np.isin(pair_keys(joint), pair_keys(task.seed_links)))[:1].tolist():
        one, other = task.identifiers(joint[row])
        raise DataError(
            f"{one!r} and {other!r} are said to be different, but they are a seed link; remove "
            "one of the two",
            path=file.path,
            line=file.line(row),
        )
