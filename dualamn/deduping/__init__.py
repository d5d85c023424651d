"""One graph compared with itself: which of its entities are the same thing."""

from dualamn.deduping.duplicate_pairs import Duplicates, dedupe

__all__ = ["Duplicates", "dedupe"]
