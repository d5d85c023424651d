"""Links from statements of sameness: RDF, and the mapping tables of SSSOM.

Such files say of many things that they are the same, not only of those in the graphs at hand,
and not one to one. What does not fit is skipped and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import DataError
from dualamn.files.delimited import parse_strings
from dualamn.files.rdf_reading import SAME_AS
from dualamn.files.text import counted
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.link_files.numbered_links import LinkFile

SAME_CLASS = "http://www.w3.org/2002/07/owl#equivalentClass"
_NEEDED = ("subject_id", "predicate_id", "object_id")
_BUILT_IN = {
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
_ENTRY = re.compile(r"""["']?([\w.\-]*)["']?\s*:\s+["']?([^"'\s,}]+)["']?""")
_FLOW = re.compile(r"\{(.*)\}")


@dataclass(frozen=True)
class Sameness:
    """One statement that two things are the same.

    Attributes:
        subject, object: their identifiers.
        line: where it is written; None where no one knows.
    """

    subject: str
    object: str
    line: int | None = None


def rdf_mappings(path: Path, skipped: Counter[str]) -> Iterator[Sameness]:
    """The statements of owl:sameAs and skos:exactMatch in an RDF file; others are counted."""
    from dualamn.files.rdf import pyoxigraph, statements

    iri = pyoxigraph().NamedNode
    for quad in statements(path):
        if quad.predicate.value not in SAME_AS:
            skipped["of another property"] += 1
        elif type(quad.subject) is iri and type(quad.object) is iri:
            yield Sameness(quad.subject.value, quad.object.value)
        else:
            skipped["about something without an identifier"] += 1


def is_sssom(text: str) -> bool:
    """Whether a table is one of mappings: its first line after those with # names them."""
    header = next((line for line in text.split("\n", 2000) if not line.startswith("#")), "")
    return {"subject_id", "object_id"} <= set(header.strip().split("\t"))


def sssom_mappings(
    path: Path, text: str, knows: Callable[[str], bool], skipped: Counter[str]
) -> Iterator[Sameness]:
    """The mappings of a table that say that two things are the same; others are counted.

    Identifiers are expanded by the prefixes of the header, unless the graphs know the short form.

    Args:
        path: the file, for messages.
        text: its text.
        knows: whether a graph has an entity of this identifier.
        skipped: where counts are added.

    Raises:
        DataError: a column is missing, or a line does not fit.
    """
    lines = text.split("\n")
    prefixes = {**_BUILT_IN, **_prefixes(lines)}
    # Lines of the header become blank, so that those below keep their numbers.
    body = "\n".join("" if line.startswith("#") else line for line in lines)
    table = parse_strings(path, body, _NEEDED, more=range(2, 200), may_have_gaps=True)
    header = [column[0].strip() for column in table.columns]
    if missing := [name for name in _NEEDED if name not in header]:
        raise DataError(
            f"the column {missing[0]} is missing; an SSSOM table needs {', '.join(_NEEDED)}",
            path=path,
            line=table.line(0),
        )
    subjects, predicates, objects = (table.columns[header.index(name)] for name in _NEEDED)
    negated = [""] * len(table)
    if "predicate_modifier" in header:
        negated = table.columns[header.index("predicate_modifier")]
    same = {*SAME_AS, SAME_CLASS}

    def full(identifier: str) -> str:
        prefix, colon, rest = identifier.partition(":")
        if not colon or prefix not in prefixes or knows(identifier):
            return identifier
        return prefixes[prefix] + rest

    for row in range(1, len(table)):
        if full(predicates[row]) not in same or negated[row].strip().lower() == "not":
            skipped["of another predicate"] += 1
        else:
            yield Sameness(full(subjects[row]), full(objects[row]), table.line(row))


def _prefixes(lines: Sequence[str]) -> dict[str, str]:
    """The entries of curie_map in a YAML header whose lines begin with #."""
    found: dict[str, str] = {}
    indent: int | None = None
    for line in lines:
        if not line.startswith("#"):
            break
        text = line[1:].rstrip()
        depth = len(text) - len(text.lstrip())
        if indent is not None and depth > indent and (entry := _ENTRY.fullmatch(text.strip())):
            found[entry[1]] = entry[2]
        elif text.strip().startswith("curie_map:"):
            indent = depth
            if flow := _FLOW.search(text):
                found.update((entry[1], entry[2]) for entry in _ENTRY.finditer(flow[1]))
        elif text.strip():
            indent = None
    return found


def place(
    mappings: Iterable[Sameness],
    path: Path,
    kgs: Sequence[KnowledgeGraph],
    positions: Sequence[Mapping[str, int]],
    skipped: Counter[str],
    notes: list[str],
) -> dict[tuple[int, int], list[LinkFile]]:
    """Finds out which graphs the two sides of every mapping are from.

    Sameness has no direction: the subject may be of either graph, and is taken to be of the
    earlier one if both have both. An entity with several partners in one graph gets none.

    Raises:
        DataError: no mapping joins two of the graphs.
    """
    rows: dict[tuple[int, int], list[tuple[int, int]]] = {}
    lines: dict[tuple[int, int], list[int | None]] = {}
    total = 0
    for mapping in mappings:
        total += 1
        ends = [
            [at for at, known in enumerate(positions) if name in known]
            for name in (mapping.subject, mapping.object)
        ]
        pairs = {(a, b) for a in ends[0] for b in ends[1] if a < b}
        turned = {(b, a) for a in ends[0] for b in ends[1] if b < a} - pairs
        if not pairs and not turned:
            skipped["about something that no two graphs have"] += 1
        for names, found in (
            ((mapping.subject, mapping.object), pairs),
            ((mapping.object, mapping.subject), turned),
        ):
            for left, right in found:
                link = positions[left][names[0]], positions[right][names[1]]
                rows.setdefault((left, right), []).append(link)
                lines.setdefault((left, right), []).append(mapping.line)
    if not rows:
        raise DataError(
            f"none of its {counted(total, 'statement')} that two things are the same joins "
            f"{' and '.join(kg.name for kg in kgs)}; are the identifiers written as in the graphs?",
            path=path,
        )
    files = {}
    for pair in sorted(rows):
        table = np.array(rows[pair], dtype=np.int64)
        kept, several = _one_to_one(table)
        if several:
            skipped[
                f"that give {counted(several, 'entity', 'entities')} of {kgs[pair[0]].name} and "
                f"{kgs[pair[1]].name} more than one partner"
            ] = len(table) - len(kept)
        of_row = [lines[pair][row] for row in kept.tolist()]
        files[pair] = [LinkFile(path, table[kept], of_row.__getitem__)]
    for why, count in skipped.items():
        notes.append(f"{path.name}: skipped {counted(count, 'statement')} {why}")
    return files


def _one_to_one(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Positions of the distinct links whose ends have one partner, and how many ends have more."""
    _, first = np.unique(rows, axis=0, return_index=True)
    first = np.sort(first)
    alone = np.ones(len(first), dtype=bool)
    several = 0
    for column in rows[first].T:
        _, inverse, count = np.unique(column, return_inverse=True, return_counts=True)
        alone &= count[inverse] == 1
        several += int((count > 1).sum())
    return first[alone], several
