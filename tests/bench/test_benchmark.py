"""Benchmark runs on small synthetic data, held to the same steps done by hand."""

import json
import time
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

import dualamn
from dualamn.bench import benchmark
from dualamn.bench.benchmark import Benchmark, ProtocolChoice, run_benchmark
from dualamn.bench.export import write_task
from dualamn.bench.records import METRICS, PROTOCOLS, mean_and_deviation
from dualamn.bench.synthetic_task import make_task
from dualamn.errors import ConfigError, DataError
from dualamn.matching import MATCHERS
from dualamn.matching.csls import Csls
from dualamn.result import Candidates, Matching

DIRECTIONS = ("left_to_right", "right_to_left")
QUICK: dict[str, Any] = {"epochs": 2, "dim": 16}
BOOTSTRAPPED = QUICK | {"bootstrap_turns": 1, "turn_epochs": 1}


def by_hand(task: dualamn.AlignmentTask, seed: int) -> dualamn.Aligner:
    config = dualamn.AlignerConfig.preset("paper", seed=seed, **QUICK)
    return dualamn.Aligner(config).fit(task)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pair")
    write_task(make_task(120, seed=3), folder)
    return folder


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("three")
    write_task(make_task(120, n_kgs=3, train_ratio=0.5, seed=3), folder)
    return folder


@pytest.fixture(scope="module")
def report(pair: Path) -> dict[str, Any]:
    return run_benchmark(
        pair, dataset="made", preset="paper", seeds=range(3), settings=QUICK, train_ratio=0.4
    )


def four(found: Any) -> dict[str, float]:
    assert found is not None
    return {name: found[name] for name in METRICS}


def test_it_has_the_keys_that_other_tools_read(report: dict[str, Any]) -> None:
    assert {"dataset", "preset", "settings", "versions", "machine", "runs", "mean", "std"} <= set(
        report
    )
    assert (report["dataset"], report["preset"]) == ("made", "paper")
    assert [run["seed"] for run in report["runs"]] == [0, 1, 2]
    for part in (*report["runs"], report["mean"], report["std"]):
        assert set(part["metrics"]) == {"test_only", "all_entities"}
        for directions in part["metrics"].values():
            assert set(directions) == set(DIRECTIONS)
            for metrics in directions.values():
                assert set(metrics) == {"hits@1", "hits@5", "hits@10", "mrr"}
        assert set(part["seconds"]) == {"load", "train", "search", "match", "evaluate", "total"}
        assert part["peak_memory_bytes"] >= 0
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_settings_say_what_was_run(report: dict[str, Any]) -> None:
    settings = report["settings"]
    assert (settings["epochs"], settings["dim"], settings["train_ratio"]) == (2, 16, 0.4)
    assert settings["matcher"] == "csls"
    assert settings["device"] in ("cpu", "cuda")
    assert settings["threads"] >= 1
    assert "seed" not in settings


@pytest.mark.parametrize(
    "path",
    [
        "metrics test_only left_to_right hits@1",
        "metrics all_entities right_to_left mrr",
        "links test_only f1",
        "links all_entities strict_precision",
        "links all_entities unknown",
        "seconds train",
        "peak_memory_bytes",
    ],
)
def test_mean_and_deviation_are_over_the_runs(report: dict[str, Any], path: str) -> None:
    def value(of: Any) -> float:
        for key in path.split():
            of = of[key]
        return float(of)

    values = [value(run) for run in report["runs"]]
    assert value(report["mean"]) == pytest.approx(np.mean(values))
    assert value(report["std"]) == pytest.approx(np.std(values, ddof=1))


def test_intervals_hold_the_metrics_between_them(report: dict[str, Any]) -> None:
    for run in report["runs"]:
        assert set(run["intervals"]) == {"test_only", "all_entities"}
        for protocol, directions in run["intervals"].items():
            for direction in DIRECTIONS:
                for metric in METRICS:
                    low, high = directions[direction][metric]
                    value = run["metrics"][protocol][direction][metric]
                    assert 0 <= low <= value <= high <= 1
                low, high = directions[direction]["mrr"]
                assert low < high
    assert "intervals" not in report["mean"]


def test_candidates_are_those_of_the_protocol(pair: Path, report: dict[str, Any]) -> None:
    task = dualamn.load(pair, train_ratio=0.4, seed=0)
    found = report["runs"][0]["candidates"]
    assert found["test_only"] == dict.fromkeys(DIRECTIONS, len(task.test_links))
    left, right = (kg.n_entities for kg in task.kgs)
    assert found["all_entities"] == {"left_to_right": right, "right_to_left": left}


