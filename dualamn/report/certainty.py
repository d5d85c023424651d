"""How sure links are: distributions, reliability, precision, and a sample of every band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from dualamn.eval.reliability import ENOUGH_LABELLED, reliability_table
from dualamn.explain import Explanation, explain_links
from dualamn.kernels.arrays import FloatArray
from dualamn.probability.calibration import Calibration, JudgedLinks, Method, PairCalibration
from dualamn.probability.precision_threshold import PrecisionCurve, precision_curve
from dualamn.report.headline import calibrated_parts
from dualamn.report.markup import histogram, shown, unit_frame
from dualamn.result import PairAlignment

PRECISIONS = (0.8, 0.9, 0.95, 0.99)
CONFIDENCE = 0.95
_BINS = 20

METHOD_IN_WORDS: dict[Method, str] = {
    "held-out": "learned from seed links that a second model did not see",
    "prior": "those of other data, as there are too few entities",
    "taken-out": "learned from links of entities whose counterparts were taken out",
}

BANDS = (0.3, 0.7, 0.95, 0.0)
"""Where the bands of probability begin, in the order of the page: the doubtful ones first, for
whose links a look is worth most."""

_BAND_ENDS = (0.7, 0.95, 1.0, 0.3)
_BAND_NAMES = ("doubtful", "likely", "sure", "unlikely")
_LINKS_A_POINT = 20  # labelled links of a point of the reliability diagram at least
_MOST_POINTS = 10


@dataclass(frozen=True)
class SampledLink:
    """A link of the sample.

    Attributes:
        explanation: why the two are linked.
        verdict: "correct" or "incorrect" by the test links, "" where these do not know it.
    """

    explanation: Explanation
    verdict: str


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


def pair_certainty(alignment: JudgedLinks, number: int) -> dict[str, Any]:
    """What the page shows of the links of one of the alignment's pairs of graphs.

    `expected` of them are correct, the sum of their probabilities. This, and figures, are None
    where there are no probabilities, no links, or no labels.
    """
    pair, task = alignment.pairs[number], alignment.task
    made_by = None if alignment.calibration is None else alignment.calibration.pairs[number]
    p = pair.probabilities
    return {
        "left": shown(task.kg_names[pair.left]),
        "right": shown(task.kg_names[pair.right]),
        "links": len(pair.links),
        "seeds": len(task.links_between(task.seed_links, pair.left, pair.right)),
        "expected": None if p is None else float(p.sum(dtype=np.float64)),
        "scores": _distribution(pair.scores, "score", None) if p is None else None,
        "probabilities": None if p is None else _distribution(p, "probability", (0.0, 1.0)),
        "calibration": made_by,
        "reliability": _reliability(made_by) if made_by else None,
        "enough": made_by is not None and made_by.n_labelled >= ENOUGH_LABELLED,
    }


def coverage(alignment: JudgedLinks) -> dict[str, Any] | None:
    """Precision against coverage over all pairs of graphs; None where there is nothing to draw."""
    parts = calibrated_parts(alignment)
    if parts is None or alignment.is_given.all():
        return None
    assert alignment.calibration is not None
    curve = precision_curve(parts, CONFIDENCE)
    share = curve.kept / curve.n_links
    observed = _observed(alignment.calibration)
    lines = [curve.expected, curve.lower, *(y for _, y in observed)]
    least = min(float(np.min(line)) for line in lines)
    lowest = min(max(0.0, np.floor(least * 5) / 5), 0.8)
    frame = unit_frame(("share of links kept, most probable first", "share correct"), lowest)
    frame.area(share, curve.expected, curve.lower, "doubt")
    frame.line(share, curve.expected, "expected")
    for x, y in observed:
        frame.line(x, y, "observed")
    figure = frame.svg("Share of correct links against the share of links kept")
    choices = [_choice(curve, precision) for precision in PRECISIONS]
    return {"figure": figure, "observed": bool(observed), "choices": choices}


def _choice(curve: PrecisionCurve, precision: float) -> dict[str, Any]:
    """How many links can be kept for a precision, and down to which probability."""
    reached = np.flatnonzero(curve.lower >= precision)
    if not len(reached):
        return {"precision": precision, "kept": 0, "probability": None, "expected": None}
    at = reached[-1]
    return {
        "precision": precision,
        "kept": curve.kept[at],
        "probability": curve.probabilities[at],
        "expected": curve.expected[at],
    }


def _observed(calibration: Calibration) -> list[tuple[np.ndarray, np.ndarray]]:
    """Coverage and precision of the labelled links; no curve where they are too few."""
    p = np.concatenate([pair.probabilities for pair in calibration.pairs])
    if len(p) < ENOUGH_LABELLED:
        return []
    order = np.argsort(-p, kind="stable")
    weights = np.concatenate([pair.weights for pair in calibration.pairs])[order]
    correct = np.concatenate([pair.is_correct for pair in calibration.pairs])[order]
    mass = np.cumsum(weights)
    # The first few say little; of very many, 400 points are drawn.
    at = np.unique(np.linspace(_LINKS_A_POINT - 1, len(p) - 1, 400).astype(np.int64))
    return [(mass[at] / mass[-1], np.cumsum(weights * correct)[at] / mass[at])]


def _distribution(values: FloatArray, what: str, span: tuple[float, float] | None) -> Markup | None:
    if not len(values):
        return None
    exact = values.astype(np.float64)
    if span is None:
        span = float(exact.min()), float(exact.max())
        if span[1] - span[0] < 1e-6:
            span = span[0] - 0.5, span[1] + 0.5
    counts, edges = np.histogram(exact, _BINS, span)
    labels = (what, "links")
    return histogram(counts.tolist(), edges.tolist(), title=f"Links by {what}", labels=labels)


def _reliability(made_by: PairCalibration) -> Markup | None:
    """The share of correct links at some probabilities; None where too few could be labelled."""
    if made_by.n_labelled < ENOUGH_LABELLED:
        return None
    points = min(_MOST_POINTS, made_by.n_labelled // _LINKS_A_POINT)
    rows = reliability_table(
        made_by.probabilities, made_by.is_correct, made_by.weights, bins=points
    )
    frame = unit_frame(("probability", "share correct"))
    frame.line((0, 1), (0, 1), "ideal")
    for row in rows:
        low, high = row.interval
        told = (
            f"{row.links:,.0f} links of about {row.probability:.2f}: {row.correct:.2f} correct, "
            f"{low:.2f} to {high:.2f} with 95% confidence"
        )
        frame.interval(row.probability, low, high)
        frame.dot(row.probability, row.correct, 4, told)
    return frame.svg("Probability of labelled links against the share of correct ones")


def sample_links(alignment: JudgedLinks, per_band: int) -> tuple[Band, ...]:
    """At most `per_band` links of every band and pair of graphs, the doubtful bands first.

    They are drawn at random, by the seed of the task, so that the share of correct ones among them
    says something about the band. Without probabilities the bands are quarters by score. Links of
    the same identifier are not among them.
    """
    names = alignment.task.kg_names
    found = []
    for number, whole in enumerate(alignment.pairs):
        pair = whole.only_found()
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
    """Names of the bands and the links in them, in the order of the page."""
    if pair.probabilities is not None:
        p, found = pair.probabilities.astype(np.float64), []
        for low, high, name in zip(BANDS, _BAND_ENDS, _BAND_NAMES, strict=True):
            inside = (p >= low) & ((p < high) | (high == 1))
            found.append((f"{low:g} to {high:g}, {name}", np.flatnonzero(inside)))
        return found
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
