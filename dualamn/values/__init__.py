"""Attribute values, such as numbers, dates and short texts, as evidence for links."""

from dualamn.values.similarity import ValueSimilarity

__all__ = ["ValueSimilarity"]
