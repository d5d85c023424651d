"""Tables of graph tools, known by their headers: KGTK, KGX, and exports of Neo4j.

- KGTK: edges of node1, label and node2, where node2 may be a literal in its own notation
  (https://kgtk.readthedocs.io/en/latest/data_model/).
- KGX: nodes of id, category and name; their edges, of subject, predicate and object, are triples
  like others (https://github.com/biolink/kgx/blob/master/specification/kgx-format.md).
- Neo4j: nodes with a column ``:ID`` and relationships with ``:START_ID``, ``:END_ID`` and
  ``:TYPE``, as neo4j-admin imports them; or both in one table with ``_id``, ``_labels``,
  ``_start``, ``_end`` and ``_type``, as APOC exports them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dualamn.data_loaders.entity_tables import NOTHING, parsed_table
from dualamn.data_loaders.naming import LABELS, SYNONYMS
from dualamn.data_loaders.rdf_statements import Statement
from dualamn.errors import DataError
from dualamn.files.opening import opened
from dualamn.files.rdf import RDF_TYPE, SAME_AS, Reading
from dualamn.files.string_tables import StringTable, delimiter_of, first_row
from dualamn.files.text import BadLines, counted, read_text

_XSD = "http://www.w3.org/2001/XMLSchema#"
_WORDS = {
    "category": RDF_TYPE,
    "label": LABELS[0],
    "name": LABELS[0],
    "alias": SYNONYMS[0],
    "synonym": SYNONYMS[0],
    "exact_synonym": SYNONYMS[0],
    "same_as": SAME_AS[0],
}
"""What properties of KGTK and KGX mean that others know by an IRI."""

_NEO4J = re.compile(r"(?P<name>[^:]*):(?P<kind>[^(\[]+)(?P<several>\[\])?(?:\(.*\)|\{.*\})?")
_KGTK_TIME = re.compile(r"\^([-+]?[0-9]+[-0-9T:.Z]*)(?:/[0-9]+)?")
_KGTK_NUMBER = re.compile(
    r"([-+]?[0-9][0-9.]*(?:[eE][-+]?[0-9]+)?)(?:\[.*\])?(?:Q[0-9]+|[a-zA-Z]\S*)?"
)
_KGTK_TEXT = re.compile(r"'(.*)'@([A-Za-z-]+)(?:\+.*)?", re.DOTALL)

Rows = Callable[[Sequence[str], StringTable, list[str]], Iterator[Statement]]
"""Gives the statements of the rows of a table with this header; what was left out is noted."""


def exchange_statements(
    path: Path, notes: list[str], reading: Reading
) -> Iterator[Statement] | None:
    """The statements of a table in one of these forms; None of any other.

    Args:
        notes: where it is noted which form it is, and what was left out.

    Raises:
        DataError: the file is unusable.
    """
    with opened(path, reading.encoding) as stream:
        head = stream.readline(1 << 16).decode("utf-8", "replace").strip("\r\n")
    form = delimiter_of(path, head, [], given=reading.separator)
    header = [word.strip() for word in first_row(head, form)]
    found = _form_of(header)
    if found is None:
        return None
    title, read = found
    text = read_text(path, encoding=reading.encoding)
    bad = BadLines() if reading.skip_bad_lines else None
    table = parsed_table(path, text, form, notes, bad, may_quote=read is not _kgtk)
    notes.append(f"{path.name}: read as {title}")
    if bad is not None:
        notes.extend(bad.note(path))
    if len(table) == 1:
        raise DataError("there is nothing but a header; add rows", path=path)
    return read(header, table.without_first(), notes)


def _form_of(header: Sequence[str]) -> tuple[str, Rows] | None:
    words = {word.lower() for word in header}
    if {"node1", "label", "node2"} <= words:
        return "KGTK edges", _kgtk
    if {"id", "category"} <= words and not {"subject", "object"} & words:
        return "KGX nodes", _kgx_nodes
    kinds = {match["kind"] for match in map(_NEO4J.fullmatch, header) if match}
    if {"START_ID", "END_ID"} <= kinds:
        return "Neo4j relationships", _neo4j_edges
    if "ID" in kinds:
        return "Neo4j nodes", _neo4j_nodes
    if {"_start", "_end", "_type"} <= words:
        return "Neo4j nodes and relationships", _neo4j_both
    return None


def _kgtk(header: Sequence[str], table: StringTable, notes: list[str]) -> Iterator[Statement]:
    words = [word.lower() for word in header]
    columns = (table.columns[words.index(word)] for word in ("node1", "label", "node2"))
    others = sorted(set(words) - {"node1", "label", "node2", "id"})
    if others:
        notes.append(f"{table.path.name}: not read: the columns {', '.join(others[:8])}")
    for head, relation, value in zip(*columns, strict=True):
        if head and relation and value:
            yield head, _WORDS.get(relation, relation), *_kgtk_value(value)


def _kgtk_value(value: str) -> tuple[str, str | None]:
    """The value and the type of a literal of KGTK; no type of an entity."""
    first = value[0]
    if first == '"' and value[-1] == '"':
        return value[1:-1].replace('\\"', '"').replace("\\|", "|"), ""
    if first == "'" and (match := _KGTK_TEXT.fullmatch(value)):
        return match[1].replace("\\'", "'"), f"@{match[2].lower()}"
    if first == "^" and (match := _KGTK_TIME.fullmatch(value)):
        return match[1].lstrip("+"), f"{_XSD}dateTime" if "T" in match[1] else ""
    if first == "@":  # latitude and longitude
        return value[1:].replace("/", " "), ""
    if (first in "+-" or first.isdecimal()) and (match := _KGTK_NUMBER.fullmatch(value)):
        return match[1].lstrip("+"), f"{_XSD}decimal"
    return value, "" if value in ("True", "False") else None


def _kgx_nodes(header: Sequence[str], table: StringTable, _: list[str]) -> Iterator[Statement]:
    ids = table.columns[[word.lower() for word in header].index("id")]
    for name, column in zip(header, table.columns, strict=True):
        if column is ids:
            continue
        word = _WORDS.get(name.lower(), name)
        kind = None if word in (RDF_TYPE, *SAME_AS) else ""
        several = word in (RDF_TYPE, SYNONYMS[0], *SAME_AS) or name == "xref"
        yield from _cells(ids, word, column, kind, "|" if several else None)


def _cells(
    ids: Sequence[str], word: str, column: Sequence[str], kind: str | None, between: str | None
) -> Iterator[Statement]:
    """A statement for every cell, or every value that stands in one."""
    for head, cell in zip(ids, column, strict=True):
        if head and cell.strip() not in NOTHING:
            for value in cell.split(between) if between else (cell,):
                yield head, word, value, kind


def _neo4j_nodes(header: Sequence[str], table: StringTable, _: list[str]) -> Iterator[Statement]:
    forms = [_NEO4J.fullmatch(word) for word in header]
    place = next(at for at, form in enumerate(forms) if form and form["kind"] == "ID")
    ids = table.columns[place]
    for word, form, column in zip(header, forms, table.columns, strict=True):
        kind = form["kind"] if form else ""
        if kind == "LABEL":
            yield from _cells(ids, RDF_TYPE, column, None, ";")
        elif kind not in ("ID", "IGNORE"):
            several = ";" if form and form["several"] else None
            yield from _cells(ids, form["name"] if form else word, column, "", several)


def _neo4j_edges(
    header: Sequence[str], table: StringTable, notes: list[str]
) -> Iterator[Statement]:
    kinds = [form["kind"] if form else "" for form in map(_NEO4J.fullmatch, header)]
    ends = [table.columns[kinds.index(kind)] for kind in ("START_ID", "END_ID")]
    relations: Sequence[str] = [table.path.stem] * len(table)
    if "TYPE" in kinds:
        relations = table.columns[kinds.index("TYPE")]
    others = len(header) - len({"START_ID", "END_ID", "TYPE"} & set(kinds))
    if others:
        what = counted(others, "column")
        notes.append(f"{table.path.name}: not read: {what} about relationships")
    for head, relation, tail in zip(ends[0], relations, ends[1], strict=True):
        if head and tail:
            yield head, relation or table.path.stem, tail, None


def _neo4j_both(header: Sequence[str], table: StringTable, _: list[str]) -> Iterator[Statement]:
    places = {word.lower(): at for at, word in enumerate(header)}
    ids = table.columns[places["_id"]] if "_id" in places else [""] * len(table)
    for name, column in zip(header, table.columns, strict=True):
        if name.lower() == "_labels":
            classes = [cell.strip(":") for cell in column]
            yield from _cells(ids, RDF_TYPE, classes, None, ":")
        elif not name.startswith("_"):
            yield from _cells(ids, name, column, "", None)
    ends = (table.columns[places[word]] for word in ("_start", "_type", "_end"))
    for head, relation, tail in zip(*ends, strict=True):
        if head and tail:
            yield head, relation, tail, None
