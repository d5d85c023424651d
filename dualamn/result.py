"""Candidates and links as one stage hands them to the next, and the links that come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np

from dualamn.config import AlignerConfig
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import (
    BoolArray,
    FloatArray,
    Floats,
    Int32Array,
    IntArray,
    StringArray,
    pair_keys,
    strings,
)

CandidateProtocol = Literal["test_only", "all_entities", "unaligned"]
"""Whose entities are candidates.

- `test_only`: those of the test links, the protocol of the papers' tables;
- `all_entities`: queries from the test links, candidates all entities of the other graph;
- `unaligned`: queries and candidates are all entities that neither a seed link nor the same
  identifier joins to the other graph.
"""


LIKELY = 0.5
"""The probability from which a link is more likely correct than not."""


@dataclass(frozen=True, eq=False)
class EarlierLinks:
    """Links that were found when graphs were other than now.

    Attributes:
        links: (m, 2) int32 joint ids.
        probabilities: (m,) float32, how sure they were.
        margins: (m,) log odds by which another link has to be ahead to take the place of each; 0
            if None.
        stands: (m,) bool links that need no other reason than that they were there, as nothing has
            changed about either entity; none if None.
    """

    links: Int32Array
    probabilities: FloatArray
    margins: Floats | None = None
    stands: BoolArray | None = None


@dataclass(frozen=True, eq=False)
class TopK:
    """The best candidates of every query, best first.

    Attributes:
        queries: (q,) int32 joint ids.
        candidates: (q, k) int32 joint ids; -1 fills rows with fewer candidates than k.
        scores: (q, k) float32, descending along a row; -inf where the candidate is -1.
        pool_size: how many entities were searched, so a rank outside k can be bounded.
    """

    queries: Int32Array
    candidates: Int32Array
    scores: FloatArray
    pool_size: int


@dataclass(frozen=True)
class Recall:
    """How good and how dear an approximate search was, both directions together.

    Attributes:
        at_10: share of the ten nearest that it found, measured by an exact search.
        queries: how many were searched exactly for that; they had no say in the search.
        clusters: that the rows were parted into.
        probes: clusters that a row was compared with, in the direction that took more.
        share: of the other side that a row was compared with, the mean.
    """

    at_10: float
    queries: int
    clusters: int
    probes: int
    share: float

    def __str__(self) -> str:
        return (
            f"approximate search, {self.at_10:.3f} of the 10 nearest found (of "
            f"{self.queries:,} entities), each compared with {self.share:.1%} of the other side"
        )


@dataclass(frozen=True, eq=False)
class Candidates:
    """What a matcher chooses from: for each entity searched for, the best ones of the other graph.

    Attributes:
        left_to_right: queries are entities of the left graph, candidates of the right one. Scores
            are cosines, and what names, values and evidence add to them.
        right_to_left: the same with the sides changed. Every candidate of one direction is a
            query of the other.
        recall: what an approximate search found; None where it was exact or there was none.
    """

    left_to_right: TopK
    right_to_left: TopK
    recall: Recall | None = None

    @classmethod
    def none(cls, left_ids: Int32Array, right_ids: Int32Array) -> Candidates:
        """Joint ids of two sides, and not one candidate."""

        def queries(own: Int32Array, other: Int32Array) -> TopK:
            shape = len(own), 0
            return TopK(own, np.empty(shape, np.int32), np.empty(shape, np.float32), len(other))

        return cls(queries(left_ids, right_ids), queries(right_ids, left_ids))


@dataclass(frozen=True, eq=False)
class CandidatePairs:
    """The distinct candidate pairs of both directions, sorted by left and right entity.

    Made by `matching.pairs.candidate_pairs`.

    Attributes:
        rows, columns: (p,) the left and the right entity of every pair, less an offset.
        scores: (p,) float64 of the candidates.
        entry: (m,) which pair every candidate is: those of the left queries row by row, then
            those of the right queries.
        shape: one more than the largest row and column.
    """

    rows: IntArray
    columns: IntArray
    scores: Floats
    entry: IntArray
    shape: tuple[int, int]


@dataclass(frozen=True, eq=False)
class TransportPlan:
    """How probable pairs are to be counterparts, by a Sinkhorn normalisation of their scores.

    Attributes:
        candidates: whose scores were normalised.
        pairs: these candidates as pairs, in joint ids.
        probabilities: (p,) float64 of the pairs.
        temperature, rounds, tolerance: of the normalisation.
    """

    candidates: Candidates
    pairs: CandidatePairs
    probabilities: Floats
    temperature: float
    rounds: int
    tolerance: float


@dataclass(frozen=True, eq=False)
class Matching:
    """The links that a matcher chose, and the candidates as it ranks them.

    Attributes:
        links: (m, 2) int32 joint ids, left and right; at most one link of each left entity.
        scores: (m,) float32, higher is surer.
        left_to_right, right_to_left: the candidates with the matcher's scores, or None where
            the matcher decides on links without ranking.
        transport_plan: that the links were chosen by; None where the matcher has none.
    """

    links: Int32Array
    scores: FloatArray
    left_to_right: TopK | None
    right_to_left: TopK | None
    transport_plan: TransportPlan | None = None


_OF_LINKS = ("links", "scores", "probabilities", "features", "is_given", "link_ids", "cluster_ids")
"""What `PairAlignment` has of every link."""


@dataclass(frozen=True, eq=False)
class PairAlignment:
    """The links between two of the graphs.

    Attributes:
        left, right: positions of the two graphs in the task, left < right.
        links: (m, 2) int32 joint ids.
        scores: (m,) float32, higher is surer; only comparable within one run.
        left_to_right, right_to_left: ranked candidates after matching, None where the matcher
            decides on links without ranking.
        probabilities: (m,) float32 from 0 to 1, the chance that each link is correct; None
            where the run was not calibrated.
        features: (m, f) float32 that they were read from, see `probability.link_features`;
            None where the run was not calibrated.
        recall: what an approximate search found; None where it was exact or there was none.
        is_given: (m,) bool, links that nothing had to find, as their ends have the same identifier
            or somebody accepted them; None where there are none.
        link_ids, cluster_ids: (m,) ids of the links and of the clusters that they are in, "" for
            none, see `dualamn.link_files.link_ids`; None where none were asked for.
    """

    left: int
    right: int
    links: Int32Array
    scores: FloatArray
    left_to_right: TopK | None
    right_to_left: TopK | None
    probabilities: FloatArray | None = None
    features: FloatArray | None = None
    recall: Recall | None = None
    is_given: BoolArray | None = None
    link_ids: StringArray | None = None
    cluster_ids: StringArray | None = None

    @classmethod
    def of(
        cls, left: int, right: int, matching: Matching, recall: Recall | None = None
    ) -> PairAlignment:
        """What a matcher made of the candidates between two graphs."""
        return cls(
            left,
            right,
            matching.links,
            matching.scores,
            matching.left_to_right,
            matching.right_to_left,
            recall=recall,
        )

    def kept(self, chosen: BoolArray) -> PairAlignment:
        """The same with only some of the links, given as (m,) bool. Rankings stay."""
        columns: dict[str, Any] = {}
        for name in _OF_LINKS:
            column = getattr(self, name)
            columns[name] = None if column is None else column[chosen]
        return replace(self, **columns)

    def with_given(self, links: Int32Array) -> PairAlignment:
        """The same with (g, 2) further links that are certain: score and probability are 1."""
        if not len(links):
            return self
        score, nothing = np.ones(len(links), np.float32), np.zeros(len(self.links), np.bool_)
        p, features = self.probabilities, self.features
        if features is not None:
            features = np.pad(features, ((0, len(links)), (0, 0)))
        return replace(
            self,
            links=np.concatenate([self.links, links]),
            scores=np.concatenate([self.scores, score]),
            probabilities=None if p is None else np.concatenate([p, score]),
            features=features,
            is_given=np.concatenate([nothing, np.ones(len(links), np.bool_)]),
        )

    def only_found(self) -> PairAlignment:
        """The same without the links that are given."""
        return self if self.is_given is None else self.kept(~self.is_given)


SAME_IDENTIFIER = "same identifier"
"""The origin of a link whose ends have the same identifier."""

ACCEPTED = "accepted"
"""The origin of a link that somebody accepted."""


@dataclass(frozen=True, eq=False)
class LinkColumns:
    """All links of an alignment as columns of equal length m.

    Attributes:
        left_source, right_source: (m,) names of the knowledge graphs.
        left, right: (m,) identifiers of the entities.
        score: (m,) float32.
        probability: (m,) float32, the chance that each link is correct, NaN for links between
            graphs that were not calibrated; None where none were.
        left_name, right_name: (m,) what people call the entities, "" for one without a name; None
            where no graph has names.
        origin: (m,) "same identifier" for links that are certain by that, "accepted" for those that
            somebody accepted, "" for those that were found; None where all were found.
    """

    left_source: StringArray
    left: StringArray
    right_source: StringArray
    right: StringArray
    score: FloatArray
    probability: FloatArray | None = None
    left_name: StringArray | None = None
    right_name: StringArray | None = None
    origin: StringArray | None = None


@dataclass(frozen=True, eq=False)
class AlignedLinks:
    """Links found between the graphs of a task, as files, scores and clusters are made of them.

    Attributes:
        task: the task, which turns ids into identifiers.
        pairs: one entry for every pair of graphs that was aligned.
        protocol: whose entities were queries and candidates.
        matcher: the name of the matcher that made the links.
        seconds: wall-clock seconds of the stages "search" and "match".
        saw_test_side: the model was told which entities the test links are about, by
            bootstrapping among them: only `test_only` scores of it are honest.
        used_names: names or attribute values of entities took part beside structure.
        config: the settings; None if not known.
        least_probability: that links were chosen by; None where all are there.
        chosen_from: the alignment with all links that these were chosen from; None where these are
            all.
    """

    task: AlignmentTask
    pairs: tuple[PairAlignment, ...]
    protocol: CandidateProtocol
    matcher: str
    seconds: Mapping[str, float] = field(default_factory=dict)
    saw_test_side: bool = False
    used_names: bool = False
    config: AlignerConfig | None = None
    least_probability: float | None = None
    chosen_from: AlignedLinks | None = None

    def __len__(self) -> int:
        return sum(len(pair.links) for pair in self.pairs)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.task.name!r}: {len(self):,} links, "
            f"matcher {self.matcher}, protocol {self.protocol})"
        )

    @property
    def links(self) -> Int32Array:
        """(m, 2) int32 joint ids of all links."""
        return np.concatenate([np.empty((0, 2), np.int32), *(pair.links for pair in self.pairs)])

    @property
    def scores(self) -> FloatArray:
        """(m,) float32, in the order of `links`."""
        return np.concatenate([np.empty(0, np.float32), *(pair.scores for pair in self.pairs)])

    @property
    def probabilities(self) -> FloatArray | None:
        """(m,) float32 chance that each link is right, in the order of `links`.

        NaN for links between graphs that were not calibrated; None where none were.
        """
        if all(pair.probabilities is None for pair in self.pairs):
            return None
        return np.concatenate(
            [
                np.full(len(pair.links), np.nan, dtype=np.float32)
                if pair.probabilities is None
                else pair.probabilities
                for pair in self.pairs
            ]
        )

    @property
    def sureness(self) -> FloatArray:
        """(m,) float32 what says which link is surer: probabilities, or scores without them."""
        p = self.probabilities
        return self.scores if p is None or np.isnan(p).any() else p

    @property
    def is_given(self) -> BoolArray:
        """(m,) bool: links that are certain: of the same identifier, or accepted by somebody."""
        nothing = [np.zeros(len(pair.links), np.bool_) for pair in self.pairs]
        return np.concatenate(
            [
                np.empty(0, np.bool_),
                *(
                    no if pair.is_given is None else pair.is_given
                    for pair, no in zip(self.pairs, nothing, strict=True)
                ),
            ]
        )

    @property
    def is_accepted(self) -> BoolArray:
        """(m,) bool: links that somebody accepted."""
        accepted = np.isin(pair_keys(self.links), pair_keys(self.task.accepted_links))
        return self.is_given & accepted

    @property
    def notes(self) -> tuple[str, ...]:
        """What may have been missed: a line for every search that was approximate."""
        names = self.task.kg_names
        return tuple(
            f"{names[pair.left]}-{names[pair.right]}: {pair.recall}"
            for pair in self.pairs
            if pair.recall is not None
        )

    def with_pairs(self, pairs: tuple[PairAlignment, ...], matcher: str) -> Self:
        """Other links of the same task and run, without probabilities."""
        return type(self)(
            self.task, pairs, self.protocol, matcher, self.seconds, self.saw_test_side
        )

    def columns(self) -> LinkColumns:
        """All links in the users' identifiers."""
        graphs, links, names = strings(self.task.kg_names), self.links, self.task.entity_names
        sources, ends = graphs[self.task.source_of[links]], self.task.identifiers(links)
        called = None if names is None else names[links]
        given, origin = self.is_given, None
        if given.any():
            kind = given.astype(np.int64) + self.is_accepted
            origin = strings(["", SAME_IDENTIFIER, ACCEPTED])[kind]
        return LinkColumns(
            sources[:, 0],
            ends[:, 0],
            sources[:, 1],
            ends[:, 1],
            self.scores,
            self.probabilities,
            None if called is None else called[:, 0],
            None if called is None else called[:, 1],
            origin,
        )

    def summary(self) -> dict[str, Any]:
        """Counts and settings for a report: links per pair, protocol and matcher."""
        names = self.task.kg_names
        return {
            "protocol": self.protocol,
            "matcher": self.matcher,
            "links": {f"{names[p.left]}-{names[p.right]}": len(p.links) for p in self.pairs},
        }
