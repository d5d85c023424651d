"""Links as RDF, with confidence in Turtle, and without as N-Triples, which are the plain links:

    <http://en…/Germany> owl:sameAs <http://fr…/Allemagne> .
    <…set> sssom:mappings [ a owl:Axiom ;
        owl:annotatedSource <http://en…/Germany> ;
        owl:annotatedProperty owl:sameAs ;
        owl:annotatedTarget <http://fr…/Allemagne> ;
        sssom:confidence "0.912345"^^xsd:double ] .

In Turtle, every link stands there as a plain triple, and again as an annotated axiom of OWL 2
with SSSOM's properties. This form was chosen for its readers: triple stores load it without
RDF-star, Protégé and ROBOT know annotated axioms, and the tools of SSSOM read it as a mapping set.
Reading takes the extra `rdf`, but for N-Triples.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dualamn.files.opening import RDF, opened, suffix
from dualamn.files.rdf import RDF_TYPE, mistake, pyoxigraph, statements
from dualamn.files.text import write_lines
from dualamn.link_files.link_table import FOREIGN, SAMENESS, Asked, LinkTable
from dualamn.link_files.mapping_set import (
    PREFIXES,
    SLOTS,
    SSSOM,
    MappingSet,
    graph_of,
    mapping_set,
    score_and_probability,
)
from dualamn.link_files.table import WriteOptions, link_iris, table_of_links
from dualamn.result import AlignedLinks

_OWL = PREFIXES["owl"]
_SOURCE, _PROPERTY, _TARGET = (f"{_OWL}annotated{end}" for end in ("Source", "Property", "Target"))
_ABOUT = (f"{SSSOM}MappingSet", f"{_OWL}Axiom")
_KINDS = {
    "subject_label": "text",
    "object_label": "text",
    "subject_source": "iri",
    "object_source": "iri",
    "confidence": "double",
    "other": "text",
}
"""The slots of links that an axiom has, if they are known, and what they hold."""

_NEGATED = ("Not", "NegatedPredicate")
"""How the modifier of an axiom ends that says of two things that they are not so."""

_SPECIAL = re.compile(r'[\x00-\x1f"\\\x7f]')
_TRIPLE = re.compile(
    r"[ \t]*(<[^<>]*>|_:\S+|<<.*>>)[ \t]*<([^<>]*)>[ \t]*"
    r'(<[^<>]*>|"(?:[^"\\]|\\.)*"(?:\^\^<[^<>]*>|@[A-Za-z0-9-]+)?|_:\S+?|<<.*>>)'
    r"[ \t]*\.[ \t]*(?:#.*)?"
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_CHARACTERS = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}


def write_ntriples(alignment: AlignedLinks, path: Path, options: WriteOptions) -> None:
    """Writes the links as owl:sameAs."""
    rows = zip(*link_iris(table_of_links(alignment), options.iris, path), strict=True)
    write_lines(path, (f"<{subject}> <{SAMENESS[0]}> <{object_}> .\n" for subject, object_ in rows))


def write_turtle(alignment: AlignedLinks, path: Path, options: WriteOptions) -> None:
    """Writes the links, with six decimals of each confidence."""
    write_lines(path, turtle_lines(mapping_set(alignment, options, path)))


def turtle_lines(made: MappingSet) -> Iterator[str]:
    """A mapping set in Turtle."""
    for prefix, space in PREFIXES.items():
        yield f"@prefix {prefix}: <{space}> .\n"
    yield f"\n<{made.id}> a sssom:MappingSet"
    for name, values in made.slots.items():
        for value in values if name != "mapping_set_id" else ():
            yield f" ;\n    {SLOTS[name].property} {_object(SLOTS[name].kind, value)}"
    yield " .\n\n"
    cells = [(name, _KINDS[name], made.columns[name]) for name in _KINDS if name in made.columns]
    names = ("subject_id", "predicate_id", "object_id", "mapping_justification")
    rows = zip(*(made.columns[name] for name in names), strict=True)
    for row, (subject, predicate, object_, justification) in enumerate(rows):
        yield f"<{subject}> {predicate} <{object_}> .\n"
        yield (
            f"<{made.id}> sssom:mappings [ a owl:Axiom ; owl:annotatedSource <{subject}> ; "
            f"owl:annotatedProperty {predicate} ; owl:annotatedTarget <{object_}> ; "
            f"sssom:mapping_justification {justification}"
        )
        for name, kind, column in cells:
            if column[row]:
                yield f" ; sssom:{name} {_object(kind, column[row])}"
        yield " ] .\n"


def _object(kind: str, value: str) -> str:
    if kind == "iri":
        orcid = value.startswith("orcid:")
        return f"<https://orcid.org/{value[6:]}>" if orcid else f"<{value}>"
    return _text(value) if kind == "text" else f'"{value}"^^xsd:{kind}'


def _text(value: str) -> str:
    escaped = _SPECIAL.sub(
        lambda match: "\\" + match[0] if match[0] in '"\\' else f"\\u{ord(match[0]):04X}", value
    )
    return f'"{escaped}"'


_Statement = tuple[str, str, str, bool, int | None]
"""A triple, whether both of its ends are IRIs, and its line if there are lines."""


def read_ntriples(path: Path, asked: Asked) -> LinkTable:
    """Reads links as `read_rdf` does, line by line and without a package."""
    return _links(path, _of_lines(path, asked), asked)


def read_rdf(path: Path, asked: Asked, kind: str | None = None) -> LinkTable:
    """Reads statements that two IRIs are the same, and what annotated axioms say of them.

    Where it is asked for, they are those that two IRIs are different.

    If no `kind` of RDF is given, the ending says which one the file is; without one it is Turtle.
    """
    return _links(path, _of_rdf(path, kind or RDF.get(suffix(path), "Turtle"), asked), asked)


def _of_rdf(path: Path, kind: str, asked: Asked) -> Iterator[_Statement]:
    iri = pyoxigraph().NamedNode
    for quad in statements(path, kind, encoding=asked.encoding):
        subject, object_ = quad.subject, quad.object
        joins_iris = type(subject) is type(object_) is iri
        # A triple can be an end as well, and has no value.
        ends = getattr(subject, "value", ""), getattr(object_, "value", "")
        yield ends[0], quad.predicate.value, ends[1], joins_iris, None


def _of_lines(path: Path, asked: Asked) -> Iterator[_Statement]:
    with opened(path, asked.encoding) as stream:
        for number, data in enumerate(stream, start=1):
            try:
                line = data.decode().rstrip("\r\n")
            except UnicodeDecodeError:
                raise mistake(path, number, "Invalid UTF-8", "N-Triples") from None
            match = _TRIPLE.fullmatch(line)
            if match is not None:
                subject, predicate, object_ = match.groups()
                is_iri = subject[0] == object_[0] == "<" and "<" not in (subject[1], object_[1])
                yield _value(subject), predicate, _value(object_), is_iri, number
            elif line.strip(" \t") and not line.lstrip(" \t").startswith("#"):
                what = "expected subject, predicate, object and a dot"
                raise mistake(path, number, what, "N-Triples")


def _value(term: str) -> str:
    """The IRI between < and >, the text of a literal, or the name of a blank node."""
    if term[0] in '<"':
        term = term[1 : term.rindex(">" if term[0] == "<" else '"')]
    return _ESCAPE.sub(_character, term) if "\\" in term else term


def _character(escape: re.Match[str]) -> str:
    short, code = escape[3], escape[1] or escape[2]
    return _CHARACTERS.get(short, short) if short else chr(int(code, 16))


def _links(path: Path, found: Iterable[_Statement], asked: Asked) -> LinkTable:
    plain: list[tuple[str, str]] = []
    lines: list[int | None] = []
    nodes: dict[str, dict[str, str]] = {}
    others: Counter[str] = Counter()
    for subject, predicate, object_, joins_iris, line in found:
        if asked.takes(predicate):
            if not joins_iris:
                others["about something without an identifier"] += 1
            elif asked.is_wanted(subject, object_):
                plain.append((subject, object_))
                lines.append(line)
            else:
                others[FOREIGN] += 1
        elif (
            predicate.startswith(SSSOM)
            or predicate in (_SOURCE, _PROPERTY, _TARGET)
            or (predicate == RDF_TYPE and object_ in _ABOUT)
        ):
            nodes.setdefault(subject, {})[predicate] = object_
            if predicate == f"{SSSOM}mappings":
                nodes.setdefault(object_, {})["of"] = subject
        elif subject not in nodes:  # else it is about the links
            others["of another property"] += 1
    axioms, foreign = [], 0
    for node in nodes.values():
        if node.get(RDF_TYPE) == f"{_OWL}Axiom":
            negated = node.get(f"{SSSOM}predicate_modifier", "").endswith(_NEGATED)
            if not asked.takes(node.get(_PROPERTY, ""), negated=negated):
                others["of another property"] += 1
            elif asked.is_wanted(node.get(_SOURCE, ""), node.get(_TARGET, "")):
                axioms.append(node)
            else:
                foreign += 1
    # Axioms mostly annotate plain statements, which were counted.
    if foreign > others[FOREIGN]:
        others[FOREIGN] = foreign
    # The links of axioms first, then those that only stand there as plain statements.
    links = [(axiom.get(_SOURCE, ""), axiom.get(_TARGET, "")) for axiom in axioms]
    annotated = set(links)
    links += [link for link in plain if link not in annotated]
    columns: dict[str, list[Any]] = {
        "left": [left for left, _ in links],
        "right": [right for _, right in links],
    }
    if axioms:
        axioms += [{}] * (len(links) - len(axioms))
        columns |= score_and_probability(
            [axiom.get(f"{SSSOM}confidence") for axiom in axioms],
            [axiom.get(f"{SSSOM}other") for axiom in axioms],
        )
        sources = [[_graph(axiom, nodes, end) for axiom in axioms] for end in ("subject", "object")]
        if None not in sources[0] and None not in sources[1]:
            columns["left_source"], columns["right_source"] = sources
    return LinkTable(path, columns, None if axioms else lines, others, is_statements=True)


def _graph(axiom: dict[str, str], nodes: dict[str, dict[str, str]], side: str) -> str | None:
    """The graph of one side, which the axiom says or its mapping set for all."""
    set_id = axiom.get("of", "")
    key = f"{SSSOM}{side}_source"
    source = axiom.get(key, nodes.get(set_id, {}).get(key))
    return None if source is None else graph_of(source, set_id)
