"""What the record of a benchmark run says about scores, as trees that can be written as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dualamn.errors import ConfigError
from dualamn.eval.evaluation import Evaluation
from dualamn.eval.ranking import DIRECTIONS
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Int32Array, StringArray
from dualamn.result import CandidateProtocol
from dualamn.search import candidate_sets

METRICS = ("hits@1", "hits@5", "hits@10", "mrr")
PROTOCOLS: tuple[CandidateProtocol, ...] = ("test_only", "all_entities")
"""The protocols that every record has, None where they were not run."""

Evaluations = Mapping[CandidateProtocol, Evaluation]
Run = dict[str, Any]
"""One run: `seed`, `fold`, `metrics` (`score_record`), `candidates`, `intervals`, `links`, `curves`
(`detail_record`), `seconds`, `peak_memory_bytes`, and with more than two graphs `pairs` and
`without_implied`, metrics without the `implied_test_links`, which follow from chains of seed links.
`bootstrap_candidates` says by protocol whose entities the model that was
scored had looked for pseudo-labels among, None if it did not, and `turns` what it learned from
in every self-training round; `notes` say, by protocol, what approximate searches found. With
names, `names` says how many entities had one, and `exact_name_match` by protocol what the same
string alone would find; without seed links `own_seeds` says which pseudo-seeds it had."""

_OF_ONE_RUN = (
    *("seed", "fold", "bootstrap_candidates", "turns", "names", "narrowed", "notes", "own_seeds"),
    *("intervals", "curves"),
)


def score_record(task: AlignmentTask, evaluations: Evaluations) -> dict[str, Any]:
    """`metrics`: {protocol: {direction: {metric: fraction}}}, None for what was not measured.

    With more than two graphs they are means over the pairs of graphs, and `pairs` holds the
    same for every pair "A-B".
    """
    scores: dict[str, Any] = {"metrics": _by_protocol(evaluations)}
    if len(task.kgs) > 2:
        of_pair = {
            protocol: {pair.name: pair for pair in evaluation.pairs}
            for protocol, evaluation in evaluations.items()
        }
        names = [task.pair_name(*pair) for pair in task.kg_pairs]
        scores["pairs"] = {
            name: _by_protocol({protocol: pairs[name] for protocol, pairs in of_pair.items()})
            for name in names
        }
    return scores


def detail_record(evaluations: Evaluations) -> dict[str, Any]:
    """What stands beside the metrics of the protocols that were run.

    Returns:
        - `candidates`: {protocol: {direction: how many entities each query was ranked among}};
        - `intervals`: {protocol: {direction: {metric: [low, high]}}}, 95% over test links;
        - `links`: {protocol: measures of the links given out}, see `LinkMetrics.as_dict`;
        - `curves`: {protocol: {threshold, precision, recall, strict_precision: lists}}.
    """
    record: dict[str, Any] = {"candidates": {}, "intervals": {}, "links": {}, "curves": {}}
    for protocol, evaluation in evaluations.items():
        record["candidates"][protocol] = {
            direction: (getattr(evaluation, direction) or {}).get("candidates")
            for direction in DIRECTIONS
        }
        record["intervals"][protocol] = {
            direction: {metric: list(ends[metric]) if ends else None for metric in METRICS}
            for direction, ends in evaluation.intervals().items()
        }
        record["links"][protocol] = evaluation.links
        record["curves"][protocol] = evaluation.curve().as_dict()
    return record


def mean_and_deviation(runs: Sequence[Run]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Mean and sample deviation (over n - 1) of all figures; no deviation for a single run.

    Intervals and curves are of one run each and left out.

    Raises:
        ConfigError: no run, or runs that were scored by different protocols.
    """
    if not runs:
        raise ConfigError("there is no mean of no runs")
    scored = dict.fromkeys(", ".join(run["links"]) for run in runs)
    if len(scored) > 1:
        kinds = " and ".join(f"({names})" for names in scored)
        raise ConfigError(f"runs scored by different protocols cannot be averaged: {kinds}")
    parts = [{key: run[key] for key in run if key not in _OF_ONE_RUN} for run in runs]
    mean = _combine(parts, statistics.fmean)
    return mean, _combine(parts, statistics.stdev) if len(runs) > 1 else None


def _by_protocol(evaluations: Mapping[CandidateProtocol, Any]) -> dict[str, Any]:
    """{protocol: {direction: {metric: fraction}}}, None at the leaves of what was not run."""
    return {
        protocol: {
            direction: {
                metric: (getattr(evaluations.get(protocol), direction, None) or {}).get(metric)
                for metric in METRICS
            }
            for direction in DIRECTIONS
        }
        for protocol in dict.fromkeys([*PROTOCOLS, *evaluations])
    }


def _combine(values: Sequence[Any], how: Callable[[Sequence[float]], float]) -> Any:
    """Takes the mean or deviation of numbers that lie at the same place in several trees."""
    if isinstance(values[0], dict):
        return {key: _combine([value[key] for value in values], how) for key in values[0]}
    return None if any(value is None for value in values) else how(values)


def exact_name_match(
    task: AlignmentTask, links: Int32Array, protocol: CandidateProtocol = "test_only"
) -> float | None:
    """Hits@1 of taking the entity whose name is the same string, left to right.

    An entity is correct if it alone of the candidates has that name and is the linked one:
    ties are incorrect. With several pairs of graphs it is the mean over all links.

    Args:
        task: graphs with names.
        links: (m, 2) int32 joint ids, which are correct.
        protocol: whose entities are candidates.

    Returns:
        The share of the links found so; None without names or links.
    """
    names = task.entity_names
    if names is None or not len(links):
        return None
    correct = sum(
        _found(names, task.links_between(links, *pair), candidate_sets(task, *pair, protocol)[1])
        for pair in task.kg_pairs
    )
    return correct / len(links)


def _found(names: StringArray, links: Int32Array, candidates: Int32Array) -> int:
    alone: dict[str, int] = {}
    for entity in candidates.tolist():
        # -1 where several candidates share a name.
        alone[names[entity]] = -1 if names[entity] in alone else entity
    alone.pop("", None)
    return sum(alone.get(names[left], -1) == right for left, right in links.tolist())
