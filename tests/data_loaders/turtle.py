"""Graphs from a few lines of Turtle, and what their entities are called."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dualamn
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from tests.conftest import there

PREFIXES = """
@prefix : <http://e.org/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xl: <http://www.w3.org/2008/05/skos-xl#> .
@prefix schema: <http://schema.org/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix obo: <http://www.geneontology.org/formats/oboInOwl#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix wikibase: <http://wikiba.se/ontology#> .
"""
WORDS = "Alder Birch Cedar Elm Fir Hazel Juniper Larch Maple Oak Pine Rowan".split()  # noqa: SIM905


def read(text: str, **reading: Any) -> tuple[KnowledgeGraph, list[str]]:
    """The graph of some Turtle, and the notes of reading it."""
    notes: list[str] = []
    with TemporaryDirectory() as folder:
        path = Path(folder, "g.ttl")
        path.write_text(PREFIXES + text)
        return dualamn.as_graph(path, "g", notes=notes, **reading), notes


def local(identifier: str) -> str:
    return identifier.rpartition("/")[2].rpartition("#")[2]


def all_names(kg: KnowledgeGraph) -> dict[str, list[str]]:
    """The names of every entity that has some, the first one first, the others sorted."""
    names = kg.entity_names if kg.entity_names is not None else [""] * kg.n_entities
    found = {local(e): [name] for e, name in zip(kg.entities, names, strict=True) if name}
    if kg.further_names is not None:
        entities = kg.entities[kg.further_names.entities]
        for entity, name in sorted(zip(entities, kg.further_names.names, strict=True)):
            found[local(entity)].append(name)
    return found


def linkable(kg: KnowledgeGraph) -> set[str]:
    """The local names of all entities that may get links."""
    out = kg.unlinkable if kg.unlinkable is not None else [False] * kg.n_entities
    return {
        local(entity)
        for entity, no in zip(kg.entities, out, strict=True)
        if not no and not entity.startswith("_:")
    }


def values_of(kg: KnowledgeGraph) -> set[tuple[str, str, str]]:
    """Entity, attribute and value of all attribute triples but those of types."""
    found = there(kg.literals)
    rows = zip(
        kg.entities[found.entities], found.attributes[found.kinds], found.values, strict=True
    )
    return {(local(e), a, v) for e, a, v in rows if not a.endswith("#type")}
