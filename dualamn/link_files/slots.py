"""The slots of an SSSOM mapping set that can be set, as the standard defines them.

SSSOM is A Simple Standard for Sharing Ontological Mappings, https://mapping-commons.github.io/sssom
(Matentzoglu et al., Database 2022); names, kinds and IRIs of slots are those of its schema 1.0.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from dualamn.errors import ConfigError, did_you_mean
from dualamn.files.iris import is_iri
from dualamn.link_files.write_options import Slots

SSSOM = "https://w3id.org/sssom/"
NO_LICENSE = f"{SSSOM}license/unspecified"
PREDICATES = (
    "owl:sameAs",
    *("skos:exactMatch", "skos:closeMatch", "skos:relatedMatch"),
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
        slot = SLOTS.get(name)
        if len(values) != 1 and not (slot and slot.several and values):
            raise ConfigError(f"the SSSOM slot {name} has one value, not {len(values)}")
        for text in values:
            _check(name, text)
        checked[name] = values
    return checked


def _check(name: str, value: str) -> None:
    if name in OF_LINKS:
        if value not in OF_LINKS[name]:
            raise ConfigError(
                f"the SSSOM slot {name} cannot be {value!r}; choose one of "
                f"{', '.join(OF_LINKS[name])}"
            )
        return
    kind = SLOTS[name].kind
    if kind == "iri" and not (is_iri(value) or re.fullmatch(r"orcid:[0-9X-]+", value)):
        raise ConfigError(f"the SSSOM slot {name} is an IRI, and {value!r} is none")
    if kind == "date":
        try:
            date.fromisoformat(value)
        except ValueError:
            raise ConfigError(
                f"the SSSOM slot {name} is a date like 2026-01-31, not {value!r}"
            ) from None
    if kind == "text" and re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", value):
        raise ConfigError(f"the SSSOM slot {name} is one line of text, not {value!r}")


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
