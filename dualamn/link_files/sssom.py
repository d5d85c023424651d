"""Links as SSSOM: a header of metadata and a tab-separated table of mappings.

Identifiers are CURIEs, with a map of prefixes made from what the IRIs have in common. They are
written as URIs: the tools of the standard drop a mapping whose id is not ASCII, so `é` becomes
`%C3%A9`; `dualamn evaluate` compares them in that form. Fields follow the rules of CSV, and
labels are one line. Reading takes the extra `sssom`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dualamn.errors import DataError, needs
from dualamn.files.curies import WELL_KNOWN, Curies, curies_of
from dualamn.files.iris import to_uri
from dualamn.files.lines import read_text, write_lines
from dualamn.link_files.csv import csv_rows, quoted
from dualamn.link_files.link_file import RawLinks
from dualamn.link_files.mapping_set import MappingSet, graph_of, mapping_set, score_and_probability
from dualamn.link_files.ntriples import EXACT, SAME
from dualamn.link_files.slots import SLOTS
from dualamn.link_files.turtle import PREFIXES
from dualamn.link_files.write_options import WriteOptions
from dualamn.result import AlignedLinks

_NEEDED = ("subject_id", "predicate_id", "object_id")
_REFERENCES = ("creator_id", "subject_source", "object_source")
"""Slots of the set that are CURIEs as entities are; other IRIs stand in full."""


def write_sssom(alignment: AlignedLinks, path: Path, options: WriteOptions) -> None:
    """Writes the links, with six decimals of each confidence.

    Raises:
        ConfigError: a slot is set that does not exist or whose value does not fit.
        DataError: the file cannot be written, or an entity cannot get an IRI.
    """
    write_lines(path, _lines(mapping_set(alignment, options, path)))


def _lines(made: MappingSet) -> Iterator[str]:
    columns: dict[str, list[str] | None] = {
        "subject_id": made.subjects,
        "subject_label": made.subject_labels,
        "predicate_id": [made.predicate] * len(made.subjects),
        "object_id": made.objects,
        "object_label": made.object_labels,
        "mapping_justification": [made.justification] * len(made.subjects),
        "subject_source": made.subject_sources,
        "object_source": made.object_sources,
        "confidence": made.confidence,
        "other": made.other,
    }
    used = {name: values for name, values in columns.items() if values is not None}
    ids = ("subject_id", "object_id", "subject_source", "object_source")
    for name in ids:
        used |= {name: [to_uri(iri) for iri in used[name]]} if name in used else {}
    references = [to_uri(iri) for name in _REFERENCES for iri in made.slots.get(name, ())]
    always = [PREFIXES[curie.partition(":")[0]] for curie in (made.predicate, made.justification)]
    # Entities first: what they have in common is what the prefixes are for.
    every = [*(iri for name in ids for iri in used.get(name, ())), *references]
    curies = curies_of((iri for iri in every if not iri.startswith("orcid:")), always)
    yield from _header(made, curies)
    for name in ids:
        used |= {name: [curies.short[iri] for iri in used[name]]} if name in used else {}
    yield "\t".join(used) + "\n"
    for row in zip(*used.values(), strict=True):
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


def read_sssom(path: Path) -> RawLinks:
    """Reads owl:sameAs and skos:exactMatch mappings; others are counted.

    Raises:
        DataError: the file is missing or not UTF-8, its header is no YAML, a column is missing, a
            row has too many or too few fields, or a CURIE has a prefix that is not in the map.
        MissingExtraError: PyYAML is not installed.
    """
    text = read_text(path)
    n_header = 0
    lines = text.split("\n")
    while n_header < len(lines) and lines[n_header].startswith("#"):
        n_header += 1
    metadata = _metadata(path, "\n".join(line[1:] for line in lines[:n_header]))
    body = "\n".join(lines[n_header:])
    rows, numbers = csv_rows(path, body, "\t", skipped=n_header)
    header = rows[0] if rows else []
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise DataError(f"is no SSSOM table, there is no column {missing[0]}", path=path)
    prefixes = {**_BUILT_IN, **metadata.get("curie_map", {})}
    kept, kept_lines, columns = [], [], {name: at for at, name in enumerate(header)}
    for row, number in zip(rows[1:], numbers[1:], strict=True):
        if len(row) != len(header):
            raise DataError(
                f"has {len(row)} fields where {len(header)} are expected", path=path, line=number
            )
        predicate = _expanded(path, number, row[columns["predicate_id"]], prefixes)
        if predicate in (SAME, EXACT) and row[columns.get("predicate_modifier", 0)] != "Not":
            kept.append(row)
            kept_lines.append(number)
    return RawLinks(
        _link_columns(path, kept, kept_lines, columns, metadata, prefixes),
        kept_lines,
        n_others=len(rows) - 1 - len(kept),
        are_uris=True,
    )


def _link_columns(
    path: Path,
    rows: Sequence[Sequence[str]],
    lines: Sequence[int],
    at: dict[str, int],
    metadata: dict[str, Any],
    prefixes: dict[str, str],
) -> dict[str, list[Any]]:
    def column(name: str) -> list[str]:
        return [row[at[name]] if name in at else "" for row in rows]

    def iris(name: str) -> list[str]:
        return [
            _expanded(path, line, value, prefixes)
            for value, line in zip(column(name), lines, strict=True)
        ]

    columns: dict[str, list[Any]] = {"left": iris("subject_id"), "right": iris("object_id")}
    if "confidence" in at or "other" in at:
        columns |= score_and_probability(column("confidence"), column("other"))
    sources = []
    for name in ("subject_source", "object_source"):
        general = str(metadata.get(name, ""))
        own = [value or general for value in column(name)]
        found = [
            _expanded(path, line, value, prefixes) if value else ""
            for value, line in zip(own, lines, strict=True)
        ]
        set_id = str(metadata.get("mapping_set_id", ""))
        sources.append([graph_of(iri, set_id) for iri in found])
    if all(sources[0]) and all(sources[1]):
        columns["left_source"], columns["right_source"] = sources
    return columns


_BUILT_IN = {**PREFIXES, **{prefix: space for space, prefix in WELL_KNOWN.items()}}


def _metadata(path: Path, text: str) -> dict[str, Any]:
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


def _expanded(path: Path, line: int, curie: str, prefixes: dict[str, str]) -> str:
    prefix, colon, rest = curie.partition(":")
    if colon and not rest.startswith("//") and prefix in prefixes:
        return prefixes[prefix] + rest
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://|urn:", curie):
        return curie
    raise DataError(
        f"has {curie!r}, whose prefix is not in the curie_map of the header; add it there",
        path=path,
        line=line,
    )
