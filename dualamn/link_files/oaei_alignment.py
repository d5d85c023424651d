"""Links in the Alignment format, as OAEI campaigns and the Alignment API have them.

    <Cell>
      <entity1 rdf:resource="http://mouse.owl#MA_0000001"/>
      <entity2 rdf:resource="http://human.owl#NCI_C12219"/>
      <relation>=</relation>
      <measure rdf:datatype="http://www.w3.org/2001/XMLSchema#float">0.912345</measure>
    </Cell>

The measure is the probability of a link; where none was learned it is the score, if all scores lie
from 0 to 1, and else there is none, which means 1. What the measure does not say stands behind it,
as `<sssom:other>score=0.912345</sssom:other>`: cells may hold elements of other namespaces.

The format is that of https://moex.gitlabpages.inria.fr/alignapi/format.html (David et al.,
Semantic Web 2011). Files spell its namespace in several ways, so elements go by their local names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from dualamn.files.opening import opened
from dualamn.files.rdf import mistake
from dualamn.files.text import write_lines
from dualamn.link_files.link_table import FOREIGN, Asked, LinkTable
from dualamn.link_files.mapping_set import (
    PREFIXES,
    SSSOM,
    MappingSet,
    mapping_set,
    score_and_probability,
)
from dualamn.link_files.rdf_links import read_rdf
from dualamn.link_files.table import WriteOptions
from dualamn.result import AlignedLinks

NAMESPACE = "http://knowledgeweb.semanticweb.org/heterogeneity/alignment#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_BEGIN = re.compile(rb"<(?:[\w.-]+:)?Alignment[\s>/]")
_HEAD = 1 << 16  # bytes in which the element Alignment begins, behind comments and a DTD
_SAME = re.compile(r"=|==|≡|equiv(?:alence)?|.*\bEquivRelation|(?:owl|skos):(?:sameAs|exactMatch)")
"""What stands for sameness in files; the Alignment API also writes the name of its class."""
_DIFFERENT = re.compile(r"%|incompat(?:ible)?|.*\bIncompatRelation|owl:differentFrom")
"""What stands for things that cannot be the same."""


def write_alignment(alignment: AlignedLinks, path: Path, options: WriteOptions) -> None:
    """Writes the links, with six decimals of each measure: one Alignment for a pair of graphs."""
    write_lines(path, _lines(mapping_set(alignment, options, path)))


def _lines(made: MappingSet) -> Iterator[str]:
    rows: dict[tuple[str, str], list[int]] = {}
    sources = [_sources(made, side) for side in ("subject_source", "object_source")]
    for row, pair in enumerate(zip(*sources, strict=True)):
        rows.setdefault(pair, []).append(row)
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield f'<rdf:RDF xmlns="{NAMESPACE}"\n         xmlns:rdf="{_RDF}"\n'
    yield f'         xmlns:sssom="{SSSOM}">\n'
    for pair, chosen in rows.items() or [(("", ""), [])]:
        yield from _alignment(made, pair, chosen)
    yield "</rdf:RDF>\n"


def _sources(made: MappingSet, slot: str) -> Sequence[str]:
    """The graph of one side of every link."""
    if slot in made.columns:
        return made.columns[slot]
    (source,) = made.slots.get(slot, ("",))
    return list(repeat(source, len(made.columns["subject_id"])))


def _alignment(made: MappingSet, pair: tuple[str, str], rows: Sequence[int]) -> Iterator[str]:
    subjects, objects = made.columns["subject_id"], made.columns["object_id"]
    several = any(len({ends[row] for row in rows}) < len(rows) for ends in (subjects, objects))
    yield "<Alignment>\n  <xml>yes</xml>\n  <level>0</level>\n"
    yield f"  <type>{'**' if several else '11'}</type>\n"
    for number, source in enumerate(pair, start=1):
        if source:
            iri = quoteattr(source)
            yield f"  <onto{number}><Ontology rdf:about={iri}/></onto{number}>\n"
    measures, others = made.columns.get("confidence"), made.columns.get("other")
    for row in rows:
        yield (
            f"  <map><Cell>\n    <entity1 rdf:resource={quoteattr(subjects[row])}/>\n"
            f"    <entity2 rdf:resource={quoteattr(objects[row])}/>\n"
            "    <relation>=</relation>\n"
        )
        if measures is not None and measures[row]:
            kind = f"{PREFIXES['xsd']}float"
            yield f'    <measure rdf:datatype="{kind}">{measures[row]}</measure>\n'
        if others is not None:
            yield f"    <sssom:other>{others[row]}</sssom:other>\n"
        yield "  </Cell></map>\n"
    yield "</Alignment>\n"


def read_xml(path: Path, asked: Asked) -> LinkTable:
    """Reads links from XML: cells of an Alignment, or else statements of RDF."""
    with opened(path, asked.encoding, is_xml=True) as stream:
        is_alignment = _BEGIN.search(stream.read(_HEAD)) is not None
    return _Cells(path, asked).read() if is_alignment else read_rdf(path, asked, "RDF/XML")


_ENDS = ("entity1", "entity2")
_WITH_TEXT = (*_ENDS, "relation", "measure", "other")


class _Cells:
    """Collects the cells of a file while it is parsed."""

    def __init__(self, path: Path, asked: Asked) -> None:
        self._path, self._asked = path, asked
        self._parser: Any = None
        self._open: list[str] = []  # local names of the elements that are open
        self._base = ""
        self._cell: dict[str, str] = {}
        self._kept: list[dict[str, str]] = []
        self._lines: list[int | None] = []
        self._others: Counter[str] = Counter()

    def read(self) -> LinkTable:
        """All links of the file; other relations than the one asked for are counted."""
        with opened(self._path, self._asked.encoding, is_xml=True) as stream:
            self._parser = expat.ParserCreate("UTF-8")
            self._parser.buffer_text = True
            self._parser.StartElementHandler = self._start
            self._parser.EndElementHandler = self._end
            self._parser.CharacterDataHandler = self._text
            try:
                self._parser.ParseFile(stream)
            except expat.ExpatError as error:
                why = expat.ErrorString(error.code)
                encoding = self._asked.encoding
                raise mistake(self._path, error.lineno, why, "RDF/XML", encoding) from None
        columns = {
            side: [cell[end] for cell in self._kept]
            for side, end in zip(("left", "right"), _ENDS, strict=True)
        } | score_and_probability(
            *([cell.get(name) for cell in self._kept] for name in ("measure", "other"))
        )
        return LinkTable(self._path, columns, self._lines, self._others, is_statements=True)

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        self._open.append(element.rpartition(":")[2])
        self._base = attributes.get("xml:base", self._base)
        if self._open[-1] == "Cell":
            self._cell = {}
            self._lines.append(self._parser.CurrentLineNumber)
        # An entity may also be an element of its own inside, as in EDOAL.
        for end in self._open[-2:]:
            for name, value in attributes.items() if end in _ENDS else ():
                if name.rpartition(":")[2] in ("resource", "about"):
                    self._cell.setdefault(end, urljoin(self._base, value) if self._base else value)

    def _text(self, text: str) -> None:
        if self._open[-1] in _WITH_TEXT and text.strip():
            self._cell[self._open[-1]] = self._cell.get(self._open[-1], "") + text.strip()

    def _end(self, element: str) -> None:
        if self._open.pop() != "Cell":
            return
        left, right = (self._cell.get(end, "") for end in _ENDS)
        relation = self._cell.get("relation", "=")
        meant = _DIFFERENT if self._asked.different else _SAME
        if left and right and (self._asked.takes(relation) or meant.fullmatch(relation)):
            if self._asked.is_wanted(left, right):
                self._kept.append(self._cell)
                return
            self._others[FOREIGN] += 1
        elif left and right:
            self._others["of another relation"] += 1
        else:
            self._others["about something without an identifier"] += 1
        self._lines.pop()
