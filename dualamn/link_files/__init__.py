"""Links in files, both ways: one format a file, each knows how to write links and read them."""

from dualamn.link_files.comparison import LinkFileEvaluation, evaluate_files

__all__ = ["LinkFileEvaluation", "evaluate_files"]
