"""Links as RDF with confidence, in Turtle: the SSSOM RDF model.

    <http://en…/Germany> owl:sameAs <http://fr…/Allemagne> .
    <…set> sssom:mappings [ a owl:Axiom ;
        owl:annotatedSource <http://en…/Germany> ;
        owl:annotatedProperty owl:sameAs ;
        owl:annotatedTarget <http://fr…/Allemagne> ;
        sssom:confidence "0.912345"^^xsd:double ] .

Every link stands there as a plain triple, and again as an annotated axiom of OWL 2 with SSSOM's
properties. This form was chosen for its readers: triple stores load it without RDF-star, Protégé
and ROBOT know annotated axioms, and the tools of SSSOM read it as a mapping set. Reading takes the
extra `rdf`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dualamn.errors import DataError, needs
from dualamn.files.lines import read_bytes, write_lines
from dualamn.link_files.link_file import RawLinks
from dualamn.link_files.mapping_set import MappingSet, graph_of, mapping_set, score_and_probability
from dualamn.link_files.ntriples import EXACT, SAME
from dualamn.link_files.slots import SLOTS, SSSOM
from dualamn.link_files.write_options import WriteOptions
from dualamn.result import AlignedLinks

PREFIXES = {
    "dcterms": "http://purl.org/dc/terms/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "semapv": "https://w3id.org/semapv/vocab/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "sssom": SSSOM,
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_OWL = PREFIXES["owl"]
_SPECIAL = re.compile(r'[\x00-\x1f"\\\x7f]')


def write_turtle(alignment: AlignedLinks, path: Path, options: WriteOptions) -> None:
    """Writes the links, with six decimals of each confidence.

    Raises:
        ConfigError: a slot is set that does not exist or whose value does not fit.
        DataError: the file cannot be written, or an entity cannot get an IRI.
    """
    write_lines(path, _lines(mapping_set(alignment, options, path)))


def _lines(made: MappingSet) -> Iterator[str]:
    for prefix, space in PREFIXES.items():
        yield f"@prefix {prefix}: <{space}> .\n"
    yield f"\n<{made.id}> a sssom:MappingSet"
    for name, values in made.slots.items():
        for value in values if name != "mapping_set_id" else ():
            yield f" ;\n    {SLOTS[name].property} {_object(SLOTS[name].kind, value)}"
    yield " .\n\n"
    for row, (subject, object_) in enumerate(zip(made.subjects, made.objects, strict=True)):
        yield f"<{subject}> {made.predicate} <{object_}> .\n"
        yield (
            f"<{made.id}> sssom:mappings [ a owl:Axiom ; owl:annotatedSource <{subject}> ; "
            f"owl:annotatedProperty {made.predicate} ; owl:annotatedTarget <{object_}> ; "
            f"sssom:mapping_justification {made.justification}"
        )
        if made.subject_labels and made.subject_labels[row]:
            yield f" ; sssom:subject_label {_text(made.subject_labels[row])}"
        if made.object_labels and made.object_labels[row]:
            yield f" ; sssom:object_label {_text(made.object_labels[row])}"
        if made.subject_sources:
            yield f" ; sssom:subject_source <{made.subject_sources[row]}>"
        if made.object_sources:
            yield f" ; sssom:object_source <{made.object_sources[row]}>"
        if made.confidence and made.confidence[row]:
            yield f' ; sssom:confidence "{made.confidence[row]}"^^xsd:double'
        if made.other:
            yield f" ; sssom:other {_text(made.other[row])}"
        yield " ] .\n"


def _object(kind: str, value: str) -> str:
    if kind == "iri":
        return f"<{value.replace('orcid:', 'https://orcid.org/', 1)}>"
    return f'"{value}"^^xsd:date' if kind == "date" else _text(value)


def _text(value: str) -> str:
    escaped = _SPECIAL.sub(
        lambda match: "\\" + match[0] if match[0] in '"\\' else f"\\u{ord(match[0]):04X}", value
    )
    return f'"{escaped}"'


def read_turtle(path: Path) -> RawLinks:
    """Reads owl:sameAs and skos:exactMatch between IRIs, and what annotated axioms say of them.

    Raises:
        DataError: the file is missing or no Turtle.
        MissingExtraError: pyoxigraph is not installed.
    """
    oxigraph = needs("pyoxigraph", extra="rdf")
    data = read_bytes(path)
    try:
        return links_of(oxigraph.parse(data, format=oxigraph.RdfFormat.TURTLE), oxigraph.NamedNode)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise DataError(f"is no Turtle ({error})", path=path, line=line) from None


def read_rdf(path: Path) -> RawLinks:
    """Reads links as `read_turtle` does, of any format of RDF that graphs are read from.

    Raises:
        DataError: the file is missing or has a mistake.
        MissingExtraError: a package is not installed.
    """
    from dualamn.files.rdf import pyoxigraph, statements

    return links_of(statements(path), pyoxigraph().NamedNode)


def links_of(quads: Iterable[Any], named_node: Any) -> RawLinks:
    """The links among statements, as pyoxigraph gives them."""
    same: dict[tuple[str, str], None] = {}
    nodes: dict[str, dict[str, Any]] = {}
    others: Counter[str] = Counter()
    for quad in quads:
        subject, predicate, object_ = quad.subject, quad.predicate.value, quad.object
        if predicate in (SAME, EXACT):
            if isinstance(subject, named_node) and isinstance(object_, named_node):
                same[subject.value, object_.value] = None
            else:
                others[subject.value] += 1
        elif predicate.startswith((SSSOM, _OWL)) or predicate == _TYPE:
            node = nodes.setdefault(subject.value, {})
            if predicate == f"{SSSOM}mappings":
                nodes.setdefault(object_.value, {})["of"] = subject.value
            node[predicate] = object_.value
        else:
            others[subject.value] += 1
    # What is said of the set or of a link is no statement beside them.
    about = (f"{SSSOM}MappingSet", f"{_OWL}Axiom")
    n_others = sum(
        count for subject, count in others.items() if nodes.get(subject, {}).get(_TYPE) not in about
    )
    return _links(same, nodes, n_others)


def _links(
    same: dict[tuple[str, str], None], nodes: dict[str, dict[str, Any]], n_others: int
) -> RawLinks:
    axioms: list[dict[str, Any]] = []
    for node in nodes.values():
        if node.get(_TYPE) != f"{_OWL}Axiom":
            continue
        if node.get(f"{_OWL}annotatedProperty") not in (SAME, EXACT):
            n_others += 1
            continue
        axioms.append(node)
    ends = [(a.get(f"{_OWL}annotatedSource"), a.get(f"{_OWL}annotatedTarget")) for a in axioms]
    annotated = set(ends)
    bare = [link for link in same if link not in annotated]
    links = [*ends, *bare]
    columns: dict[str, list[Any]] = {
        "left": [left for left, _ in links],
        "right": [right for _, right in links],
    }
    if axioms:
        axioms += [{}] * len(bare)
        columns |= score_and_probability(
            [axiom.get(f"{SSSOM}confidence") for axiom in axioms],
            [axiom.get(f"{SSSOM}other") for axiom in axioms],
        )
        sources = [
            [_source(axiom, nodes, side) for axiom in axioms] for side in ("subject", "object")
        ]
        if None not in sources[0] and None not in sources[1]:
            columns["left_source"], columns["right_source"] = sources
    return RawLinks(columns, n_others=n_others)


def _source(axiom: dict[str, Any], nodes: dict[str, dict[str, Any]], side: str) -> str | None:
    """The graph of one side, which the axiom says or its mapping set for all."""
    set_id = axiom.get("of", "")
    key = f"{SSSOM}{side}_source"
    source = axiom.get(key, nodes.get(set_id, {}).get(key))
    return None if source is None else graph_of(source, set_id)
