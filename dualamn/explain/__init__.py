"""Why two entities are linked, or why one is not."""

from dualamn.explain.explanation import Candidate, Entity, Explanation, Shared, Value
from dualamn.explain.find import explain, explain_links

__all__ = ["Candidate", "Entity", "Explanation", "Shared", "Value", "explain", "explain_links"]
