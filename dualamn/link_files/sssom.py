"""Links as SSSOM: a header of metadata and a tab-separated table of mappings.

Identifiers are CURIEs, with a map of prefixes made from what the IRIs have in common. They are
written as URIs: the tools of the standard drop a mapping whose id is not ASCII, so `é` becomes
`%C3%A9`; `dualamn evaluate` compares them in that form. Fields follow the rules of CSV, and
labels are one line. Reading a header takes the extra `sssom`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from dualamn.errors import DataError, needs
from dualamn.files.iris import WELL_KNOWN, Curies, curies_of, to_uri
from dualamn.files.rdf import RDF_TYPE
from dualamn.files.string_tables import Delimited, parse_strings
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

_NEEDED = ("subject_id", "predicate_id", "object_id")
_REFERENCES = ("creator_id", "subject_source", "object_source")
"""Slots of the set that are CURIEs as entities are; other IRIs stand in full."""


def write_sssom(alignment: AlignedLinks, path: Path, options: WriteOptions) -> None:
    """Writes the links, with six decimals of each confidence."""
    write_lines(path, _lines(mapping_set(alignment, options, path)))


def _lines(made: MappingSet) -> Iterator[str]:
    ids = ("subject_id", "object_id", "subject_source", "object_source")
    uris = {name: list(map(to_uri, made.columns[name])) for name in ids if name in made.columns}
    references = [to_uri(iri) for name in _REFERENCES for iri in made.slots.get(name, ())]
    always = [PREFIXES[curie.partition(":")[0]] for curie in (made.predicate, made.justification)]
    # Entities first: what they have in common is what the prefixes are for.
    every = chain(*uris.values(), references)
    curies = curies_of((iri for iri in every if not iri.startswith("orcid:")), always)
    yield from _header(made, curies)
    short = {name: [curies.short[iri] for iri in column] for name, column in uris.items()}
    columns = {**made.columns, **short}
    yield "\t".join(columns) + "\n"
    for row in zip(*columns.values(), strict=True):
        yield "\t".join(map(_field, row)) + "\n"


def _header(made: MappingSet, curies: Curies) -> Iterator[str]:
    """The metadata as YAML behind hashes; strings are written as JSON, which is YAML too."""
    yield "#curie_map:\n"
    prefixes = dict(curies.prefixes)
    if any(iri.startswith("orcid:") for iri in made.slots.get("creator_id", ())):
        prefixes["orcid"] = "https://orcid.org/"
    for prefix, space in sorted(prefixes.items()):
        yield f"#  {prefix}: {json.dumps(space)}\n"
    for name, values in made.slots.items():
        if name in _REFERENCES:
            values = tuple(curies.short.get(to_uri(iri), iri) for iri in values)
        if SLOTS[name].several:
            yield f"#{name}:\n"
            yield from (f"#  - {json.dumps(value, ensure_ascii=False)}\n" for value in values)
        else:
            yield f"#{name}: {json.dumps(values[0], ensure_ascii=False)}\n"


def _field(text: str) -> str:
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


def parse_sssom(path: Path, text: str, asked: Asked) -> LinkTable:
    """The mappings in the text of a file, see `read_sssom`; identifiers stay as short as they are.

    Fields with tabs or quotes stand in quotes, as in CSV.
    """
    lines = unix_lines(text).split("\n")
    n_header = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
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
    at = {column[0].strip(): number for number, column in enumerate(table.columns)}
    if missing := [name for name in _NEEDED if name not in at]:
        raise table.error(
            f"the column {missing[0]} is missing; an SSSOM table needs {', '.join(_NEEDED)}"
        )
    prefixes = {**_BUILT_IN, **metadata["curie_map"]}

    def column(name: str) -> list[str]:
        return table.columns[at[name]] if name in at else [""] * len(table)

    rows = [
        row
        for row, (predicate, modifier) in enumerate(
            zip(column("predicate_id"), column("predicate_modifier"), strict=True)
        )
        if asked.takes(expanded(predicate, prefixes), negated=modifier.strip().lower() == "not")
    ]

    def kept(name: str) -> list[str]:
        values = column(name)
        return [values[row] for row in rows]

    columns: dict[str, list[Any]] = {"left": kept("subject_id"), "right": kept("object_id")}
    if "confidence" in at or "other" in at:
        columns |= score_and_probability(kept("confidence"), kept("other"))
    set_id = str(metadata.get("mapping_set_id", ""))
    sources = {}
    for side, name in (("left_source", "subject_source"), ("right_source", "object_source")):
        general = str(metadata.get(name, ""))
        full = (expanded(source or general, prefixes) for source in kept(name))
        sources[side] = [graph_of(source, set_id) for source in full]
    if all(chain(*sources.values())):
        columns |= sources
    n_others = len(table) - 1 - len(rows)
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
