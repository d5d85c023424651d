"""Looking up: who in one graph is the same as an entity that is new in the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dualamn.errors import ConfigError, DataError
from dualamn.evidence.inference import POSSIBLE
from dualamn.explain.called import local_name
from dualamn.kernels.arrays import Floats
from dualamn.lookup.chances import Chances, Choice
from dualamn.lookup.frozen_values import Value, stated_values
from dualamn.lookup.index_file import read_index
from dualamn.lookup.packed_rows import Precision
from dualamn.lookup.scoring import Asked, Counterparts, Scored, Scorer, Side, strongest
from dualamn.progress import ProgressCallback, silent
from dualamn.result import LIKELY

if TYPE_CHECKING:
    from dualamn.aligner import Aligner
    from dualamn.graphs.knowledge_graph import KnowledgeGraph

TOO_LITTLE = "too little is known"
"""Said of an entity with neither a known neighbour nor a name."""

_AGAIN = 2  # times that entities with new neighbours are looked up again
_MOST_REASONS = 2  # statements that a reason names

Triple = tuple[str, str, str]


@dataclass(frozen=True)
class NewEntity:
    """An entity that is new in one of the graphs, and all that is known of it.

    >>> import dualamn
    >>> triples = (("?", "capital of", "Belgium"), ("?", "twinned with", "Brest"))
    >>> dualamn.NewEntity("?", triples, names=("Brüssel", "Brussels")).names[0]
    'Brüssel'

    Attributes:
        entity: its identifier, or whatever stands for it in the triples.
        triples: (head, relation, tail) of strings; it is the head or the tail of each.
        names: what it is called.
        values: (attribute, value, type) of strings, the type being "@en" for a language, the IRI of
            a datatype, or "".
    """

    entity: str
    triples: tuple[Triple, ...] = ()
    names: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """An entity that may be the counterpart.

    Attributes:
        entity, name: its identifier, and what it is called, "" without a name.
        probability: that it is the counterpart.
        score: what ranks it, in the units of a cosine.
        taken_by: the identifier of the entity that it has a link with already; None if it is free.
        taken_probability: the probability of that link, 1 of a seed link; None if it is free, or
            links have no probabilities.
        reason: what speaks for it, in words.
    """

    entity: str
    name: str
    probability: float
    score: float
    taken_by: str | None
    taken_probability: float | None
    reason: str


@dataclass(frozen=True)
class Matches:
    """What a look-up finds.

    >>> import dualamn
    >>> nothing = dualamn.Matches("?", (), none=0.9, known=0, note="too little is known")
    >>> nothing.best is None
    True

    Attributes:
        entity: the identifier that was given.
        candidates: the best ones, the most probable first.
        none: the probability that none of all candidates is the counterpart.
        known: how many statements about it lead to entities that are known.
        note: that too little is known, "" otherwise.
    """

    entity: str
    candidates: tuple[Candidate, ...]
    none: float
    known: int
    note: str = ""

    @property
    def best(self) -> Candidate | None:
        """The most probable candidate, if it is more probable than not that it is the one."""
        if self.candidates and self.candidates[0].probability >= LIKELY:
            return self.candidates[0]
        return None

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return asdict(self)


class Lookup:
    """An index of two graphs and the links between them, in which single entities are looked up.

    The file is mapped into memory: opening it takes no time, and only what look-ups touch is read.
    Nothing is trained. What is said of a new entity is compared with what the aligner knows of the
    entities around it, see docs/lookup.md.

    >>> import dualamn
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> german = [("Rhein", "mündet in", "Nordsee"), ("Rhein", "fließt durch", "Köln")]
    >>> english = [("Rhine", "flows to", "North Sea"), ("Rhine", "passes", "Cologne")]
    >>> known = [("Nordsee", "North Sea"), ("Rhein", "Rhine")]
    >>> task = dualamn.as_task({"de": german, "en": english}, known)
    >>> aligner = dualamn.Aligner("fast").fit(task)
    >>> with TemporaryDirectory() as folder:
    ...     lookup = dualamn.Lookup.build(aligner, Path(folder, "rivers.index"))
    ...     found = lookup.match(triples=[("Rhein", "fließt durch", "?")], side="left")
    ...     found.candidates[0].entity
    'Cologne'

    Args:
        path: the file that `build` or `dualamn index` wrote.

    Raises:
        CheckpointError: the file is damaged, or no index.
    """

    def __init__(self, path: str | Path) -> None:
        arrays, about = read_index(path)
        self._scorer = Scorer(arrays, about)
        self._chances = Chances.from_dict(about["chances"])
        self.graphs: tuple[str, str] = (about["graphs"][0], about["graphs"][1])
        """The names of the left and of the right graph."""

    @classmethod
    def build(
        cls,
        aligner: Aligner,
        path: str | Path,
        *,
        pair: tuple[str, str] | None = None,
        rows: Precision = "int8",
        progress: ProgressCallback = silent,
    ) -> Self:
        """Writes an index and opens it; arguments and errors as of `build_index`."""
        from dualamn.lookup.building import build_index  # only this needs torch

        build_index(aligner, path, pair=pair, rows=rows, progress=progress)
        return cls(path)

    @property
    def n_entities(self) -> tuple[int, int]:
        """How many entities either graph has."""
        left, right = (len(self._scorer.sides[side].ids) for side in ("left", "right"))
        return left, right

    @property
    def n_asked(self) -> int:
        """How many look-ups the probabilities were learned from."""
        return self._chances.n_asked

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the probabilities should know."""
        if self._chances.n_asked:
            return ()
        return (
            "probabilities are what held for other data: there are too few seed links to learn "
            "them from, or no second model",
        )

    def match(
        self,
        *,
        side: str = "left",
        triples: Iterable[Sequence[str]] = (),
        name: str | Sequence[str] = (),
        values: Mapping[str, str | Sequence[str]] | None = None,
        entity: str = "?",
        k: int = 5,
    ) -> Matches:
        """Looks one entity up.

        Args:
            side: "left" or "right", or the name of the graph that the entity is new in; candidates
                are entities of the other one.
            triples: (head, relation, tail) of strings. The new entity is the head or the tail of
                each, as `entity`; its neighbours are known by the identifiers of their graph.
            name: what it is called, one name or several.
            values: attribute values by attribute, one or several of each.
            entity: what stands for it in the triples.
            k: how many candidates at most.

        Raises:
            ConfigError: no such side, or k less than 1.
            DataError: a triple that is none, or not about the entity; names or values that are no
                strings.
        """
        if not isinstance(entity, str):
            raise DataError(f"entity has to be a string, got {entity!r}")
        names = _names(name)
        own = tuple(_triple(row, entity) for row in _listed("triples", triples))
        one = NewEntity(entity, own, names, tuple(_values({} if values is None else values)))
        (found,) = self.match_all([one], side=side, k=k)
        return found

    def match_all(
        self, entities: Iterable[NewEntity], *, side: str = "left", k: int = 5
    ) -> tuple[Matches, ...]:
        """Looks up entities that may be each other's neighbours.

        First each is looked up by itself; those with new neighbours are looked up again, by
        what was found of these. Where several claim the same candidate, its probability is shared.

        Args:
            entities: with distinct identifiers; arguments and errors as of `match`.
        """
        if k < 1:
            raise ConfigError(f"the number of candidates must be 1 or more, got {k}")
        which = self.side(side)
        new = list(entities)
        number = {one.entity: at for at, one in enumerate(new)}
        own = self._scorer.sides[which]
        asked, links = [], []
        for one in new:
            known, among = _asked(one, own, number)
            asked.append(known)
            links.append(among)
        scored = [self._scorer.score(one, which) for one in asked]
        chosen = self._chosen(scored)
        for _ in range(_AGAIN if any(links) else 0):
            for at, among in enumerate(links):
                found = {place: chosen[other].counterparts for place, other in among.items()}
                found = {place: some for place, some in found.items() if len(some[0])}
                if found:
                    asked[at] = replace(asked[at], counterparts=found)
                    scored[at] = self._scorer.score(asked[at], which)
            chosen = self._chosen(scored)
        return tuple(
            self._told(one, ask, choice, which, k)
            for one, ask, choice in zip(new, asked, chosen, strict=True)
        )

    def new_in(self, graph: KnowledgeGraph, *, side: str = "left") -> tuple[NewEntity, ...]:
        """The entities of a graph that the index does not have on this side, to be looked up.

        Their triples and names are those of the graph; blank nodes, and what the graph says gets
        no links, are left out. Errors as of `match`.
        """
        ids = self._scorer.sides[self.side(side)].ids
        entities, relations = graph.entities, graph.relations
        barred = np.zeros(graph.n_entities, np.bool_)
        if graph.unlinkable is not None:
            barred = graph.unlinkable
        new = {
            at: str(entity)
            for at, entity in enumerate(entities)
            if not barred[at] and not entity.startswith("_:") and ids.find(entity) < 0
        }
        triples: dict[int, list[Triple]] = {at: [] for at in new}
        for head, relation, tail in graph.triples.tolist():
            row = (str(entities[head]), str(relations[relation]), str(entities[tail]))
            for end in {head, tail} & triples.keys():
                triples[end].append(row)
        names: dict[int, list[str]] = {at: [] for at in new}
        if graph.entity_names is not None:
            for at in new:
                names[at] += [str(graph.entity_names[at])] if graph.entity_names[at] else []
        further = graph.further_names
        if further is not None:
            for at, name in zip(further.entities.tolist(), further.names.tolist(), strict=True):
                if at in names:
                    names[at].append(name)
        values: dict[int, list[Value]] = {at: [] for at in new}
        for at, value in stated_values(graph.literals):
            if at in values:
                values[at].append(value)
        return tuple(
            NewEntity(entity, tuple(triples[at]), tuple(names[at]), tuple(values[at]))
            for at, entity in new.items()
        )

    def side(self, side: str) -> str:
        """Which side is meant: "left" or "right", by that or by the name of a graph.

        Raises:
            ConfigError: neither.
        """
        if side in ("left", "right"):
            return side
        if side not in self.graphs:
            raise ConfigError(
                f"side must be left or right, or one of {', '.join(self.graphs)}, got {side!r}"
            )
        return "left" if side == self.graphs[0] else "right"

    def _chosen(self, scored: Sequence[Scored]) -> list[_Chosen]:
        """The probabilities of all candidates, those of one candidate shared out."""
        found = []
        claimed: dict[int, float] = {}
        for one in scored:
            choice = Choice.of(one, self._scorer.about["temperature"])
            p, none = self._chances.of(choice)
            entities = one.entities[choice.place]
            found.append(_Chosen(one, entities, choice.place, p, none))
            for entity, chance in zip(entities.tolist(), p.tolist(), strict=True):
                claimed[entity] = claimed.get(entity, 0.0) + chance
        return [one.beside(claimed) for one in found]

    def _told(self, one: NewEntity, asked: Asked, chosen: _Chosen, side: str, k: int) -> Matches:
        scored = chosen.scored
        if not len(scored.entities) and not scored.n_known:
            none = 1 - self._chances.share
            note = "" if self._is_described(one) else TOO_LITTLE
            return Matches(one.entity, (), none, 0, note)
        other = self._scorer.sides["right" if side == "left" else "left"]
        order = np.lexsort((chosen.entities, -chosen.probability))[:k]
        candidates = (self._candidate(one, chosen, at, side, other) for at in order.tolist())
        return Matches(one.entity, tuple(candidates), chosen.none, scored.n_known)

    def _is_described(self, one: NewEntity) -> bool:
        named = self._scorer.names is not None and any(one.names)
        return named or (self._scorer.values is not None and bool(one.values))

    def _candidate(
        self, one: NewEntity, chosen: _Chosen, at: int, side: str, other: Side
    ) -> Candidate:
        entity = int(chosen.entities[at])
        place = int(chosen.place[at])
        taken_by, sure = None, None
        linked, probability = int(other["linked"][entity]), float(other["link_probability"][entity])
        if linked >= 0 and not probability < LIKELY:
            taken_by = self._scorer.sides[side].ids[linked]
            sure = None if np.isnan(probability) else round(probability, 6)
        return Candidate(
            other.ids[entity],
            other.called(entity),
            round(float(chosen.probability[at]), 6),
            round(float(chosen.scored.score[place]), 6),
            taken_by,
            sure,
            self._reason(one, chosen.scored, place, other),
        )

    def _reason(self, one: NewEntity, scored: Scored, place: int, other: Side) -> str:
        """What speaks for a candidate, in words."""
        entity = int(scored.entities[place])
        shared = strongest(scored, entity, other)
        told = []
        for row, group, _ in shared[:_MOST_REASONS]:
            head, relation, tail = one.triples[row]
            neighbour = head if tail == one.entity else tail
            told.append(
                f"{local_name(relation)} {local_name(neighbour)} ({_statement(group, other)})"
            )
        reasons = []
        if told:
            more = len(shared) - len(told)
            rest = f" and {more} more" if more else ""
            reasons.append(f"shared: {'; '.join(told)}{rest}")
        if scored.names[place] > 0:
            reasons.append(f"its name speaks for it (match weight {scored.names[place]:.1f})")
        if scored.values[place] > 0:
            reasons.append(f"its values agree (match weight {scored.values[place]:.1f})")
        if scored.cosine[place] > 0:
            reasons.append(f"its neighbourhood is alike (cosine {scored.cosine[place]:.2f})")
        return ", ".join(reasons)


