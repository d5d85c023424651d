"""A sample of the links: some of every band of probability, with their reasons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualamn.explain import Explanation, explain_links
from dualamn.kernels.arrays import FloatArray
from dualamn.probability.calibration import JudgedLinks
from dualamn.result import PairAlignment

BANDS = (0.0, 0.5, 0.8, 0.95)
"""Where the bands of probability begin; the last one ends with 1."""


@dataclass(frozen=True)
class Band:
    """Links that are about as sure as each other.

    Attributes:
        name: its range in words.
        pair: names of the two graphs.
        links: how many links lie in it.
        sampled: some of them, least sure first.
    """

    name: str
    pair: tuple[str, str]
    links: int
    sampled: tuple[SampledLink, ...]


@dataclass(frozen=True)
class SampledLink:
    """A link of the sample.

    Attributes:
        explanation: why the two are linked.
        verdict: "correct" or "incorrect" by the test links, "" where these do not know it.
    """

    explanation: Explanation
    verdict: str


def sample_links(alignment: JudgedLinks, per_band: int) -> tuple[Band, ...]:
    """Links of every band and pair of graphs, the least certain bands first.

    They are drawn at random, by the seed of the task, so that the share of correct ones among them
    says something about the band. Without probabilities the bands are quarters by score.

    Args:
        alignment: the links.
        per_band: how many of each band and pair of graphs at most.
    """
    names = alignment.task.kg_names
    found = []
    for number, pair in enumerate(alignment.pairs):
        sure = pair.scores if pair.probabilities is None else pair.probabilities
        rng = np.random.default_rng([alignment.task.seed, number])
        members = _bands(pair)
        chosen = [_drawn(inside, sure, per_band, rng) for _, inside in members]
        rows = [row for drawn in chosen for row in drawn]
        reasons = iter(explain_links(alignment, pair, rows) if rows else ())
        for rank, ((name, inside), drawn) in enumerate(zip(members, chosen, strict=True)):
            links = tuple(
                SampledLink(next(reasons), _verdict(alignment, pair, row)) for row in drawn
            )
            sides = names[pair.left], names[pair.right]
            if len(inside):
                found.append((rank, number, Band(name, sides, len(inside), links)))
    return tuple(band for *_, band in sorted(found, key=lambda entry: entry[:2]))


def _bands(pair: PairAlignment) -> list[tuple[str, NDArray[np.int64]]]:
    """Names of the bands and the links in them, least sure first."""
    if pair.probabilities is not None:
        number = np.searchsorted(BANDS, pair.probabilities.astype(np.float64), "right") - 1
        ends = (*BANDS[1:], 1.0)
        titles = [f"{a:g} to {b:g}" for a, b in zip(BANDS, ends, strict=True)]
        return [(title, np.flatnonzero(number == at)) for at, title in enumerate(titles)]
    quarters = np.array_split(np.argsort(pair.scores, kind="stable"), 4)
    titles = ["lowest quarter by score", "second quarter", "third quarter", "highest quarter"]
    return list(zip(titles, quarters, strict=True))


def _drawn(
    inside: NDArray[np.int64], sure: FloatArray, count: int, rng: np.random.Generator
) -> list[int]:
    drawn = rng.permutation(inside)[:count]
    rows: list[int] = drawn[np.argsort(sure[drawn], kind="stable")].tolist()
    return rows


def _verdict(alignment: JudgedLinks, pair: PairAlignment, row: int) -> str:
    same = alignment.task.test_links == pair.links[row]
    sources = alignment.task.source_of[alignment.task.test_links]
    same &= (sources == (pair.left, pair.right)).all(axis=1)[:, None]
    if same.all(axis=1).any():
        return "correct"
    return "incorrect" if same.any() else ""
