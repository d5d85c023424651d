"""Explanations of links whose reasons are known by construction."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualamn import Aligner, Alignment, AlignmentTask, DataError, KnowledgeGraph
from dualamn.bench.synthetic_task import make_task
from dualamn.graphs.knowledge_graph import Literals
from dualamn.kernels.arrays import strings
from dualamn.result import PairAlignment, TopK

LEFT = [
    ("Germany", "capital", "Berlin"),
    ("Berlin", "on", "Spree"),
    ("Potsdam", "in", "Germany"),
    ("Paris", "on", "Seine"),
    ("France", "capital", "Paris"),
]
RIGHT = [
    ("Allemagne", "capitale", "Berlin_fr"),
    ("Berlin_fr", "sur", "Spree_fr"),
    ("Potsdam_fr", "dans", "Allemagne"),
    ("Paris_fr", "sur", "Seine_fr"),
    ("France_fr", "capitale", "Paris_fr"),
]


def graph(name: str, triples: list[tuple[str, str, str]], suffix: str, people: int) -> Any:
    kg = KnowledgeGraph.from_triples(name, triples)
    at = {entity: i for i, entity in enumerate(kg.entities)}
    literals = Literals(
        strings(["population", "code"]),
        np.array([at["Berlin" + suffix], at["Berlin" + suffix]], dtype=np.int32),
        np.array([0, 1], dtype=np.int32),
        strings([str(people), "B"]),
        strings(["", ""]),
    )
    names = strings([entity.removesuffix("_fr") for entity in kg.entities])
    return replace(kg, entity_names=names, literals=literals)


@pytest.fixture(scope="module")
def alignment() -> Alignment:
    """Links of Berlin (.9, Paris_fr is the runner-up) and Potsdam; countries are seed links."""
    left = graph("en", LEFT, "", 3_700_000)
    right = graph("fr", RIGHT, "_fr", 3_600_000)
    number = {name: i for kg in (left, right) for i, name in enumerate(kg.entities)}

    def rows(*pairs: tuple[str, str]) -> list[tuple[int, int]]:
        return [(number[a], number[b]) for a, b in pairs]

    seeds = rows(("Germany", "Allemagne"), ("France", "France_fr"), ("Spree", "Spree_fr"))
    task = AlignmentTask.from_kgs([left, right], {(0, 1): seeds})

    def ids(kg: int, *names: str) -> Any:
        return task.ids(kg, names)

    links = np.stack(
        [ids(0, "Berlin", "Potsdam", "Seine"), ids(1, "Berlin_fr", "Potsdam_fr", "Seine_fr")], 1
    )
    ranked = TopK(
        ids(0, "Berlin", "Paris"),
        np.stack([ids(1, "Berlin_fr", "Paris_fr"), ids(1, "Paris_fr", "Berlin_fr")]),
        np.array([[0.9, 0.1], [0.5, 0.2]], dtype=np.float32),
        8,
    )
    chances = np.array([0.9, 0.8, 0.7], dtype=np.float32)
    pair = PairAlignment(0, 1, links, chances, ranked, None, chances)
    return Alignment(task, (pair,), "unaligned", "mutual")


def test_the_neighbours_that_are_the_same_are_named(alignment: Alignment) -> None:
    found = alignment.explain("Berlin")
    assert found.right is not None
    assert (found.right.identifier, found.right.graph, found.right.name) == (
        "Berlin_fr",
        "fr",
        "Berlin",
    )
    assert (found.is_linked, found.is_seed) == (True, False)
    assert found.probability == pytest.approx(0.9)
    by_neighbour = {s.left_neighbour: s for s in found.shared}
    assert by_neighbour.keys() == {"Germany", "Spree"}
    country, river = by_neighbour["Germany"], by_neighbour["Spree"]
    assert (country.left_relation, country.right_relation) == ("capital", "capitale")
    assert (country.left_inverse, country.right_inverse) == (True, True)
    assert (river.left_relation, river.left_inverse) == ("on", False)
    assert country.is_seed
    assert country.neighbour_probability == 1
    assert found.evidence == pytest.approx(country.match_weight + river.match_weight)


def test_the_runner_up_lacks_what_separates_the_two(alignment: Alignment) -> None:
    found = alignment.explain("Berlin")
    (rival,) = found.candidates
    assert rival.entity.identifier == "Paris_fr"
    assert (rival.n_shared, rival.evidence, rival.linked_to) == (0, 0, None)
    assert found.only_here == len(found.shared) == 2
    assert "  shares 0 of the 2 statements above" in str(found)


def test_names_and_values_agree_or_clash(alignment: Alignment) -> None:
    values = {v.left_attribute: v for v in alignment.explain("Berlin").values}
    assert values["name"].agrees
    assert values["code"].agrees
    assert not values["population"].agrees
    assert (values["population"].left, values["population"].right) == ("3700000", "3600000")


def test_the_other_side_can_be_asked(alignment: Alignment) -> None:
    one, other = alignment.explain("Berlin"), alignment.explain("Berlin_fr")
    assert other.left == one.right
    assert other.right == one.left
    assert {s.right_neighbour for s in other.shared} == {s.left_neighbour for s in one.shared}
    assert other.evidence == pytest.approx(one.evidence)


def test_seed_links_and_entities_without_link(alignment: Alignment) -> None:
    given = alignment.explain("Germany")
    assert (given.is_seed, given.is_linked, given.probability) == (True, False, None)
    assert "are a seed link, given and not found" in str(given)
    alone = alignment.explain("Paris")
    assert alone.right is None
    assert "Paris (Paris) of en has no link" in str(alone)
    assert [c.entity.identifier for c in alone.candidates] == ["Paris_fr", "Berlin_fr"]
    assert alone.candidates[1].linked_to == "Berlin"
    assert alone.candidates[1].linked_probability == pytest.approx(0.9)
    assert "linked to Berlin with probability 0.900" in str(alone)
    two = alignment.explain("Paris", "Berlin_fr")
    assert not two.is_linked
    assert "are not linked" in str(two)


def test_json_has_all_of_it(alignment: Alignment) -> None:
    found = json.loads(json.dumps(alignment.explain("Berlin").as_dict()))
    assert found["right"]["identifier"] == "Berlin_fr"
    assert found["shared"][0].keys() >= {"left_neighbour", "match_weight", "probability_without"}
    assert found["candidates"][0]["entity"]["identifier"] == "Paris_fr"


def test_what_is_unknown_is_told(alignment: Alignment) -> None:
    with pytest.raises(DataError, match=r"no entity 'Berlim' in en, fr, did you mean 'Berlin'"):
        alignment.explain("Berlim")
    with pytest.raises(DataError, match="no entity 'Pari_fr'"):
        alignment.explain("Paris", "Pari_fr")
    with pytest.raises(DataError, match="not of two graphs that were aligned"):
        alignment.explain("Paris", "Berlin")
    with pytest.raises(DataError, match="none of the graphs"):
        alignment.explain("Paris", graphs=("fr", "en"))


def test_less_evidence_is_less_probable() -> None:
    task = make_task(200, seed=1)
    found = Aligner("fast", calibrate=True).fit(task).align(matcher="mutual")
    assert found.probabilities is not None
    columns = found.columns()
    asked = 0
    for at in np.argsort(-found.probabilities)[:10]:
        told = found.explain(columns.left[at])
        assert told.right is not None
        assert told.right.identifier == columns.right[at]
        assert told.probability is not None
        assert told.probability == pytest.approx(found.probabilities[at])
        assert told.combined_score is not None
        assert -1 <= told.combined_score <= 1.001
        assert told.shared
        assert told.probability_without_evidence is not None
        for shared in told.shared:
            assert shared.probability_without is not None
            assert told.probability_without_evidence <= shared.probability_without + 1e-6
            assert shared.probability_without <= told.probability + 1e-6
        asked += told.probability_without_evidence < told.probability - 0.01
    assert asked > 5


@pytest.fixture(scope="module")
def numbered() -> Alignment:
    """Entities and relations whose IRIs say little, with names; two Springfields on the left."""
    here, there = "http://a.org/id/", "http://b.org/"
    left = [(f"{here}{e}", "http://a.org/ns#partOf", f"{here}9") for e in (1, 2, 3)]
    right = [(f"{there}{e}", f"{there}pays", f"{there}Russie") for e in ("x", "y", "z")]
    labels = {
        "1": "Kazan",
        "2": "Springfield",
        "3": "Spring field",
        "9": "Russia",
        "pays": "country",
    }
    kgs = []
    for name, triples in (("a", left), ("b", [*right, (f"{there}pays", "r", f"{there}x")])):
        kg = KnowledgeGraph.from_triples(name, triples)
        called = [labels.get(entity.rsplit("/", 1)[1], "") for entity in kg.entities]
        kgs.append(replace(kg, entity_names=strings(called)))
    number = [dict(zip(kg.entities, range(kg.n_entities), strict=True)) for kg in kgs]
    seed = number[0][f"{here}9"], number[1][f"{there}Russie"]
    task = AlignmentTask.from_kgs(kgs, {(0, 1): [seed]})
    ends = [task.ids(0, [f"{here}1"])[0], task.ids(1, [f"{there}x"])[0]]
    p = np.array([0.25], np.float32)
    pair = PairAlignment(0, 1, np.array([ends], np.int32), p, None, None, p)
    return Alignment(task, (pair,), "unaligned", "mutual")


def test_names_are_told_and_not_numbers(numbered: Alignment) -> None:
    found = numbered.explain("kazan")
    (shared,) = found.shared
    assert str(shared).startswith("partOf Russia ~ country Russie (seed link, ")
    assert shared.left_neighbour == "http://a.org/id/9"
    assert str(shared.swapped()).startswith("country Russie ~ partOf Russia (seed link, ")
    assert found.lines()[0] == (
        "Kazan (http://a.org/id/1) of a and http://b.org/x of b are linked, probability 0.250: "
        "likely incorrect, and not written"
    )


def test_an_entity_is_found_by_what_it_is_called(numbered: Alignment) -> None:
    for name in ("http://a.org/id/1", "1", "Kazan", "KAZAN "):
        assert numbered.explain(name).left.identifier == "http://a.org/id/1"
    assert numbered.explain("Kazan", "x").right == numbered.explain("x").left
    # One that is called so in just these letters.
    assert numbered.explain("Springfield", "y").left.identifier == "http://a.org/id/2"
    with pytest.raises(DataError, match="no entity 'Kasan' in a, b, did you mean 'Kazan'"):
        numbered.explain("Kasan")


def test_several_entities_of_a_name_are_listed(numbered: Alignment) -> None:
    kgs = list(numbered.task.kgs)
    assert kgs[0].entity_names is not None
    names = [name.replace("Spring field", "springfield") for name in kgs[0].entity_names]
    kgs[0] = replace(kgs[0], entity_names=strings(names))
    alignment = replace(numbered, task=replace(numbered.task, kgs=tuple(kgs)))
    with pytest.raises(DataError) as told:
        alignment.explain("SPRINGFIELD")
    assert str(told.value).startswith("'SPRINGFIELD' may be 2 entities, give the identifier of one")
    for entity in ("http://a.org/id/2 (Springfield, a)", "http://a.org/id/3 (springfield, a)"):
        assert entity in str(told.value)


def test_links_of_the_same_identifier_need_no_reasons(numbered: Alignment) -> None:
    (pair,) = numbered.pairs
    links = pair.links
    given = replace(pair, links=links[:0], scores=pair.scores[:0], probabilities=pair.scores[:0])
    alignment = replace(numbered, pairs=(given.with_given(links),))
    found = alignment.explain("Kazan")
    assert found.has_same_identifier
    assert "have the same identifier, so they are linked with probability 1" in str(found)
    assert found.shared[0].probability_without is None
