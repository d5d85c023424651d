"""Links as SSSOM: a header of metadata and a tab-separated table of mappings.

Identifiers are CURIEs, with a map of prefixes made from what the IRIs have in common. They are
written as URIs: the tools of the standard drop a mapping whose id is not ASCII, so `é` becomes
`%C3%A9`; `dualamn evaluate` compares them in that form. Fields follow the rules of CSV, and
labels are one line. Reading a
header of another tool takes the extra `sssom`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from dualamn.errors import DataError, needs
from dualamn.files.iris import WELL_KNOWN, Curies, curies_of, to_uri
from dualamn.files.rdf import RDF_TYPE
from dualamn.files.string_tables import Delimited, StringTable, parse_strings
from dualamn.files.text import read_text, unix_lines, write_lines
from dualamn.link_files.link_table import Asked, LinkTable, expanded
from dualamn.link_files.mapping_set import (
    PREFIXES,
    SLOTS,
    MappingSet,
    graph_of,
    mapping_set,
    score_and_probability,
)
from dualamn.link_files.table import WriteOptions
from dualamn.link_files.table_formats import MOST_COLUMNS, quoted
from dualamn.result import AlignedLinks

_PLAIN = re.compile(
    r"(?P<indent>  )?(?:- |(?P<name>[A-Za-z_][\w.-]*):(?: |$))"
    r'(?P<value>"(?:[^"\\]|\\.)*")?'
)
"""A line of a header as `header_lines` writes it."""

_NEEDED = ("subject_id", "predicate_id", "object_id")
_REFERENCES = ("creator_id", "subject_source", "object_source")
"""Slots of the set that are CURIEs as entities are; other IRIs stand in full."""


def write_sssom(alignment: AlignedLinks, path: Path, options: WriteOptions) -> None:
    """Writes the links, with six decimals of each confidence."""
    write_lines(path, sssom_lines(mapping_set(alignment, options, path)))


def sssom_lines(made: MappingSet) -> Iterator[str]:
    """A mapping set as SSSOM's table, behind its header."""
    ids = ("subject_id", "object_id", "subject_source", "object_source")
    uris = {name: list(map(to_uri, made.columns[name])) for name in ids if name in made.columns}
    references = [to_uri(iri) for name in _REFERENCES for iri in made.slots.get(name, ())]
    always = [PREFIXES[curie.partition(":")[0]] for curie in made.curies]
    # Entities first: what they have in common is what the prefixes are for.
    every = chain(*uris.values(), references)
    curies = curies_of((iri for iri in every if not iri.startswith("orcid:")), always)
    yield from _header(made, curies)
    short = {name: [curies.short[iri] for iri in column] for name, column in uris.items()}
    columns = {**made.columns, **short}
    yield "\t".join(columns) + "\n"
    for row in zip(*columns.values(), strict=True):
        yield "\t".join(map(field_of, row)) + "\n"


def _header(made: MappingSet, curies: Curies) -> Iterator[str]:
    """The metadata of a set, references among it as CURIEs."""
    prefixes = dict(curies.prefixes)
    if any(iri.startswith("orcid:") for iri in made.slots.get("creator_id", ())):
        prefixes["orcid"] = "https://orcid.org/"
    slots: dict[str, str | tuple[str, ...]] = {}
    for name, values in made.slots.items():
        if name in _REFERENCES:
            values = tuple(curies.short.get(to_uri(iri), iri) for iri in values)
        slots[name] = values if SLOTS[name].several else values[0]
    yield from (f"{line}\n" for line in header_lines(prefixes, slots))


def header_lines(
    prefixes: Mapping[str, str], slots: Mapping[str, str | tuple[str, ...]]
) -> Iterator[str]:
    """Metadata as YAML behind hashes; strings are written as JSON, which is YAML too."""
    yield "#curie_map:"
    for prefix, space in sorted(prefixes.items()):
        yield f"#  {prefix}: {json.dumps(space)}"
    for name, value in slots.items():
        if isinstance(value, str):
            yield f"#{name}: {json.dumps(value, ensure_ascii=False)}"
        else:
            yield f"#{name}:"
            yield from (f"#  - {json.dumps(one, ensure_ascii=False)}" for one in value)


def field_of(text: str) -> str:
    """A field of the table, in quotes where it needs them."""
    return quoted(text) if '"' in text or "\t" in text else text


def is_sssom(text: str) -> bool:
    """Whether a text is a mapping table: its first line after those with # names the columns."""
    header = next((line for line in text.split("\n", 2000) if not line.startswith("#")), "")
    return {"subject_id", "object_id"} <= set(header.strip().split("\t"))


def read_sssom(path: Path, asked: Asked) -> LinkTable:
    """Reads the mappings that say that two things are the same; others are counted.

    Where it is asked for, those are read that say that they are different: sameness with the
    predicate modifier Not, or owl:differentFrom.
    """
    text = read_text(path, as_written=True, encoding=asked.encoding)
    return parse_sssom(path, text, asked)


