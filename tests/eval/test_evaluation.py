from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualamn.errors import ConfigError, DataError
from dualamn.eval import evaluate
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import FloatArray
from dualamn.result import CandidateProtocol
from tests.eval.conftest import aligned, diagonal


def noisy(task: AlignmentTask, noise: float, seed: int = 0) -> FloatArray:
    """A vector for every thing, and noise on every entity that is one."""
    rng = np.random.default_rng(seed)
    things = rng.standard_normal((task.n_entities, 16))
    number = [
        int("".join(c for c in name if c.isdigit()))
        for name in task.identifiers(np.arange(task.n_entities))
    ]
    rows = things[number] + noise * rng.standard_normal((task.n_entities, 16))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("protocol", ["test_only", "all_entities", "unaligned"])
def test_a_greedy_evaluation_equals_dense_cosines(protocol: CandidateProtocol) -> None:
    task = diagonal(80, 20, n_links=70)
    embeddings = noisy(task, 1.0)
    result = evaluate(aligned(task, embeddings, protocol), task.test_links)
    left, right = task.test_links.T
    everyone, seeds = np.arange(160), task.seed_links.ravel()
    pools = {
        "test_only": (left, right),
        "all_entities": (everyone[:80], everyone[80:]),
        "unaligned": (np.setdiff1d(everyone[:80], seeds), np.setdiff1d(everyone[80:], seeds)),
    }[protocol]
    wide = embeddings.astype(float)
    for queries, answers, pool, metrics in (
        (left, right, pools[1], result.left_to_right),
        (right, left, pools[0], result.right_to_left),
    ):
        gold = (wide[queries] * wide[answers]).sum(axis=1)
        ranks = 1 + (wide[queries] @ wide[pool].T > gold[:, None] + 1e-6).sum(axis=1)
        assert metrics is not None
        assert metrics["hits@1"] == pytest.approx((ranks == 1).mean())
        assert metrics["hits@10"] == pytest.approx((ranks <= 10).mean())
        assert metrics["mrr"] == pytest.approx((1 / ranks).mean())
        assert metrics["mean_rank"] == pytest.approx(ranks.mean())
        assert 0 < float(metrics["hits@1"] or 0) < 1
        assert (metrics["missed"], metrics["n"]) == (0, 50)


def test_answers_outside_the_candidates_are_counted() -> None:
    task = diagonal(80)
    embeddings = noisy(task, 1.0)
    full = evaluate(aligned(task, embeddings, k=80), task.test_links).left_to_right
    cut = evaluate(aligned(task, embeddings, k=5), task.test_links).left_to_right
    assert full is not None
    assert cut is not None
    assert cut["hits@5"] == full["hits@5"] == cut["hits@10"]
    assert cut["missed"] == round(80 * (1 - float(full["hits@5"] or 0)))
    assert float(cut["mean_rank"] or 0) >= float(full["mean_rank"] or 0)


def test_gold_may_be_ids_or_identifiers() -> None:
    task = diagonal(30, 5)
    alignment = aligned(task, noisy(task, 0.5))
    expected = evaluate(alignment, task.test_links)
    names = [(f"left{i}", f"right{i}") for i in range(5, 30)]
    rows = [("left", a, "right", b) for a, b in names]
    turned = [("right", b, "left", a) for a, b in names]
    same: list[Any] = [
        names,
        iter(names),
        task.identifiers(task.test_links),
        np.array(names),
        rows,
        turned,
        task.test_links[:, ::-1],
        task.test_links.astype(np.int64)[::-1],
        task.test_links.tolist(),
        np.concatenate([task.test_links, task.test_links[:3]]),
    ]
    for gold in same:
        assert evaluate(alignment, gold) == expected


@pytest.mark.parametrize("count", [0, 10])
def test_gold_is_any_subset(count: int) -> None:
    task = diagonal(30)
    result = evaluate(aligned(task, noisy(task, 0.5)), task.test_links[:count])
    assert result.pairs[0].n_gold == count
    assert result.left_to_right is not None
    assert result.left_to_right["n"] == count
    assert (result.left_to_right["hits@1"] is None) == (count == 0)
    assert result.links is not None
    assert result.links["correct"] + result.links["missed"] == count  # type: ignore[operator]
    if count == 0:
        assert (result.links["precision"], result.links["unknown"]) == (None, 30)
        assert "-" in str(result)


