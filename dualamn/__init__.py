"""Finds which entities of two or more knowledge graphs are the same thing.

task = dualamn.load("path/to/zh_en", train_ratio=0.3, seed=0)
aligner = dualamn.Aligner(epochs=20).fit(task)
alignment = aligner.align()
alignment.to_tsv("links.tsv")
print(dualamn.evaluate(alignment, task.test_links))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dualamn.version import __version__

# What is public, and the module that holds it. A name is imported when it is first used, so
# that `import dualamn` takes no time and loads neither torch nor faiss.
_MODULE_OF = {
    "Aligner": "dualamn.aligner",
    "AlignerConfig": "dualamn.config",
    "Alignment": "dualamn.alignment",
    "AlignmentTask": "dualamn.graphs.task",
    "CheckpointError": "dualamn.errors",
    "Audit": "dualamn.seed_audit",
    "Changes": "dualamn.link_files.changes",
    "Clusters": "dualamn.matching.entity_clusters",
    "ConfigError": "dualamn.errors",
    "DataError": "dualamn.errors",
    "Decision": "dualamn.link_files.decisions",
    "DownloadError": "dualamn.errors",
    "DualamnError": "dualamn.errors",
    "Duplicates": "dualamn.deduping",
    "Evaluation": "dualamn.eval",
    "Fusion": "dualamn.fusion.fusing",
    "Growth": "dualamn.data_loaders.growth",
    "KnowledgeGraph": "dualamn.graphs.knowledge_graph",
    "Lookup": "dualamn.lookup",
    "Matches": "dualamn.lookup",
    "MissingExtraError": "dualamn.errors",
    "NewEntity": "dualamn.lookup",
    "Progress": "dualamn.progress",
    "Review": "dualamn.review",
    "SchemaAlignment": "dualamn.schema.schema_alignment",
    "TrainingError": "dualamn.errors",
    "append_decision": "dualamn.link_files.decision_file",
    "Update": "dualamn.updating.outcome",
    "as_graph": "dualamn.data_loaders",
    "as_task": "dualamn.data_loaders",
    "dedupe": "dualamn.deduping",
    "audit": "dualamn.seed_audit",
    "diff": "dualamn.link_files.changes",
    "evaluate": "dualamn.eval",
    "fetch": "dualamn.data_loaders",
    "fuse": "dualamn.fusion.fusing",
    "load": "dualamn.data_loaders",
    "load_files": "dualamn.data_loaders",
    "read_decisions": "dualamn.link_files.decisions",
    "with_decisions": "dualamn.data_loaders",
}

if TYPE_CHECKING:
    from dualamn.aligner import Aligner
    from dualamn.alignment import Alignment
    from dualamn.config import AlignerConfig
    from dualamn.data_loaders import (
        as_graph,
        as_task,
        fetch,
        load,
        load_files,
        with_decisions,
    )
    from dualamn.data_loaders.growth import Growth
    from dualamn.deduping import Duplicates, dedupe
    from dualamn.errors import (
        CheckpointError,
        ConfigError,
        DataError,
        DownloadError,
        DualamnError,
        MissingExtraError,
        TrainingError,
    )
    from dualamn.eval import Evaluation, evaluate
    from dualamn.fusion.fusing import Fusion, fuse
    from dualamn.graphs.knowledge_graph import KnowledgeGraph
    from dualamn.graphs.task import AlignmentTask
    from dualamn.link_files.changes import Changes, diff
    from dualamn.link_files.decision_file import append_decision
    from dualamn.link_files.decisions import Decision, read_decisions
    from dualamn.lookup import Lookup, Matches, NewEntity
    from dualamn.matching.entity_clusters import Clusters
    from dualamn.progress import Progress
    from dualamn.review import Review
    from dualamn.schema.schema_alignment import SchemaAlignment
    from dualamn.seed_audit import Audit, audit
    from dualamn.updating.outcome import Update

__all__ = [
    "Aligner",
    "AlignerConfig",
    "Alignment",
    "AlignmentTask",
    "Audit",
    "Changes",
    "CheckpointError",
    "Clusters",
    "ConfigError",
    "DataError",
    "Decision",
    "DownloadError",
    "DualamnError",
    "Duplicates",
    "Evaluation",
    "Fusion",
    "Growth",
    "KnowledgeGraph",
    "Lookup",
    "Matches",
    "MissingExtraError",
    "NewEntity",
    "Progress",
    "Review",
    "SchemaAlignment",
    "TrainingError",
    "Update",
    "__version__",
    "append_decision",
    "as_graph",
    "as_task",
    "audit",
    "dedupe",
    "diff",
    "evaluate",
    "fetch",
    "fuse",
    "load",
    "load_files",
    "read_decisions",
    "with_decisions",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
