"""Graphs, links and tasks from what is in memory: data frames, arrays, RDF stores, lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from dualamn.data_loaders.dataset import Dataset, assemble, check_split
from dualamn.data_loaders.entity_tables import add_entities, entities_of, one_for_each
from dualamn.data_loaders.graph_builder import GraphBuilder
from dualamn.data_loaders.rdf_statements import sort_statements, statements_of
from dualamn.data_loaders.string_graph import read_graph
from dualamn.data_loaders.triple_tables import TRIPLE_FIELDS, choose
from dualamn.errors import DataError
from dualamn.files.encodings import checked_encoding
from dualamn.files.opening import check_exists
from dualamn.files.rdf import Reading
from dualamn.files.string_tables import StringTable
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings
from dualamn.link_files.confidence import MIN_CONFIDENCE
from dualamn.link_files.formats import read_table
from dualamn.link_files.link_table import Asked, LinkTable
from dualamn.link_files.resolving import LinkReader, PairFiles, join_links
from dualamn.link_files.table import table_of_links
from dualamn.link_files.table_formats import named_links
from dualamn.result import AlignedLinks

_LINKS = Path("links")
"""What links in memory are called in messages, in place of a file."""


@runtime_checkable
class Writes(Protocol):
    """What has links, of which files get a part: an `Alignment`."""

    def written(self) -> AlignedLinks:
        """The links that files have."""
        ...


def as_graph(
    data: Any,
    name: str | None = None,
    *,
    entity_names: Mapping[str, str] | None = None,
    labels: Sequence[str] = (),
    language: str | None = None,
    columns: Sequence[str] | None = None,
    table: str | None = None,
    edges: Sequence[str] | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    skip_bad_lines: bool = False,
    entities: str = "auto",
    notes: list[str] | None = None,
) -> KnowledgeGraph:
    """Makes a knowledge graph of whatever holds triples.

        >>> from dualamn import as_graph
        >>> as_graph([("Bern", "capital of", "Switzerland")], "en")
        KnowledgeGraph('en': 2 entities, 1 relations, 1 triples)

    No library is imported to find out what the data is.

    Args:
        data: a table of pandas, polars or pyarrow, whose columns are found as in files; a graph
            of rdflib; a store or dataset of pyoxigraph; an (m, 3) array of strings, or of whole
            numbers; a sequence of (head, relation, tail); a path or several that make one graph;
            or a `KnowledgeGraph`, which is given back.
        name: the graph's name; "graph", or the one it has, if None.
        entity_names: what people call the entities, by identifier, in place of any label.
        labels, language, columns, table, edges, separator, encoding,
            skip_bad_lines, entities: how to read, see `load_files`.
        notes: where what was merged or skipped is added.

    Raises:
        DataError: the data is nothing of these, empty, or has no such columns.
        ConfigError: how to read cannot be as it is given, see `Reading.of`.
    """
    reading = Reading.of(
        labels,
        language,
        columns,
        table=table,
        edges=edges,
        separator=separator,
        encoding=encoding,
        skip_bad_lines=skip_bad_lines,
        entities=entities,
    )
    kg = _graph(data, name, reading, [] if notes is None else notes)
    if entity_names is None:
        return kg
    known = kg.entity_names if kg.entity_names is not None else [""] * kg.n_entities
    chosen = (entity_names.get(e, old) for e, old in zip(kg.entities, known, strict=True))
    return replace(kg, entity_names=strings(chosen))


def as_task(
    graphs: Sequence[Any] | Mapping[str, Any],
    links: Any = None,
    *,
    test_links: Any = None,
    train_ratio: float | None = None,
    seed: int = 0,
    name: str | None = None,
    labels: Sequence[str] = (),
    language: str | None = None,
    columns: Sequence[str] | None = None,
    table: str | Sequence[str | None] | None = None,
    edges: Sequence[str] | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    skip_bad_lines: bool = False,
    min_confidence: float = MIN_CONFIDENCE,
    many: bool = False,
    entities: str = "auto",
) -> AlignmentTask:
    """Makes a task of two or more graphs and the links between them.

        >>> from dualamn import as_task
        >>> en = [("Bern", "capital of", "Switzerland"), ("Bern", "lies on", "Aare")]
        >>> de = [("Bern (Stadt)", "Hauptstadt", "Schweiz"), ("Bern (Stadt)", "Fluss", "Aare")]
        >>> as_task({"en": en, "de": de}, links=[("Switzerland", "Schweiz"), ("Aare", "Aare")])
        AlignmentTask('en-de': en (3) + de (3); 2 seed links, 0 test links)

    Args:
        graphs: whatever `as_graph` takes, by name or in a sequence; those of a sequence are
            called kg1, kg2 and so on, unless they have names.
        links: known links: pairs of identifiers, the one of the first graph first, as a sequence,
            an array of strings or a table; or a path. With more than two graphs a table needs the
            columns left_source, left, right_source and right. All are seeds, unless
            `train_ratio` is given.
        name: what the results are reported under.
        test_links, train_ratio, seed, labels, language, columns, table, edges, separator,
            encoding, skip_bad_lines, min_confidence, many, entities: see `load_files`.

    Raises:
        DataError: fewer than two graphs, or data that is unusable or contradicts itself.
        ConfigError: how to read cannot be as it is given, see `Reading.of`.
    """
    check_split(train_ratio, seed)
    notes: list[str] = []
    if not isinstance(graphs, Mapping):
        if isinstance(graphs, str) or not isinstance(graphs, Sequence):
            raise DataError("give the graphs as a list, or as a dict by their names")
        graphs = {
            data.name if isinstance(data, KnowledgeGraph) else f"kg{number}": data
            for number, data in enumerate(graphs, start=1)
        }
    readings = [
        Reading.of(
            labels,
            language,
            columns,
            table=id_column,
            edges=edges,
            separator=separator,
            encoding=encoding,
            skip_bad_lines=skip_bad_lines,
            entities=entities,
        )
        for id_column in one_for_each(table, len(graphs))
    ]
    kgs = [
        _graph(data, kg_name, reading, notes)
        for (kg_name, data), reading in zip(graphs.items(), readings, strict=True)
    ]
    if len(kgs) < 2:
        raise DataError(f"alignment needs two or more graphs of different names, got {len(kgs)}")
    reader = LinkReader(
        kgs, notes, encoding=readings[0].encoding, min_confidence=min_confidence, many=many
    )
    joined = join_links(
        kgs,
        notes,
        many=many,
        seeds=_read_links(reader, links),
        test=_read_links(reader, test_links),
    )
    return assemble(
        Dataset(tuple(kgs), joined, notes),
        name="-".join(kg.name for kg in kgs) if name is None else name,
        train_ratio=train_ratio,
        seed=seed,
    )


def link_table(data: Any, *, encoding: str | None = None, name: Path = _LINKS) -> LinkTable:
    """The links that data holds, as strings.

    Args:
        data: a path of any format of links; an `Alignment`, of which the links are taken that
            files have; or pairs of identifiers, as a sequence, an array of strings or a table.
        encoding: that of a file that is not UTF-8.
        name: what links in memory are called in messages.

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
        return read_table(Path(data).expanduser(), asked=Asked(encoding=encoding))
    header, table = _table(data, 2, name)
    return named_links(table, header)


