"""`dualamn bench --grow`: graphs that grow, and what is printed of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import NOTHING, console, options, source

if TYPE_CHECKING:
    from rich.console import Console

    from dualamn.bench.growing import Snapshot

_RANGE = re.compile(r"(.+)@([0-9]{1,4})-([0-9]{1,4})")


def bench_growing(
    dataset: str, data: Path | None, json_out: Path | None, *, quiet: bool, **request: Any
) -> None:
    """Aligns the first snapshot of a data set, updates for each of the others, and prints scores.

    Args:
        dataset: a name or folder, with @K-L behind it for the snapshots K to L.
        data: the folder that names are looked up in.
        json_out: where all measurements are written, if anywhere.
        quiet: print results alone.
        request: fields of `Growing`.
    """
    from dualamn.bench.growing import Growing
    from dualamn.data_loaders import resolve
    from dualamn.kernels.memory import keep_freed_memory

    keep_freed_memory()
    asked = _RANGE.fullmatch(dataset)
    name = dataset if asked is None else asked[1]
    source.fetch_missing([name], data, quiet=quiet)
    path = resolve(name, data)
    batches = _batches(path)
    first, last = (0, batches) if asked is None else (int(asked[2]), int(asked[3]))
    if last > batches:
        raise click.UsageError(f"--grow: {path} has snapshots up to {batches}, not {last}.")
    growing = Growing(path, dataset, first, last, **request)
    done: list[Snapshot] = []
    try:
        with console.progress(quiet=quiet) as progress:
            for one in growing.runs(progress):
                done.append(one)
                console.note(_line(one), quiet=quiet)
    except KeyboardInterrupt:
        if done and json_out not in (None, options.STDOUT):
            write_report(growing.report(done), json_out)
            console.keeps(f"{json_out} holds the {len(done)} snapshots that were done.")
        else:
            console.keeps(f"{len(done)} snapshots were done, {NOTHING}")
        raise
    write_report(growing.report(done), json_out)
    print_growing(done, console.results(to_stderr=json_out == options.STDOUT))


def _batches(path: Path) -> int:
    """How many batches a data set in ContEA's layout has."""
    number = 0
    while (path / f"batch{number + 1}").is_dir():
        number += 1
    if not number:
        raise click.UsageError(
            f"--grow: {path} has no snapshots, folders batch1, batch2 and so on."
        )
    return number


def _line(one: Snapshot) -> str:
    update = one["update"]
    trained = ", embeddings trained on" if update.get("trained") else ""
    figures = f"F1 {update['all']['f1']:.3f}, {update['seconds']:.1f} s"
    return f"snapshot {one['snapshot']}: {figures}{trained}"


def print_growing(snapshots: list[Snapshot], to: Console) -> None:
    """Prints scores of every snapshot, how links changed, and what an alignment anew finds."""
    shown = console.table(
        *("snapshot", "links", "precision", "recall", "F1", "F1 new", "lost", "churn"),
        *("unchanged", "s"),
        text_columns=2,
    )
    shown.caption = (
        "precision and F1 with all but test links as incorrect; lost: share of the correct links "
        "of before; churn: of all; unchanged: of those of entities whose statements are the same"
    )
    for one in snapshots:
        for name in ("update", "full"):
            if name in one:
                for links in ("all", "written"):
                    _add(shown, one, name, links)
    to.print(shown)


def _add(shown: Any, one: Snapshot, name: str, links: str) -> None:
    run = one[name]
    scores = run[links]
    new = run.get("new" if links == "all" else "new_written")
    what = links if name == "update" else f"{links}, anew"
    console.add_row(
        shown,
        str(one["snapshot"]) if (name, links) == ("update", "all") else "",
        what,
        *(scores[key] for key in ("precision", "recall", "f1")),
        None if new is None else new["f1"],
        *(scores.get(key) for key in ("lost", "churn", "unchanged")),
        f"{run['seconds']:.1f}" if links == "all" else "",
    )


def write_report(report: dict[str, Any], json_out: Path | None) -> None:
    """Writes a report as JSON, to standard output for -; nowhere if None."""
    if json_out is None:
        return
    text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False)
    if json_out == options.STDOUT:
        click.echo(text)
        return
    from dualamn.files.atomic import atomic_write

    with atomic_write(json_out) as file:
        file.write(f"{text}\n")
