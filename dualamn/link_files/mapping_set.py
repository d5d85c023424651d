"""An alignment as an SSSOM mapping set: what its TSV and its RDF form have in common.

- The set's id is `https://w3id.org/sssom/mappings/` and a UUID of its links, as the tools of the
  standard make it, so that the same links have the same id.
- A graph is named by its own name if that is an IRI, else under the base, or else under the id
  of the set: `…#english`.
- `confidence` is the probability of a link. Where none was learned it is the score, if all scores
  lie from 0 to 1. What `confidence` does not say stands in `other`, as `score=0.912345`.

SSSOM is A Simple Standard for Sharing Ontological Mappings, https://mapping-commons.github.io/sssom
(Matentzoglu et al., Database 2022); names, kinds and IRIs of slots are those of its schema 1.0.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, unquote

from dualamn.errors import ConfigError, DataError, did_you_mean
from dualamn.files.iris import Base, is_iri
from dualamn.files.text import short
from dualamn.kernels.arrays import FloatArray
from dualamn.link_files.table import (
    Slots,
    Table,
    WriteOptions,
    link_iris,
    link_order,
    six_decimals,
    table_of_links,
)
from dualamn.result import AlignedLinks
from dualamn.version import __version__

SSSOM = "https://w3id.org/sssom/"
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
"""Prefixes of the RDF form, and those that CURIEs may have without a word about them."""

NO_LICENSE = f"{SSSOM}license/unspecified"
PREDICATES = (
    *("owl:sameAs", "skos:exactMatch", "skos:closeMatch", "skos:relatedMatch"),
    *("owl:equivalentClass", "owl:equivalentProperty"),
)
JUSTIFICATIONS = tuple(
    f"semapv:{name}"
    for name in (
        *("StructuralMatching", "CompositeMatching", "LexicalMatching", "LogicalReasoning"),
        *("SemanticSimilarityThresholdMatching", "LexicalSimilarityThresholdMatching"),
        *("InstanceBasedMatching", "BackgroundKnowledgeBasedMatching", "MappingChaining"),
        *("MappingInversion", "MappingReview", "ManualMappingCuration", "UnspecifiedMatching"),
    )
)

Kind = Literal["text", "iri", "date"]


@dataclass(frozen=True)
class Slot:
    """What a slot holds, its property in RDF, and whether it may have several values."""

    kind: Kind
    property: str
    several: bool = False


SLOTS: dict[str, Slot] = {
    "mapping_set_id": Slot("iri", "sssom:mapping_set_id"),
    "mapping_set_version": Slot("text", "owl:versionInfo"),
    "mapping_set_source": Slot("iri", "prov:wasDerivedFrom", several=True),
    "mapping_set_title": Slot("text", "dcterms:title"),
    "mapping_set_description": Slot("text", "dcterms:description"),
    "creator_id": Slot("iri", "dcterms:creator", several=True),
    "creator_label": Slot("text", "sssom:creator_label", several=True),
    "license": Slot("iri", "dcterms:license"),
    "subject_source": Slot("iri", "sssom:subject_source"),
    "subject_source_version": Slot("text", "sssom:subject_source_version"),
    "object_source": Slot("iri", "sssom:object_source"),
    "object_source_version": Slot("text", "sssom:object_source_version"),
    "mapping_provider": Slot("iri", "sssom:mapping_provider"),
    "mapping_tool": Slot("text", "sssom:mapping_tool"),
    "mapping_tool_version": Slot("text", "sssom:mapping_tool_version"),
    "mapping_date": Slot("date", "dcterms:created"),
    "publication_date": Slot("date", "dcterms:issued"),
    "see_also": Slot("iri", "rdfs:seeAlso", several=True),
    "issue_tracker": Slot("iri", "sssom:issue_tracker"),
    "other": Slot("text", "sssom:other"),
    "comment": Slot("text", "rdfs:comment"),
}
"""The slots of a mapping set, in the order of the standard."""

OF_LINKS = {"predicate_id": PREDICATES, "mapping_justification": JUSTIFICATIONS}
"""Slots of every single link that can be set for all of them, and their values."""


def checked_slots(given: Slots) -> dict[str, tuple[str, ...]]:
    """The values of slots that a user set.

    Raises:
        ConfigError: an unknown slot, several values where one is possible, or a value that does
            not fit.
    """
    checked = {}
    for name, value in given.items():
        if name not in SLOTS and name not in OF_LINKS:
            known = (*SLOTS, *OF_LINKS)
            raise ConfigError(
                f"{name!r} is no SSSOM slot that can be set{did_you_mean(name, known)}; those are "
                f"{', '.join(known)}"
            )
        values = (value,) if isinstance(value, str) else tuple(value)
        if len(values) != 1 and not (values and name in SLOTS and SLOTS[name].several):
            raise ConfigError(f"the SSSOM slot {name} has one value, not {len(values)}")
        for text in values:
            if name in OF_LINKS:
                fits = text in OF_LINKS[name]
                problem = f"cannot be {{!r}}; choose one of {', '.join(OF_LINKS[name])}"
            else:
                check, problem = _KINDS[SLOTS[name].kind]
                fits = check(text)
            if not fits:
                raise ConfigError(f"the SSSOM slot {name} {problem.format(text)}")
        checked[name] = values
    return checked


def _is_reference(text: str) -> bool:
    return is_iri(text) or re.fullmatch(r"orcid:[0-9X-]+", text) is not None


def _is_line(text: str) -> bool:
    return not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", text)


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


_KINDS: dict[Kind, tuple[Callable[[str], bool], str]] = {
    "iri": (_is_reference, "is an IRI, and {!r} is none"),
    "date": (_is_date, "is a date like 2026-01-31, not {!r}"),
    "text": (_is_line, "is one line of text, not {!r}"),
}
"""Whether a value is of a kind, and what is said of one that is not."""


def today(environment: Mapping[str, str] = os.environ) -> str:
    """The date in UTC; that of SOURCE_DATE_EPOCH where it is set, for files that do not change.

    Raises:
        ConfigError: SOURCE_DATE_EPOCH is not a number of seconds.
    """
    fixed = environment.get("SOURCE_DATE_EPOCH")
    try:
        seconds = time.time() if not fixed else int(fixed)
        return datetime.fromtimestamp(seconds, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        raise ConfigError(
            f"SOURCE_DATE_EPOCH is {fixed!r}, not a number of seconds since 1970"
        ) from None


@dataclass(frozen=True)
class MappingSet:
    """Links as SSSOM knows them.

    Attributes:
        id: the IRI of the set.
        slots: the slots of the whole set by name, in the order of the standard.
        curies: the predicates and justifications that links may have.
        columns: the slots of links by name, in the order of the standard, m texts each. Not
            there are labels if no entity has one ("" is for some without), sources that `slots`
            says for all, confidence if no link has one ("" is for some without), and `other`,
            score=…, where `confidence` says it.
    """

    id: str
    slots: dict[str, tuple[str, ...]]
    curies: tuple[str, ...]
    columns: dict[str, list[str]]

    @classmethod
    def of(
        cls,
        set_id: str,
        slots: Mapping[str, tuple[str, ...]],
        curies: tuple[str, ...],
        columns: Mapping[str, list[str] | None],
    ) -> MappingSet:
        """A set with the slots that every one has, and more, and columns that are there."""
        every = {
            "mapping_set_id": (set_id,),
            "license": (NO_LICENSE,),
            "mapping_tool": ("dualamn",),
            "mapping_tool_version": (__version__,),
            "mapping_date": (today(),),
            **slots,
        }
        ordered = {name: every[name] for name in SLOTS if name in every}
        there = {name: column for name, column in columns.items() if column is not None}
        return cls(set_id, ordered, curies, there)


def mapping_set(alignment: AlignedLinks, options: WriteOptions, path: Path) -> MappingSet:
    """The mapping set of an alignment, its links sorted as in every links file.

    Raises:
        ConfigError: a slot is set that does not exist or whose value does not fit.
        DataError: an entity cannot get an IRI.
    """
    given = checked_slots(options.sssom)
    table, order = table_of_links(alignment), link_order(alignment)
    subjects, objects = link_iris(table, options.iris, path)
    (set_id,) = given.get("mapping_set_id", (id_of_set(subjects, objects, path),))
    slots = {name: values for name, values in given.items() if name in SLOTS}
    sources = {}
    for slot, column in (("subject_source", "left_source"), ("object_source", "right_source")):
        names = table.columns[column].tolist()
        iris = {name: source_iri(name, set_id, options.iris) for name in dict.fromkeys(names)}
        if len(iris) == 1:
            slots.setdefault(slot, tuple(iris.values()))
        sources[slot] = None if slot in slots else [iris[name] for name in names]
    kind = "Composite" if alignment.used_names else "Structural"
    (predicate,) = given.get("predicate_id", ("owl:sameAs",))
    (justification,) = given.get("mapping_justification", (f"semapv:{kind}Matching",))
    subject_labels, object_labels = _labels(table)
    confidence, other = _confidence(alignment.scores[order], table.columns.get("probability"))
    columns = {
        "subject_id": subjects,
        "subject_label": subject_labels,
        "predicate_id": [predicate] * len(table),
        "object_id": objects,
        "object_label": object_labels,
        "mapping_justification": [justification] * len(table),
        **sources,
        "confidence": confidence,
        "other": other,
    }
    return MappingSet.of(set_id, slots, (predicate, justification), columns)


def source_iri(graph: str, set_id: str, base: Base | None) -> str:
    """The IRI of a graph that links are of: itself, or under the base, or the id of the set."""
    if is_iri(graph):
        return graph
    return f"{set_id}#{quote(graph, safe='')}" if base is None else base.graph(graph)


def graph_of(source: str, set_id: str) -> str:
    """The name of the graph that a source of a set is, the source itself if it is another's."""
    start = f"{set_id}#"
    return unquote(source[len(start) :]) if set_id and source.startswith(start) else source


