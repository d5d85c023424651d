"""Synthetic tasks whose entities have names, or attribute values."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from dualamn.aligner import Aligner
from dualamn.attributes import NameSimilarity
from dualamn.bench.synthetic_task import make_task
from dualamn.eval import evaluate
from dualamn.graphs.knowledge_graph import Literals
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import StringArray, strings
from tests.conftest import there

FAST: dict[str, Any] = {
    "calibrate": False,
    "label_dim": 64,
    "relation_dim": 16,
    "evidence_rounds": 2,
}
SYLLABLES = ("ba", "ke", "lu", "mi", "no", "ra", "se", "ti", "vo", "zu")


def spoken(number: int) -> str:
    """A name of two words of its own for every number, none like that of its neighbours."""
    digits = f"{number * 7919 % 100_000:05}"
    word = "".join(SYLLABLES[int(digit)] for digit in digits)
    return f"{word[:6]} {word[6:]}"


def shuffled(names: StringArray, seed: int = 0) -> StringArray:
    """The same names, every one at some other entity."""
    return names[np.random.default_rng(seed).permutation(len(names))]


def rename(
    task: AlignmentTask, left: Callable[[StringArray], StringArray] = lambda names: names
) -> AlignmentTask:
    """The task with equal names for the same entity, those of the first graph changed."""
    named = []
    for side, kg in enumerate(task.kgs):
        names = strings(spoken(int(entity.split("/")[1])) for entity in kg.entities)
        named.append(replace(kg, entity_names=left(names) if side == 0 else names))
    return replace(task, kgs=tuple(named))


def named_task(
    n_entities: int = 120,
    left: Callable[[StringArray], StringArray] = lambda names: names,
    **how: Any,
) -> AlignmentTask:
    return rename(make_task(n_entities, **how), left)


def names_in(task: AlignmentTask, width: int = 64, seed: int = 0, **how: Any) -> NameSimilarity:
    """The names of a task's entities, to be compared."""
    return NameSimilarity(there(task.entity_names), task.source_of, width=width, seed=seed, **how)


def hits(aligner: Aligner) -> float:
    """Hits@1 of all test links, from left to right."""
    scores = there(evaluate(aligner.align(), aligner.task.test_links).left_to_right)
    return float(scores["hits@1"] or 0)


XSD = "http://www.w3.org/2001/XMLSchema#"

Row = tuple[int, str, str, str]
"""Entity, attribute, value and type."""


def described(task: AlignmentTask, rows: Callable[[int, int], list[Row]]) -> AlignmentTask:
    """The task with attribute triples.

    Args:
        task: made, so that the ids of linked entities end in the same number.
        rows: given side and number, the attribute triples of an entity, whose first column is
            not looked at.
    """
    kgs = []
    for side, kg in enumerate(task.kgs):
        found = [
            (at, *row[1:])
            for at, entity in enumerate(kg.entities)
            for row in rows(side, int(entity.split("/")[1]))
        ]
        attributes = list(dict.fromkeys(row[1] for row in found))
        kgs.append(
            replace(
                kg,
                literals=Literals(
                    strings(attributes),
                    np.array([row[0] for row in found], dtype=np.int32),
                    np.array([attributes.index(row[1]) for row in found], dtype=np.int32),
                    strings(row[2] for row in found),
                    strings(row[3] for row in found),
                ),
            )
        )
    return replace(task, kgs=tuple(kgs))


def lives(side: int, number: int) -> list[Row]:
    """A date of birth, as a year on the right, a height that is about the same,
    and a country; some are missing."""
    rng = np.random.default_rng(number)
    year, month, day = rng.integers([1900, 1, 1], [1990, 13, 29]).tolist()
    height, country = int(rng.integers(150, 200)), int(rng.integers(12))
    rows: list[Row] = []
    if side == 0:
        rows.append((0, "born", f"{year}-{month:02}-{day:02}", f"{XSD}date"))
        rows.append((0, "height", str(height), f"{XSD}integer"))
        rows.append((0, "from", f"Country {country}", "@en"))
    else:
        rows.append((0, "naissance", str(year), f"{XSD}gYear"))
        rows.append((0, "taille", f"{height + 0.4:.1f}", ""))
        rows.append((0, "pays", f"country  {country}", "@en"))
    return [row for row in rows if rng.random() < 0.9]


def noise(side: int, number: int) -> list[Row]:
    """The same properties with values drawn anew on either side."""
    return lives(side, 10_000 * (side + 1) + number)


def described_task(
    rows: Callable[[int, int], list[Row]] = lives, n_entities: int = 200, **how: Any
) -> AlignmentTask:
    return described(make_task(n_entities, **how), rows)