def test_three_graphs_are_averaged_over_their_pairs() -> None:
    task = diagonal(40, names=("x", "y", "z"))
    embeddings = noisy(task, 1.0)
    result = evaluate(aligned(task, embeddings, matcher="csls"), task.test_links)
    assert [pair.name for pair in result.pairs] == ["x-y", "x-z", "y-z"]
    for side in ("left_to_right", "right_to_left"):
        mean, parts = getattr(result, side), [getattr(pair, side) for pair in result.pairs]
        for key in ("hits@1", "hits@5", "hits@10", "mrr", "mean_rank"):
            assert mean[key] == pytest.approx(np.mean([part[key] for part in parts]))
        assert mean["n"] == sum(part["n"] for part in parts) == 120
    assert result.links is not None
    assert result.links["correct"] == sum(pair.links.correct for pair in result.pairs)
    assert result.links["f1"] == pytest.approx(np.mean([pair.links.f1 for pair in result.pairs]))
    alone = evaluate(aligned(task, embeddings, matcher="csls", pairs=[(0, 2)]), task.test_links)
    assert alone.pairs == result.pairs[1:2]
    assert alone.n_not_aligned == 80
    assert "80 gold links are of graphs that were not aligned" in str(alone)


def test_gold_of_one_pair_of_graphs_says_nothing_about_another() -> None:
    """It does not pull the mean down, and links between x and z are unknown."""
    task = diagonal(20, names=("x", "y", "z"))
    gold = task.links_between(task.test_links, 0, 1)
    result = evaluate(aligned(task, noisy(task, 0.1)), gold)
    assert result.left_to_right == result.pairs[0].left_to_right
    assert result.links == result.pairs[0].links.as_dict()
    assert (result.pairs[1].links.unknown, result.pairs[1].links.incorrect) == (20, 0)


def test_links_implied_by_seeds_can_be_left_out() -> None:
    task = diagonal(20, names=("x", "y", "z"))
    pair_of = task.source_of[task.test_links]
    is_xz = (pair_of == [0, 2]).all(axis=1)
    first = np.isin(task.identifiers(task.test_links[:, 1]), ["z0", "z1", "z2"])
    ids = {name: i for i, name in enumerate(task.identifiers(np.arange(task.n_entities)))}
    chain = [[ids[f"x{i}"], ids[f"y{i}"]] for i in range(3)]
    chain += [[ids[f"y{i}"], ids[f"z{i}"]] for i in range(3)]
    task = replace(task, seed_links=np.array(chain, np.int32), test_links=task.test_links[is_xz])
    result = evaluate(aligned(task, noisy(task, 0.1)), task.test_links[~task.implied_by_seeds])
    assert task.implied_by_seeds.sum() == (is_xz & first).sum() == 3
    assert result.pairs[1].n_gold == 17


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        ([("left0", "nobody")], "right has no entity 'nobody'"),
        ([("left", "left0", "rihgt", "right0")], "no graph 'rihgt', there are left, right"),
        ([(0, 99)], "joint id 99, the task has 0 to 19"),
        ([(-1, 15)], "joint id -1"),
        ([(0, 1)], "but 'left., and 'left.' are of one|of one"),
        ([("left0",)], "gold links must be rows of two joint ids"),
        ([("left0", "right0"), ("left1",)], "all rows equally long"),
        (["ab"], "every gold link must be a row"),
        (np.zeros((2, 2)), "gold links must be rows of two joint ids"),
        (np.zeros(2, np.int32), "gold links must be rows of two joint ids"),
    ],
)
def test_gold_that_does_not_fit_is_refused(gold: Any, message: str) -> None:
    task = diagonal(10)
    with pytest.raises(DataError, match=message):
        evaluate(aligned(task, noisy(task, 0.1)), gold)


def test_pairs_of_identifiers_need_a_single_pair_of_graphs() -> None:
    task = diagonal(10, names=("x", "y", "z"))
    embeddings = noisy(task, 0.1)
    gold = [(f"x{i}", f"z{i}") for i in range(10)]
    with pytest.raises(DataError, match="3 pairs of graphs were aligned"):
        evaluate(aligned(task, embeddings), gold)
    result = evaluate(aligned(task, embeddings, pairs=[(0, 2)]), gold)
    assert result.pairs[0].links.correct == 10


def test_the_printed_table_names_protocol_matcher_and_directions() -> None:
    task = diagonal(10, names=("zh", "en"))
    text = str(evaluate(aligned(task, noisy(task, 0.0), matcher="mutual"), task.test_links))
    assert text.splitlines() == [
        "diagonal, matcher mutual, protocol test_only:",
        "queries and candidates are the entities of the test links only",
        "",
        "ranking   Hits@1  Hits@5  Hits@10    MRR  mean rank  missed  of",
        "zh -> en   1.000   1.000    1.000  1.000        1.0       0  10",
        "en -> zh   1.000   1.000    1.000  1.000        1.0       0  10",
        "",
        "links  precision  recall     F1  correct  incorrect  unknown  missed",
        "zh-en      1.000   1.000  1.000       10          0        0       0",
    ]


def test_the_report_holds_every_pair() -> None:
    task = diagonal(10, names=("x", "y", "z"))
    report = evaluate(aligned(task, noisy(task, 0.0)), task.test_links).as_dict()
    assert set(report["pairs"]) == {"x-y", "x-z", "y-z"}
    assert report["left_to_right"]["hits@1"] == 1
    assert report["pairs"]["x-z"]["links"]["precision"] == 1
    assert (report["protocol"], report["matcher"]) == ("test_only", "greedy")