@dataclass(frozen=True, eq=False)
class _Chosen:
    """The candidates of an entity with their probabilities."""

    scored: Scored
    entities: np.ndarray[Any, Any]
    place: np.ndarray[Any, Any]
    probability: Floats
    none: float

    def beside(self, claimed: dict[int, float]) -> _Chosen:
        """The same, where each candidate is no one's but so much as others do not claim it."""
        every = np.array([claimed[entity] for entity in self.entities.tolist()])
        free = 1 - np.minimum(np.maximum(every - self.probability, 0), 1 - 1e-3)
        left = self.probability * free
        total = float(left.sum()) + self.none
        return replace(self, probability=left / total, none=self.none / total)

    @property
    def counterparts(self) -> Counterparts:
        """Those that are probable enough to say something of others."""
        kept = self.probability > POSSIBLE
        return self.entities[kept], self.probability[kept]


def _listed(what: str, given: Any) -> Iterable[Any]:
    """What can be gone through, and is no string or object, which could be as well."""
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        raise DataError(f"{what} must be a list, got {given!r}")
    return given


def _names(given: Any) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(_listed("name", given))
    for name in names:
        if not isinstance(name, str):
            raise DataError(f"name has to be a string or a list of them, got {name!r}")
    return names


def _triple(row: Sequence[str], entity: str) -> Triple:
    row = list(_listed("a triple", row))
    if len(row) != 3 or not all(isinstance(part, str) for part in row):
        raise DataError(f"a triple has a head, a relation and a tail, all strings; got {row!r}")
    head, relation, tail = row
    if entity not in (head, tail):
        raise DataError(
            f"{row!r} is not about {entity!r}: the new entity is the head or the tail of each of "
            "its triples"
        )
    return head, relation, tail


