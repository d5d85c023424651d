"""An alignment as an SSSOM mapping set: what its TSV and its RDF form have in common.

- The set's id is `https://w3id.org/sssom/mappings/` and a UUID of its links, as the tools of the
  standard make it, so that the same links have the same id.
- A graph is named by its own name if that is an IRI, else under the base, or else under the id
  of the set: `…#english`.
- `confidence` is the probability of a link. Where none was learned it is the score, if all scores
  lie from 0 to 1. What `confidence` does not say stands in `other`, as `score=0.912345`.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from dualamn.errors import DataError
from dualamn.files.iris import is_iri
from dualamn.files.lines import short
from dualamn.link_files.entity_iris import entity_iris
from dualamn.link_files.link_table import link_order, link_table
from dualamn.link_files.slots import NO_LICENSE, SLOTS, SSSOM, checked_slots, today
from dualamn.link_files.table import Table, six_decimals
from dualamn.link_files.write_options import WriteOptions
from dualamn.result import AlignedLinks
from dualamn.version import __version__

OTHER_SCORE = re.compile(r"(?:^|\|)\s*score=([^|]*)")


@dataclass(frozen=True)
class MappingSet:
    """Links as SSSOM knows them; columns have one value a link.

    Attributes:
        id: the IRI of the set.
        slots: the slots of the whole set by name, in the order of the standard.
        predicate, justification: CURIEs that hold for every link.
        subjects, objects: IRIs of the entities.
        subject_labels, object_labels: names, "" for an entity without one; None if none has one.
        subject_sources, object_sources: IRIs of the graphs, None if `slots` says it for all.
        confidence: text of numbers from 0 to 1, "" for none; None if no link has one.
        other: score=…; None where `confidence` says it.
    """

    id: str
    slots: dict[str, tuple[str, ...]]
    predicate: str
    justification: str
    subjects: list[str]
    objects: list[str]
    subject_labels: list[str] | None
    object_labels: list[str] | None
    subject_sources: list[str] | None
    object_sources: list[str] | None
    confidence: list[str] | None
    other: list[str] | None


def mapping_set(alignment: AlignedLinks, options: WriteOptions, path: Path) -> MappingSet:
    """The mapping set of an alignment, its links sorted as in every links file.

    Raises:
        ConfigError: a slot is set that does not exist or whose value does not fit.
        DataError: an entity cannot get an IRI.
    """
    given = checked_slots(options.sssom)
    table = link_table(alignment)
    columns = table.columns
    subjects = entity_iris(columns["left_source"], columns["left"], options.iris, path)
    objects = entity_iris(columns["right_source"], columns["right"], options.iris, path)
    (set_id,) = given.get("mapping_set_id", (_set_id(subjects, objects, path),))

    def source(graph: str) -> str:
        if is_iri(graph):
            return graph
        base = options.iris
        return f"{set_id}#{quote(graph, safe='')}" if base is None else base.graph(graph)

    slots = {
        "mapping_set_id": (set_id,),
        "license": (NO_LICENSE,),
        "mapping_tool": ("dualamn",),
        "mapping_tool_version": (__version__,),
        "mapping_date": (today(),),
        **{name: values for name, values in given.items() if name in SLOTS},
    }
    sources: list[list[str] | None] = []
    for slot, column in (("subject_source", "left_source"), ("object_source", "right_source")):
        names = columns[column].tolist()
        if len(set(names)) == 1:
            slots.setdefault(slot, (source(names[0]),))
        sources.append(None if slot in slots else [source(name) for name in names])
    labels = _labels(alignment)
    confidence, other = _confidence(table)
    justification = (
        "semapv:CompositeMatching" if alignment.used_names else "semapv:StructuralMatching"
    )
    return MappingSet(
        set_id,
        {name: slots[name] for name in SLOTS if name in slots},
        given.get("predicate_id", ("owl:sameAs",))[0],
        given.get("mapping_justification", (justification,))[0],
        subjects,
        objects,
        labels[0],
        labels[1],
        sources[0],
        sources[1],
        confidence,
        other,
    )


def graph_of(source: str, set_id: str) -> str:
    """The name of the graph that a source of a set is, the source itself if it is another's."""
    start = f"{set_id}#"
    return unquote(source[len(start) :]) if set_id and source.startswith(start) else source


def score_and_probability(
    confidence: Sequence[float | str | None], other: Sequence[str | None]
) -> dict[str, list[Any]]:
    """The columns of links that `confidence` and `other` were made of.

    A confidence that is not given is 1, as the standard says.
    """
    matches = [OTHER_SCORE.search(text or "") for text in other]
    scores = [match[1] for match in matches if match is not None]
    if not scores or len(scores) < len(matches):
        return {"score": [1.0 if value in (None, "") else value for value in confidence]}
    if all(value in (None, "") for value in confidence):
        return {"score": scores}
    return {"score": scores, "probability": list(confidence)}


def _set_id(subjects: list[str], objects: list[str], path: Path) -> str:
    digest = hashlib.sha256()
    for pair in zip(subjects, objects, strict=True):
        try:
            digest.update(f"{pair[0]} {pair[1]}\n".encode())
        except UnicodeEncodeError:
            raise DataError(f"cannot hold {short(pair)}, which is no text", path=path) from None
    return f"{SSSOM}mappings/{uuid.uuid5(uuid.NAMESPACE_URL, digest.hexdigest())}"


def _labels(alignment: AlignedLinks) -> list[list[str] | None]:
    names = alignment.task.entity_names
    if names is None:
        return [None, None]
    sides = names[alignment.links[link_order(alignment)]].T.tolist()
    # A label is shown, not read back: a line or a table cell of it is enough.
    return [[" ".join(name.split()) for name in side] if any(side) else None for side in sides]


def _confidence(table: Table) -> tuple[list[str] | None, list[str] | None]:
    score, probability = table.columns["score"], table.columns.get("probability")
    if probability is None and score.size and score.min() >= 0 and score.max() <= 1:
        return six_decimals(score), None
    other = [f"score={text}" for text in six_decimals(score)]
    return None if probability is None else six_decimals(probability), other
