"""The results page says what the run files say, and keeps apart what cannot be compared."""

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dualamn.errors import DataError, MissingExtraError

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"

pytestmark = pytest.mark.skipif(
    not BENCHMARKS.is_dir(), reason="a source archive is without the benchmarks"
)

README = """\
Before.

<!-- headline: written by `make results` from the run files; do not edit -->
Stale.
<!-- end of headline -->

Between.

<!-- results: written by `make results` from the run files; do not edit -->
<!-- end of results -->

After.
"""

PUBLISHED = """\
[[dataset]]
name = "dbp15k/zh_en"
family = "DBP15K"
title = "ZH-EN"
seed_share = 0.3

[[dataset]]
name = "dbp15k/fr_en"
family = "DBP15K"
title = "FR-EN"
seed_share = 0.3

[[family]]
name = "DBP15K"
text = "Three pairs."

[[source]]
id = "made"
citation = "Nobody, Nothing, 2020"
url = "https://example.org/made"
where = "Table 7"
direction = "as in Section 3"
time = "not stated"

[[figure]]
source = "made"
method = "Forward"
dataset = "dbp15k/zh_en"
protocol = "test_only"
direction = "left_to_right"
scores = { "hits@1" = 0.601, "hits@10" = 0.7, "mrr" = 0.65 }
seconds = 1234.5
"""
for method, protocol, more, hits in (
    ("Backward", "test_only", 'direction = "right_to_left"', 0.602),
    ("Whichever", "test_only", "", 0.603),
    ("Everywhere", "all_entities", 'direction = "left_to_right"', 0.604),
):
    PUBLISHED += f"""
[[figure]]
source = "made"
method = "{method}"
dataset = "dbp15k/zh_en"
protocol = "{protocol}"
scores = {{ "hits@1" = {hits} }}
{more}
"""


@pytest.fixture(scope="module")
def render() -> Iterator[ModuleType]:
    """The package that renders, imported as its own launcher does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        importlib.import_module("render.outputs")
        yield importlib.import_module("render")
    for name in [name for name in sys.modules if name.partition(".")[0] == "render"]:
        del sys.modules[name]


def run_of(hits: float, seed: int = 0, *, all_entities: float | None = None) -> dict[str, Any]:
    """A run whose every score is told by its Hits@1."""

    def scores(value: float | None) -> dict[str, dict[str, float | None]]:
        more = {"hits@5": 0.05, "hits@10": 0.1, "mrr": 0.02}
        return {
            direction: {
                name: None if value is None else value + added
                for name, added in ({"hits@1": first} | more).items()
            }
            for direction, first in (("left_to_right", 0.0), ("right_to_left", -0.01))
        }

    return {
        "seed": seed,
        "fold": None,
        "metrics": {"test_only": scores(hits), "all_entities": scores(all_entities)},
        "seconds": {"total": 40.0 + seed},
        "peak_memory_bytes": 2**30,
    }


def report_of(*runs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A run file's content."""
    return {
        "dataset": "dbp15k/zh_en",
        "preset": "paper",
        "settings": {"encoder": "dual_amn", "matcher": "csls", "train_ratio": None},
        "versions": {"dualamn": "0.1.0", "python": "3.11.7", "torch": "2.13.0"},
        "machine": {"cores": 2, "processor": "Old CPU", "memory_bytes": 2**34, "gpu": None},
        "runs": list(runs),
    } | changes


