"""Graphs, links and tasks from what is in memory: data frames, arrays, RDF stores, lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dualamn.data_loaders.dataset import Dataset, assemble, check_split
from dualamn.data_loaders.entity_tables import add_entities, entities_of, one_for_each
from dualamn.data_loaders.given_links import read_given, with_not_links
from dualamn.data_loaders.given_tables import columns_of, paths_of
from dualamn.data_loaders.graph_builder import GraphBuilder
from dualamn.data_loaders.rdf_statements import sort_statements, statements_of
from dualamn.data_loaders.string_graph import read_graph
from dualamn.data_loaders.triple_tables import TRIPLE_FIELDS, choose
from dualamn.errors import DataError
from dualamn.files.rdf import Reading
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings
from dualamn.link_files.confidence import MIN_CONFIDENCE
from dualamn.link_files.resolving import LinkReader, join_links


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
    not_links: Any = None,
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
            an array of strings or a table; a path; or a list of tables and paths. With more than
            two graphs a table needs the columns left_source, left, right_source and right. All are
            seeds, unless `train_ratio` is given.
        not_links: pairs known to be different, given as links are.
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
        seeds=read_given(reader, links),
        test=read_given(reader, test_links),
    )
    task = assemble(
        Dataset(tuple(kgs), joined, notes),
        name="-".join(kg.name for kg in kgs) if name is None else name,
        train_ratio=train_ratio,
        seed=seed,
    )
    if not_links is None:
        return task
    return with_not_links(task, not_links, encoding=readings[0].encoding)


def _graph(data: Any, name: str | None, reading: Reading, notes: list[str]) -> KnowledgeGraph:
    if isinstance(data, KnowledgeGraph):
        return data if name in (None, data.name) else replace(data, name=name)
    name = name or "graph"
    if paths := paths_of(data):
        return read_graph(paths, name, notes, reading)
    builder = GraphBuilder(reading)
    statements = statements_of(data, builder)
    if statements is not None:
        if not sort_statements(statements, builder):
            raise DataError(f"graph {name} has no statement")
        return builder.graph(name, notes, hubs=True)
    if isinstance(data, np.ndarray) and data.dtype.kind in "iu":
        return KnowledgeGraph.from_arrays(name, data)
    header, table = columns_of(data, len(TRIPLE_FIELDS), Path(name))
    if not len(table):
        raise DataError(f"graph {name} has no triples")
    if reading.table is None:
        builder.add_table(choose(table, header, reading.columns))
    elif header:
        add_entities([entities_of(header, table, reading)], builder, notes, reading)
    else:
        raise DataError(f"graph {name} has no names of columns; give a table, such as a data frame")
    return builder.graph(name, notes, hubs=False)
