"""Why two entities are linked, or why one is not."""

from dualamn.explain.explanation import Candidate, Explanation, explain, explain_links
from dualamn.explain.reasons import Entity, SharedStatement, ValuePair

__all__ = [
    "Candidate",
    "Entity",
    "Explanation",
    "SharedStatement",
    "ValuePair",
    "explain",
    "explain_links",
]