def test_seed_and_valid_links_label_links_too() -> None:
    """Among all entities a matcher links those of the seeds as well, which nobody asked for."""
    task = diagonal(40, 20)
    held_out, asked = task.test_links[:5], task.test_links[5:]
    task = replace(task, valid_links=held_out, test_links=asked)
    perfect = evaluate(aligned(task, noisy(task, 0.0), "all_entities"), asked).pairs[0].links
    assert (perfect.correct, perfect.incorrect, perfect.unknown, perfect.missed) == (15, 0, 0, 0)
    alignment = aligned(task, noisy(task, 0.0), "all_entities")
    # Every left entity gets the counterpart of the next one.
    left, right = alignment.pairs[0].links.T
    turned = np.stack([left, np.roll(right, 1)], axis=1)
    moved = replace(alignment, pairs=(replace(alignment.pairs[0], links=turned),))
    shifted = evaluate(moved, asked).pairs[0].links
    assert (shifted.correct, shifted.incorrect, shifted.unknown, shifted.missed) == (0, 40, 0, 15)


def test_the_curve_ends_at_the_links_of_all_pairs() -> None:
    task = diagonal(40, 5, names=("x", "y", "z"))
    result = evaluate(aligned(task, noisy(task, 1.0)), task.test_links)
    curve = result.curve()
    assert result.links is not None
    assert curve.correct[-1] == result.links["correct"]
    assert curve.incorrect[-1] == result.links["incorrect"]
    assert curve.correct[-1] > 0
    assert curve.incorrect[-1] > 0
    assert curve.n_gold == len(task.test_links)
    alone = evaluate(aligned(task, noisy(task, 1.0), pairs=[(0, 2)]), task.test_links)
    assert alone.curve().precision[-1] == pytest.approx(alone.pairs[0].links.precision)


def test_figures_carry_protocol_direction_candidates_and_interval() -> None:
    task = diagonal(80, 20)
    among_test, among_all = (
        evaluate(aligned(task, noisy(task, 1.0), protocol), task.test_links)
        for protocol in ("test_only", "all_entities")
    )
    figure = among_test.figure("hits@1", "left_to_right")
    metrics = among_test.left_to_right
    assert metrics is not None
    assert (figure.value, figure.candidates) == (metrics["hits@1"], 60)
    assert (figure.protocol, figure.direction) == ("test_only", "left_to_right")
    assert figure.interval is not None
    assert figure.interval[0] < figure.value < figure.interval[1]
    intervals = among_test.intervals()["left_to_right"]
    assert intervals is not None
    assert figure.interval == intervals["hits@1"]
    assert among_test.figure("mean_rank", "right_to_left").interval is None
    assert among_test.figure("f1").candidates is None
    wide = among_all.figure("hits@1", "left_to_right")
    assert wide.candidates == 80
    with pytest.raises(ConfigError, match="different protocol"):
        figure - wide


def test_what_was_not_measured_is_no_figure() -> None:
    task = diagonal(10)
    alignment = aligned(task, noisy(task, 0.1))
    result = evaluate(alignment, task.test_links)
    bare = replace(alignment.pairs[0], left_to_right=None, right_to_left=None)
    linking = evaluate(replace(alignment, pairs=(bare,)), task.test_links)
    assert linking.intervals() == {"left_to_right": None, "right_to_left": None}
    assert linking.left_to_right is linking.right_to_left is None
    assert str(linking).count("-  ") > 5
    assert linking.figure("recall").value == 1
    for given, metric, direction, said in (
        (result, "hits@2", "left_to_right", "no hits@2 of left_to_right"),
        (result, "hits@1", None, "no hits@1 of links"),
        (result, "hits@1", "left", "no direction 'left'"),
        (linking, "hits@1", "left_to_right", "matcher greedy gives links without a ranking"),
        (evaluate(alignment, []), "mrr", "left_to_right", "nothing to score"),
    ):
        with pytest.raises(ConfigError, match=said):
            given.figure(metric, direction)  # type: ignore[arg-type]


@pytest.mark.parametrize("protocol", ["all_entities", "unaligned"])
def test_a_model_that_saw_the_test_side_is_scored_as_that_only(protocol: CandidateProtocol) -> None:
    task = diagonal(20, 5)
    honest = aligned(task, noisy(task, 0.1), protocol)
    assert evaluate(honest, task.test_links).protocol == protocol
    with pytest.raises(ConfigError, match=f"cannot be scored as {protocol}"):
        evaluate(replace(honest, saw_test_side=True), task.test_links)
    told = replace(aligned(task, noisy(task, 0.1), "test_only"), saw_test_side=True)
    assert evaluate(told, task.test_links).left_to_right is not None