def _graph(data: Any, name: str | None, reading: Reading, notes: list[str]) -> KnowledgeGraph:
    if isinstance(data, KnowledgeGraph):
        return data if name in (None, data.name) else replace(data, name=name)
    name = name or "graph"
    if paths := _paths(data):
        return read_graph(paths, name, notes, reading)
    builder = GraphBuilder(reading)
    statements = statements_of(data, builder)
    if statements is not None:
        if not sort_statements(statements, builder):
            raise DataError(f"graph {name} has no statement")
        return builder.graph(name, notes, hubs=True)
    if isinstance(data, np.ndarray) and data.dtype.kind in "iu":
        return KnowledgeGraph.from_arrays(name, data)
    header, table = _table(data, len(TRIPLE_FIELDS), Path(name))
    if not len(table):
        raise DataError(f"graph {name} has no triples")
    if reading.table is None:
        builder.add_table(choose(table, header, reading.columns))
    elif header:
        add_entities([entities_of(header, table, reading)], builder, notes, reading)
    else:
        raise DataError(f"graph {name} has no names of columns; give a table, such as a data frame")
    return builder.graph(name, notes, hubs=False)


def _paths(data: Any) -> list[Path]:
    """The paths, which must exist, if data is one or a sequence of them."""
    if isinstance(data, str | Path):
        data = [data]
    elif not isinstance(data, list | tuple) or not all(isinstance(x, str | Path) for x in data):
        return []
    paths = [Path(path).expanduser() for path in data]
    for path in paths:
        check_exists(path)
    return paths


def _read_links(reader: LinkReader, links: Any) -> list[PairFiles]:
    if links is None:
        return []
    if paths := _paths(links):
        return [reader.read(path) for path in paths]
    header, table = _table(links, 2, _LINKS)
    return [reader.resolve(named_links(table, header))] if len(table) else []


def _table(data: Any, width: int, path: Path) -> tuple[list[str], StringTable]:
    """The names of the columns, none if they have none, and the columns as strings."""
    header: Iterable[Any] = []
    if hasattr(data, "column_names") and hasattr(data, "column"):  # pyarrow
        header, columns = data.column_names, [column.to_pylist() for column in data.columns]
    elif hasattr(data, "get_columns"):  # polars
        header, columns = data.columns, [column.to_list() for column in data.get_columns()]
    elif hasattr(data, "iloc") and hasattr(data, "columns"):  # pandas
        header = data.columns
        columns = [data.iloc[:, at].tolist() for at in range(len(data.columns))]
    else:
        columns = _columns_of_rows(data, width, path)
    header = [str(name) for name in header]
    return header, StringTable(path, tuple([_text(x) for x in column] for column in columns))


def _columns_of_rows(data: Any, width: int, path: Path) -> list[list[Any]]:
    if isinstance(data, np.ndarray):
        data = data.tolist()
    if isinstance(data, str | bytes | Mapping) or not isinstance(data, Iterable):
        raise DataError(
            f"{path} is a {type(data).__name__}, which holds no rows that can be read; give a "
            "table, an array of strings, a sequence of rows, a graph of RDF or a path"
        )
    rows = list(data)
    for number, row in enumerate(rows, start=1):
        if isinstance(row, str | bytes) or not isinstance(row, Sequence) or len(row) != width:
            raise DataError(f"{row!r} is no row of {width} strings", path=path, line=number)
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * width


def _text(value: Any) -> str:
    """A cell as a string; "" where nothing is there, which pandas writes NaN."""
    return "" if value is None or value != value else str(value)
