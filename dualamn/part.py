"""A part of an aligner: some entities with their links as they are, and what explains these.

Links are chosen over all entities together, so a part cannot choose them anew and keep them. It has
them as the whole aligner found them, with the candidates they were chosen from and the statements
that speak for them. So it is as SeaM makes modules of a model (Qi et al., "Reusing Deep Neural
Network Models through Model Re-engineering", ICSE 2023): what one target needs, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dualamn.alignment import Alignment
from dualamn.errors import ConfigError
from dualamn.files.array_file import Arrays
from dualamn.graphs.restriction import restricted
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, Int32Array
from dualamn.result import PairAlignment, TopK

if TYPE_CHECKING:
    from torch import Tensor

_AT = "part/"  # in front of the names of a part's state, in a saved aligner
_SIDES = ("left_to_right", "right_to_left")


@dataclass(frozen=True, eq=False)
class Part:
    """Links and candidates of some entities.

    Attributes:
        pairs: one entry for every pair of graphs, in the ids of the part's task.
    """

    pairs: tuple[PairAlignment, ...]

    @classmethod
    def of(cls, alignment: Alignment, targets: BoolArray, k: int) -> tuple[AlignmentTask, Part]:
        """Cuts entities out of an alignment, with one step of neighbours.

        Kept are the targets with all that is said of them, their links and k candidates each; of
        the ends of these links all that is said as well; and the neighbours of both.

        Args:
            alignment: with all its links.
            targets: (n,) which entities of its task are wanted.
            k: how many candidates of a target are kept.
        """
        task = alignment.task
        told = targets.copy()
        every = [task.seed_links, *(pair.links for pair in alignment.pairs)]
        for links in every:
            told[links[targets[links].any(axis=1)]] = True
        kept = told.copy()
        ends = task.triples[:, [0, 2]]
        kept[ends[told[ends].any(axis=1)]] = True
        cut = [
            [_of_targets(getattr(pair, side), targets, k) for side in _SIDES]
            for pair in alignment.pairs
        ]
        for topks in cut:
            for topk in topks:
                if topk is not None:
                    kept[topk.candidates[topk.candidates >= 0]] = True
        part, new_id = restricted(task, kept, told)
        pairs = [
            _renumbered(pair, topks, new_id)
            for pair, topks in zip(alignment.pairs, cut, strict=True)
        ]
        return part, cls(tuple(pairs))

    def chosen(self, pairs: Sequence[tuple[int, int]]) -> tuple[PairAlignment, ...]:
        """The links between these pairs of graphs, given by position.

        Raises:
            ConfigError: a pair that the part does not have.
        """
        known = {(pair.left, pair.right): pair for pair in self.pairs}
        missing = [pair for pair in pairs if pair not in known]
        if missing:
            raise ConfigError("this part of an aligner has no links between these graphs")
        return tuple(known[pair] for pair in pairs)

    def state(self) -> dict[str, Tensor]:
        """All of it, enough for `taken`."""
        import torch

        found: dict[str, Tensor] = {}
        for number, pair in enumerate(self.pairs):
            arrays: Arrays = {"graphs": np.array([pair.left, pair.right]), "links": pair.links}
            for name in ("scores", "probabilities", "is_given"):
                arrays |= {} if getattr(pair, name) is None else {name: getattr(pair, name)}
            for side in _SIDES:
                topk = getattr(pair, side)
                if topk is not None:
                    arrays |= {f"{side}/{name}": value for name, value in _columns(topk).items()}
            found |= {
                f"{_AT}{number}/{name}": torch.from_numpy(np.ascontiguousarray(array))
                for name, array in arrays.items()
            }
        return found

    @classmethod
    def taken(cls, state: dict[str, Tensor]) -> Part | None:
        """The part that gave a `state`, which is taken out of it; None if there is none."""
        arrays = {
            name.removeprefix(_AT): state.pop(name).numpy()
            for name in list(state)
            if name.startswith(_AT)
        }
        if not arrays:
            return None
        pairs = []
        for number in range(len({name.partition("/")[0] for name in arrays})):
            own = {
                name.removeprefix(f"{number}/"): array
                for name, array in arrays.items()
                if name.startswith(f"{number}/")
            }
            left, right = own["graphs"].tolist()
            pairs.append(
                PairAlignment(
                    left,
                    right,
                    own["links"],
                    own["scores"],
                    _topk(own, "left_to_right"),
                    _topk(own, "right_to_left"),
                    probabilities=own.get("probabilities"),
                    is_given=own.get("is_given"),
                )
            )
        return cls(tuple(pairs))


def _of_targets(topk: TopK | None, targets: BoolArray, k: int) -> TopK | None:
    if topk is None:
        return None
    own = targets[topk.queries]
    return TopK(topk.queries[own], topk.candidates[own, :k], topk.scores[own, :k], topk.pool_size)


def _renumbered(
    pair: PairAlignment, topks: Sequence[TopK | None], new_id: Int32Array
) -> PairAlignment:
    kept = pair.kept(np.asarray((new_id[pair.links] >= 0).all(axis=1)))
    forward, backward = (
        None
        if topk is None
        else TopK(
            new_id[topk.queries],
            np.where(topk.candidates >= 0, new_id[topk.candidates], -1).astype(np.int32),
            topk.scores,
            topk.pool_size,
        )
        for topk in topks
    )
    return PairAlignment(
        pair.left,
        pair.right,
        new_id[kept.links].reshape(-1, 2),
        kept.scores,
        forward,
        backward,
        probabilities=kept.probabilities,
        is_given=kept.is_given,
    )


def _columns(topk: TopK) -> Arrays:
    return {
        "queries": topk.queries,
        "candidates": topk.candidates,
        "scores": topk.scores,
        "pool_size": np.array([topk.pool_size]),
    }


def _topk(own: Arrays, side: str) -> TopK | None:
    if f"{side}/queries" not in own:
        return None
    queries, candidates, scores = (
        own[f"{side}/{name}"] for name in ("queries", "candidates", "scores")
    )
    return TopK(queries, candidates, scores, int(own[f"{side}/pool_size"][0]))
