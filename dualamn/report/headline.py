"""What a reader wants to know first: how many links there are, and how many of them are correct."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from dualamn.explain.reasons import supported
from dualamn.files.rdf import RDF_TYPE
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import IntArray
from dualamn.probability.calibration import JudgedLinks
from dualamn.probability.precision_threshold import Calibrated, precision_curve
from dualamn.report.markup import Shown, shown

STEPS = 100
"""Places of the slider that chooses a probability, besides 0."""

MOST_CLASSES = 12
"""Pairs of classes that are listed; the others are one row."""


def calibrated_parts(alignment: JudgedLinks) -> list[Calibrated] | None:
    """Calibration, probabilities and features of the links that were found, by pair of graphs.

    None where there are no probabilities, or it is not known what they were read from.
    """
    if alignment.calibration is None or not len(alignment):
        return None
    parts = []
    for whole, made_by in zip(alignment.pairs, alignment.calibration.pairs, strict=True):
        pair = whole.only_found()
        if pair.probabilities is None or pair.features is None:
            return None
        parts.append((made_by, pair.probabilities, pair.features))
    return parts


def headline(whole: JudgedLinks, least: float, confidence: float) -> dict[str, Any] | None:
    """How many links have at least a probability, and how many of these are correct.

    Args:
        whole: all links.
        least: the probability from which links are written.
        confidence: of the lower bound of the precision.

    Returns:
        Numbers for `least`, and for every step of the slider as JSON; None where there are no
        links or no probabilities.
    """
    parts = calibrated_parts(whole)
    p = whole.probabilities
    if parts is None or p is None or not len(p):
        return None
    curve = precision_curve(parts, confidence)
    ranked = np.sort(p.astype(np.float64))
    from_here = np.append(np.cumsum(ranked[::-1])[::-1], 0.0)
    n_given = int(whole.is_given.sum())

    def at(probability: float) -> dict[str, Any]:
        first = int(np.searchsorted(ranked, np.float64(np.float32(probability))))
        kept, expected = len(ranked) - first, float(from_here[first])
        lower = None
        found = int(np.searchsorted(-curve.probabilities, -np.float32(probability), "right")) - 1
        if kept:
            sure = 0.0 if found < 0 else float(curve.lower[found])
            lower = (sure * (kept - n_given) + n_given) / kept
        return {"kept": kept, "expected": expected, "lower": lower}

    steps = [at(step / STEPS) for step in range(STEPS + 1)]
    rows = [
        [step["kept"], round(step["expected"], 1), round(step["lower"] or 0, 4)] for step in steps
    ]
    return {
        **at(least),
        "least": least,
        "steps": json.dumps(rows, separators=(",", ":")),
        "n_steps": STEPS,
    }


def what_supports(alignment: JudgedLinks) -> dict[str, int]:
    """How many links rest on what, in words; nothing where only structure took part."""
    by_names, given = supported(alignment), alignment.is_given
    told = {}
    if by_names is not None and len(alignment):
        told["names or values support"] = int((by_names & ~given).sum())
        told["by structure alone"] = int((~by_names & ~given).sum())
    accepted = int(alignment.is_accepted.sum())
    if given.sum() > accepted:
        told["with the same identifier"] = int(given.sum()) - accepted
    if accepted:
        told["accepted by decision"] = accepted
    return told


def links_by_class(whole: JudgedLinks, least: float) -> list[dict[str, Any]]:
    """Links by the classes of their ends, the most frequent pairs of classes first.

    An entity counts as one of the rarest of its classes, which says most of it. There are no rows
    where no entity has a class.

    Args:
        whole: all links.
        least: the probability from which links are written; all are, where there are none.
    """
    names, kind = classes(whole.task)
    if not len(names):
        return []
    links, p = whole.links, whole.probabilities
    pairs, row, counts = np.unique(kind[links], axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.minimum(np.arange(len(order)), MOST_CLASSES)
    row = place[row.ravel()]
    n_rows = min(len(order), MOST_CLASSES + 1)
    found = np.bincount(row, minlength=n_rows)
    written = found if p is None else np.bincount(row[p >= np.float32(least)], minlength=n_rows)
    mean = None if p is None else np.bincount(row, p, n_rows) / np.maximum(found, 1)

    def called(number: int) -> Shown:
        return shown(names[number], brief=True) if number >= 0 else Shown("no class")

    rows = []
    for at in range(n_rows):
        ends = None if at == MOST_CLASSES else [called(int(k)) for k in pairs[order[at]]]
        rows.append(
            {
                "ends": ends,
                "links": int(found[at]),
                "written": int(written[at]),
                "mean": None if mean is None else float(mean[at]),
            }
        )
    return rows


def classes(task: AlignmentTask) -> tuple[list[str], IntArray]:
    """The classes of a task, and (n,) the rarest class of every entity in its graph, -1 for none.

    Classes are what rdf:type says, as values or in triples.
    """
    names: dict[str, int] = {}
    kind = np.full(task.n_entities, -1, dtype=np.int64)
    for kg, offset in zip(task.kgs, task.entity_offsets.tolist(), strict=False):
        entities, types = [np.empty(0, np.int64)], list[str]()
        if kg.literals is not None:
            rows = np.flatnonzero((kg.literals.attributes == RDF_TYPE)[kg.literals.kinds])
            entities.append(kg.literals.entities[rows].astype(np.int64))
            types += kg.literals.values[rows].tolist()
        stated = np.flatnonzero((kg.relations == RDF_TYPE)[kg.triples[:, 1]])
        entities.append(kg.triples[stated, 0].astype(np.int64))
        types += kg.entities[kg.triples[stated, 2]].tolist()
        owner = np.concatenate(entities) + offset
        number = np.array([names.setdefault(name, len(names)) for name in types], dtype=np.int64)
        count = np.bincount(number, minlength=len(names))
        rarest_last = np.argsort(-count[number], kind="stable")
        kind[owner[rarest_last]] = number[rarest_last]
    return list(names), kind
