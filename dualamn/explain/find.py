"""Puts an explanation together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dualamn.errors import DataError, did_you_mean
from dualamn.explain.explanation import Candidate, Entity, Explanation, Shared
from dualamn.explain.statement_reasons import Common, SharedBy
from dualamn.explain.value_comparison import compare_values, worth_beside
from dualamn.kernels.arrays import Int32Array
from dualamn.probability.calibration import PairCalibration
from dualamn.probability.judged_links import JudgedLinks
from dualamn.probability.link_features import lowered, search_score_of
from dualamn.result import PairAlignment, TopK

MOST_CANDIDATES = 5


def explain(
    alignment: JudgedLinks,
    left: str,
    right: str | None = None,
    *,
    graphs: tuple[str, str] | None = None,
) -> Explanation:
    """Why an entity is linked to another, or to none.

    Evidence is counted anew from the links as they are in the end, so its sum is near to, and not
    exactly, what the last round of `dualamn.evidence` had. How the probability moves without a
    statement is what follows if the score of the link were that much lower and all else the same.

    Args:
        alignment: the links.
        left: identifier of an entity, of whichever graph.
        right: another, of another graph; the one that `left` is linked to if None.
        graphs: names of the graphs of the two, where an identifier is in several.

    Raises:
        DataError: no such entity in the graphs that were aligned, or two that were not aligned
            with each other.
    """
    pair, turned = _place(alignment, left, right, graphs)
    return _explained(alignment, pair, turned, left, right, SharedBy(alignment, pair))


def explain_links(
    alignment: JudgedLinks, pair: PairAlignment, rows: Sequence[int]
) -> list[Explanation]:
    """Explanations of several links between two graphs, which are looked through only once.

    Args:
        alignment: the links.
        pair: one of its pairs of graphs.
        rows: positions in `pair.links`.
    """
    shared = SharedBy(alignment, pair)
    ends = alignment.task.identifiers(pair.links[np.asarray(rows, dtype=np.int64)]).tolist()
    return [_explained(alignment, pair, False, left, right, shared) for left, right in ends]


def _explained(
    alignment: JudgedLinks,
    pair: PairAlignment,
    turned: bool,
    left: str,
    right: str | None,
    shared: SharedBy,
) -> Explanation:
    task = alignment.task
    first, second = (pair.right, pair.left) if turned else (pair.left, pair.right)
    entity = int(task.ids(first, [left])[0])
    seeds = task.links_between(task.seed_links, first, second)
    links = pair.links[:, ::-1] if turned else pair.links
    other = None if right is None else int(task.ids(second, [right])[0])
    if other is None:
        for known in (seeds, links):
            if len(at := np.flatnonzero(known[:, 0] == entity)):
                other = int(known[at[0], 1])
                break

    def common(candidate: int) -> list[Common]:
        ends = (candidate, entity) if turned else (entity, candidate)
        return shared.between(*(end - off for end, off in zip(ends, shared.offsets, strict=True)))

    both = [] if other is None else common(other)
    at = np.flatnonzero((links == (entity, -1 if other is None else other)).all(axis=1))
    link = int(at[0]) if len(at) else None
    probability = _probability(pair, link)
    config = alignment.config

    def without(worth: float, *, beside: bool = False) -> float | None:
        if link is None or probability is None or pair.features is None or config is None:
            return None
        made_by = _made_by(alignment, pair)
        counted = beside or config.evidence_rounds
        less = worth * config.temperature if counted else 0.0
        fewer = lowered(pair.features[link : link + 1], less, config.temperature, search=beside)
        return None if made_by is None else float(made_by.predict(fewer)[0])

    kgs = task.kgs[pair.left], task.kgs[pair.right]
    statements = tuple(
        Shared(
            str(kgs[0].entities[c.left_neighbour]),
            str(kgs[1].entities[c.right_neighbour]),
            str(kgs[0].relations[c.left_kind % max(kgs[0].n_relations, 1)]),
            str(kgs[1].relations[c.right_kind % max(kgs[1].n_relations, 1)]),
            c.left_kind >= kgs[0].n_relations,
            c.right_kind >= kgs[1].n_relations,
            c.probability,
            (c.left_neighbour, c.right_neighbour) in shared.seeds,
            c.weight,
            c.worth,
            without(c.worth),
        )
        for c in both
    )
    if turned:
        statements = tuple(_turned(statement) for statement in statements)
    values = () if other is None else compare_values(alignment, entity, other)
    candidates = tuple(
        _candidate(
            alignment,
            second,
            c,
            score,
            common(c),
            links,
            seeds,
            pair,
            worth_beside(alignment, entity, c),
        )
        for c, score in _ranked(pair.right_to_left if turned else pair.left_to_right, entity)
        if c != other
    )[:MOST_CANDIDATES]
    only_here = len(both)
    if candidates:
        rival = int(task.ids(second, [candidates[0].entity.identifier])[0])
        only_here = _lacking(both, common(rival), turned)
    total = sum(c.worth for c in both)
    return Explanation(
        _entity(alignment, first, entity),
        None if other is None else _entity(alignment, second, other),
        link is not None,
        other is not None and bool((seeds == (entity, other)).all(axis=1).any()),
        None if link is None else float(pair.scores[link]),
        probability,
        None if link is None or pair.features is None else search_score_of(pair.features[link]),
        total,
        without(total),
        statements,
        None if other is None else worth_beside(alignment, entity, other),
        tuple(
            replace(value, probability_without=without(value.worth, beside=True))
            if value.worth
            else value
            for value in values
        ),
        candidates,
        only_here,
    )


def _place(
    alignment: JudgedLinks, left: str, right: str | None, graphs: tuple[str, str] | None
) -> tuple[PairAlignment, bool]:
    """The pair of graphs that is meant, and whether the first entity is of its right graph."""
    task = alignment.task
    names = task.kg_names
    found: list[tuple[bool, int, PairAlignment, bool]] = []
    for pair in alignment.pairs:
        for turned in (False, True):
            sides = (pair.right, pair.left) if turned else (pair.left, pair.right)
            if graphs is not None and tuple(names[side] for side in sides) != graphs:
                continue
            if task.has(sides[0], left) and (right is None or task.has(sides[1], right)):
                entity = task.ids(sides[0], [left])[0]
                linked = bool((pair.links[:, int(turned)] == entity).any())
                found.append((not linked, len(found), pair, turned))
    if found:
        _, _, pair, turned = min(found, key=lambda entry: entry[:2])
        return pair, turned
    aligned = sorted({side for pair in alignment.pairs for side in (pair.left, pair.right)})
    for name in (left, right):
        if name is not None and not any(task.has(kg, name) for kg in aligned):
            known = [e for kg in aligned for e in task.kgs[kg].entities]
            raise DataError(
                f"there is no entity {name!r} in {', '.join(names[kg] for kg in aligned)}"
                f"{did_you_mean(name, known)}"
            )
    raise DataError(
        f"{left!r} and {right!r} are not of two graphs that were aligned with each other"
        if right is not None
        else f"{left!r} is in none of the graphs {graphs} that were asked for"
    )


def _probability(pair: PairAlignment, link: int | None) -> float | None:
    if link is None or pair.probabilities is None:
        return None
    return float(pair.probabilities[link])


def _made_by(alignment: JudgedLinks, pair: PairAlignment) -> PairCalibration | None:
    if alignment.calibration is None:
        return None
    names = alignment.task.kg_names
    wanted = names[pair.left], names[pair.right]
    return next((p for p in alignment.calibration.pairs if (p.left, p.right) == wanted), None)


def _turned(shared: Shared) -> Shared:
    return replace(
        shared,
        left_neighbour=shared.right_neighbour,
        right_neighbour=shared.left_neighbour,
        left_relation=shared.right_relation,
        right_relation=shared.left_relation,
        left_inverse=shared.right_inverse,
        right_inverse=shared.left_inverse,
    )


def _ranked(topk: TopK | None, entity: int) -> list[tuple[int, float]]:
    """Candidates of an entity with their scores, where the matcher ranks."""
    if topk is None:
        return []
    row = np.flatnonzero(topk.queries == entity)
    if not len(row):
        return []
    best = topk.candidates[row[0], : MOST_CANDIDATES + 1], topk.scores[row[0]]
    return [(int(c), float(s)) for c, s in zip(*best, strict=False) if c >= 0]


def _lacking(both: list[Common], rival: list[Common], turned: bool) -> int:
    """How many statements about the entity the rival does not share."""

    def about(common: Common) -> tuple[int, int]:
        if turned:
            return common.right_neighbour, common.right_kind
        return common.left_neighbour, common.left_kind

    known = {about(common) for common in rival}
    return sum(about(common) not in known for common in both)


def _entity(alignment: JudgedLinks, kg: int, joint: int) -> Entity:
    graph = alignment.task.kgs[kg]
    at = joint - int(alignment.task.entity_offsets[kg])
    name = alignment.task.name_of(joint)
    return Entity(graph.name, str(graph.entities[at]), name, int(graph.degrees[at]))


def _candidate(
    alignment: JudgedLinks,
    kg: int,
    joint: int,
    score: float,
    both: list[Common],
    links: Int32Array,
    seeds: Int32Array,
    pair: PairAlignment,
    beside: float | None,
) -> Candidate:
    linked_to, probability = None, None
    if len(at := np.flatnonzero(links[:, 1] == joint)):
        linked_to = str(alignment.task.identifiers(links[at[0], 0]))
        probability = _probability(pair, int(at[0]))
    elif len(at := np.flatnonzero(seeds[:, 1] == joint)):
        linked_to, probability = str(alignment.task.identifiers(seeds[at[0], 0])), 1.0
    return Candidate(
        _entity(alignment, kg, joint),
        score,
        sum(c.worth for c in both),
        len(both),
        beside,
        linked_to,
        probability,
    )
