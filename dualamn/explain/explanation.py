"""Why two entities are linked, or why one is not: put together, as data and as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from dualamn.errors import DataError
from dualamn.explain.called import called, check_one, find_entities
from dualamn.explain.reasons import (
    CommonStatements,
    Entity,
    SharedStatement,
    ValuePair,
    attribute_weight,
    compare_values,
)
from dualamn.files.text import counted
from dualamn.probability.calibration import JudgedLinks
from dualamn.probability.link_features import lowered, search_score_of
from dualamn.result import LIKELY, PairAlignment

MOST_CANDIDATES = 5


@dataclass(frozen=True)
class Candidate:
    """Another entity that was considered.

    Attributes:
        score: the matcher's; comparable with that of the link.
        evidence, n_shared: match weight and number of the statements that it shares.
        attribute_weight: match weight of its name and values; None where they took no part.
        linked_to, linked_probability: the entity that it is linked to itself, and how sure that
            is; None where there is none.
        linked_to_name: what people call that entity, "" where there is none.
    """

    entity: Entity
    score: float
    evidence: float
    n_shared: int
    attribute_weight: float | None
    linked_to: str | None
    linked_probability: float | None
    linked_to_name: str = ""

    def __str__(self) -> str:
        text = (
            f"{self.entity}: score {self.score:.3f}, {counted(self.n_shared, 'shared statement')}, "
            f"weight {self.evidence:+.2f}"
        )
        if self.attribute_weight is not None:
            text += f", names and values {self.attribute_weight:+.2f}"
        if self.linked_to is not None:
            text += f", linked to {self.linked_to_name}"
            if self.linked_probability is not None:
                text += f" with probability {self.linked_probability:.3f}"
        return text


@dataclass(frozen=True)
class Explanation:
    """Why two entities are linked or not. Printed, it is readable text.

    A match weight is a log Bayes factor: by how much a piece of evidence raises the log odds that
    the two entities are the same.

    Attributes:
        left, right: the entity that was asked about, and its counterpart or the other one that
            was asked about; None for an entity without a link.
        is_linked, is_seed: whether the two are linked, and whether that was given and not found.
        has_same_identifier: whether they are linked since their identifiers are the same IRI.
        is_rejected: whether they are known to be different.
        score: the matcher's for the link; None where there is none.
        probability: that the link is correct; None where it was not calibrated.
        combined_score: what the search ranked by, the cosine of the embeddings and what names and
            values add to it, on a scale of its own; None where it was not kept.
        evidence: match weight of all shared statements.
        probability_without_evidence: if none of them were there; None as above.
        shared: the statements about both, the highest match weight first.
        attribute_weight: match weight of names and values together; None where they took no part.
        values: names and values side by side; what counted, most first, then what did not.
        candidates: others that were considered for the left entity, the runner-up first.
        only_here: how many of the shared statements the runner-up does not share.
    """

    left: Entity
    right: Entity | None
    is_linked: bool
    is_seed: bool
    score: float | None
    probability: float | None
    combined_score: float | None
    evidence: float
    probability_without_evidence: float | None
    shared: tuple[SharedStatement, ...]
    attribute_weight: float | None
    values: tuple[ValuePair, ...]
    candidates: tuple[Candidate, ...]
    only_here: int
    has_same_identifier: bool = False
    is_rejected: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values, under the names of the attributes."""
        return asdict(self)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self, most: int = 10) -> list[str]:
        """The explanation line by line, with at most so many shared statements and values."""
        lines = [self._verdict()]
        if self.right is not None:
            lines.append(f"shared statements: {len(self.shared)}, weight {self.evidence:+.2f}")
            lines += _first(self.shared, most)
            if self.probability_without_evidence is not None and self.shared:
                lines.append(f"probability without them {self.probability_without_evidence:.3f}")
        if self.values:
            weight = self.attribute_weight
            lines.append(f"names and values{'' if weight is None else f': weight {weight:+.2f}'}")
            lines += _first(self.values, most)
        if self.candidates:
            of_link = "" if self.score is None else f"; the link has {self.score:.3f}"
            own = f" (scores before calibration{of_link})" if self.is_linked else ""
            lines.append(f"runner-up{own}:" if self.is_linked else "candidates:")
            lines += [f"  {at}" for at in self.candidates[: 1 if self.is_linked else None]]
            if self.is_linked and self.shared:
                n = len(self.shared)
                lines.append(
                    f"  shares {n - self.only_here} of the {counted(n, 'statement')} above"
                )
        return lines

    def _verdict(self) -> str:
        if self.right is None:
            return f"{self.left} of {self.left.graph} has no link"
        pair = f"{self.left} of {self.left.graph} and {self.right} of {self.right.graph}"
        if self.is_seed:
            return f"{pair} are a seed link, given and not found"
        if self.has_same_identifier:
            return f"{pair} have the same identifier, so they are linked with probability 1"
        if self.is_rejected:
            return f"{pair} are a rejected pair, known to be different"
        if not self.is_linked:
            return f"{pair} are not linked"
        if self.probability is None:
            return f"{pair} are linked, score {self.score:.3f}"
        doubt = "" if self.probability >= LIKELY else ": likely incorrect, and not written"
        return f"{pair} are linked, probability {self.probability:.3f}{doubt}"


