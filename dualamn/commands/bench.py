"""`dualamn bench`: scores, time and memory of whole runs on a data set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import NOTHING, console, options, source
from dualamn.commands.bench_growing import bench_growing, write_report
from dualamn.commands.console import RANKING, STRICT, add_row, same_name_line, table
from dualamn.commands.options import UnderHeadings
from dualamn.kernels import compute

if TYPE_CHECKING:
    from rich.console import Console

    from dualamn.bench.benchmark import Benchmark, Run
    from dualamn.config import PresetName

CANDIDATES = {
    "test_only": "test side",
    "all_entities": "all entities",
    "unaligned": "without a seed link",
}
DIRECTIONS = {"left_to_right": "left → right", "right_to_left": "right → left"}
LINK_RATES = ("precision", "strict_precision", "recall", "f1", "strict_f1")


@click.command(
    cls=UnderHeadings,
    short_help="Measure scores, seconds and memory.",
    headings={
        "data": "Input",
        "names": "Names and values",
        "preset": "Training",
        "seeds": "Measurement",
        "device": "Machine",
        "quiet": "Display",
    },
)
@click.argument("dataset")
@options.data
@click.option(
    "--fold",
    "folds",
    multiple=True,
    metavar="K",
    help="Run this published fold, or 'all' of them. Repeatable.",
)
@options.train_ratio
@click.option(
    "--no-seeds",
    is_flag=True,
    help="Hide all seed links from the model; it starts from pseudo-seeds, found by name or value.",
)
@options.names
@options.names_model
@click.option(
    "--values",
    is_flag=True,
    help="Compare attribute values as well, where the data set has some.",
)
@options.preset
@options.epochs
@click.option(
    "--matcher",
    metavar="NAME",
    help=f"{options.MATCHERS_IN_WORDS}  [that of the preset]",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    metavar="N",
    help="Run with seeds 0 to N-1 and report the mean.  [1]",
)
@click.option(
    "--seed", type=click.IntRange(min=0), metavar="S", help="Run with this random seed only."
)
@click.option(
    "--protocol",
    type=click.Choice(["auto", "test", "all", "unaligned"]),
    default="auto",
    show_default=True,
    help="Rank among these candidates: test, the test side only; all, also all entities of the "
    "other graph; unaligned, also all entities without a seed link, with and without counterpart, "
    "as in real use. auto is all where no graph has more than 50,000 entities.",
)
@click.option(
    "--json",
    "json_out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write all measurements as one JSON object; - is standard output.",
)
@click.option(
    "--grow",
    is_flag=True,
    help="Align the first snapshot of a growing data set, update for each of the others, and score "
    "every one as ContEA does. DATASET is NAME@0-5, or NAME for all.",
)
@click.option("--full", is_flag=True, help="With --grow: also align every snapshot anew.")
@click.option(
    "--retrain",
    type=click.Choice(["never", "auto", "always"]),
    help="With --grow: train embeddings on in updates.  [auto]",
)
@options.device
@options.threads
@options.memory
@options.dry_run
@options.quiet
def bench(
    dataset: str,
    preset: PresetName,
    seeds: int | None,
    seed: int | None,
    folds: tuple[str, ...],
    names: str | None,
    values: bool,
    no_seeds: bool,
    dry_run: bool,
    json_out: Path | None,
    data: Path | None,
    quiet: bool,
    train_ratio: float | None,
    protocol: Any,
    grow: bool,
    full: bool,
    retrain: Any,
    **settings: Any,
) -> None:
    """Measure scores, seconds and memory on a data set with test links.

    DATASET is a folder in the layout of a published data set, a name known under --data, or a
    name of dualamn data list, which is fetched if it is missing; NAME@K is snapshot K of a
    growing data set.

    \b
    Examples:
      dualamn bench dbp15k/zh_en --preset paper --seeds 3 --json out.json
      dualamn bench contea/FR-EN@5 --train-ratio 0.3
      dualamn bench contea/FR-EN@0-5 --grow --full
      dualamn bench path/to/openea --fold all
      dualamn bench dbp15k/zh_en --names names.tsv --no-seeds
    """
    if seeds is not None and seed is not None:
        raise click.UsageError("--seeds N means seeds 0 to N-1 and --seed S the one; give either.")
    if no_seeds and names is None and not values:
        raise click.UsageError(
            "--no-seeds needs --names FILE (or --names uri, or --values) to find pseudo-seeds by."
        )
    if settings["names_model"] is not None and names is None:
        raise click.UsageError("--names-model needs --names FILE (or --names uri) to compare.")
    options.can_be_written(json_out)
    if (full or retrain is not None) and not grow:
        raise click.UsageError("--full and --retrain go with --grow.")
    if grow:
        others = {
            "--seeds": seeds,
            "--fold": folds,
            "--names": names,
            "--values": values,
            "--no-seeds": no_seeds,
            "--train-ratio": train_ratio,
            "--dry-run": dry_run,
        }
        for option in (name for name, value in others.items() if value):
            raise click.UsageError(f"{option} does not go with --grow.")
        how = {"preset": preset, "settings": options.given(**settings), "full": full}
        bench_growing(
            dataset, data, json_out, quiet=quiet, seed=seed or 0, retrain=retrain or "auto", **how
        )
        return

    from dualamn.bench.benchmark import Benchmark
    from dualamn.commands.console_tables import print_plan
    from dualamn.data_loaders import resolve
    from dualamn.kernels.memory import keep_freed_memory
    from dualamn.planning.execution_plan import plan

    keep_freed_memory()
    fetching = source.fetch_missing([dataset], data, quiet=quiet)
    path = resolve(dataset, data)
    benchmark = Benchmark(
        path,
        dataset=dataset,
        preset=preset,
        settings=options.given(**settings),
        seeds=range(seeds or 1) if seed is None else (seed,),
        folds=_fold_numbers(path, folds),
        train_ratio=train_ratio,
        protocol=protocol,
        names=names,
        values=values,
        no_seeds=no_seeds,
        process_start=compute.process_start() + fetching,  # the network is not measured
    )
    if dry_run:
        task = benchmark.task(benchmark.seeds[0], benchmark.folds[0])
        planned = plan(task, benchmark.config(benchmark.seeds[0]))
        print_plan(planned, task, console.results(), models=benchmark.models(task))
        return
    done: list[Run] = []
    wanted = len(benchmark.seeds) * len(benchmark.folds)
    try:
        with console.progress(quiet=quiet) as progress:
            for run in benchmark.runs(progress):
                done.append(run)
                if wanted > 1:
                    console.note(_line(run, len(done), wanted), quiet=quiet)
    except KeyboardInterrupt:
        console.keeps(_keep(benchmark, done, wanted, json_out))
        raise
    report = benchmark.report(done)
    write_report(report, json_out)
    print_report(report, console.results(to_stderr=json_out == options.STDOUT))


def _fold_numbers(path: Path, texts: tuple[str, ...]) -> list[int | None]:
    from dualamn.data_loaders.openea import fold_numbers, has_folds

    numbers: list[int | None] = []
    for text in texts:
        if text == "all":
            published = fold_numbers(path) if has_folds(path) else []
            if not published:
                raise click.UsageError(f"--fold all: {path} has no published folds.")
            numbers += published
        elif text.isdecimal():
            numbers.append(int(text))
        else:
            raise click.UsageError(f"--fold {text}: give the number of a fold, or all.")
    return list(dict.fromkeys(numbers)) or [None]


def _line(run: Run, number: int, wanted: int) -> str:
    fold = "" if run["fold"] is None else f", fold {run['fold']}"
    hits = run["metrics"]["test_only"]["left_to_right"]["hits@1"]
    score = "" if hits is None else f": Hits@1 {hits:.3f} left to right among test entities"
    seconds = run["seconds"]["total"]
    return f"run {number} of {wanted}, seed {run['seed']}{fold}{score}, {seconds:.1f} s"


def _keep(benchmark: Benchmark, done: list[Run], wanted: int, json_out: Path | None) -> str:
    """Saves the finished runs of an interrupted benchmark, and says so."""
    if not done or json_out is None or json_out == options.STDOUT:
        return f"{len(done)} of {wanted} runs were done, {NOTHING}"
    write_report(benchmark.report(done), json_out)
    return f"{json_out} holds the {len(done)} of {wanted} runs that were done."


def print_report(report: Mapping[str, Any], to: Console) -> None:
    """Prints scores, seconds and memory, with standard deviations over several runs."""
    mean, std, runs = report["mean"], report["std"], report["runs"]
    settings = report["settings"]
    title = f"{report['dataset']}, preset {report['preset']}, matcher {settings['matcher']}"
    if len(runs) > 1:
        title += f", mean ± deviation of {len(runs)} runs"
    console.say(to, title, style="bold")
    if "pairs" in mean:
        console.say(to, "mean over the pairs of graphs, all test links")
    _print_scores(to, mean, std, only=runs[0] if len(runs) == 1 else None)
    for protocol, hits in mean.get("exact_name_match", {}).items():
        console.say(to, same_name_line(hits, CANDIDATES[protocol]))
    for run in runs:
        if "own_seeds" in run:
            console.say(to, f"no seed links, seed {run['seed']}: {run['own_seeds']}")
    for run in runs:
        for protocol, notes in run.get("notes", {}).items():
            for note in notes:
                console.say(to, f"seed {run['seed']}, among {CANDIDATES[protocol]}: {note}")
    _print_links(to, mean, std)
    if "pairs" in mean:
        implied = f"{mean['implied_test_links']:,.0f} test links that follow from seed links"
        console.say(to, f"the same without the {implied} over a third graph")
        _print_scores(to, mean["without_implied"], std and std["without_implied"])
        console.say(to, "Hits@1 of each pair of graphs, in brackets without those test links")
        _print_pairs(to, mean)
    _print_costs(to, mean, std)
    # Published figures are of structure alone.
    if "names_from" not in settings:
        _print_published(to, report["dataset"], settings["train_ratio"])


def _print_published(to: Console, dataset: str, train_ratio: float | None) -> None:
    """Published figures of the same data set and candidates, where they are known."""
    from dualamn.bench.published import read_published

    shown = table("published, test side", "direction", *RANKING.values(), text_columns=2)
    for figure in read_published().beside(dataset, "test_only", train_ratio):
        direction = DIRECTIONS.get(figure.direction, figure.direction)
        add_row(shown, figure.method, direction, *(figure.scores.get(key) for key in RANKING))
    if shown.row_count:
        to.print(shown)


def _print_scores(
    to: Console, mean: Mapping[str, Any], std: Mapping[str, Any] | None, only: Run | None = None
) -> None:
    """The rankings of every protocol, if any; for a single run with intervals over test links."""
    shown = table("candidates, direction", *RANKING.values())
    for protocol, direction in _ranked(mean):
        spread = std and std["metrics"][protocol][direction]
        cells = _with_spread(mean["metrics"][protocol][direction], spread, RANKING)
        add_row(shown, f"{CANDIDATES[protocol]}, {DIRECTIONS[direction]}", *cells)
        if only is not None and (ends := only["intervals"][protocol][direction]) is not None:
            between = (f"{low:.3f}-{high:.3f}" for low, high in (ends[key] for key in RANKING))
            add_row(shown, "  95% of test link draws", *between)
    if shown.row_count:
        to.print(shown)


def _ranked(scores: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The protocols and directions that there are rankings of."""
    metrics = scores["metrics"]
    return [
        (protocol, direction)
        for protocol in CANDIDATES
        if protocol in metrics
        for direction in DIRECTIONS
        if metrics[protocol][direction]["mrr"] is not None
    ]


