"""What a user may say about how graphs are to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dualamn.errors import ConfigError

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LABELS = (
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://www.w3.org/2004/02/skos/core#prefLabel",
    "http://schema.org/name",
    "https://schema.org/name",
    "http://xmlns.com/foaf/0.1/name",
)
"""The properties whose values are names, the preferred one first."""
SAME_AS = (
    "http://www.w3.org/2002/07/owl#sameAs",
    "http://www.w3.org/2004/02/skos/core#exactMatch",
)
"""The properties that say of two entities that they are the same thing."""


@dataclass(frozen=True)
class Reading:
    """How graphs are read.

    Attributes:
        labels: more properties whose values are names, preferred to those of `LABELS`.
        language: the language of names to prefer, such as "de"; without it English.
        columns: which columns of a table hold head, relation and tail, by their names or by
            their numbers, counted from 1; found by common names if None.
    """

    labels: tuple[str, ...] = ()
    language: str | None = None
    columns: tuple[str, str, str] | None = None

    @classmethod
    def of(
        cls,
        labels: Sequence[str] = (),
        language: str | None = None,
        columns: Sequence[str] | None = None,
    ) -> Reading:
        """Checks and takes over what a user gave.

        Raises:
            ConfigError: not three different columns, or a blank label or language.
        """
        if isinstance(labels, str):
            labels = (labels,)
        if any(not label.strip() for label in labels):
            raise ConfigError("a label property is blank; give the identifier of a property")
        if language is not None and not language.strip():
            raise ConfigError("the language is blank; give one such as en, or leave it out")
        if columns is None:
            chosen = None
        else:
            if len(columns) != 3 or len(set(columns)) != 3 or not all(columns):
                raise ConfigError(
                    f"columns are {', '.join(columns) or 'none'}; name three: those of head, "
                    "relation and tail"
                )
            chosen = (columns[0], columns[1], columns[2])
        return cls(tuple(labels), None if language is None else language.strip().lower(), chosen)

    @property
    def label_order(self) -> dict[str, int]:
        """All properties whose values are names, and the place of each."""
        return {label: at for at, label in enumerate(dict.fromkeys((*self.labels, *LABELS)))}
