"""A small graph with known duplicates."""

from __future__ import annotations

import random
from itertools import product

import pytest

from dualamn import KnowledgeGraph, as_graph

FIRST = ("Anna", "Boris", "Clara", "David", "Edith", "Franz", "Greta", "Henri", "Irene", "Jonas")
LAST = ("Ahrend", "Bergmann", "Castelli", "Dvorak", "Engström", "Fontaine", "Grimaldi", "Hoffmann")


def made(share: float) -> tuple[KnowledgeGraph, set[frozenset[str]]]:
    """Persons with towns and employers, a share of whom are there twice, and those pairs."""
    lot = random.Random(3)
    names = {f"p{at}": " ".join(both) for at, both in enumerate(product(FIRST, LAST))}
    triples = []
    for person in list(names):
        for relation, most in (("lives in", 20), ("works for", 40), ("studied at", 15)):
            triples.append((person, relation, f"{relation} {lot.randrange(most)}"))
    pairs = set()
    for person in lot.sample(sorted(names), int(share * len(names))):
        first, last = names[person].split()
        again = f"{person}/2"
        names[again] = lot.choice((f"{last}, {first}", f"{first[0]}. {last}", f"{first} {last}"))
        pairs.add(frozenset((person, again)))
        triples += [(again, relation, tail) for head, relation, tail in triples if head == person]
    places = {tail for _, _, tail in triples}
    names |= {place: f"Place of {place}" for place in places}
    return as_graph(triples, "people", entity_names=names), pairs


@pytest.fixture(scope="session")
def people() -> tuple[KnowledgeGraph, set[frozenset[str]]]:
    return made(0.3)