def test_scores_links_and_curve_are_those_of_the_same_steps_by_hand(
    pair: Path, report: dict[str, Any]
) -> None:
    task = dualamn.load(pair, train_ratio=0.4, seed=1)
    aligner = by_hand(task, seed=1)
    run = report["runs"][1]
    for protocol in PROTOCOLS:
        evaluation = dualamn.evaluate(aligner.align(candidates=protocol), task.test_links)
        for direction in DIRECTIONS:
            assert run["metrics"][protocol][direction] == four(getattr(evaluation, direction))
        assert run["links"][protocol] == evaluation.links
        curve = run["curves"][protocol]
        assert curve == evaluation.curve().as_dict()
        assert set(curve) == {"threshold", "precision", "recall", "strict_precision"}
        assert 2 <= len(curve["threshold"]) <= 200
        # The last point is that of all links.
        for name in ("precision", "recall", "strict_precision"):
            assert curve[name][-1] == pytest.approx(run["links"][protocol][name], abs=1e-5)


class LinksOnly:
    """CSLS without the rankings."""

    def match(self, candidates: Candidates) -> Matching:
        return replace(Csls().match(candidates), left_to_right=None, right_to_left=None)


def test_without_rankings_there_are_links_and_no_hits(
    pair: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MATCHERS, "links_only", LinksOnly)
    report = run_benchmark(
        pair, preset="paper", settings={**QUICK, "matcher": "links_only"}, seeds=(0, 1)
    )
    for part in (*report["runs"], report["mean"], report["std"]):
        for directions in part["metrics"].values():
            for metrics in directions.values():
                assert metrics == dict.fromkeys(METRICS)
    for run in report["runs"]:
        assert run["links"]["test_only"]["f1"] > 0
        assert run["intervals"]["test_only"]["left_to_right"] == dict.fromkeys(METRICS)
    assert report["mean"]["links"]["all_entities"]["recall"] > 0
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_the_realistic_protocol_has_entities_without_counterpart_among_its_queries(
    tmp_path: Path,
) -> None:
    write_task(make_task(120, unmatched=0.3, seed=3), tmp_path)
    (run,) = Benchmark(tmp_path, "made", "paper", settings=QUICK, protocol="unaligned").runs()
    assert set(run["links"]) == {"test_only", "unaligned"}
    assert run["metrics"]["unaligned"]["left_to_right"]["hits@1"] > 0
    assert set(run["metrics"]["all_entities"]["left_to_right"].values()) == {None}
    links = run["links"]["unaligned"]
    assert links["unknown"] > 0
    assert links["strict_precision"] < links["precision"]
    assert run["links"]["test_only"]["unknown"] == 0


def test_a_preset_that_bootstraps_learns_anew_for_other_protocols(pair: Path) -> None:
    request = Benchmark(pair, "made", "paper", settings=BOOTSTRAPPED, protocol="all")
    (run,) = request.runs()
    assert run["bootstrap_candidates"] == {"test_only": "test_only", "all_entities": "unaligned"}
    task = dualamn.load(pair, seed=0)
    assert request.models(task) == 2
    assert replace(request, protocol="test").models(task) == 1
    for protocol, among in run["bootstrap_candidates"].items():
        config = dualamn.AlignerConfig.preset("paper", bootstrap_candidates=among, **BOOTSTRAPPED)
        alignment = dualamn.Aligner(config).fit(task).align(candidates=protocol)
        evaluation = dualamn.evaluate(alignment, task.test_links)
        for direction in DIRECTIONS:
            found = run["metrics"][protocol][direction]
            assert found == four(getattr(evaluation, direction))


def test_a_model_that_never_saw_the_test_side_is_trained_once(pair: Path) -> None:
    quick = BOOTSTRAPPED | {"bootstrap_candidates": "unaligned"}
    seen: list[str] = []
    request = Benchmark(pair, "made", "paper", settings=quick, protocol="all")
    (run,) = request.runs(lambda at: seen.append(at.stage))
    assert set(run["bootstrap_candidates"].values()) == {"unaligned"}
    assert "train" not in seen[seen.index("evaluate") :]
    assert request.models(dualamn.load(pair, seed=0)) == 1
    (plain,) = Benchmark(pair, "made", "paper", settings=QUICK, protocol="all").runs()
    assert set(plain["bootstrap_candidates"].values()) == {None}


def test_runs_of_different_protocols_are_not_averaged(pair: Path) -> None:
    requests = [
        Benchmark(pair, "made", "paper", settings={"epochs": 1}, protocol=protocol)
        for protocol in get_args(ProtocolChoice)[1:3]
    ]
    runs = [run for request in requests for run in request.runs()]
    with pytest.raises(ConfigError, match=r"\(test_only\) and \(test_only, all_entities\)"):
        requests[0].report(runs)
    assert mean_and_deviation(runs[:1])[1] is None
    with pytest.raises(ConfigError, match="no runs"):
        mean_and_deviation([])


