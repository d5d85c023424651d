"""Review: which links to look at first, what the answers say of all, and where they are kept."""

from dualamn.review.session import Question, Review

__all__ = ["Question", "Review"]
