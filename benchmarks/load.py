"""How long a large data set takes from its files to what training works on.

    python benchmarks/load.py --data DIR          # DIR/contea/FR-EN with all five batches
    python benchmarks/load.py --made 200000       # synthetic data, written to a temporary folder

Loading reads, checks and joins the files; building makes the sparse patterns of all edges.
Starting Python and importing PyTorch come before and are shown apart.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from harness import describe, get_task, machine, options, peak_memory, run, set_threads, table

from dualamn import AlignmentTask, load
from dualamn.bench.export import write_task
from dualamn.data_loaders import resolve
from dualamn.encoders.message_graph import RelationGraph
from dualamn.kernels import compute


def timed(path: Path, seed: int) -> tuple[float, float, AlignmentTask, RelationGraph]:
    """Loads and builds once; seconds of each, and what came of it."""
    begin = time.perf_counter()
    task = load(path, seed=seed)
    loaded = time.perf_counter()
    graph = RelationGraph.from_triples(
        task.triples, task.n_entities, task.n_relations, reorder=True
    )
    return loaded - begin, time.perf_counter() - loaded, task, graph


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    given = options(__doc__, dataset="contea/FR-EN@5", repeat=5).parse_args(arguments)
    set_threads(given.threads)
    started = time.monotonic() - compute.process_start()
    print(machine())
    with ExitStack() as stack:
        if given.made:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            path = Path(folder) / "made"
            write_task(get_task(given), path, layout="ids")
        else:
            path = resolve(given.dataset, given.data)
        first_load, first_build, task, graph = timed(path, given.seed)
        # A second task beside the first would count twice.
        memory = peak_memory()
        print(
            f"{describe(task)}, {len(graph.hop.edge_place):,} edges, "
            f"{graph.hop.pairs.n_entries:,} pairs"
        )
        for note in task.notes:
            print(f"  {note}")
        del task, graph
        turns = [timed(path, given.seed)[:2] for _ in range(given.repeat)]
    columns = ([load for load, _ in turns], [build for _, build in turns], [sum(t) for t in turns])
    first = (first_load, first_build, first_load + first_build)
    rows = [
        (name, f"{at_first:.2f}", *(f"{how(column):.2f}" for how in (statistics.median, min, max)))
        for name, at_first, column in zip(("load", "build", "both"), first, columns, strict=True)
    ]
    print()
    print(table(("seconds", "first", "median", "min", "max"), rows))
    print(f"\nbefore that, to start and import: {started:.2f} s")
    if not given.made:  # making the data takes memory too
        print(f"peak memory after the first: {memory}")


if __name__ == "__main__":
    run(main)
