"""Loaders: one data set layout a file; `load` recognises which one a path holds."""

from dualamn.data_loaders.catalog import load, resolve
from dualamn.data_loaders.decided import with_decisions
from dualamn.data_loaders.fetching import fetch
from dualamn.data_loaders.given_links import with_not_links
from dualamn.data_loaders.in_memory import as_graph, as_task
from dualamn.data_loaders.summary import (
    GraphSummary,
    Health,
    PairSummary,
    TaskSummary,
    check_health,
    describe,
)
from dualamn.data_loaders.tables import load_files

__all__ = [
    "GraphSummary",
    "Health",
    "PairSummary",
    "TaskSummary",
    "as_graph",
    "as_task",
    "check_health",
    "describe",
    "fetch",
    "load",
    "load_files",
    "resolve",
    "with_decisions",
    "with_not_links",
]