def score_and_probability(
    confidence: Sequence[float | str | None], other: Sequence[str | None]
) -> dict[str, list[Any]]:
    """The columns of links that `confidence` and `other` were made of.

    A confidence that is not given is 1, as the standard says. Where it was all that there is to
    order links by, it is their score as well.
    """
    matches = [re.search(r"(?:^|\|)\s*score=([^|]*)", text or "") for text in other]
    scores = [match[1] for match in matches if match is not None]
    if not scores or len(scores) < len(matches):
        given = [1.0 if value in (None, "") else value for value in confidence]
        return {"score": given, "confidence": given}
    if all(value in (None, "") for value in confidence):
        return {"score": scores}
    return {"score": scores, "probability": list(confidence)}


def id_of_set(subjects: Sequence[str], objects: Sequence[str], path: Path) -> str:
    """The id of a set of links, alike for the same ones.

    Raises:
        DataError: a name is no text.
    """
    digest = hashlib.sha256()
    for pair in zip(subjects, objects, strict=True):
        try:
            digest.update(f"{pair[0]} {pair[1]}\n".encode())
        except UnicodeEncodeError:
            raise DataError(f"cannot hold {short(pair)}, which is no text", path=path) from None
    return f"{SSSOM}mappings/{uuid.uuid5(uuid.NAMESPACE_URL, digest.hexdigest())}"


def _labels(table: Table) -> list[list[str] | None]:
    sides = [table.columns.get(f"{side}_name") for side in ("left", "right")]
    # A label is shown, not read back: a line or a table cell of it is enough.
    return [
        None if side is None or not any(side) else [" ".join(name.split()) for name in side]
        for side in sides
    ]


def _confidence(
    score: FloatArray, probability: FloatArray | None
) -> tuple[list[str] | None, list[str] | None]:
    if probability is None and score.size and score.min() >= 0 and score.max() <= 1:
        return six_decimals(score), None
    other = [f"score={text}" for text in six_decimals(score)]
    return None if probability is None else six_decimals(probability), other