def _first(pieces: Sequence[object], most: int) -> list[str]:
    lines = [f"  {piece}" for piece in pieces[:most]]
    return lines if len(pieces) <= most else [*lines, f"  and {len(pieces) - most:,} more"]


def explain(
    alignment: JudgedLinks,
    left: str,
    right: str | None = None,
    *,
    graphs: tuple[str, str] | None = None,
) -> Explanation:
    """Why an entity is linked to another, or to none.

    Evidence is counted anew from the final links, so its sum is near to, and not exactly, what the
    last round of `dualamn.evidence` had. The probability without a statement is that of a score
    lower by the statement's match weight, all else the same.

    Args:
        alignment: the links.
        left, right: entities of two graphs, each by its identifier, its name or the last part of
            its identifier; the one `left` is linked to if None.
        graphs: names of the graphs of the two, where the same is in several.

    Raises:
        DataError: no such entity, several of one name, or two of graphs that were not aligned with
            each other.
    """
    pair, swapped, entity, other = _place(alignment, left, right, graphs)
    return PairExplainer(alignment, pair, swapped).explain(entity, other)


def explain_links(
    alignment: JudgedLinks, pair: PairAlignment, rows: Sequence[int]
) -> list[Explanation]:
    """Explanations of several links between two graphs, which are looked through only once.

    `rows` are positions in the links of `pair`, one of the alignment's pairs of graphs.
    """
    graphs = PairExplainer(alignment, pair)
    ends = pair.links[np.asarray(rows, dtype=np.int64)].tolist()
    return [graphs.explain(left, right) for left, right in ends]


