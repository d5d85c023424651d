"""What a model knows of two graphs, as arrays that new entities can be looked up in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from dualamn.encoders.new_entities import Freezes, Frozen
from dualamn.evidence.inference import POSSIBLE
from dualamn.evidence.relations import align_relations
from dualamn.evidence.statements import Statements
from dualamn.files.array_file import Arrays
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import (
    FloatArray,
    Floats,
    Int32Array,
    IntArray,
    find,
    keys_of,
    pair_keys,
)
from dualamn.kernels.compute import threads
from dualamn.lookup.frozen_names import freeze_names
from dualamn.lookup.frozen_values import freeze_values
from dualamn.lookup.packed_rows import PackedRows, Precision
from dualamn.lookup.packed_strings import PackedStrings
from dualamn.lookup.sparse_rows import of_rows
from dualamn.matching.pairs import mutual
from dualamn.matching.sinkhorn import Sinkhorn
from dualamn.model import Model
from dualamn.progress import ProgressCallback

SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class KnownLinks:
    """Links between two graphs that new entities stand beside.

    Attributes:
        links: (m, 2) joint ids, seed links among them.
        probability: (m,) that each is correct, 1 of seed links; NaN where that is not known.
    """

    links: Int32Array
    probability: Floats

    @classmethod
    def of(
        cls,
        task: AlignmentTask,
        links: Int32Array,
        probability: FloatArray | None,
        pair: tuple[int, int],
    ) -> KnownLinks:
        """Links that were found, and the seed links between two graphs, given by position."""
        seeds = task.links_between(task.seed_links, *pair)
        found = np.full(len(links), np.nan) if probability is None else probability
        ends = np.concatenate([seeds, links])
        return cls(ends, np.concatenate([np.ones(len(seeds)), found]).astype(np.float64))


@dataclass(frozen=True, eq=False)
class Pairs:
    """Who may be whose counterpart between two graphs, by all that a model knows.

    Attributes:
        left, right: (p,) entities of either graph, in its own numbers; those of seed links too.
        probability: (p,) of the transport plan, 1 of seed links.
        link_score: (m,) the score of every known link; infinite of seed links, and of links that
            are no candidates.
    """

    left: IntArray
    right: IntArray
    probability: Floats
    link_score: Floats

    @classmethod
    def of(
        cls, model: Model, left: int, right: int, known: KnownLinks, progress: ProgressCallback
    ) -> Pairs:
        """Searches and scores once more as `Model.align` does, and keeps what was possible."""
        task, config = model.task, model.config
        offsets = task.entity_offsets[[left, right]].astype(np.int64)
        with threads(config.threads):
            near = model.decoder.find(model.embeddings, left, right, "unaligned", progress)
            normalised = Sinkhorn(config.temperature, config.sinkhorn_rounds)
            plan = normalised.transport_plan(near.candidates)
        pairs = plan.pairs
        place, here = find(keys_of(pairs.rows, pairs.columns), pair_keys(known.links))
        score = np.full(len(known.links), np.inf)
        score[here] = pairs.scores[place[here]]
        possible = plan.probabilities > POSSIBLE
        seeds = (task.links_between(task.seed_links, left, right) - offsets).astype(np.int64)
        return cls(
            np.concatenate([pairs.rows[possible] - offsets[0], seeds[:, 0]]),
            np.concatenate([pairs.columns[possible] - offsets[1], seeds[:, 1]]),
            np.concatenate([np.minimum(plan.probabilities[possible], 1), np.ones(len(seeds))]),
            score,
        )


def freeze(
    model: Model,
    left: int,
    right: int,
    known: KnownLinks,
    *,
    precision: Precision = "int8",
    progress: ProgressCallback,
) -> tuple[Arrays, dict[str, Any]]:
    """Arrays and plain values that look-ups between two graphs need.

    Args:
        model: fitted.
        left, right: positions of the graphs in its task.
        known: the links between them.
        precision: of the rows of embeddings.
        progress: told of the search for candidates.
    """
    task, config = model.task, model.config
    pairs = Pairs.of(model, left, right, known, progress)
    frozen = Frozen("none", {}, {})
    if isinstance(model.encoder, Freezes):
        with threads(config.threads):
            frozen = model.encoder.frozen()
    arrays: Arrays = {f"shared/{name}": own for name, own in frozen.shared.items()}
    statements = Statements.of(task.kgs[left]), Statements.of(task.kgs[right])
    weights = _relation_weights(statements, pairs)
    numbers = {name: at for at, name in enumerate(task.relations)}
    embeddings = model.embeddings
    for at, kg in enumerate((left, right)):
        side = SIDES[at]
        own = slice(int(task.entity_offsets[kg]), int(task.entity_offsets[kg + 1]))
        graph = task.kgs[kg]
        arrays |= PackedStrings.of(graph.entities).named(f"{side}/ids")
        arrays |= PackedStrings.of(graph.relations).named(f"{side}/relations")
        if graph.entity_names is not None:
            arrays |= PackedStrings.of(graph.entity_names).named(f"{side}/names")
        arrays[f"{side}/joint_relations"] = np.array(
            [numbers[name] for name in graph.relations], dtype=np.int32
        )
        arrays[f"{side}/linkable"] = task.is_linkable[own]
        arrays |= _of_statements(statements[at], f"{side}/statements")
        arrays |= _of_pairs(pairs, at, graph.n_entities, f"{side}/counterparts")
        arrays |= _of_links(task, known, pairs.link_score, at, kg, side)
        given = PackedRows.of(embeddings[own], precision, signs=True)
        arrays |= given.named(f"{side}/embeddings")
        for name, rows in frozen.entities.items():
            arrays |= PackedRows.of(rows[own], _at_least_int8(precision)).named(
                f"{side}/frozen/{name}"
            )
        directed = weights if at == 0 else csr_array(weights.T.tocsr())
        arrays |= of_rows(directed, f"{side}/relation_weights", np.float64)
    names = model.attributes.names if model.attributes.names_have_weight else None
    about: dict[str, Any] = {
        "graphs": [task.kg_names[left], task.kg_names[right]],
        "task": task.name,
        "encoder": frozen.kind,
        "share": frozen.share,
        "width": int(embeddings.shape[1]),
        "widths": {name: int(rows.shape[1]) for name, rows in frozen.entities.items()},
        "n_relations": task.n_relations,
        "precision": precision,
        "temperature": config.temperature,
        "evidence_weight": config.evidence_weight,
        "similarity_weight": config.evidence_share_weight,
        "attribute_scale": config.temperature / model.decoder.structure_weight,
        "names": None,
        "values": None,
    }
    if names is not None:
        found, about["names"] = freeze_names(names, task, (left, right))
        arrays |= found
    if model.attributes.values is not None and model.attributes.values_have_weight:
        found, about["values"] = freeze_values(model.attributes.values, task, (left, right))
        arrays |= found
    return arrays, about


def _at_least_int8(precision: Precision) -> Precision:
    """Of what new entities are made of: signs alone would be too coarse to add up."""
    return "int8" if precision == "bit" else precision


def _relation_weights(statements: tuple[Statements, Statements], pairs: Pairs) -> csr_array:
    """(r, r') how far relations stand for each other, by pairs that choose each other."""
    best = mutual(pairs.left, pairs.right, pairs.probability)
    n = statements[0].n_entities
    counterpart, sure = np.full(n, -1, dtype=np.int64), np.zeros(n)
    counterpart[pairs.left[best]] = pairs.right[best]
    sure[pairs.left[best]] = pairs.probability[best]
    return align_relations(*statements, counterpart, sure)


def _of_statements(own: Statements, name: str) -> Arrays:
    stated = own.stated
    return {
        f"{name}/group_starts": own.group_starts.astype(np.int64),
        f"{name}/group_keys": own.group_keys.astype(np.int64),
        f"{name}/relation": own.relation.astype(np.int32),
        f"{name}/count": own.count.astype(np.int32),
        f"{name}/member_starts": own.member_starts.astype(np.int64),
        f"{name}/members": own.members.astype(np.int32),
        f"{name}/again": own.again,
        f"{name}/stated_starts": stated.indptr.astype(np.int64),
        f"{name}/stated": stated.indices.astype(np.int32),
        f"{name}/information": own.entity_information.astype(np.float32),
    }


def _of_pairs(pairs: Pairs, side: int, n: int, name: str) -> Arrays:
    """The possible counterparts of every entity of one side, the most probable first."""
    own, other = (pairs.left, pairs.right) if side == 0 else (pairs.right, pairs.left)
    order = np.lexsort((-pairs.probability, own))
    return {
        f"{name}/starts": np.searchsorted(own[order], np.arange(n + 1)).astype(np.int64),
        f"{name}/entity": other[order].astype(np.int32),
        f"{name}/probability": pairs.probability[order].astype(np.float32),
    }


def _of_links(
    task: AlignmentTask, known: KnownLinks, score: Floats, side: int, kg: int, name: str
) -> Arrays:
    """Whom every entity of one side has a link with, -1 for none, and how sure that is."""
    n = task.kgs[kg].n_entities
    linked, probability = np.full(n, -1, dtype=np.int32), np.zeros(n, dtype=np.float32)
    scores = np.zeros(n, dtype=np.float32)
    own = known.links[:, side] - task.entity_offsets[kg]
    others = known.links[:, 1 - side]
    linked[own] = others - task.entity_offsets[task.source_of[others]]
    probability[own], scores[own] = known.probability, score
    return {
        f"{name}/linked": linked,
        f"{name}/link_probability": probability,
        f"{name}/link_score": scores,
    }