def test_one_run_has_no_deviation_and_tells_every_stage(pair: Path) -> None:
    seen: list[str] = []
    report = run_benchmark(
        pair, settings=QUICK, protocol="test", progress=lambda at: seen.append(at.stage)
    )
    assert report["std"] is None
    assert report["mean"]["metrics"] == report["runs"][0]["metrics"]
    assert report["dataset"] == str(pair)
    assert list(dict.fromkeys(seen)) == ["load", "train", "search", "match", "evaluate"]


@pytest.mark.parametrize(
    ("protocol", "limit", "ran"),
    [("auto", 1000, True), ("auto", 100, False), ("all", 100, True), ("test", 1000, False)],
)
def test_all_entities_are_candidates_up_to_a_size(
    pair: Path, monkeypatch: pytest.MonkeyPatch, protocol: Any, limit: int, ran: bool
) -> None:
    monkeypatch.setattr(benchmark, "ALL_ENTITIES_UP_TO", limit)
    (run,) = Benchmark(pair, "made", settings={"epochs": 1}, protocol=protocol).runs()
    metrics = run["metrics"]
    assert metrics["test_only"]["left_to_right"]["hits@1"] is not None
    assert (metrics["all_entities"]["left_to_right"]["hits@1"] is not None) == ran


def test_folds_and_seeds_are_combined(tmp_path: Path) -> None:
    task = make_task(60, seed=1)
    write_task(task, tmp_path, layout="ids")
    links = np.concatenate([task.seed_links, task.test_links])
    for fold in (1, 2):
        place = tmp_path / "721_5fold" / str(fold)
        place.mkdir(parents=True)
        np.savetxt(place / "train_links", links[fold::3], "%d", "\t")
        np.savetxt(place / "test_links", links[0::3], "%d", "\t")
    request = Benchmark(tmp_path, "made", settings=QUICK, seeds=(0, 5), folds=(1, 2))
    ran = [(run["fold"], run["seed"]) for run in request.runs()]
    assert ran == [(1, 0), (1, 5), (2, 0), (2, 5)]


def test_three_graphs_are_averaged_and_listed_by_pair(three: Path) -> None:
    (run,) = Benchmark(three, "made", settings=QUICK).runs()
    assert set(run["pairs"]) == {"a-b", "a-c", "b-c"}
    places = product((run, run["without_implied"]), PROTOCOLS, DIRECTIONS, METRICS)
    for scores, protocol, direction, metric in places:
        pairs = [p[protocol][direction][metric] for p in scores["pairs"].values()]
        mean = scores["metrics"][protocol][direction][metric]
        assert mean == pytest.approx(np.mean(pairs))


def test_links_that_seeds_imply_are_scored_apart(three: Path) -> None:
    (run,) = Benchmark(three, "made", "paper", settings=QUICK, protocol="test").runs()
    task = dualamn.load(three, seed=0)
    # By hand: a test link is implied if both ends are seeds of one entity of the third graph.
    counterparts: dict[int, set[int]] = {}
    test_links = task.test_links.tolist()
    for one, other in task.seed_links.tolist():
        counterparts.setdefault(one, set()).add(other)
        counterparts.setdefault(other, set()).add(one)
    implied = np.array(
        [bool(counterparts.get(a, set()) & counterparts.get(b, set())) for a, b in test_links]
    )
    assert run["implied_test_links"] == implied.sum() > 0
    alignment = by_hand(task, seed=0).align(candidates="test_only")
    free = dualamn.evaluate(alignment, task.test_links[~implied])
    for direction in DIRECTIONS:
        found = run["without_implied"]["metrics"]["test_only"][direction]
        assert found == four(getattr(free, direction))
    assert run["without_implied"]["metrics"] != run["metrics"]


def test_start_up_is_charged_to_every_run_and_stages_add_up(pair: Path) -> None:
    begin = time.monotonic()
    request = Benchmark(
        pair, "made", settings=QUICK, seeds=(0, 1), protocol="test", process_start=begin - 1000
    )
    runs = list(request.runs())
    spent = time.monotonic() - begin
    totals = [run["seconds"]["total"] for run in runs]
    assert all(1000 < total < 1000 + spent for total in totals)
    stages = [sum(run["seconds"].values()) - run["seconds"]["total"] for run in runs]
    assert sum(totals) - 2000 >= sum(stages)
    assert all(seconds >= 0 for run in runs for seconds in run["seconds"].values())


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"protocol": "tset"}, "no protocol 'tset'"),
        ({"seeds": ()}, "one seed or more"),
        ({"folds": ()}, "one fold or more"),
        ({"preset": "papre"}, "paper"),
        ({"settings": {"matcher": "cslss"}}, "csls"),
        ({"settings": {"epoch": 3}}, "epochs"),
    ],
)
def test_a_wrong_request_is_refused(pair: Path, request_: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        run_benchmark(pair, **request_)
    with pytest.raises(DataError, match="no test links"):
        run_benchmark(pair, train_ratio=1.0)