def _values(values: Mapping[str, str | Sequence[str]]) -> Iterator[Value]:
    if not isinstance(values, Mapping):
        raise DataError(f"values has to be an object of attributes, got {values!r}")
    for attribute, given in values.items():
        many = [given] if isinstance(given, str) else _listed(f"what {attribute!r} has", given)
        for value in many:
            if not isinstance(value, str):
                raise DataError(f"a value of {attribute!r} has to be a string, got {value!r}")
            yield attribute, value, ""


def _asked(one: NewEntity, own: Side, number: dict[str, int]) -> tuple[Asked, dict[int, int]]:
    """An entity in the numbers of its graph, and which others are its neighbours where."""
    neighbours, relations, among = list[int](), list[int](), dict[int, int]()
    r = len(own.relations)
    for at, row in enumerate(one.triples):
        head, relation, tail = _triple(row, one.entity)
        back = tail == one.entity
        neighbour = head if back else tail
        known = own.relations.find(relation)
        relations.append(-1 if known < 0 else known + r * back)
        neighbours.append(own.ids.find(neighbour) if neighbour != one.entity else -1)
        other = number.get(neighbour, -1)
        if neighbours[-1] < 0 and other >= 0 and neighbour != one.entity:
            among[at] = other
    ids = np.array(neighbours, dtype=np.int64), np.array(relations, dtype=np.int64)
    names = tuple(name for name in one.names if name)
    return Asked(*ids, names, one.values), among


def _statement(group: int, other: Side) -> str:
    """A statement of the other graph, by its relation and neighbour."""
    statements = other.statements
    neighbour, relation = divmod(int(statements.group_keys[group]), statements.n_relations)
    called = other.called(neighbour) or local_name(other.ids[neighbour])
    return f"{local_name(other.relations[relation % len(other.relations)])} {called}"
