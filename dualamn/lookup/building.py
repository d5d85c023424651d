"""Making an index of a trained aligner: what it knows, and how sure look-ups in it can be."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dualamn.aligner import Aligner
from dualamn.alignment import Alignment
from dualamn.errors import ConfigError
from dualamn.lookup.freezing import KnownLinks, freeze
from dualamn.lookup.index_file import write_index
from dualamn.lookup.lookup_trials import LookupTrial, chances_by, n_lookup_trials
from dualamn.lookup.packed_rows import Precision
from dualamn.progress import ProgressCallback, silent, within


def build_index(
    aligner: Aligner,
    path: str | Path,
    *,
    pair: tuple[str, str] | None = None,
    rows: Precision = "int8",
    progress: ProgressCallback = silent,
) -> Alignment:
    """Writes an index of two graphs, in which `Lookup` finds counterparts of new entities.

    Args:
        aligner: fitted.
        path: the file.
        pair: names of the two graphs; not needed where the task has no more.
        rows: precision of embeddings, see `dualamn.lookup.packed_rows`.
        progress: told of stages "search" and "match".

    Returns:
        The alignment whose links the index has.

    Raises:
        ConfigError: several pairs of graphs and none is named, an unknown graph, or a part of an
            aligner (`Aligner.slice`).
        DataError: the file cannot be written.
    """
    task, model = aligner.task, aligner.fitted.model
    if aligner.part is not None:
        raise ConfigError("a part of an aligner cannot be indexed; take the whole one")
    if pair is None and len(task.kg_pairs) > 1:
        raise ConfigError(
            f"the task has the graphs {', '.join(task.kg_names)}: name the two to be indexed"
        )
    models = 1 + n_lookup_trials(aligner)
    alignment = aligner.align(pairs=None if pair is None else [pair], progress=progress)
    left, right = alignment.pairs[0].left, alignment.pairs[0].right
    found = alignment.pairs[0]
    known = KnownLinks.of(task, found.links, found.probabilities, (left, right))
    arrays, about = freeze(
        model,
        left,
        right,
        known,
        precision=rows,
        progress=within(progress, model=1, models=models),
    )
    trials = [
        LookupTrial.of(aligner, alignment, at, within(progress, model=at + 2, models=models))
        for at in range(models - 1)
    ]
    about |= {"chances": chances_by(trials, _linked_share(alignment)).as_dict()}
    write_index(path, arrays, about)
    return alignment


def _linked_share(alignment: Alignment) -> float:
    """What share of the entities of both graphs has a link or a seed link."""
    task, pair = alignment.task, alignment.pairs[0]
    linked = np.zeros(task.n_entities, dtype=np.bool_)
    linked[alignment.written().pairs[0].links] = True
    linked[task.links_between(task.seed_links, pair.left, pair.right)] = True
    ours = np.isin(task.source_of, (pair.left, pair.right)) & task.is_linkable
    return float(linked[ours].mean()) if ours.any() else 0.0