@dataclass(frozen=True, eq=False)
class MappingTable:
    """The table of a mapping set, every mapping as it stands there, and its metadata.

    Attributes:
        table: the columns as strings, the first row names them.
        names: of the columns.
        metadata: of the header, with `curie_map`.
        prefixes: those of the header, and those that need no word about them.
    """

    table: StringTable
    names: tuple[str, ...]
    metadata: dict[str, Any]
    prefixes: dict[str, str]

    @classmethod
    def of(cls, path: Path, text: str) -> MappingTable:
        """Reads the text of a file; fields with tabs or quotes stand in quotes, as in CSV.

        Raises:
            DataError: it is no SSSOM table.
        """
        lines = unix_lines(text).split("\n")
        n_header = next(
            (at for at, line in enumerate(lines) if not line.startswith("#")), len(lines)
        )
        metadata = _metadata(path, "\n".join(line[1:] for line in lines[:n_header]))
        # Lines of the header become blank, so that those below keep their numbers.
        body = "\n".join("" if line.startswith("#") else line for line in lines)
        table = parse_strings(
            path,
            body,
            _NEEDED,
            more=range(1, MOST_COLUMNS),
            may_have_gaps=True,
            form=Delimited("\t", quoted=True),
        )
        names = tuple(column[0].strip() for column in table.columns)
        if missing := [name for name in _NEEDED if name not in names]:
            raise table.error(
                f"the column {missing[0]} is missing; an SSSOM table needs {', '.join(_NEEDED)}"
            )
        return cls(table, names, metadata, {**_BUILT_IN, **metadata["curie_map"]})

    def __len__(self) -> int:
        return len(self.table) - 1

    def column(self, name: str) -> list[str]:
        """The values of a column, empty ones if it is not there."""
        if name in self.names:
            return self.table.columns[self.names.index(name)][1:]
        return [""] * len(self)

    def line(self, row: int) -> int:
        """The line of a mapping."""
        return self.table.line(row + 1)

    def error(self, what: str, row: int) -> DataError:
        """What is wrong with a mapping."""
        return self.table.error(what, row + 1)


def parse_sssom(path: Path, text: str, asked: Asked) -> LinkTable:
    """The mappings in the text of a file, see `read_sssom`; identifiers stay as short as they are.

    Fields with tabs or quotes stand in quotes, as in CSV.
    """
    table = MappingTable.of(path, text)
    prefixes, metadata = table.prefixes, table.metadata
    said = zip(table.column("predicate_id"), table.column("predicate_modifier"), strict=True)
    rows = [
        row
        for row, (predicate, modifier) in enumerate(said)
        if asked.takes(expanded(predicate, prefixes), negated=modifier.strip().lower() == "not")
    ]

    def kept(name: str) -> list[str]:
        values = table.column(name)
        return [values[row] for row in rows]

    columns: dict[str, list[Any]] = {"left": kept("subject_id"), "right": kept("object_id")}
    if {"confidence", "other"} & set(table.names):
        columns |= score_and_probability(kept("confidence"), kept("other"))
    set_id = str(metadata.get("mapping_set_id", ""))
    sources = {}
    for side, name in (("left_source", "subject_source"), ("right_source", "object_source")):
        general = str(metadata.get(name, ""))
        full = (expanded(source or general, prefixes) for source in kept(name))
        sources[side] = [graph_of(source, set_id) for source in full]
    if all(chain(*sources.values())):
        columns |= sources
    n_others = len(table) - len(rows)
    return LinkTable(
        path,
        columns,
        [table.line(row) for row in rows],
        {"of another predicate": n_others} if n_others else {},
        is_statements=True,
        prefixes=prefixes,
    )


_BUILT_IN = {
    "rdf": RDF_TYPE.removesuffix("type"),
    **PREFIXES,
    **{prefix: space for space, prefix in WELL_KNOWN.items()},
}


def _metadata(path: Path, text: str) -> dict[str, Any]:
    if not text.strip():
        return {"curie_map": {}}
    if (plain := _plain_metadata(text)) is not None:
        return plain
    yaml = needs("yaml", extra="sssom")
    try:
        metadata = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DataError(
            f"has a header that is no YAML ({getattr(error, 'problem', error)})",
            path=path,
            line=None if mark is None else mark.line + 1,
        ) from None
    curie_map = metadata.get("curie_map") or {} if isinstance(metadata, dict) else None
    if not isinstance(curie_map, dict):
        raise DataError("has a header that is no mapping of names and values", path=path)
    return {**metadata, "curie_map": {str(k): str(v) for k, v in curie_map.items()}}


def _plain_metadata(text: str) -> dict[str, Any] | None:
    """What `header_lines` made a header of; None for one that is laid out in another way."""
    metadata: dict[str, Any] = {"curie_map": {}}
    inside: Any = None
    for line in text.split("\n"):
        match = _PLAIN.fullmatch(line)
        if match is None or (match["indent"] and inside is None):
            return None
        name, value = match["name"], match["value"] and json.loads(match["value"])
        if not match["indent"]:
            inside = None if value is not None else {} if name == "curie_map" else []
            metadata[name] = inside if value is None else value
        elif name is None and isinstance(inside, list):
            inside.append(value)
        elif name is not None and isinstance(inside, dict):
            inside[name] = value
        else:
            return None
    return metadata
