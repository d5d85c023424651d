"""Scores of rankings and of links, and the benchmark runs that report them."""

from dualamn.eval.link_files import LinkFileEvaluation, evaluate_files
from dualamn.eval.matching import LinkMetrics, link_metrics
from dualamn.eval.protocol import PROTOCOL_IN_WORDS, Evaluation, PairEvaluation, evaluate
from dualamn.eval.ranking import Ranks, rank, ranking_metrics

__all__ = [
    "PROTOCOL_IN_WORDS",
    "Evaluation",
    "LinkFileEvaluation",
    "LinkMetrics",
    "PairEvaluation",
    "Ranks",
    "evaluate",
    "evaluate_files",
    "link_metrics",
    "rank",
    "ranking_metrics",
]
