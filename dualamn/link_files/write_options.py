"""Files of links that hold IRIs: what can be set about them, and the IRIs of their entities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dualamn.errors import DataError
from dualamn.files.iris import Base, is_iri
from dualamn.files.text import short
from dualamn.graphs.task import AlignmentTask

Slots = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class WriteOptions:
    """What can be set about the files of links that hold IRIs.

    Attributes:
        base: an IRI under which entities whose identifiers are no IRIs get one.
        sssom: slots of the SSSOM mapping set, see `dualamn.link_files.slots`.

    Raises:
        ConfigError: `base` cannot be one.
    """

    base: str | None = None
    sssom: Slots = field(default_factory=dict)

    def __post_init__(self) -> None:
        _ = self.iris

    @cached_property
    def iris(self) -> Base | None:
        """The base, ready to make IRIs."""
        return None if self.base is None else Base(self.base)


def entity_iri(graph: str, identifier: str, base: Base | None, path: Path | None = None) -> str:
    """The IRI of an entity: its identifier, or one made of it under the base.

    Raises:
        DataError: the identifier is no IRI and there is no base, or it is one that already
            begins with the base, or it is no text.
    """
    if is_iri(identifier):
        if base is not None and identifier.startswith(base.iri):
            raise DataError(
                f"{short(identifier)} of {graph} begins with the base {base.iri}, so names that "
                "get an IRI there could be taken for it; choose another base",
                path=path,
            )
        return identifier
    if base is None:
        raise DataError(
            f"this format needs IRIs, and {short(identifier)} of {graph} is none; give a base "
            "IRI under which such names get one (--base https://example.org/, in Python base=)",
            path=path,
        )
    try:
        return base.entity(graph, identifier)
    except UnicodeEncodeError:
        raise DataError(f"cannot hold {short(identifier)}, which is no text", path=path) from None


def entity_iris(
    graphs: Iterable[str], identifiers: Iterable[str], base: Base | None, path: Path
) -> list[str]:
    """The IRIs of entities, see `entity_iri`."""
    return [
        entity_iri(graph, identifier, base, path)
        for graph, identifier in zip(graphs, identifiers, strict=True)
    ]


def check_iris(task: AlignmentTask, base: Base | None) -> None:
    """Looks through all entities of a task, before long work; blank nodes get no links.

    Raises:
        DataError: one that cannot get an IRI, see `entity_iri`.
    """
    for kg in task.kgs:
        for identifier in kg.entities.tolist():
            if not identifier.startswith("_:"):
                entity_iri(kg.name, identifier, base)