def _print_links(to: Console, mean: Mapping[str, Any], std: Mapping[str, Any] | None) -> None:
    """Precision, recall and F1 of the links."""
    shown = table("links among", "precision", "strict", "recall", "F1", "strict")
    shown.caption = STRICT
    for protocol in CANDIDATES:
        if protocol in mean["links"]:
            spread = std and std["links"][protocol]
            cells = _with_spread(mean["links"][protocol], spread, LINK_RATES)
            add_row(shown, CANDIDATES[protocol], *cells)
    to.print(shown)


def _print_pairs(to: Console, mean: Mapping[str, Any]) -> None:
    """Hits@1 of every pair of graphs, and what is left of it without implied links."""
    from dualamn.eval.verdicts import fraction

    ran = list(dict.fromkeys(protocol for protocol, _ in _ranked(mean)))
    shown = table("pair", *(f"{CANDIDATES[p]} {arrow}" for p in ran for arrow in ("→", "←")))
    for name, metrics in mean["pairs"].items():
        free = mean["without_implied"]["pairs"][name]
        cells = (
            f"{fraction(metrics[p][d]['hits@1'])} ({fraction(free[p][d]['hits@1'])})"
            for p in ran
            for d in DIRECTIONS
        )
        add_row(shown, name, *cells)
    to.print(shown)


def _print_costs(to: Console, mean: Mapping[str, Any], std: Mapping[str, Any] | None) -> None:
    shown = table(*(f"{name} s" for name in mean["seconds"]), "peak GiB", text_columns=0)
    spread = {name: f" ±{value:.1f}" for name, value in std["seconds"].items()} if std else {}
    cells = (f"{value:.1f}{spread.get(name, '')}" for name, value in mean["seconds"].items())
    add_row(shown, *cells, f"{mean['peak_memory_bytes'] / 2**30:.2f}")
    to.print(shown)


def _with_spread(
    mean: Mapping[str, float | None], std: Mapping[str, float | None] | None, keys: Iterable[str]
) -> Iterator[str]:
    """Means, with deviations as papers write them, so that four fit on a line: 0.741 ±.003."""
    from dualamn.eval.verdicts import fraction

    for key in keys:
        spread = None if std is None else std[key]
        deviation = "" if spread is None else f" ±{spread:.3f}".replace("±0", "±")
        yield f"{fraction(mean[key])}{deviation}"
