"""Pseudo-seeds by rare values, where there are no seed links."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualamn.aligner import Aligner
from dualamn.attributes import PseudoSeeds
from dualamn.attributes.facts import Facts
from dualamn.attributes.seeds_by_value import find_seeds_by_value
from dualamn.errors import TrainingError
from dualamn.files.rdf import RDF_TYPE
from dualamn.graphs.task import AlignmentTask
from tests.attributes.conftest import FAST, Row, described_task, hits, noise, spoken


def codes(side: int, number: int) -> list[Row]:
    """A code of its own for half of the entities, and a day that several have."""
    code = 978_000_000 + number * 7919
    rows: list[Row] = [(0, f"day{side}", f"1998-03-{number % 28 + 1:02}", "")]
    return [(0, f"code{side}", str(code), ""), *rows] if number % 2 else rows


def right_ones(task: AlignmentTask, links: Any) -> float:
    known = set(map(tuple, np.concatenate([task.test_links, task.seed_links]).tolist()))
    return sum(tuple(link) in known for link in links.tolist()) / max(len(links), 1)


def test_codes_that_nobody_else_has_make_pairs() -> None:
    task = described_task(codes)
    links = find_seeds_by_value(task, Facts.of(task)).links
    assert links.dtype == np.int32
    assert len(links) > 60
    assert right_ones(task, links) == 1
    assert len(np.unique(links)) == links.size


def test_days_that_chance_explains_make_none() -> None:
    for rows in (noise, lambda side, number: codes(side, number)[-1:]):
        task = described_task(rows)
        assert len(find_seeds_by_value(task, Facts.of(task)).links) == 0


def test_values_that_contradict_each_other_make_no_pair() -> None:
    def rows(side: int, number: int) -> list[Row]:
        other = number if side == 0 or number >= 20 else (number + 1) % 20
        return [
            (0, f"code{side}", f"code {number:05}", ""),
            (0, f"key{side}", f"key {other:05}", ""),
        ]

    task = described_task(rows)
    links = find_seeds_by_value(task, Facts.of(task)).links
    numbers = [int(name.split("/")[1]) for name in task.identifiers(links[:, 0])]
    assert right_ones(task, links) == 1
    assert min(numbers) >= 20 or len([n for n in numbers if n < 20]) < 5


def test_no_seed_links_but_values() -> None:
    task = described_task(codes)
    aligner = Aligner("fast", **FAST).fit(replace(task, seed_links=task.seed_links[:0]))
    assert aligner.pseudo_seeds is not None
    found = len(aligner.pseudo_seeds.links)
    assert aligner.pseudo_seeds.valued == found > 60
    assert str(aligner.pseudo_seeds) == f"{found} pseudo-seeds: {found} by unique value"
    assert hits(aligner) > 0.85


def test_no_values_that_say_enough_is_told() -> None:
    task = described_task(noise)
    unseen = replace(task, seed_links=task.seed_links[:0])
    with pytest.raises(TrainingError, match="no two values in it are near enough"):
        Aligner("fast", **FAST).fit(unseen)


def test_values_come_after_names() -> None:
    links = np.array([[0, 5], [1, 6]], dtype=np.int32)
    named = PseudoSeeds(links, np.array([0, 0.5], dtype=np.float32), 2, 0)
    both = named.with_values(np.array([[1, 7], [2, 8]], dtype=np.int32))
    assert both.links.tolist() == [[0, 5], [1, 6], [2, 8]]
    np.testing.assert_allclose(both.chance, [0, 0.5, 0.1])
    assert str(both) == (
        "3 pseudo-seeds: 2 by unique exact name, 0 by mutual nearest name, 1 by unique value"
    )
    assert str(named.with_values(links)) == str(named)


def test_they_are_known_and_how_sure_they_are() -> None:
    links = np.array([[7, 20], [3, 25], [5, 21]], dtype=np.int32)
    pairs = PseudoSeeds(links, np.array([0.25, 1.0, 0.0], dtype=np.float32))
    asked = np.array([[3, 25], [5, 21], [5, 20], [7, 20], [9, 30]], dtype=np.int32)
    # Even one that chance explains is known to be among them.
    assert pairs.sure(asked).tolist() == [0.01, 1.0, 0.0, 0.75, 0.0]
    assert pairs.sure(asked[:0]).tolist() == []
    assert PseudoSeeds(links[:0], pairs.chance[:0]).sure(asked).tolist() == [0] * 5


def typed(kind: Callable[[int], str], rows: Callable[[int, int], list[Row]]) -> AlignmentTask:
    """A task whose entities have types as well."""
    return described_task(
        lambda side, number: [(0, RDF_TYPE, kind(number), "anyURI"), *rows(side, number)], 300
    )


def test_repeats_count_among_entities_of_the_same_types() -> None:
    def called(side: int, number: int) -> list[Row]:
        # Every city is called like twenty others, and persons have names of their own.
        text = spoken(number) if number % 2 else f"Springfield {number // 40}"
        return [(0, f"name{side}", text, "")]

    mixed = described_task(called, 300)
    assert len(find_seeds_by_value(mixed, Facts.of(mixed)).links) == 0
    task = typed(lambda number: "Person" if number % 2 else "City", called)
    links = find_seeds_by_value(task, Facts.of(task)).links
    assert len(links) > 90
    assert right_ones(task, links) == 1


def test_two_properties_that_propose_a_pair_make_it_whatever_repeats_there_are() -> None:
    def of_chains(side: int, number: int) -> list[Row]:
        # Two thirds share phone and street with others of their chain.
        own = number if number % 3 == 0 else number % 20 + 1_000
        return [
            (0, f"phone{side}", f"phone {own:05}", ""),
            (0, f"street{side}", f"street {own * 7:05}", ""),
        ]

    task = described_task(of_chains, 300)
    facts = Facts.of(task)
    links = find_seeds_by_value(task, facts).links
    assert len(links) > 60
    assert right_ones(task, links) == 1
    # One alone leaves doubt, which is told.
    task = described_task(lambda side, number: of_chains(side, number)[:1], 300)
    found = find_seeds_by_value(task, Facts.of(task))
    assert len(found.links) == 0
    (doubt,) = found.doubts
    assert "phone0 and phone1 have " in doubt
    assert "of which chance may give " in doubt
    unseen = replace(task, seed_links=task.seed_links[:0])
    with pytest.raises(TrainingError, match="its values leave doubt: phone0 and phone1 have "):
        Aligner("fast", **FAST).fit(unseen)
