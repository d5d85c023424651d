"""What an explanation says, as data and as text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Entity:
    """One of the entities that an explanation is about.

    Attributes:
        graph: the name of its graph.
        identifier: as in the graph.
        name: what people call it, "" where the graph has no name of it.
        triples: how many triples it is part of.
    """

    graph: str
    identifier: str
    name: str
    triples: int

    def __str__(self) -> str:
        return f"{self.identifier} ({self.name})" if self.name else self.identifier


@dataclass(frozen=True)
class Shared:
    """A statement about both entities: neighbours that are the same, over relations that match.

    Attributes:
        left_neighbour, right_neighbour: identifiers of the neighbours.
        left_relation, right_relation: identifiers of the relations.
        left_inverse, right_inverse: the relation leads from the neighbour to the entity.
        neighbour_probability: how sure it is that the neighbours are the same; 1 for a seed link.
        is_seed: whether they are a seed link.
        relation_weight: how well the relations stand for each other, from 0 to .98.
        worth: by what factor, as a logarithm, this made the pair more probable.
        probability_without: the link's probability if this were not so; None where the links
            have no probabilities.
    """

    left_neighbour: str
    right_neighbour: str
    left_relation: str
    right_relation: str
    left_inverse: bool
    right_inverse: bool
    neighbour_probability: float
    is_seed: bool
    relation_weight: float
    worth: float
    probability_without: float | None

    def __str__(self) -> str:
        left = f"{'<-' if self.left_inverse else ''}{self.left_relation} {self.left_neighbour}"
        right = f"{'<-' if self.right_inverse else ''}{self.right_relation} {self.right_neighbour}"
        sure = "seed link" if self.is_seed else f"same by {self.neighbour_probability:.2f}"
        return f"{left} ~ {right} ({sure}, relations match by {self.relation_weight:.2f})"


@dataclass(frozen=True)
class Value:
    """The names of both entities, or values of their attributes, side by side.

    Attributes:
        left_attribute, right_attribute: identifiers of the attributes, "name" for names.
        left, right: the values.
        agrees: whether names have the same words, or values are equal or near.
        similarity: 1 for names of the same words and for equal values, .5 for near ones, 0 for
            other ones; between for other names, as they were compared.
        worth: by what factor, as a logarithm, this made the pair more probable, or less if it is
            below 0; 0 for what was not counted, None where it is not known.
        probability_without: the link's probability if this were not so; None where the links
            have no probabilities.
    """

    left_attribute: str
    right_attribute: str
    left: str
    right: str
    agrees: bool
    similarity: float
    worth: float | None = None
    probability_without: float | None = None

    def __str__(self) -> str:
        sign = "=" if self.similarity == 1 else "~" if self.similarity else "≠"
        told = f"{self.left_attribute} {self.left!r} {sign} {self.right_attribute} {self.right!r}"
        if 0 < self.similarity < 1:
            near = "near" if self.agrees else f"alike by {self.similarity:.2f}"
            told += f" ({near})"
        if self.worth is None:
            return told
        if not self.worth:
            return f"{told}: not counted"
        return f"{told}: worth {self.worth:.2f}{_without(self.probability_without)}"


@dataclass(frozen=True)
class Candidate:
    """Another entity that was considered.

    Attributes:
        entity: the candidate.
        score: the matcher's; comparable with that of the link.
        evidence: worth of all that it shares with the entity.
        n_shared: how many statements that is.
        beside: worth of its name and values; None where they took no part.
        linked_to: the entity that it is linked to itself, None if to none.
        linked_probability: of that link, None where there is none.
    """

    entity: Entity
    score: float
    evidence: float
    n_shared: int
    beside: float | None
    linked_to: str | None
    linked_probability: float | None


@dataclass(frozen=True)
class Explanation:
    """Why two entities are linked or not. Printed, it is readable text.

    Attributes:
        left: the entity that was asked about.
        right: its partner, or the one that was asked about; None for an entity without a link.
        is_linked: whether the two are linked.
        is_seed: whether they are a seed link, which was given and not found.
        score: the matcher's for the link; None where there is none.
        probability: the chance that the link is right; None where it was not calibrated.
        cosine: of the embeddings, with what names and values add; None where it was not kept.
        evidence: worth of all shared statements.
        probability_without_evidence: if none of them were there; None as above.
        shared: the statements about both, worth most first.
        beside: worth of names and values together; None where they took no part.
        values: names and attributes side by side: what counted, most first, then other values that
            agree or clash.
        candidates: others that were considered for the left entity, best first; the first one is
            the runner-up.
        only_here: how many of the shared statements the runner-up does not share.
    """

    left: Entity
    right: Entity | None
    is_linked: bool
    is_seed: bool
    score: float | None
    probability: float | None
    cosine: float | None
    evidence: float
    probability_without_evidence: float | None
    shared: tuple[Shared, ...]
    beside: float | None
    values: tuple[Value, ...]
    candidates: tuple[Candidate, ...]
    only_here: int

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values, under the names of the attributes."""
        return asdict(self)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self, most: int = 10) -> list[str]:
        """The explanation line by line, with at most so many shared statements and values."""
        lines = [self._verdict()]
        if self.cosine is not None:
            what = "embeddings" if self.beside is None else "embeddings, names and values"
            lines.append(f"{what}: cosine {self.cosine:.3f}")
        if self.right is not None:
            lines.append(f"shared statements: {len(self.shared)}, evidence {self.evidence:.2f}")
            for shared in self.shared[:most]:
                without = _without(shared.probability_without)
                lines.append(f"  {shared}: worth {shared.worth:.2f}{without}")
            if len(self.shared) > most:
                lines.append(f"  and {len(self.shared) - most:,} more")
            if self.probability_without_evidence is not None and self.shared:
                lines.append(
                    f"probability without any of them: {self.probability_without_evidence:.3f}"
                )
        if self.values:
            worth = "" if self.beside is None else f": worth {self.beside:.2f}"
            lines.append(f"names and values{worth}")
        lines += [f"  {value}" for value in self.values[:most]]
        if len(self.values) > most:
            lines.append(f"  and {len(self.values) - most:,} more values")
        if self.candidates:
            lines.append("runner-up:" if self.is_linked else "candidates:")
            lines += [f"  {_told(c)}" for c in self.candidates[: 1 if self.is_linked else None]]
            if self.is_linked and self.shared:
                lines.append(f"  it lacks {self.only_here} of the {len(self.shared)} statements")
        return lines

    def _verdict(self) -> str:
        if self.right is None:
            return f"{self.left} of {self.left.graph} has no link"
        pair = f"{self.left} of {self.left.graph} and {self.right} of {self.right.graph}"
        if self.is_seed:
            return f"{pair} are a seed link: that was given, not found"
        if not self.is_linked:
            return f"{pair} are not linked"
        sure = (
            f"score {self.score:.3f}"
            if self.probability is None
            else f"probability {self.probability:.3f}"
        )
        return f"{pair} are linked, {sure}"


def _without(probability: float | None) -> str:
    return "" if probability is None else f", {probability:.3f} without it"


def _told(candidate: Candidate) -> str:
    own = ""
    if candidate.linked_to is not None:
        sure = (
            ""
            if candidate.linked_probability is None
            else f" by {candidate.linked_probability:.3f}"
        )
        own = f", linked to {candidate.linked_to}{sure}"
    beside = "" if candidate.beside is None else f", names and values worth {candidate.beside:.2f}"
    return (
        f"{candidate.entity}: score {candidate.score:.3f}, {candidate.n_shared} shared statements, "
        f"evidence {candidate.evidence:.2f}{beside}{own}"
    )
