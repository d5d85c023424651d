"""Who counts when unique names and values are looked for."""

from dataclasses import replace

import numpy as np

from dualamn.aligner import Aligner
from dualamn.attributes.comparable import Comparable, echoes_of, first_of_copies, kinds_of
from dualamn.attributes.seeds_by_name import find_seeds_by_name
from dualamn.files.rdf import RDF_TYPE
from dualamn.graphs.knowledge_graph import KnowledgeGraph, Literals
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import strings
from tests.attributes.conftest import FAST, names_in, spoken

Triple = tuple[str, str, str]


def graph(
    name: str, triples: list[Triple], names: dict[str, str], values: list[Triple]
) -> KnowledgeGraph:
    """A graph whose entities have names and values; those of other triples have none."""
    kg = KnowledgeGraph.from_triples(name, [*triples, *((e, "is", "nothing") for e in names)])
    at = {entity: number for number, entity in enumerate(kg.entities)}
    attributes = list(dict.fromkeys(attribute for _, attribute, _ in values))
    literals = Literals(
        strings(attributes),
        np.array([at[entity] for entity, _, _ in values], dtype=np.int32),
        np.array([attributes.index(attribute) for _, attribute, _ in values], dtype=np.int32),
        strings(value for _, _, value in values),
        strings([""] * len(values)),
    )
    texts = strings(names.get(entity, "") for entity in kg.entities)
    # All have the triple that only puts them into the graph.
    kept = kg.relations[kg.triples[:, 1]] != "is"
    return replace(kg, triples=kg.triples[kept], entity_names=texts, literals=literals)


def two(left: KnowledgeGraph, right: KnowledgeGraph) -> AlignmentTask:
    return AlignmentTask.from_kgs((left, right), {}, seed=3)


def pairs_of(task: AlignmentTask) -> set[tuple[str, str]]:
    found = find_seeds_by_name(task, names_in(task, 256)).links
    return {(str(left), str(right)) for left, right in task.identifiers(found)}


def test_types_are_sets_and_the_same_in_every_graph() -> None:
    left = graph("l", [], {"a": "x", "b": "y", "c": "z"}, [("a", RDF_TYPE, "City")])
    right = graph(
        "r",
        [("d", RDF_TYPE, "City"), ("e", RDF_TYPE, "Town"), ("e", RDF_TYPE, "City")],
        {},
        [],
    )
    task = two(left, right)
    kind = dict(zip(task.identifiers(np.arange(task.n_entities)), kinds_of(task), strict=True))
    assert kind["a"] == kind["d"] >= 0
    assert kind["e"] not in (kind["a"], -1)
    assert kind["b"] == kind["c"] == -1


def test_exact_copies_are_one_entity() -> None:
    people = {f"p{i}": spoken(i) for i in range(40)}
    copies = {f"{person}_2": name for person, name in people.items()}
    born = [(f"p{i}", "born", f"c{i % 7}") for i in range(40)]
    born += [(f"p{i}_2", "born", f"c{i % 7}") for i in range(40)]
    types = [(person, RDF_TYPE, "Person") for person in people]
    left = graph("l", born, people | copies | {"x": "Same", "y": "Same"}, types)
    right = graph("r", [], {f"q{i}": spoken(i) for i in range(40)} | {"z": "Same"}, [])
    task = two(left, right)
    names = names_in(task)
    first = first_of_copies(task, kinds_of(task), names)
    assert first.sum() == task.n_entities - 40
    # Those of whom nothing is known but the name may be two.
    assert len(pairs_of(task)) == 40
    assert all(one.split("_")[0][1:] == other[1:] for one, other in pairs_of(task))
    aligner = Aligner("fast", **FAST).fit(task)
    assert len(aligner.align().links) >= 40


def test_entities_of_other_types_are_no_namesakes() -> None:
    names = {f"{kind}{i}": spoken(i) for kind in ("city", "band") for i in range(60)}
    # Some have names of their own, which show what goes with what.
    more = {f"band{i}": spoken(i) for i in range(100, 120)}
    more |= {f"city{i}": spoken(i) for i in range(200, 220)}
    left = graph("l", [], names | more, [(e, RDF_TYPE, e[:4]) for e in names | more])
    right = graph(
        "r",
        [],
        {f"r{e}": n for e, n in (names | more).items()},
        [(f"r{e}", RDF_TYPE, e[:4].upper()) for e in names | more],
    )
    found = pairs_of(two(left, right))
    assert found == {(e, f"r{e}") for e in names | more}


def test_a_few_namesakes_of_another_type_are_no_pairs() -> None:
    places = {f"place{i}": spoken(i) for i in range(150)}
    left = graph("l", [], places, [(e, RDF_TYPE, "City") for e in places])
    bands = set(list(places)[:10])
    types = [(f"r{e}", RDF_TYPE, "Band" if e in bands else "Town") for e in places]
    right = graph("r", [], {f"r{e}": n for e, n in places.items()}, types)
    assert pairs_of(two(left, right)) == {(e, f"r{e}") for e in places if e not in bands}


def test_pages_that_repeat_the_name_of_their_subject_do_not_count() -> None:
    things = {f"t{i}": spoken(i) for i in range(80)}
    pages = {f"page of {e}": name for e, name in things.items()}
    about = [(f"page of {e}", "about", e) for e in things]
    linked = [(f"t{i}", "near", f"t{(i + 1) % 80}") for i in range(80)]
    left = graph("l", about + linked, things | pages, [])
    right = graph("r", [], {f"r{e}": name for e, name in things.items()}, [])
    task = two(left, right)
    names = names_in(task)
    echoes = set(task.identifiers(np.flatnonzero(echoes_of(task, names))).tolist())
    assert echoes == set(pages)
    assert pairs_of(task) == {(e, f"r{e}") for e in things}


def test_those_who_get_no_links_are_no_namesakes() -> None:
    things = {f"t{i}": spoken(i) for i in range(40)}
    terms = {f"term{i}": spoken(i) for i in range(40)}
    left = graph("l", [], things | terms, [])
    unlinkable = np.array([entity.startswith("term") for entity in left.entities])
    left = replace(left, unlinkable=unlinkable)
    right = graph("r", [], {f"r{e}": name for e, name in things.items()}, [])
    task = two(left, right)
    assert pairs_of(task) == {(e, f"r{e}") for e in things}
    comparable = Comparable.of(task, names_in(task))
    assert (comparable.counts == task.is_linkable).all()
