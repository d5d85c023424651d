"""Making an index of a trained aligner: what it knows, and how sure look-ups in it can be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dualamn.aligner import Aligner
from dualamn.alignment import Alignment
from dualamn.errors import ConfigError
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, Floats, Int32Array
from dualamn.lookup.chances import Chances, Choice
from dualamn.lookup.freezing import SIDES, KnownLinks, freeze
from dualamn.lookup.index_file import write_index
from dualamn.lookup.packed_rows import Precision
from dualamn.lookup.scoring import Asked, Scorer
from dualamn.model import Model
from dualamn.probability.holdout import Holdout
from dualamn.progress import ProgressCallback, silent, within

_MOST_ASKED = 1_000  # entities of a trial that are looked up: more teach seven weights no better
_LEAST_SHARE = 0.02  # of entities with a counterpart, and of those without one

Example = tuple[Choice, int, float]
"""Candidates, the place of the right one (-1 for none of them), and how much the example counts."""


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
        ConfigError: several pairs of graphs and none is named, or an unknown graph.
        DataError: the file cannot be written.
    """
    task, model = aligner.task, aligner.fitted.model
    if pair is None and len(task.kg_pairs) > 1:
        raise ConfigError(
            f"the task has the graphs {', '.join(task.kg_names)}: name the two to be indexed"
        )
    models = 1 + len(aligner.fitted.trials)
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
    share = _share(alignment, (left, right))
    examples: list[Example] = []
    for number, (holdout, second) in enumerate(aligner.fitted.trials, start=2):
        told = within(progress, model=number, models=models)
        examples += _examples(task, alignment, holdout, second, share, told)
    about |= {"chances": Chances.fitted(examples).as_dict(), "with_counterpart": share.tolist()}
    write_index(path, arrays, about)
    return alignment


def _share(alignment: Alignment, pair: tuple[int, int]) -> Floats:
    """(2,) what share of the entities of either graph has a counterpart, as far as is known.

    By calibration, or else those that have a link.
    """
    task = alignment.task
    made = None if alignment.calibration is None else alignment.calibration.pairs[0]
    if made is not None and made.chance is not None and made.coefficients is not None:
        share = made.chance.share
    else:
        links = alignment.written().pairs[0].links
        links = np.concatenate([links, task.links_between(task.seed_links, *pair)])
        share = np.array(
            [
                len(np.unique(links[:, side]))
                / max(int(task.is_linkable[task.entity_range(kg)].sum()), 1)
                for side, kg in enumerate(pair)
            ]
        )
    return np.clip(share, _LEAST_SHARE, 1 - _LEAST_SHARE)


def _examples(
    task: AlignmentTask,
    alignment: Alignment,
    holdout: Holdout,
    second: Model,
    share: Floats,
    progress: ProgressCallback,
) -> Iterator[Example]:
    """Entities that a second model has not seen, looked up in what it knows.

    Each is asked about twice: as it is, and as if its counterpart were not there. Their weights
    make the share of entities with a counterpart what it is.
    """
    left, right = alignment.pairs[0].left, alignment.pairs[0].right
    gone = np.zeros(task.n_entities, dtype=np.bool_)
    gone[holdout.gone] = True
    parted = task.links_between(holdout.parted, left, right)
    parted = parted[gone[parted].sum(axis=1) == 1][:_MOST_ASKED]
    if not len(parted):
        return
    (found,), _ = second.align(
        [(left, right)], alignment.protocol, alignment.matcher, features=True, progress=progress
    )
    probability = None
    if alignment.calibration is not None and found.features is not None:
        probability = alignment.calibration.pairs[0].predict(found.features)
    known = KnownLinks.of(holdout.task, found.links, probability, (left, right))
    scorer = Scorer(*freeze(second, left, right, known, progress=progress))
    second.decoder.forget()
    temperature = scorer.about["temperature"]
    offsets = task.entity_offsets[[left, right]]
    for side, kg in enumerate((left, right)):
        chosen = parted[gone[parted[:, side]]]
        for asked, link in zip(asked_of(task, kg, chosen[:, side], gone), chosen, strict=True):
            scored = scorer.score(asked, SIDES[side])
            counterpart = int(link[1 - side] - offsets[1 - side])
            choice = Choice.of(scored, temperature)
            at = np.flatnonzero(scored.entities[choice.place] == counterpart)
            yield choice, int(at[0]) if len(at) else -1, float(share[side])
            yield Choice.of(scored, temperature, counterpart), -1, float(1 - share[side])


def asked_of(
    task: AlignmentTask, kg: int, entities: Int32Array, unknown: BoolArray
) -> Iterator[Asked]:
    """Entities of a task as if they were new: (m,) joint ids of one graph, in their order.

    (n,) `unknown` says which entities are not known as neighbours.
    """
    graph, first = task.kgs[kg], int(task.entity_offsets[kg])
    local = entities.astype(np.int64) - first
    heads, relations, tails = graph.triples.T.astype(np.int64)
    own = np.concatenate([heads, tails])
    others = np.concatenate([tails, heads])
    both = np.concatenate([relations, relations + graph.n_relations])
    wanted = np.zeros(graph.n_entities, dtype=np.bool_)
    wanted[local] = True
    chosen = np.flatnonzero(wanted[own])
    chosen = chosen[np.argsort(own[chosen], kind="stable")]
    starts = np.searchsorted(own[chosen], local)
    ends = np.searchsorted(own[chosen], local, side="right")
    further = graph.further_names
    for at, start, end in zip(local.tolist(), starts.tolist(), ends.tolist(), strict=True):
        rows = chosen[start:end]
        neighbours = np.where(unknown[others[rows] + first], -1, others[rows])
        names = [] if graph.entity_names is None else [str(graph.entity_names[at])]
        if further is not None:
            names += further.names[further.entities == at].tolist()
        yield Asked(neighbours, both[rows], tuple(name for name in names if name))
