"""Names and values in explanations: what is told is what the model counted."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualamn import Aligner, Alignment, AlignmentTask
from dualamn.attributes import ValueSimilarity
from dualamn.attributes.values import compare
from dualamn.bench.synthetic_task import make_task
from dualamn.kernels.arrays import strings
from tests.attributes.conftest import XSD, Row, described, lives, noise

SPARSE = {"mean_degree": 3.0, "keep_triples": 0.6}
FAST: dict[str, Any] = {
    "calibrate": False,
    "label_dim": 64,
    "relation_dim": 16,
    "evidence_rounds": 2,
}


def people(side: int, number: int) -> list[Row]:
    """Born in the same year, tags of which one is shared, a code of equal rows, and a mood."""
    year, tags = 1900 + number % 90, ("a", "b")
    born = f"{year}-05-{number % 28 + 1:02}" if side == 0 else str(year)
    return [
        (0, ("born", "naissance")[side], born, f"{XSD}{('date', 'gYear')[side]}"),
        (0, "code", f"Code {number}", ""),
        (0, "code", f"{tags[side]} {number}", ""),
        (0, "mood", ("good", "bad")[side], ""),
        (0, "remark", ("seen", "Seen ")[side], ""),
    ]


@pytest.fixture(scope="module")
def found() -> Alignment:
    """A run with values that tell, names of which some are the same, and probabilities."""
    task = described(make_task(200, seed=2, **SPARSE), people)  # type: ignore[arg-type]
    kgs = tuple(
        replace(
            kg, entity_names=strings(f"person {entity.split('/')[1]}" for entity in kg.entities)
        )
        for kg in task.kgs
    )
    task = replace(task, kgs=kgs)
    return Aligner("fast", **FAST | {"calibrate": True}).fit(task).align(matcher="mutual")


def right_link(found: Alignment) -> tuple[str, str]:
    columns = found.columns()
    return next(
        (left, right)
        for left, right in zip(columns.left.tolist(), columns.right.tolist(), strict=True)
        if left.split("/")[1] == right.split("/")[1]
    )


def test_single_values_sum_to_what_counted() -> None:
    task = described(make_task(200), lives)
    values = ValueSimilarity(task, seed=0)
    assert compare(values, task, *task.test_links[0].tolist()) == ()
    values.weigh(task.seed_links)
    left, right = task.test_links.astype(np.int64).T
    for ends in ((left, right), (left, np.roll(right, 1))):
        told = [
            sum(c.weight for c in compare(values, task, a, b)) for a, b in zip(*ends, strict=True)
        ]
        np.testing.assert_allclose(told, values.match_weight(*ends), atol=1e-4)


def test_values_of_properties_that_go_together_are_told_with_their_weight(found: Alignment) -> None:
    told = found.explain(*right_link(found))
    by_attribute = {(v.left_attribute, v.right_attribute, v.agrees): v for v in told.values}
    name, born = by_attribute["name", "name", True], by_attribute["born", "naissance", True]
    assert name.similarity == 1
    assert name.left == name.right
    assert (born.similarity, born.left[:4]) == (0.5, born.right)
    (code,) = (v for v in told.values if v.left_attribute == "code")
    assert (code.left, code.right, code.similarity) == (code.right, code.left, 1)
    for counted in (name, born, code):
        assert counted.match_weight is not None
        assert counted.match_weight > 1
        assert counted.probability_without is not None
        assert told.probability is not None
        assert counted.probability_without <= told.probability + 1e-6
    total = sum(at.match_weight or 0 for at in (name, born, code))
    assert told.attribute_weight == pytest.approx(total, abs=1e-3)
    assert f"born {born.left!r} ~ naissance {born.right!r} (near): weight +" in str(told)
    assert f"names and values: weight {told.attribute_weight:+.2f}" in str(told)


def test_values_that_tell_nothing_are_told_as_such(found: Alignment) -> None:
    told = found.explain(*right_link(found))
    values = {v.left_attribute: v for v in told.values}
    assert [(values[a].agrees, values[a].match_weight) for a in ("mood", "remark")] == [
        (False, 0),
        (True, 0),
    ]
    assert "mood 'good' ≠ mood 'bad': not counted" in str(told)
    assert [v.left_attribute for v in told.values][-2:] == ["remark", "mood"]


def test_another_entity_has_less_weight_by_its_values(found: Alignment) -> None:
    left, right = right_link(found)
    other = next(e for e in found.task.kgs[1].entities.tolist() if e[-1] != right[-1])
    told = found.explain(left, other)
    values = {v.left_attribute: v for v in told.values}
    assert not values["name"].agrees
    assert 0 < values["name"].similarity < 1
    assert not values["born"].agrees
    assert values["born"].match_weight is not None
    assert values["born"].match_weight < 0
    mine = found.explain(left, right).attribute_weight
    assert mine is not None
    assert told.attribute_weight is not None
    assert told.attribute_weight < mine - 3
    turned = found.explain(other, left)
    assert turned.attribute_weight == pytest.approx(told.attribute_weight)
    assert {(v.right, v.left) for v in turned.values} == {(v.left, v.right) for v in told.values}


def test_the_runner_up_is_told_with_names_and_values(found: Alignment) -> None:
    told = found.explain(*right_link(found))
    assert told.candidates[0].attribute_weight is not None
    assert told.attribute_weight is not None
    assert told.candidates[0].attribute_weight < told.attribute_weight
    assert f"names and values {told.candidates[0].attribute_weight:+.2f}" in str(told)


def test_random_values_are_not_counted() -> None:
    task: AlignmentTask = described(make_task(200, seed=1), noise)
    found = Aligner("fast", **FAST).fit(task).align(matcher="mutual")
    told = found.explain(*right_link(found))
    assert told.attribute_weight is None
    assert all(value.match_weight == 0 for value in told.values)
