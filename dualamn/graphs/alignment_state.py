"""The state of an alignment: what an aligner found last, as a saved aligner keeps it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from dualamn.kernels.arrays import FloatArray, Int32Array, StringArray
from dualamn.result import CandidateProtocol, EarlierLinks, PairAlignment


@dataclass(frozen=True, eq=False)
class LastClusters:
    """The clusters of the links that were written.

    Attributes:
        members: (c, g) int32 joint ids, -1 where a cluster has nothing of a graph.
        scores: (c,) float32 how sure each is.
        ids: (c,) see `dualamn.link_files.link_ids`.
        births: (c,) int32 the update in which each came up.
    """

    members: Int32Array
    scores: FloatArray
    ids: StringArray
    births: Int32Array


@dataclass(frozen=True, eq=False)
class AlignmentState:
    """The links of an alignment, in the joint ids of its task, and what an update goes by.

    Attributes:
        step: how many updates there were.
        protocol, matcher, many: how the links were found.
        least_probability: that written links have; None for links without probabilities.
        pairs: all links that were found, with ids and without rankings.
        births: (m,) int32 the update in which each of these links came up, in their order.
        contested: (m,) int32 in how many updates running another link was ahead of it.
        clusters: of the written links.
        found: what the first model and each of the second ones found before calibration, for
            evidence to begin with.
        lineage: (k, 4) strings: id, event, id of, step; see `dualamn.link_files.link_ids`.
    """

    step: int
    protocol: CandidateProtocol
    matcher: str
    many: bool
    least_probability: float | None
    pairs: tuple[PairAlignment, ...]
    births: Int32Array
    contested: Int32Array
    clusters: LastClusters
    found: tuple[EarlierLinks, ...] = ()
    lineage: StringArray | None = None

    @property
    def links(self) -> Int32Array:
        """(m, 2) int32 joint ids of all links."""
        return np.concatenate([np.empty((0, 2), np.int32), *(pair.links for pair in self.pairs)])


_ABOUT = ("step", "protocol", "matcher", "many", "least_probability")
_OF_PAIR = tuple(
    f.name
    for f in fields(PairAlignment)
    if f.name not in ("left_to_right", "right_to_left", "recall")
)

Arrays = dict[str, Any]
"""Arrays by name; those of strings have the dtype object."""


def arrays_of(state: AlignmentState) -> tuple[dict[str, Any], Arrays]:
    """A state as plain values, which JSON can hold, and as arrays; `state_from` reads both."""
    about = {name: getattr(state, name) for name in _ABOUT}
    about |= {"pairs": [(pair.left, pair.right) for pair in state.pairs]}
    about |= {"found": len(state.found)}
    arrays: Arrays = {"births": state.births, "contested": state.contested}
    if state.lineage is not None:
        arrays["lineage"] = state.lineage
    for number, pair in enumerate(state.pairs):
        for name in _OF_PAIR:
            value = getattr(pair, name)
            if isinstance(value, np.ndarray):
                arrays[f"pairs/{number}/{name}"] = value
    for name in ("members", "scores", "ids", "births"):
        arrays[f"clusters/{name}"] = getattr(state.clusters, name)
    for number, found in enumerate(state.found):
        arrays[f"found/{number}/links"] = found.links
        arrays[f"found/{number}/probabilities"] = found.probabilities
    return about, arrays


def state_from(about: dict[str, Any], get: Callable[[str], Any]) -> AlignmentState:
    """The state of which `arrays_of` made these values; `get` gives an array, None for none."""
    pairs = []
    for number, (left, right) in enumerate(about["pairs"]):
        columns = {name: get(f"pairs/{number}/{name}") for name in _OF_PAIR[2:]}
        pairs.append(PairAlignment(left, right, left_to_right=None, right_to_left=None, **columns))
    clusters = {name: get(f"clusters/{name}") for name in ("members", "scores", "ids", "births")}
    return AlignmentState(
        **{name: about[name] for name in _ABOUT},
        pairs=tuple(pairs),
        births=get("births"),
        contested=get("contested"),
        clusters=LastClusters(**clusters),
        found=tuple(
            EarlierLinks(get(f"found/{number}/links"), get(f"found/{number}/probabilities"))
            for number in range(about["found"])
        ),
        lineage=get("lineage"),
    )


def without_rankings(pair: PairAlignment) -> PairAlignment:
    """The links alone, which is what a state keeps."""
    return replace(pair, left_to_right=None, right_to_left=None, recall=None)
