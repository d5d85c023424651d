"""A term of one graph, and what it is to a term of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TermKind = Literal["relation", "property", "class"]
"""What a term is: it joins entities, gives them a value, or says what they are."""
KINDS: tuple[TermKind, ...] = ("relation", "property", "class")

Meaning = Literal["equivalent", "narrower", "broader"]
MEANINGS: dict[int, Meaning] = {0: "equivalent", -1: "narrower", 1: "broader"}
_SIGNS: dict[Meaning, str] = {"equivalent": "=", "narrower": "<", "broader": ">"}


@dataclass(frozen=True)
class Correspondence:
    """A term of one graph, and what it is to a term of another.

        >>> print(Correspondence("relation", "en", "born in", "de", "geboren in", False,
        ...                      "equivalent", 0.97, 41.5, 0.95, 1.0))
        born in = geboren in (probability 0.97, support 41.5)

    Attributes:
        kind: "relation", "property" or "class".
        left_source, left, right_source, right: graphs and identifiers.
        inverse: the ends of the right relation are exchanged, as of "born in" and "birthplace of".
        meaning: "equivalent"; "narrower" where the left one is part of the right one; or
            "broader".
        probability: that this is so.
        support: how often both say the same of linked entities, for the probability of the links.
        left_share: of what the left term says and the right graph says too, the share that it says
            with the right term.
        right_share: the same of the right term.
    """

    kind: TermKind
    left_source: str
    left: str
    right_source: str
    right: str
    inverse: bool
    meaning: Meaning
    probability: float
    support: float
    left_share: float
    right_share: float

    def __str__(self) -> str:
        right = f"^{self.right}" if self.inverse else self.right
        sure = f"probability {self.probability:.2f}, support {self.support:,.1f}"
        return f"{self.left} {_SIGNS[self.meaning]} {right} ({sure})"
