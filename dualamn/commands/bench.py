"""`dualamn bench`: scores, time and memory of whole runs on a data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import console, options, source
from dualamn.commands.options import UnderHeadings
from dualamn.kernels import compute

if TYPE_CHECKING:
    from dualamn.bench.benchmark import Benchmark, Run
    from dualamn.config import PresetName


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
@options.device
@options.threads
@options.memory
@options.dry_run
@options.quiet
@click.pass_context
def bench(
    ctx: click.Context,
    dataset: str,
    preset: PresetName,
    seeds: int | None,
    seed: int | None,
    protocol: Any,
    folds: tuple[str, ...],
    train_ratio: float | None,
    names: str | None,
    names_model: str | None,
    values: bool,
    no_seeds: bool,
    epochs: int | None,
    matcher: str | None,
    device: str | None,
    threads: int | None,
    memory: float | None,
    dry_run: bool,
    json_out: Path | None,
    data: Path | None,
    quiet: bool,
) -> None:
    """Measure scores, seconds and memory on a data set with test links.

    DATASET is a folder in the layout of a published data set, a name known under --data, or a
    name of dualamn data list, which is fetched if it is missing; NAME@K is snapshot K of a
    growing data set.

    \b
    Examples:
      dualamn bench dbp15k/zh_en --preset paper --seeds 3 --json out.json
      dualamn bench contea/FR-EN@5 --train-ratio 0.3
      dualamn bench path/to/openea --fold all
      dualamn bench dbp15k/zh_en --names names.tsv --no-seeds
    """
    if seeds is not None and seed is not None:
        raise click.UsageError("--seeds N means seeds 0 to N-1 and --seed S the one; give either.")
    if no_seeds and names is None and not values:
        raise click.UsageError(
            "--no-seeds needs --names FILE (or --names uri, or --values) to find pseudo-seeds by."
        )
    if names_model is not None and names is None:
        raise click.UsageError("--names-model needs --names FILE (or --names uri) to compare.")
    options.can_be_written(json_out)

    from dualamn.bench.benchmark import Benchmark
    from dualamn.data_loaders import resolve
    from dualamn.kernels.memory import keep_freed_memory

    keep_freed_memory()
    fetching = source.fetch_missing([dataset], data, quiet=quiet)
    path = resolve(dataset, data)
    benchmark = Benchmark(
        path,
        dataset=dataset,
        preset=preset,
        settings=options.given(
            epochs=epochs,
            device=device,
            threads=threads,
            memory=memory,
            matcher=matcher,
            names_model=names_model,
        ),
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
        _print_plan(benchmark)
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
        ctx.meta[console.KEPT] = _keep(benchmark, done, wanted, json_out)
        raise
    report = benchmark.report(done)
    _write(report, json_out)
    from dualamn.commands.scoreboard import print_report

    print_report(report, console.results(to_stderr=json_out == options.STDOUT))


def _print_plan(benchmark: Benchmark) -> None:
    from dualamn.commands.console_tables import print_plan
    from dualamn.planning.execution_plan import plan

    seed = benchmark.seeds[0]
    task = benchmark.task(seed, benchmark.folds[0])
    planned = plan(task, benchmark.config(seed))
    print_plan(planned, task, console.results(), models=benchmark.models(task))


def _fold_numbers(path: Path, texts: tuple[str, ...]) -> list[int | None]:
    if not texts:
        return [None]
    numbers: list[int | None] = []
    for text in texts:
        if text == "all":
            numbers += _published_folds(path)
        elif text.isdecimal():
            numbers.append(int(text))
        else:
            raise click.UsageError(f"--fold {text}: give the number of a fold, or all.")
    return list(dict.fromkeys(numbers))


def _published_folds(path: Path) -> list[int]:
    from dualamn.data_loaders.openea import fold_numbers, has_folds

    numbers = fold_numbers(path) if has_folds(path) else []
    if not numbers:
        raise click.UsageError(f"--fold all: {path} has no published folds.")
    return numbers


def _line(run: Run, number: int, wanted: int) -> str:
    fold = "" if run["fold"] is None else f", fold {run['fold']}"
    hits = run["metrics"]["test_only"]["left_to_right"]["hits@1"]
    score = "" if hits is None else f": Hits@1 {hits:.3f} left to right among test entities"
    seconds = run["seconds"]["total"]
    return f"run {number} of {wanted}, seed {run['seed']}{fold}{score}, {seconds:.1f} s"


def _keep(benchmark: Benchmark, done: list[Run], wanted: int, json_out: Path | None) -> str:
    """Saves the finished runs of an interrupted benchmark, and says so."""
    if not done or json_out is None or json_out == options.STDOUT:
        return f"{len(done)} of {wanted} runs were done, nothing was written."
    _write(benchmark.report(done), json_out)
    return f"{json_out} holds the {len(done)} of {wanted} runs that were done."


def _write(report: dict[str, Any], json_out: Path | None) -> None:
    if json_out is None:
        return
    text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if json_out == options.STDOUT:
        click.echo(text, nl=False)
        return
    from dualamn.files.atomic import atomic_write

    with atomic_write(json_out) as file:
        file.write(text)
