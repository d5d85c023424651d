"""Dumps of Wikidata in JSON: one entity a line, in a list or not.

What becomes of an entity is what the dumps in RDF say of it in direct form: labels, aliases,
descriptions, and of every property the preferred statements or else the normal ones, without their
qualifiers (https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dualamn.data_loaders.graph_builder import GraphBuilder
from dualamn.data_loaders.naming import LABELS, SYNONYMS
from dualamn.data_loaders.rdf_statements import Statement
from dualamn.errors import DataError
from dualamn.files.opening import opened
from dualamn.files.text import OR_SKIP, BadLines, short

JSON = (".json", ".jsonl", ".ndjson")

ENTITY = "http://www.wikidata.org/entity/"
DIRECT = "http://www.wikidata.org/prop/direct/"
_DESCRIPTION = "http://schema.org/description"
_LESS = "deprecated or less preferred than others skipped"
_QUALIFIED = "read without their qualifiers"
_XSD = "http://www.w3.org/2001/XMLSchema#"


def wikidata_statements(
    path: Path, to: GraphBuilder, encoding: str | None = None, bad: BadLines | None = None
) -> Iterator[Statement]:
    """The statements of a dump, line by line.

    Args:
        to: where what is left out of statements is counted.
        bad: where lines that are no entities are counted. Without it they are errors.

    Raises:
        DataError: the file cannot be read, or a line is no entity.
    """
    with opened(path, encoding) as stream:
        for number, line in enumerate(stream, start=1):
            text = line.strip().rstrip(b",")
            # A list may begin and end on the lines of entities.
            if text[:1] == b"[" or text[-1:] == b"]":
                text = text.removeprefix(b"[").removesuffix(b"]").strip(b", ")
            if not text:
                continue
            try:
                entity = json.loads(text)
                found = list(_entity(entity, to.skipped))
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                if bad is not None:
                    bad.add(number)
                    continue
                raise DataError(
                    f"this is no entity of Wikidata on a line of its own: "
                    f"{short(line[:200].decode('utf-8', 'backslashreplace').strip())}; other JSON "
                    f"is not read: write it as RDF or as a table{OR_SKIP}",
                    path=path,
                    line=number,
                ) from None
            yield from found


def _entity(entity: Mapping[str, Any], skipped: Counter[str]) -> Iterator[Statement]:
    subject = ENTITY + entity["id"]
    for slot, word in (("labels", LABELS[0]), ("descriptions", _DESCRIPTION)):
        for text in _values(entity.get(slot)):
            yield subject, word, text["value"], f"@{text['language'].lower()}"
    for texts in _values(entity.get("aliases")):
        for text in texts:
            yield subject, SYNONYMS[0], text["value"], f"@{text['language'].lower()}"
    # What has nothing to hold is written as a list.
    claims: Mapping[str, Any] = entity.get("claims") or {}
    for name, statements in claims.items():
        ranks = {statement.get("rank", "normal") for statement in statements}
        best = "preferred" if "preferred" in ranks else "normal"
        for statement in statements:
            snak = statement["mainsnak"]
            value = _value(snak["datavalue"]) if snak["snaktype"] == "value" else None
            if statement.get("rank", "normal") != best:
                skipped[_LESS] += 1
            elif value is not None:
                yield subject, DIRECT + name, *value
                skipped[_QUALIFIED] += bool(statement.get("qualifiers"))


def _values(slot: Any) -> Any:
    return slot.values() if isinstance(slot, dict) else ()


def _value(data: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """The value and the type of a literal, no type of an entity; None of what is not known."""
    kind, value = data["type"], data["value"]
    if kind == "wikibase-entityid":
        number = value.get("id") or f"Q{value['numeric-id']}"
        return ENTITY + number, None
    if kind == "string":
        return value, ""
    if kind == "monolingualtext":
        return value["text"], f"@{value['language'].lower()}"
    if kind == "time":
        # Days and months that are not known are 00, which RDF writes as 01.
        time = value["time"].lstrip("+").replace("-00", "-01")
        return time, f"{_XSD}dateTime"
    if kind == "quantity":
        return value["amount"].lstrip("+"), f"{_XSD}decimal"
    if kind == "globecoordinate":
        point = f"Point({value['longitude']} {value['latitude']})"
        return point, "http://www.opengis.net/ont/geosparql#wktLiteral"
    return None
