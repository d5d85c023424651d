"""Scores of rankings, links and probabilities, and the candidate protocols they go by."""

from dualamn.eval.evaluation import PROTOCOL_IN_WORDS, Evaluation, PairEvaluation, evaluate
from dualamn.eval.ranking import (
    Figure,
    Ranks,
    bootstrap_intervals,
    mean_figure,
    rank,
    ranking_metrics,
)
from dualamn.eval.reliability import (
    ReliabilityBin,
    expected_calibration_error,
    reliability_table,
)
from dualamn.eval.verdicts import (
    LinkMetrics,
    PrecisionRecallCurve,
    Verdicts,
    judge,
    link_metrics,
    precision_recall_curve,
)

__all__ = [
    "PROTOCOL_IN_WORDS",
    "Evaluation",
    "Figure",
    "LinkMetrics",
    "PairEvaluation",
    "PrecisionRecallCurve",
    "Ranks",
    "ReliabilityBin",
    "Verdicts",
    "bootstrap_intervals",
    "evaluate",
    "expected_calibration_error",
    "judge",
    "link_metrics",
    "mean_figure",
    "precision_recall_curve",
    "rank",
    "ranking_metrics",
    "reliability_table",
]
