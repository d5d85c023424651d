"""The benchmark scripts run, and what they compare is the same thing done in two ways."""

import contextlib
import importlib
import json
import multiprocessing.dummy
import re
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import faiss
import pytest
import torch
from click.testing import CliRunner

from dualamn import AlignerConfig, AlignmentTask, KnowledgeGraph
from dualamn.bench.export import write_task
from dualamn.bench.synthetic_task import make_task
from dualamn.commands.command_line import cli
from dualamn.encoders.dual_amn_encoder import TrainedDualAMN
from dualamn.kernels.sparse import Pattern

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
MADE = ("--made", 60, "--threads", 1)

pytestmark = pytest.mark.skipif(
    not BENCHMARKS.is_dir(), reason="a source archive is without the benchmarks"
)

Script = Callable[[str], ModuleType]
Shown = Callable[..., str]


@pytest.fixture(scope="module")
def script() -> Iterator[Script]:
    """Imports a script by name, as one that lies beside it would."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None)
        if file and Path(file).is_relative_to(BENCHMARKS):
            del sys.modules[name]


@pytest.fixture
def shown(
    script: Script, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shown]:
    """Runs a script in this process, as it runs for a user, and gives what it printed."""
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()

    def program(words: list[str]) -> bool:
        return CliRunner().invoke(cli, words, prog_name="dualamn").exit_code == 0

    def shown(name: str, *arguments: object) -> str:
        module = script(name)
        if hasattr(module, "program"):
            monkeypatch.setattr(module, "program", program)
        capsys.readouterr()
        script("harness").run(lambda: module.main(list(map(str, arguments))))
        return capsys.readouterr().out

    yield shown
    torch.set_num_threads(threads)
    faiss.omp_set_num_threads(threads)
    torch.set_float32_matmul_precision(precision)


def test_every_script_says_how_it_is_called(
    script: Script, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {}
    for path in BENCHMARKS.glob("*.py"):
        monkeypatch.setattr(sys, "argv", [str(path), "--help"])
        with contextlib.suppress(SystemExit):
            runpy.run_path(str(path), run_name="__main__")
        said[path.stem] = len(capsys.readouterr().out)
    assert len(said) > 15
    shared = {"harness", "reference"}  # what the scripts share says nothing
    assert {name for name, length in said.items() if length < 100} == shared
    program = script("harness").program
    assert program(["--version"])
    assert not program(["typo"])


def columns_of(shown: str) -> dict[str, list[str]]:
    """The cells of every row of the one table that was printed, by its first cell."""
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in shown.splitlines()
        if line.startswith("|")
    ]
    assert len({len(row) for row in rows}) == 1
    return {row[0]: row[1:] for row in rows}


def test_step_prints_both_sides_and_their_ratio(
    script: Script, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Threads in place of processes, which would load torch twice more.
    context = multiprocessing.dummy
    monkeypatch.setattr(script("step").multiprocessing, "get_context", lambda _: context)
    printed = shown("step", *MADE, "--repeat", 1)
    assert "same model: loss " in printed
    table = columns_of(printed)
    ours = table["dualamn, as the program trains"]
    theirs = table["dense PyG, torch defaults"]
    assert len(ours) == len(table["one epoch"])
    assert ours[-1] == "1.0"
    assert float(ours[0]) > 0
    assert f"ratio of the medians: {theirs[-1]} (turn by turn " in printed


def test_kernels_prints_a_row_for_every_part(shown: Shown) -> None:
    table = columns_of(shown("kernels", *MADE, "--repeat", 1))
    parts = ("spmm", "graph layer", "gate", "loss", "mining", "search")
    names = [name.split(",")[0] for name in list(table)[2:]]
    assert names == list(parts)
    assert all(float(row[1]) > 0 and float(row[2]) > 0 for row in list(table.values())[2:])


@pytest.mark.parametrize("threads", [1, 2])
def test_limits_prints_every_kernel_of_a_step_and_what_is_left(shown: Shown, threads: int) -> None:
    table = columns_of(shown("limits", "--made", 60, "--threads", threads, "--steps", 1))
    *kernels, rest, whole = list(table)[2:]
    assert set(kernels) == {
        "sums over neighbours",
        "sums over relations",
        "dot products with neighbours",
        "dot products with relations",
        "distances in the loss",
        "gate, forward",
        "gate, backward",
        "mining",
        "optimiser",
        "patterns of the step",
    }
    seconds = [float(table[name][1]) for name in (*kernels, rest)]
    assert sum(seconds) == pytest.approx(float(table[whole][1]), abs=0.01)


def test_limits_counts_what_a_kernel_must_move(script: Script) -> None:
    pattern = Pattern.from_sorted(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]), (2, 4))
    dense, values = torch.ones(4, 8), torch.ones(3)
    for cache, rows in ((1000, 4), (100, 3)):  # the four rows are 128 bytes
        recorder = script("limits").Recorder(8, cache)
        _, moved, products = recorder._product(pattern, values, dense)
        assert moved == 3 * 8 + rows * 32 + 2 * 32
        assert products == 3 * 8


def test_fuse_prints_time_and_memory(shown: Shown) -> None:
    printed = shown("fuse", "--triples", 1600)
    assert re.search(r"\d+ s, \d+ s of one core, \d\.\d\d GiB at most", printed)


def test_dedupe_prints_what_is_found_of_entities_split_in_two(shown: Shown) -> None:
    printed = shown("dedupe", "--made", 100, "--seeds", 1, "--size", 90)
    (row,) = (line.split("|") for line in printed.splitlines() if line.startswith("| 0 "))
    entities, duplicates = int(row[2]), int(row[3])
    assert entities > 3 * duplicates > 0


def test_schema_counts_correspondences_that_are_known(shown: Shown) -> None:
    printed = shown("schema", "made", "--made", 300, "--relations", 6, "--support", 5)
    (row,) = (line.split("|") for line in printed.splitlines() if line.startswith("| made"))
    known, correct, incorrect = (int(cell) for cell in row[4:7])
    assert correct > known // 2 > incorrect
    assert "probability of equivalence" in printed


def test_load_prints_seconds_of_loading_and_building(shown: Shown) -> None:
    assert list(columns_of(shown("load", *MADE, "--repeat", 1)))[2:] == ["load", "build", "both"]


def test_likeness_prints_a_column_for_every_data_set(shown: Shown, tmp_path: Path) -> None:
    for name, keep in (("same", 1.0), ("thin", 0.6)):
        task = make_task(120, keep_triples=keep, unmatched=0, shared_relations=True)
        write_task(task, tmp_path / name, layout="ids")
    table = columns_of(shown("likeness", "same", "thin", "--data", tmp_path))
    assert table["statistic"] == ["same", "thin"]
    # All triples are in both graphs, so that every neighbour is in common.
    assert table["triples with a counterpart"][0] == "1.000 / 1.000"
    assert table["share of neighbours in common, mean"][0] == "1.000"
    assert table["links without any"][0] == "0.000"
    assert table["told by neighbours alone"][0] > table["told by neighbours alone"][1]


def test_ceiling_knows_more_than_any_run(shown: Shown) -> None:
    asked = ("--made", 200, "--threads", 1, "--preset", "fast", "--parts", 2)
    table = columns_of(shown("ceiling", *asked))
    assert list(table["evidence"]) == ["Hits@1", "MRR", "Hits@10"]
    found, known = (float(table[name][0]) for name in ("as in any run", "every neighbour known"))
    assert known > found - 0.05  # by a link or two of some dozens either may be luckier
    assert found > 0.5


def test_deviation_prints_a_table_for_every_state(shown: Shown) -> None:
    printed = shown("deviation", *MADE, "--epochs", 1, 2, "--pairs", 8)
    for epochs in (1, 2):
        assert f"after {epochs} epochs, batch of 8 seed links" in printed
    # The hardest 64 of 108 entities carry all of the loss.
    exact = [line.split() for line in printed.splitlines() if "exact search" in line]
    assert [line[-3:] for line in exact] == [["1.0000"] * 3] * 2


def test_five_graphs_scores_every_pair_alone_and_together(shown: Shown, tmp_path: Path) -> None:
    out = tmp_path / "five.json"
    table = columns_of(shown("five_graphs", *MADE, "--epochs", 1, "--json", out))
    names = [a + "-" + b for a in "abcde" for b in "abcde" if a < b]
    assert list(table)[2:] == [*names, "mean"]
    (result,) = json.loads(out.read_text(encoding="utf-8"))
    for name in names:
        figures = result["pairs"][name]
        assert 0 < figures["implied"] < figures["test"]
        assert set(figures["alone"]) == set(figures["together"])
        shown_cell = f"{figures['alone']['all right']:.3f}, {figures['together']['all right']:.3f}"
        assert table[name][2] == shown_cell


def test_trust_takes_counterparts_away(script: Script) -> None:
    task = make_task(300)
    part = script("trust").overlapping(task, 120, 0.4, 0)
    left, right = ([name.split("/")[1] for name in kg.entities] for kg in part.kgs)
    assert len(left) == len(right) == 120
    assert len(part.test_links) == len(set(left) & set(right)) == 48
    both = part.test_links - [0, 120]
    assert all(left[x] == right[y] for x, y in both)
    seeded = script("trust").seeded(part, 0.25, 0)
    assert (len(seeded.seed_links), len(seeded.test_links)) == (12, 36)
    with pytest.raises(SystemExit, match="600 linked entities are needed, "):
        script("trust").overlapping(task, 300, 0.0, 0)


def test_trust_prints_a_row_for_every_case(shown: Shown, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    write_task(make_task(400), folder)
    asked = ("--names", "uri", "--entities", 120, "--overlap", 0.5, 1, "--seeds", 0, 0.2)
    table = columns_of(shown("trust", "--dataset", folder, *asked))
    for said in ("0%", "20%"):
        assert float(table[f"{folder} 100%, names, {said} seeds"][2]) > 0.9  # correct


def test_entities_that_were_taken_out_are_looked_up(shown: Shown) -> None:
    asked = ("--made", 150, "--threads", 1, "--taken", 10, "--rows", "int8", "bit")
    lines = shown("lookup", *asked).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[-2:]]
    assert [row[:2] for row in cells] == [["fast", "int8"], ["fast", "bit"]]
    for row in cells:
        batch, together, alone = map(float, row[2:5])
        assert batch >= 0.5
        assert min(together, alone) >= batch - 0.4
    assert float(cells[0][6]) > float(cells[1][6])  # megabytes


def test_real_pairs_are_aligned_and_judged(shown: Shown, tmp_path: Path) -> None:
    folder = tmp_path / "abt-buy"
    folder.mkdir()
    rows = [f"{at}|Lamp {word} {at}" for at, word in enumerate(("Alto", "Brio", "Como") * 10)]
    for name in ("abt.csv", "buy.csv"):
        (folder / name).write_text("\n".join(["id|name", *rows]), encoding="utf-8")
    (folder / "gt.csv").write_text("\n".join(["D1|D2", *(f"{n}|{n}" for n in range(30))]))
    table = columns_of(shown("real_pairs", "abt-buy", "--data", tmp_path, "--preset", "fast"))
    assert table["abt-buy"][:2] == ["30", "0"]


def test_whole_runs_start_the_program_and_shows_what_it_found(shown: Shown, tmp_path: Path) -> None:
    data, results = tmp_path / "data", tmp_path / "results"
    write_task(make_task(60), data / "dbp15k" / "ja_en", layout="ids")
    asked = ("dbp15k/ja_en", "--data", data, "--results", results)
    printed = shown("whole_runs", *asked, "--", "--epochs", 1, "--threads", 1, "--quiet")
    report = json.loads((results / "dbp15k_ja_en.json").read_text(encoding="utf-8"))
    assert report["preset"] == "paper"
    assert report["settings"]["protocol"] == "test"
    assert [run["seed"] for run in report["runs"]] == [0, 1, 2]
    row = columns_of(printed)["dbp15k/ja_en"]
    hits = report["mean"]["metrics"]["test_only"]["left_to_right"]["hits@1"]
    assert row[1].startswith(f"{hits:.3f} ±")
    assert row[5] == "0.726 / 0.927 / 0.799"
    assert columns_of(shown("whole_runs", "--show", "--results", results)) == columns_of(printed)
    commands = shown("whole_runs", "--commands", "dbp15k/ja_en", "--", "--epochs", 1)
    assert commands.startswith("dualamn bench dbp15k/ja_en --preset paper --protocol test ")
    assert commands.endswith(" --epochs 1\n")


def test_scale_measures_made_data_and_compares_sizes(
    shown: Shown, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, entities in (("dbp15k-like", 60), ("dwy100k-like", 120)):
        write_task(make_task(entities), tmp_path / "made" / name, layout="ids")
    asked = ("--work", tmp_path / "made", "--results", tmp_path / "results")
    sizes = ("dbp15k-like", "dwy100k-like")
    more = ("--", "--threads", 1, "--quiet")
    rows = columns_of(shown("scale", *sizes, "--presets", "fast", *asked, *more))
    small, large = rows["dbp15k-like, fast"], rows["dwy100k-like, fast"]
    report = json.loads((tmp_path / "results" / "dwy100k-like_fast.json").read_text("utf-8"))
    assert int(large[0].replace(",", "")) == report["graphs"]["triples"] > 100
    ratio = float(large[6]) / float(small[6])
    assert small[7] == ""
    assert float(large[7]) == pytest.approx(ratio, abs=0.02)
    assert columns_of(shown("scale", "--show", *asked)) == rows
    with pytest.raises(SystemExit):
        shown("scale", "typo")
    assert "choose from dbp15k-like" in capsys.readouterr().err


def test_the_runs_that_failed_are_named(shown: Shown, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="there are no results in"):
        shown("whole_runs", "dbp15k/zh_en", "--data", tmp_path, "--results", tmp_path / "none")
    (tmp_path / "made" / "1m").mkdir(parents=True)
    write_task(make_task(60), tmp_path / "made" / "dbp15k-like", layout="ids")
    places = ("--work", tmp_path / "made", "--results", tmp_path / "results")
    asked = ("dbp15k-like", "1m", "--presets", "fast", *places)
    with pytest.raises(SystemExit, match="failed: 1m with fast"):
        shown("scale", *asked, "--", "--quiet")


@pytest.mark.parametrize("name", ["step", "kernels", "load", "five_graphs"])
def test_a_missing_data_set_is_one_line(script: Script, name: str, tmp_path: Path) -> None:
    harness, module = script("harness"), script(name)
    with pytest.raises(SystemExit, match=r"^error: there is no data set 'typo'"):
        harness.run(lambda: module.main(["--dataset", "typo", "--data", str(tmp_path)]))


def odd_task() -> AlignmentTask:
    """Loops, parallel edges, edges both ways, an entity without triples, and a shared relation."""
    left = KnowledgeGraph.from_arrays(
        "l", [(0, 0, 1), (0, 1, 1), (1, 0, 0), (2, 0, 2), (3, 1, 0)], list("abcde"), ["r", "s"]
    )
    right = KnowledgeGraph.from_arrays(
        "r", [(0, 0, 1), (2, 1, 1), (3, 1, 3), (3, 0, 2)], list("abcd"), ["r", "t"]
    )
    return AlignmentTask.from_kgs([left, right], {(0, 1): [(0, 1), (3, 3), (4, 0)]})


@pytest.mark.parametrize("task", [make_task(60, seed=2), make_task(40, n_kgs=3), odd_task()])
@pytest.mark.parametrize("settings", [{}, {"dim": 8, "depth": 1, "gamma": 3.0, "loss_scale": 5.0}])
def test_the_reference_is_the_same_model(
    script: Script, task: AlignmentTask, settings: dict[str, Any]
) -> None:
    ours, theirs, cosine = script("step").losses(task, AlignerConfig(**settings))
    assert ours == pytest.approx(theirs, rel=1e-4)
    assert cosine > 0.9999


def test_a_reference_that_is_another_model_is_refused(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, reference = script("step"), script("reference")
    step.check()
    whole = reference.DenseGate.forward
    monkeypatch.setattr(reference.DenseGate, "forward", lambda self, m: 1.01 * whole(self, m))
    with pytest.raises(SystemExit, match="not the same model"):
        step.check()


def test_the_reference_learns(script: Script) -> None:
    task = make_task(150, seed=1)
    torch.manual_seed(0)
    encoder = TrainedDualAMN(task, AlignerConfig(dim=64), torch.device("cpu"))
    before = encoder.network.entities.detach().clone()
    training = script("reference").DenseTraining(encoder)
    left, right = torch.from_numpy(task.test_links).long().t()

    def found() -> float:
        """The share of test links whose right end is nearest to the left one."""
        with torch.no_grad():
            points = training.network()
        near = torch.cdist(points[left], points[right]).argmin(dim=1)
        return (near == torch.arange(len(left))).float().mean().item()

    assert found() < 0.2
    for _ in range(40):
        training.epoch()
    assert found() > 0.5
    assert torch.equal(encoder.network.entities, before)  # it trains a copy


def test_kernels_that_differ_are_refused(script: Script) -> None:
    kernels = script("kernels")
    one = torch.ones(3)
    kernels.check(kernels.Case("x", "3", lambda: [one], lambda: [one + 1e-6]))
    with pytest.raises(SystemExit, match="x: output 0 differs by"):
        kernels.check(kernels.Case("x", "3", lambda: [one], lambda: [one + 0.1]))
    with pytest.raises(SystemExit, match="x: output 0 differs by nan"):
        kernels.check(kernels.Case("x", "3", lambda: [one], lambda: [one * torch.nan]))


def test_things_take_turns_and_warm_up_is_not_counted(script: Script) -> None:
    order: list[str] = []
    things = {name: (lambda name=name: order.append(name)) for name in "ab"}
    taken = script("harness").alternate(things, 3)
    assert order == list("ab" * 4)
    assert [len(timing.seconds) for timing in taken.values()] == [3, 3]


def test_tables_are_markdown_in_line(script: Script) -> None:
    shown = script("harness").table(["name", "s"], [["a", "10.5"], ["longer", "1"]])
    assert shown.splitlines() == [
        "| name   |    s |",
        "| ------ | ---: |",
        "| a      | 10.5 |",
        "| longer |    1 |",
    ]
