"""The table and plots of docs/scale.md say what the run files say."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dualamn.errors import DataError

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

pytestmark = pytest.mark.skipif(
    not BENCHMARKS.is_dir(), reason="a source archive is without the benchmarks"
)


@pytest.fixture(scope="module")
def scale() -> Iterator[Any]:
    """The module that renders them, which is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module("render.scale")
    for name in [name for name in sys.modules if name.partition(".")[0] == "render"]:
        del sys.modules[name]


def put(folder: Path, preset: str, triples: int, total: float, **changes: Any) -> None:
    """A run file whose stages take equal parts of the time."""
    stages = dict.fromkeys(("load", "train", "search", "match"), total / 4)
    report = {
        "dataset": f"made of {triples}",
        "preset": preset,
        "graphs": {"triples": triples},
        "runs": [{"planned_memory_bytes": 2**30}],
        "mean": {
            "seconds": stages | {"total": total},
            "peak_memory_bytes": 2**31,
            "metrics": {"test_only": {"left_to_right": {"hits@1": 0.5}}},
        },
    }
    path = folder / f"{triples}_{preset}.json"
    path.write_text(json.dumps(report | changes), encoding="utf-8")


def test_rows_stand_by_preset_and_size(scale: Any, tmp_path: Path) -> None:
    put(tmp_path, "balanced", 1000, 10)
    put(tmp_path, "fast", 10_000, 40)
    put(tmp_path, "fast", 1000, 2)
    head, _, *rows = scale.table(scale.read_runs(tmp_path)).splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row[0] for row in cells] == ["of 1000, fast", "of 10000, fast", "of 1000, balanced"]
    names = [cell.strip() for cell in head.strip("|").split("|")]
    large = dict(zip(names, cells[1], strict=True))
    assert large["triples"] == "10,000"
    assert large["train s"] == "10.0"
    assert large["µs a triple"] == "4000.0"
    assert large["by the first"] == "2.00"
    assert (large["peak GiB"], large["planned"]) == ("2.00", "1.00")
    assert cells[2][names.index("by the first")] == ""


def test_plots_have_a_line_for_every_preset(scale: Any, tmp_path: Path) -> None:
    put(tmp_path, "fast", 1000, 2)
    put(tmp_path, "fast", 10_000, 40)
    put(tmp_path, "balanced", 1000, 10)
    time, memory = scale.plots(scale.read_runs(tmp_path))
    assert [title for title, _ in time.panels] == ["load", "train", "search", "match", "total"]
    fast, balanced = time.panels[-1][1]
    assert (fast.label, fast.x, fast.y) == ("fast", (1000.0, 10_000.0), (2.0, 40.0))
    assert (balanced.label, balanced.y) == ("balanced", (10.0,))
    assert [panel[1][0].y for panel in memory.panels] == [(2.0, 2.0), (1.0, 1.0)]
    draw = importlib.import_module("render.draw").draw
    for plot in (time, memory):
        svg = draw(plot)
        assert b"</svg>" in svg
        assert svg == draw(plot)


def test_what_was_not_planned_or_took_no_time_is_left_out(scale: Any, tmp_path: Path) -> None:
    put(tmp_path, "fast", 1000, 0, runs=[{}])
    (run,) = scale.read_runs(tmp_path)
    assert run.planned is None
    time, memory = scale.plots([run])
    assert all(series == () for _, series in time.panels)
    assert [len(series) for _, series in memory.panels] == [1, 0]


def test_no_runs_are_no_plots(scale: Any, tmp_path: Path) -> None:
    assert scale.read_runs(tmp_path) == []
    assert scale.plots([]) == []


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"mean": 1, "runs": []}'])
def test_another_file_is_named(scale: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"x\.json: is no run file of benchmarks/scale\.py"):
        scale.read_runs(tmp_path)
