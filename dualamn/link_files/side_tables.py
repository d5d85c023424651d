"""Files beside the links: candidates, entities without a link, clusters, embeddings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dualamn.errors import ConfigError
from dualamn.files.atomic import atomic_write_bytes, check_writable
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import (
    BoolArray,
    EmbeddingArray,
    FloatArray,
    Int32Array,
    pair_keys,
    strings,
)
from dualamn.link_files.table import Table
from dualamn.link_files.table_formats import write_rows
from dualamn.link_files.unlinked import unlinked
from dualamn.result import AlignedLinks, PairAlignment, TopK


def candidate_table(alignment: AlignedLinks, k: int) -> Table:
    """The k best candidates of every entity that was searched for, for people who choose.

        source   entity    rank   candidate_source   candidate   score      linked
        en       Germany   1      fr                 Allemagne   0.912345   true
        en       Germany   2      fr                 Prusse      0.020511   false

    Pairs of graphs in the order of the task, each in both directions; then by entity and rank.

    Scores are the matcher's. If a graph has names there are also columns name and candidate_name,
    "" for an entity without one.

    Raises:
        ConfigError: k is less than 1, or the matcher ranks nothing.
    """
    if k < 1:
        raise ConfigError(f"the number of candidates must be 1 or more, got {k}")
    dtypes = (np.int32, np.int32, np.int32, np.float32, np.bool_)
    parts = [
        tuple(np.empty(0, dtype) for dtype in dtypes),
        *(
            _part(alignment, pair, topk, k)
            for pair in alignment.pairs
            for topk in (pair.left_to_right, pair.right_to_left)
        ),
    ]
    queries, candidates, ranks, scores, linked = map(np.concatenate, zip(*parts, strict=True))
    task = alignment.task
    graphs = strings(task.kg_names)
    columns = {
        "source": graphs[task.source_of[queries]],
        "entity": task.identifiers(queries),
        "rank": ranks,
        "candidate_source": graphs[task.source_of[candidates]],
        "candidate": task.identifiers(candidates),
        "score": scores,
        "linked": linked,
    }
    if task.entity_names is not None:
        columns["name"] = task.entity_names[queries]
        columns["candidate_name"] = task.entity_names[candidates]
    return Table(columns)


def _part(
    alignment: AlignedLinks, pair: PairAlignment, topk: TopK | None, k: int
) -> tuple[Int32Array, Int32Array, Int32Array, FloatArray, BoolArray]:
    """Queries, candidates, ranks, scores and whether linked, of one direction."""
    if topk is None:
        # An update that changes nothing searches for nothing, whatever the matcher.
        raise ConfigError(
            "there are no candidates: nothing was searched for in an update in which nothing has "
            f"changed, or else the matcher {alignment.matcher} decides on links and ranks nothing: "
            "for candidates take mutual, sinkhorn, csls or greedy"
        )
    order = np.argsort(alignment.task.identifiers(topk.queries), kind="stable")
    candidates, scores = topk.candidates[order, :k], topk.scores[order, :k]
    real = candidates >= 0
    queries = np.repeat(topk.queries[order], real.sum(axis=1))
    ranks = np.broadcast_to(np.arange(1, candidates.shape[1] + 1, dtype=np.int32), real.shape)[real]
    # A link and a row are the same if the lower and the higher id are.
    ends = np.stack([queries, candidates[real]], axis=1)
    ends, links = np.sort(ends, axis=1), np.sort(pair.links, axis=1)
    linked = np.isin(pair_keys(ends), pair_keys(links))
    return queries, candidates[real], ranks, scores[real], linked


def unmatched_table(alignment: AlignedLinks) -> Table:
    """The entities that could have a link and have neither one nor a seed link to another graph.

    Of the graphs that were aligned, sorted by graph and identifier.

    Returns:
        Columns source, entity, name, which is "" where the graph has none, and reason, see
        `dualamn.link_files.unlinked`.
    """
    task = alignment.task
    ids, reasons = unlinked(alignment)
    sources, entities = task.source_of[ids].tolist(), task.identifiers(ids).tolist()
    keys = sorted(zip(sources, entities, range(len(ids)), strict=True))
    order = np.array([at for *_, at in keys], dtype=np.int64)
    ids = ids[order]
    names = strings([""] * len(ids)) if task.entity_names is None else task.entity_names[ids]
    graphs = strings(task.kg_names)[task.source_of[ids]]
    columns = {"source": graphs, "entity": task.identifiers(ids), "name": names}
    return Table({**columns, "reason": reasons[order]})


def write_clusters(
    task: AlignmentTask, members: Int32Array, scores: FloatArray, path: str | Path
) -> None:
    """Writes clusters as tab-separated text, with six decimals of each score.

    Every line is one cluster, with a column for each graph in the order of the task, empty where
    the cluster has nothing of that graph:

        score      members   en        fr          de
        0.912345   3         Germany   Allemagne   Deutschland
        0.734210   2         Danube                Donau

    `score` is that of the least sure link which the cluster needs to hold together, 1 if seed
    links alone do. Lines are sorted by the first graph's identifiers, then those without one by
    the second's, and so on. Names are escaped as in links files.

    Args:
        task: of the clusters.
        members: (c, g) int32 joint ids, -1 where a cluster has nothing of a graph.
        scores: (c,) float32.
        path: the file, replaced only once the new one is complete.

    Raises:
        DataError: the file cannot be written.
    """
    present = members >= 0
    names = task.identifiers(np.where(present, members, 0))
    names[~present] = ""
    first = present.argmax(axis=1)
    order = sorted(range(len(members)), key=lambda row: (first[row], names[row, first[row]]))
    rows = ([f"{scores[row]:z.6f}", str(present[row].sum()), *names[row]] for row in order)
    write_rows(path, ["score", "members", *task.kg_names], rows)


def write_embeddings(task: AlignmentTask, embeddings: EmbeddingArray, path: str | Path) -> Path:
    """Writes an (n, d) matrix and the graph and entity of each of its rows.

    Returns:
        The path of the table, links.entities.tsv for links.npy: tab-separated, header `source`,
        `entity`, row i + 1 of the file for row i of the matrix, escaped as in links files.

    Raises:
        DataError: a file cannot be written.
    """
    table = check_writable(Path(path).with_suffix(".entities.tsv"))
    with atomic_write_bytes(path) as file:
        # Not as one array: what numpy raises on a full disk does not say that it is full.
        about = np.lib.format.header_data_from_array_1_0(embeddings)
        np.lib.format.write_array_header_1_0(file, about)
        file.write(np.ascontiguousarray(embeddings).data)
    rows = ((kg.name, entity) for kg in task.kgs for entity in kg.entities)
    write_rows(table, ["source", "entity"], rows)
    return table
