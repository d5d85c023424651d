"""An alignment task as PyTorch Geometric data, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import DataError
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.kernels.arrays import Int32Array, IntArray, StringArray, strings

if TYPE_CHECKING:
    from torch_geometric.data import Data

LINKS = ("seed_links", "test_links", "valid_links")
EVERY_LINK = (*LINKS, "not_links", "accepted_links")
"""The arrays of pairs that a task has: links, and decisions, of which there may be none."""


def pyg_data(
    kgs: Sequence[KnowledgeGraph],
    triples: Int32Array,
    relations: StringArray,
    source_of: Int32Array,
    links: Mapping[str, Int32Array],
    **rest: object,
) -> Data:
    """One homogeneous graph over the joint ids of all knowledge graphs.

    Args:
        kgs, triples, relations, source_of: of the task, see `dualamn.AlignmentTask`.
        links: the task's arrays, those of `EVERY_LINK`.
        rest: the task's task_name, seed, notes and distinct_identifiers.

    Returns:
        Data with num_nodes and these attributes; numbers are int64 tensors:

        - edge_index: (2, t) head and tail of every triple, and edge_type: (t,) its relation;
        - source_of: (n,) the knowledge graph of every entity;
        - seed_links, test_links, valid_links, not_links, accepted_links: (m, 2) each;
        - names, relation_names, kg_names: lists of identifiers;
        - relations_of: for every knowledge graph, the relations it knows, as a tensor;
        - further_names_of, unlinkable_of: for every knowledge graph, see `KnowledgeGraph`;
        - entity_names_of, literals_of: for every knowledge graph, the list of its entities' names
          and its `Literals`, None where it has none; entities are numbered within the graph;
        - task_name, seed, notes, distinct_identifiers: what else the task holds.
    """
    import torch
    from torch_geometric.data import Data

    def tensor(array: NDArray[Any]) -> torch.Tensor:
        return torch.from_numpy(np.array(array, dtype=np.int64))

    heads, edge_types, tails = triples.T
    position = {name: number for number, name in enumerate(relations)}
    return Data(
        edge_index=tensor(np.stack([heads, tails])),
        edge_type=tensor(edge_types),
        num_nodes=len(source_of),
        source_of=tensor(source_of),
        names=[name for kg in kgs for name in kg.entities],
        relation_names=list(relations),
        relations_of=[tensor(np.array([position[name] for name in kg.relations])) for kg in kgs],
        kg_names=[kg.name for kg in kgs],
        entity_names_of=[None if kg.entity_names is None else list(kg.entity_names) for kg in kgs],
        literals_of=[kg.literals for kg in kgs],
        further_names_of=[kg.further_names for kg in kgs],
        unlinkable_of=[kg.unlinkable for kg in kgs],
        **{name: tensor(array) for name, array in links.items()},
        **rest,
    )


def task_fields(data: Data) -> dict[str, Any]:
    """The fields of the task that data holds, see `dualamn.AlignmentTask.from_pyg`."""
    source_of = _sources(data)
    n_kgs = len(data.kg_names) if "kg_names" in data else int(source_of.max(initial=-1)) + 1
    edges, types = _numbers(data, "edge_index", 2), _numbers(data, "edge_type", 1)
    if edges.shape != (2, len(types)):
        raise DataError(
            f"edge_index has shape {edges.shape} and edge_type {types.shape}; give (2, t) and (t,)"
        )
    _check_ids(source_of, n_kgs, "source_of")
    _check_ids(edges, len(source_of), "edge_index")
    if (source_of[edges[0]] != source_of[edges[1]]).any():
        raise DataError("an edge joins two knowledge graphs; give such pairs as seed_links")
    if n_kgs < 2:
        raise DataError(f"alignment needs two or more knowledge graphs, source_of has {n_kgs}")
    if not any(name in data for name in LINKS):
        raise DataError(f"there are no links; give one of {', '.join(LINKS)}")
    return {
        "name": str(data.task_name) if "task_name" in data else "task",
        "kgs": _graphs(data, n_kgs, source_of, edges, types),
        "seed": int(data.seed) if "seed" in data else 0,
        "notes": tuple(data.notes) if "notes" in data else (),
        "distinct_identifiers": bool(data.get("distinct_identifiers", False)),
        **{name: _links(data, name, source_of) for name in EVERY_LINK},
    }


def _sources(data: Data) -> IntArray:
    source_of = _numbers(data, "source_of", 1)
    if "num_nodes" in data and data.num_nodes != len(source_of):
        raise DataError(f"num_nodes is {data.num_nodes}, but source_of has {len(source_of)}")
    if (np.diff(source_of) < 0).any():
        raise DataError(
            "the entities of each knowledge graph must be numbered in one run; "
            "sort the nodes by source_of"
        )
    return source_of


def _graphs(
    data: Data, n_kgs: int, source_of: IntArray, edges: IntArray, types: IntArray
) -> tuple[KnowledgeGraph, ...]:
    names = _names(data, "names", len(source_of))
    relation_names = _names(data, "relation_names", int(types.max(initial=-1)) + 1)
    _check_ids(types, len(relation_names), "edge_type")
    kg_names = _names(data, "kg_names", n_kgs)
    names_of = _entries(data, "entity_names_of", n_kgs)
    literals_of = _entries(data, "literals_of", n_kgs)
    further_of = _entries(data, "further_names_of", n_kgs)
    barred_of = _entries(data, "unlinkable_of", n_kgs)
    offsets = np.searchsorted(source_of, np.arange(n_kgs + 1))
    kgs = []
    for number, kg_name in enumerate(kg_names):
        begin, end = offsets[number], offsets[number + 1]
        mine = np.flatnonzero((edges[0] >= begin) & (edges[0] < end))
        if "relations_of" in data:
            relations = np.asarray(data.relations_of[number], dtype=np.int64)
        else:
            relations = np.unique(types[mine])
        _check_ids(relations, len(relation_names), "relations_of")
        local = np.full(len(relation_names), -1)
        local[relations] = np.arange(len(relations))
        triples = np.stack([edges[0, mine] - begin, local[types[mine]], edges[1, mine] - begin])
        kgs.append(
            KnowledgeGraph(
                kg_name,
                strings(names[begin:end]),
                strings(relation_names[i] for i in relations),
                triples.T.astype(np.int32),
                None if names_of[number] is None else strings(names_of[number]),
                literals_of[number],
                further_of[number],
                barred_of[number],
            )
        )
    return tuple(kgs)


def _numbers(data: Data, name: str, ndim: int) -> IntArray:
    if name not in data:
        raise DataError(f"the data has no {name}; to_pyg says what is needed")
    array = np.asarray(data[name].detach().cpu())
    if array.ndim != ndim or array.dtype.kind not in "iu":
        raise DataError(
            f"{name} is {array.dtype} of shape {array.shape}; give whole numbers in {ndim}-D"
        )
    return array.astype(np.int64)


def _check_ids(ids: IntArray, size: int, name: str) -> None:
    if ids.size and (ids.min() < 0 or ids.max() >= size):
        raise DataError(f"{name} holds numbers from {ids.min()} to {ids.max()}, not below {size}")


def _links(data: Data, name: str, source_of: IntArray) -> Int32Array:
    if name not in data:
        return np.empty((0, 2), dtype=np.int32)
    links = _numbers(data, name, 2)
    if links.shape[1] != 2:
        raise DataError(f"{name} has shape {links.shape}; give (m, 2)")
    _check_ids(links, len(source_of), name)
    sources = source_of[links]
    if (sources[:, 0] == sources[:, 1]).any():
        raise DataError(f"{name} links two entities of one knowledge graph; remove such links")
    # The entity of the earlier graph comes first.
    swap = sources[:, 0] > sources[:, 1]
    links[swap] = links[swap, ::-1]
    return links.astype(np.int32)


def _names(data: Data, name: str, count: int) -> Sequence[str]:
    """A list of names, or numbers written out; relations may have more names than are used."""
    if name not in data:
        return [str(number) for number in range(count)]
    more = name == "relation_names" and len(data[name]) > count
    return list(data[name]) if more else _entries(data, name, count)


def _entries(data: Data, name: str, count: int) -> Sequence[Any]:
    """The entries of a list of a given length; so many None without the list."""
    entries = list(data[name]) if name in data else [None] * count
    if len(entries) != count:
        raise DataError(f"{name} has {len(entries)} entries; give {count}")
    return entries