@pytest.fixture
def places(tmp_path: Path, render: ModuleType) -> Any:
    """A made checkout with one run file."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "dualamn" / "bench").mkdir(parents=True)
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    (tmp_path / "dualamn" / "bench" / "published.toml").write_text(PUBLISHED, encoding="utf-8")
    made: Any = importlib.import_module("render.outputs").Places.in_checkout(tmp_path)
    put(made, "paper/zh.json", report_of(run_of(0.7), run_of(0.72, seed=1), run_of(0.74, seed=2)))
    return made


def put(places: Any, name: str, content: dict[str, Any]) -> Path:
    path: Path = places.results / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def module(name: str) -> Any:
    return importlib.import_module(f"render.{name}")


def rendered(places: Any) -> tuple[dict[Path, str], dict[str, Any]]:
    """The texts by their file, and the plots by their name."""
    texts, plots = module("outputs").rendered(places)
    return texts, {plot.name: plot for plot in plots}


def page_of(places: Any) -> str:
    return rendered(places)[0][places.page]


def readme_of(places: Any) -> str:
    return rendered(places)[0][places.readme]


def row_of(page: str, heading: str, number: int = 1) -> dict[str, str]:
    """A row of the table under a heading, by the names of the columns."""
    rows = tables_of(page)[heading]
    return dict(zip(rows[0], rows[number], strict=True))


def tables_of(page: str) -> dict[str, list[list[str]]]:
    """The rows of every table of a page, by the heading it stands under."""
    found: dict[str, list[list[str]]] = {}
    heading = ""
    for line in page.splitlines():
        if line.startswith("#"):
            heading = line.strip("# ")
        elif line.startswith("|") and not line.startswith("| ---"):
            found.setdefault(heading, []).append([cell.strip() for cell in line[1:-1].split("|")])
    return found


FORWARD = "Test side only, left to right, 30% of the links as seeds"
BACKWARD = "Test side only, right to left, 30% of the links as seeds"
UNKNOWN = "Test side only, direction not stated, 30% of the links as seeds"


def test_mean_and_deviation_are_those_of_the_runs(places: Any) -> None:
    shown = row_of(page_of(places), FORWARD)
    assert shown["Hits@1"] == ".720 ± .020"
    assert shown["Hits@10"] == ".820 ± .020"
    assert shown["runs"] == "3"
    assert shown["seconds"] == "41"
    assert shown["peak GiB"] == "1.00"
    assert shown["machine"] == "2 cores, Old CPU, no GPU"


@pytest.mark.parametrize(("threads", "cores"), [(2, "2 cores"), (1, "1 of 2 cores")])
def test_a_run_on_fewer_threads_than_cores_says_so(places: Any, threads: int, cores: str) -> None:
    report = report_of(run_of(0.7))
    put(places, "paper/zh.json", report | {"settings": report["settings"] | {"threads": threads}})
    assert row_of(page_of(places), FORWARD)["machine"] == f"{cores}, Old CPU, no GPU"


def test_a_table_has_one_protocol_and_one_direction(places: Any) -> None:
    tables = tables_of(page_of(places))
    methods = {heading: [row[1] for row in rows[1:]] for heading, rows in tables.items()}
    assert methods[FORWARD] == ["**dualamn `paper`**", "Forward"]
    assert methods[BACKWARD] == ["**dualamn `paper`**", "Backward"]
    assert methods[UNKNOWN] == ["Whichever"]


def test_another_protocol_or_share_of_seeds_gets_a_table_of_its_own(places: Any) -> None:
    put(places, "best/zh.json", report_of(run_of(0.9, all_entities=0.5), preset="best"))
    few = {"matcher": "csls", "train_ratio": 0.05}
    put(places, "few/zh.json", report_of(run_of(0.2), settings=few))
    tables = tables_of(page_of(places))
    everywhere = tables["All entities, left to right, 30% of the links as seeds"]
    assert [row[1] for row in everywhere[1:]] == ["**dualamn `best`**", "Everywhere"]
    assert everywhere[1][2] == ".500"
    sparse = tables["Test side only, left to right, 5% of the links as seeds"]
    assert [row[1:3] for row in sparse[1:]] == [["**dualamn `paper`**", ".200"]]
    assert not any(".200" in cell for row in tables[FORWARD] for cell in row)


def test_published_figures_name_their_source_and_what_is_not_known(places: Any) -> None:
    page = page_of(places)
    shown = row_of(page, FORWARD, 2)
    assert shown["from"] == "[made](https://example.org/made)"
    assert shown["seconds"] == "1,234"
    assert shown["machine"] == "not stated"
    assert "**made**: Nobody, Nothing, 2020. <https://example.org/made>" in page
    assert "Place: Table 7." in page


def test_intervals_are_shown_and_drawn_in_place_of_deviations(places: Any) -> None:
    bounds = {"test_only": {"left_to_right": {"hits@1": [0.68, 0.75]}}}
    wider = {"test_only": {"left_to_right": {"hits@1": [0.70, 0.77]}}}
    runs = [run_of(0.7) | {"intervals": bounds}, run_of(0.72, 1) | {"intervals": wider}]
    put(places, "paper/zh.json", report_of(*runs))
    texts, plots = rendered(places)
    assert row_of(texts[places.page], FORWARD)["95% of Hits@1"] == ".690 to .760"
    panels = plots["dbp15k_test_only_left_to_right_30"].panels
    dot = next(d for _, dots in panels for d in dots if d.row == "dualamn paper")
    assert (dot.low, dot.high) == pytest.approx((0.69, 0.76))


def test_links_and_their_curve(places: Any) -> None:
    curve = {"threshold": [0.9, 0.5], "precision": [None, 0.8], "recall": [0.0, 0.6]}
    links = {"precision": 0.8, "recall": 0.6, "f1": 0.6857}
    run = run_of(0.7) | {"links": {"all_entities": links}, "curves": {"all_entities": curve}}
    put(places, "best/zh.json", report_of(run, preset="best"))
    texts, plots = rendered(places)
    rows = tables_of(texts[places.page])["DBP15K ZH-EN, all entities, 30% of the links as seeds"]
    assert rows[1][:4] == ["**dualamn `best`**", ".800", ".600", ".686"]
    (drawn,) = plots["curve_dbp15k_zh_en_all_entities_30"].series
    # A point without labels is no point of the curve.
    assert (drawn.x, drawn.y) == ((0.6,), (0.8,))


def test_the_study_of_seed_shares_is_shown_apart(places: Any) -> None:
    for share, hits in ((0.3, 0.71), (0.01, 0.2)):
        settings = {"matcher": "csls", "train_ratio": share}
        name = f"seed_share/paper_{share}.json"
        put(places, name, report_of(run_of(hits), run_of(hits + 0.02, 1), settings=settings))
    texts, plots = rendered(places)
    tables = tables_of(texts[places.page])
    assert tables["DBP15K ZH-EN, test side only, left to right"] == [
        ["method", "1%", "30%"],
        ["**dualamn `paper`**", ".210 ± .014", ".720 ± .014"],
    ]
    assert len(tables[FORWARD]) == 3  # the study adds no line to the other tables
    series = plots["seed_share"].series[0]
    assert series.x == (0.01, 0.3)
    assert series.low == pytest.approx((0.21 - 0.0141421, 0.72 - 0.0141421))


def test_links_among_the_test_entities_are_left_to_hits(places: Any) -> None:
    curve = {"threshold": [0.5], "precision": [0.8], "recall": [0.6]}
    more = {"links": {"test_only": {"f1": 0.5}}, "curves": {"test_only": curve}}
    put(places, "best/zh.json", report_of(run_of(0.7) | more, preset="best"))
    texts, plots = rendered(places)
    assert "Links given out" not in texts[places.page]
    assert not any(name.startswith("curve") for name in plots)


def test_seconds_are_those_of_the_file_that_scored_one_protocol(places: Any) -> None:
    slow = run_of(0.9, all_entities=0.5) | {"seconds": {"total": 500.0}}
    put(places, "best/all.json", report_of(slow, slow | {"seed": 1}, preset="best"))

    def shown() -> list[str]:
        rows = tables_of(page_of(places))[FORWARD]
        return next(row for row in rows if "`best`" in row[1])

    assert "500 for 2 protocols" in shown()
    assert "500" not in readme_of(places)
    put(places, "best/one.json", report_of(run_of(0.4), preset="best"))
    assert shown()[2] == ".400"  # it counts although it is worse and has fewer runs
    assert "40" in shown()
    put(places, "best/more.json", report_of(run_of(0.3), run_of(0.3, 1), preset="best"))
    assert shown()[2] == ".300 ± .000"
    assert all(f"best/{name}.json" in page_of(places) for name in ("all", "one", "more"))


def test_presets_stand_from_the_plainest_to_the_best(places: Any) -> None:
    for preset in ("best", "zebra", "fast", "balanced"):
        put(places, f"{preset}/zh.json", report_of(run_of(0.8), preset=preset))
    rows = tables_of(page_of(places))[FORWARD]
    shown = [match[1] for row in rows if (match := re.match(r"\*\*dualamn `(\w+)`", row[1]))]
    assert shown == ["paper", "fast", "balanced", "best", "zebra"]


def test_a_data_set_that_is_not_listed_has_a_section(places: Any) -> None:
    settings = {"matcher": "csls", "train_ratio": None}
    put(places, "paper/own.json", report_of(run_of(0.4), dataset="own/set", settings=settings))
    page = page_of(places)
    assert "\n## own/set\n" in page
    rows = tables_of(page)["Test side only, left to right, the data set's own seed links"]
    assert rows[1][:2] == ["own/set", "**dualamn `paper`**"]


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"settings": {"train_ratio": 0.5}}, "50% of the links as seeds"),
        ({"dataset": "own/set"}, "own/set"),
    ],
)
def test_the_readme_leaves_out_what_nobody_else_reports(
    places: Any, changes: dict[str, Any], shown: str
) -> None:
    put(places, "best/zh.json", report_of(run_of(0.9), preset="best"))
    put(places, "best/other.json", report_of(run_of(0.8), preset="best", **changes))
    assert shown in page_of(places)
    assert shown not in readme_of(places)
    assert "30% of the links as seeds" in readme_of(places)


def test_the_readme_says_how_many_cores_a_run_had(places: Any) -> None:
    put(places, "best/zh.json", report_of(run_of(0.9), preset="best", settings={"threads": 1}))
    assert "one core of an Old CPU, without a GPU" in readme_of(places)


def test_readme_blocks_hold_figures_and_the_rest_stays(places: Any) -> None:
    put(places, "best/zh.json", report_of(run_of(0.9), preset="best"))
    text = readme_of(places)
    assert "the preset `best` finds .900 of the others" in text
    assert "two cores of an Old CPU, without a GPU" in text
    assert "Stale" not in text
    assert re.findall(r"^(Before|Between|After)\.$", text, re.MULTILINE) == [
        *("Before", "Between", "After")
    ]
    assert "| [Forward](https://example.org/made) | .601 |" in text
    forward, backward = text.split("right to left", maxsplit=1)
    assert "Backward" not in forward
    assert "Forward" not in backward
    assert "Whichever" not in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "a run file needs 'dataset'"),
        (json.dumps(report_of()), "has no runs"),
        (json.dumps(report_of({"seed": 0})), "a run needs 'metrics'"),
        (json.dumps(report_of(run_of(0.5) | {"seconds": {}})), "needs 'total'"),
    ],
)
def test_what_is_no_run_file_is_named(places: Any, content: str, message: str) -> None:
    bad = put(places, "paper/bad.json", {})
    bad.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        rendered(places)
    assert caught.value.path == bad


def test_without_markers_or_run_files_nothing_is_rendered(places: Any) -> None:
    places.readme.write_text("Nothing here.\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"README\.md: needs the lines '<!-- headline"):
        rendered(places)
    (places.results / "paper" / "zh.json").unlink()
    with pytest.raises(DataError, match="no run files here"):
        rendered(places)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('source = "made"', 'source = "nobody"', "names an unknown source, 'nobody'"),
        ('direction = "left_to_right"', 'direction = "up"', "names an unknown direction, 'up'"),
        ('method = "Forward"', 'methode = "Forward"', "other keys than source, method"),
        ("[[dataset]]", "[[dataset", "cannot be read as TOML"),
    ],
)
def test_published_figures_that_cannot_be_placed_are_errors(
    places: Any, before: str, after: str, message: str
) -> None:
    places.published.write_text(PUBLISHED.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(DataError, match=re.escape(message)):
        rendered(places)


def test_every_plot_of_the_page_is_drawn_and_the_other_way_round(places: Any) -> None:
    texts, plots = rendered(places)
    shown = re.findall(r"\]\(images/(\w+)\.svg\)", texts[places.page])
    assert sorted(shown) == sorted(plots)
    assert len(shown) == 2


def test_a_plot_counts_as_out_of_date_when_its_data_change(places: Any) -> None:
    outputs, digest = module("outputs"), module("specs").digest
    texts, plots = outputs.rendered(places)
    places.images.mkdir()
    for plot in plots:
        outputs.image_of(plot, places).write_text(f"<svg>{digest(plot)}</svg>", encoding="utf-8")
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    assert outputs.check(places) == []
    put(places, "paper/zh.json", report_of(run_of(0.5)))
    left_over = places.images / "gone.svg"
    left_over.write_text("<svg/>", encoding="utf-8")
    images = [outputs.image_of(plot, places) for plot in plots]
    assert set(outputs.check(places)) == {places.page, places.readme, *images, left_over}


def test_without_matplotlib_the_error_has_the_pip_line(
    places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=re.escape("pip install 'dualamn[results]'")):
        module("outputs").write(places)
    assert not places.page.exists()


def test_written_twice_it_is_the_same_and_up_to_date(places: Any, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="plots are drawn with the extra `results`")
    curve = {"threshold": [0.9, 0.5], "precision": [0.95, 0.8], "recall": [0.3, 0.6]}
    run = run_of(0.7) | {"curves": {"unaligned": curve}}
    put(places, "best/zh.json", report_of(run, preset="best"))
    put(places, "seed_share/a.json", report_of(run_of(0.5), settings={"train_ratio": 0.1}))
    outputs = module("outputs")
    written = outputs.write(places)
    assert len([path for path in written if path.suffix == ".svg"]) == 4
    assert outputs.check(places) == []
    assert outputs.write(places) == []
    first = {path: path.read_bytes() for path in written}
    for path in places.images.iterdir():
        path.unlink()
    outputs.write(places)
    assert {path: path.read_bytes() for path in written} == first


def test_the_program_writes_checks_and_reports_errors(places: Any, tmp_path: Path) -> None:
    def program(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(BENCHMARKS / "render"), "--root", str(tmp_path), *arguments],
            capture_output=True,
            text=True,
        )

    checked = program("--check")
    assert checked.returncode == 1
    assert "out of date" in checked.stdout
    assert "make results" in checked.stderr
    assert not places.page.exists()
    places.readme.write_text("nothing", encoding="utf-8")
    failed = program()
    assert failed.returncode == 1
    assert failed.stderr.startswith("Error: ")
    assert "Traceback" not in failed.stderr


def test_this_page_and_readme_say_what_the_run_files_say(render: ModuleType) -> None:
    outputs = module("outputs")
    assert outputs.check(outputs.Places.in_checkout(ROOT)) == [], "run `make results`"