class PairExplainer:
    """Explains pairs of two graphs, which are looked through only once.

    They are in the order in which is asked about them: `swapped` says whether the right graph of
    the pair is the one asked about.
    """

    def __init__(self, alignment: JudgedLinks, pair: PairAlignment, swapped: bool = False) -> None:
        self._alignment, self._pair, self._swapped = alignment, pair, swapped
        self._task = alignment.task
        self._sides = (pair.right, pair.left) if swapped else (pair.left, pair.right)
        self._links = pair.links[:, ::-1] if swapped else pair.links
        self._seeds = self._task.links_between(self._task.seed_links, *self._sides)
        self._rejected = self._task.links_between(self._task.not_links, *self._sides)
        self._common = CommonStatements(alignment, pair)

    def explain(self, entity: int, right: int | None) -> Explanation:
        """Explains two entities, or the link of one, by joint ids."""
        other = self._counterpart(entity) if right is None else right
        ends = (entity, -1 if other is None else other)
        at = np.flatnonzero((self._links == ends).all(axis=1))
        link = int(at[0]) if len(at) else None
        given = self._pair.is_given
        same = link is not None and given is not None and bool(given[link])
        features = None if link is None or same else self._pair.features
        is_seed = bool((self._seeds == ends).all(axis=1).any())
        shared = () if other is None else self._shared(entity, other)
        total = sum(statement.match_weight for statement in shared)
        rivals = [(c, score) for c, score in self._ranked(entity) if c != other][:MOST_CANDIDATES]
        values = () if other is None else compare_values(self._alignment, entity, other)
        return Explanation(
            self._entity(0, entity),
            None if other is None else self._entity(1, other),
            is_linked=link is not None,
            is_seed=is_seed,
            score=None if link is None else float(self._pair.scores[link]),
            probability=None if link is None else self._probability(link),
            combined_score=None if features is None else search_score_of(features[link]),
            evidence=total,
            has_same_identifier=same and not is_seed,
            is_rejected=bool((self._rejected == ends).all(axis=1).any()),
            probability_without_evidence=None if same else self._without(link, total),
            shared=tuple(
                s if same else replace(s, probability_without=self._without(link, s.match_weight))
                for s in shared
            ),
            attribute_weight=(
                None if other is None else attribute_weight(self._alignment, entity, other)
            ),
            values=tuple(
                replace(v, probability_without=self._without(link, v.match_weight, beside=True))
                if v.match_weight and not same
                else v
                for v in values
            ),
            candidates=tuple(self._candidate(entity, c, score) for c, score in rivals),
            only_here=_lacking(shared, self._shared(entity, rivals[0][0]) if rivals else ()),
        )

    def _counterpart(self, entity: int) -> int | None:
        """The entity that it is linked to, a seed link first; None if to none."""
        for known in (self._seeds, self._links):
            if len(at := np.flatnonzero(known[:, 0] == entity)):
                return int(known[at[0], 1])
        return None

    def _shared(self, entity: int, other: int) -> tuple[SharedStatement, ...]:
        if self._swapped:
            return tuple(at.swapped() for at in self._common.between(other, entity))
        return tuple(self._common.between(entity, other))

    def _ranked(self, entity: int) -> list[tuple[int, float]]:
        """Candidates of an entity with their scores, where the matcher ranks."""
        topk = self._pair.right_to_left if self._swapped else self._pair.left_to_right
        if topk is None or not len(row := np.flatnonzero(topk.queries == entity)):
            return []
        best = topk.candidates[row[0], : MOST_CANDIDATES + 1], topk.scores[row[0]]
        return [(int(c), float(s)) for c, s in zip(*best, strict=False) if c >= 0]

    def _probability(self, link: int) -> float | None:
        probabilities = self._pair.probabilities
        return None if probabilities is None else float(probabilities[link])

    def _without(self, link: int | None, weight: float, *, beside: bool = False) -> float | None:
        """The link's probability without a match weight, of names or values if `beside`."""
        config, calibration = self._alignment.config, self._alignment.calibration
        features = self._pair.features
        if link is None or self._pair.probabilities is None or features is None or config is None:
            return None
        names = tuple(self._task.kg_names[side] for side in (self._pair.left, self._pair.right))
        made_by = [] if calibration is None else calibration.pairs
        counted = weight * config.temperature if beside or config.evidence_rounds else 0.0
        fewer = lowered(features[link : link + 1], counted, config.temperature, search=beside)
        found = (float(at.predict(fewer)[0]) for at in made_by if (at.left, at.right) == names)
        return next(found, None)

    def _entity(self, side: int, joint: int) -> Entity:
        kg = self._task.kgs[self._sides[side]]
        at = joint - int(self._task.entity_offsets[self._sides[side]])
        name = self._task.name_of(joint)
        return Entity(kg.name, str(kg.entities[at]), name, int(kg.degrees[at]))

    def _candidate(self, entity: int, joint: int, score: float) -> Candidate:
        shared = self._shared(entity, joint)
        linked_to, probability = None, None
        if len(at := np.flatnonzero(self._links[:, 1] == joint)):
            linked_to, probability = self._links[at[0], 0], self._probability(int(at[0]))
        elif len(at := np.flatnonzero(self._seeds[:, 1] == joint)):
            linked_to, probability = self._seeds[at[0], 0], 1.0
        return Candidate(
            self._entity(1, joint),
            score,
            sum(statement.match_weight for statement in shared),
            len(shared),
            attribute_weight(self._alignment, entity, joint),
            None if linked_to is None else str(self._task.identifiers(linked_to)),
            probability,
            "" if linked_to is None else called(self._task, int(linked_to)),
        )


def _lacking(shared: Sequence[SharedStatement], rival: Sequence[SharedStatement]) -> int:
    """How many statements about the left entity the rival does not share."""
    known = {(s.left_neighbour, s.left_relation, s.left_inverse) for s in rival}
    about = [(s.left_neighbour, s.left_relation, s.left_inverse) for s in shared]
    return sum(statement not in known for statement in about)


def _place(
    alignment: JudgedLinks, left: str, right: str | None, graphs: tuple[str, str] | None
) -> tuple[PairAlignment, bool, int, int | None]:
    """The pair of graphs that is meant, whether the first entity is of its right graph, and both.

    Of several, the first where that entity has a link, else the first.
    """
    task = alignment.task
    names = task.kg_names
    aligned = sorted({side for pair in alignment.pairs for side in (pair.left, pair.right)})
    lefts = find_entities(task, aligned, left)
    rights = {} if right is None else find_entities(task, aligned, right)
    found: list[tuple[PairAlignment, bool]] = []
    for pair in alignment.pairs:
        for swapped in (False, True):
            sides = (pair.right, pair.left) if swapped else (pair.left, pair.right)
            if graphs is not None and tuple(names[side] for side in sides) != graphs:
                continue
            if sides[0] in lefts and (right is None or sides[1] in rights):
                found.append((pair, swapped))
    if not found:
        raise DataError(
            f"{left!r} and {right!r} are not of two graphs that were aligned with each other"
            if right is not None
            else f"{left!r} is in none of the graphs {graphs} that were asked for"
        )
    linked = (at for at in found if np.isin(at[0].links[:, int(at[1])], lefts[_side(*at)]).any())
    pair, swapped = next(linked, found[0])
    entity = check_one(task, lefts[_side(pair, swapped)], left)
    if right is None:
        return pair, swapped, entity, None
    return pair, swapped, entity, check_one(task, rights[_side(pair, not swapped)], right)


def _side(pair: PairAlignment, swapped: bool) -> int:
    return pair.right if swapped else pair.left
