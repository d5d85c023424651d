"""Names and values in an index, against those that a model compares."""

from dataclasses import replace

import numpy as np

from dualamn.attributes import NameSimilarity
from dualamn.attributes.values import ValueSimilarity
from dualamn.bench.synthetic_task import make_task
from dualamn.graphs.knowledge_graph import FurtherNames
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings
from dualamn.lookup.frozen_names import FrozenNames, freeze_names
from dualamn.lookup.frozen_values import FrozenValues, freeze_values
from tests.attributes.conftest import XSD, Row, described, named_task
from tests.conftest import there


def all_pairs(task: AlignmentTask, entity: int) -> tuple[np.ndarray, np.ndarray]:
    """An entity of the left graph beside all of the right one."""
    right = task.entity_range(1).astype(np.int64)
    return np.full(len(right), entity, dtype=np.int64), right


def test_names_have_the_match_weights_that_they_have_in_the_model() -> None:
    task = named_task(60, lambda names: strings(f"the {name}, née Ünal" for name in names))
    more = FurtherNames(np.array([3, 3, 5], np.int32), strings(["Zoë X", "J. Doe", "Иван Иванов"]))
    task = replace(task, kgs=(replace(task.kgs[0], further_names=more), task.kgs[1]))
    names = NameSimilarity(
        there(task.entity_names),
        task.source_of,
        width=16,
        seed=0,
        further=task.further_names,
    )
    names.weigh(task.seed_links)
    frozen = FrozenNames(*freeze_names(names, task, (0, 1)))
    own = there(task.kgs[0].entity_names)
    for entity in (0, 3, 5, 9):
        called = [str(own[entity]), *more.names[more.entities == entity].tolist()]
        asked = frozen.read(called)
        found = frozen.match_weight(asked, "right", np.arange(task.kgs[1].n_entities))
        wanted = names.match_weight(*all_pairs(task, entity))
        np.testing.assert_allclose(found, wanted, rtol=5e-3, atol=2e-2)
        near = frozen.nearest(asked, "right", 3)
        assert int(np.argmax(wanted)) in near


def test_words_that_no_name_has_make_names_less_alike() -> None:
    task = named_task(60)
    names = NameSimilarity(there(task.entity_names), task.source_of, width=16, seed=0)
    names.weigh(task.seed_links)
    frozen = FrozenNames(*freeze_names(names, task, (0, 1)))
    own = str(there(task.kgs[1].entity_names)[0])
    first = np.array([0])
    plain, longer = (
        frozen.match_weight(frozen.read([name]), "right", first)[0]
        for name in (own, f"{own} xyzzy plugh")
    )
    assert plain > longer > 0
    assert frozen.read(["", "…"]) == []


def rows_of(side: int, number: int) -> list[Row]:
    """What is said of an entity: equal and near values, and one that only some have."""
    height = ("height", "tall")[side]
    rows = [
        (number, height, str(100 + number * 7 + side * (number % 3 == 0)), f"{XSD}integer"),
        (number, ("born", "birth")[side], f"19{number % 90 + 10}-0{number % 9 + 1}-11", ""),
    ]
    if number % 4:
        rows.append((number, "code", f"AB{number:05}", ""))
    if number % 5 == 0:
        rows.append((number, "code", f"CD{number:05}", ""))
    return rows


def test_values_have_the_match_weights_that_they_have_in_the_model() -> None:
    task = described(make_task(80, seed=3), rows_of)
    values = ValueSimilarity(task, seed=0)
    values.weigh(np.concatenate([task.seed_links, task.test_links]))
    assert values.has_weight
    values.weights = values.weights._replace(text=0.0)  # words of texts are not frozen
    frozen = FrozenValues(*freeze_values(values, task, (0, 1)))
    literals = there(task.kgs[0].literals)
    seen = 0
    for entity in range(0, 60, 7):
        rows = np.flatnonzero(literals.entities == entity).tolist()
        asked = frozen.read(
            [
                (
                    str(literals.attributes[literals.kinds[row]]),
                    str(literals.values[row]),
                    str(literals.types[row]),
                )
                for row in rows
            ],
            "left",
        )
        wanted = values.match_weight(*all_pairs(task, entity))
        if asked is None:
            continue
        seen += 1
        found = frozen.match_weight(asked, "right", np.arange(task.kgs[1].n_entities))
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)
        assert int(np.argmax(wanted)) in frozen.nearest(asked, "right", 20)
    assert seen
    assert frozen.read([("nothing", "1", "")], "left") is None
