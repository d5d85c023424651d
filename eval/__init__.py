"""Scores of rankings and of links, and the benchmark runs that report them."""
