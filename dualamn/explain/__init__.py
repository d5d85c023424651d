"""Why two entities are linked, or why one is not."""

from dualamn.explain.explanation import (
    Candidate,
    Explanation,
    PairExplainer,
    explain,
    explain_links,
)
from dualamn.explain.reasons import Entity, SharedStatement, ValuePair

__all__ = [
    "Candidate",
    "Entity",
    "Explanation",
    "PairExplainer",
    "SharedStatement",
    "ValuePair",
    "explain",
    "explain_links",
]
