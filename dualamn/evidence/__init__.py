"""Symbolic evidence: entities that share aligned neighbours over aligned relations."""

from dualamn.evidence.inference import Evidence, Judgement

__all__ = ["Evidence", "Judgement"]
