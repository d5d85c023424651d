"""Whether the same links still come out, byte for byte: a dozen runs beside an earlier set.

    python benchmarks/frozen_runs.py FOLDER [--against EARLIER] [--only NAME ...] [--data DIR]

Every run has a folder of its own with its links, scores and probabilities (not rounded), the best
candidates of every entity, and the entities left over. Before a change that must not change what
comes out, run it once into a folder; after it, into another with --against the first. The runs
only compare on one machine and with one number of threads: processors round differently.
Runs on data sets that are not on this machine are left out, and named.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import dualamn
from dualamn import Aligner, Alignment, AlignmentTask, DataError
from dualamn.data_loaders import resolve
from dualamn.data_loaders.entity_names import with_names

ROOT = Path(__file__).parents[1]
EUROPE = ROOT / "examples" / "europe"
TOP = 20


def europe(seeds: bool = True) -> AlignmentTask:
    """The two tables of the example."""
    links = EUROPE / "seed_links.tsv" if seeds else None
    return dualamn.load_files([EUROPE / "english.tsv", EUROPE / "french.tsv"], links)


def europe_rdf(seeds: bool) -> AlignmentTask:
    """The example as RDF, whose labels are names."""
    with tempfile.TemporaryDirectory() as folder:
        script = ROOT / "examples" / "rdf" / "europe.py"
        subprocess.run([sys.executable, script, folder], check=True, capture_output=True)
        left, right = (Path(folder) / f"{name}.ttl" for name in ("english", "french"))
        return dualamn.load_files([left, right], Path(folder) / "known.nt" if seeds else None)


def data_set(name: str, data: Path | None) -> AlignmentTask:
    """A data set with its own split or 30% seeds."""
    return dualamn.load(resolve(name, data), seed=0)


def named(data: Path | None) -> AlignmentTask:
    """DBP15K ZH-EN with names and without a seed link."""
    folder = resolve("dbp15k/zh_en", data)
    names = folder.parents[1] / "names" / "dbp_zh_en.json"
    if not names.is_file():
        raise DataError("there are no names of the entities here", path=names)
    task = with_names(dualamn.load(folder, seed=0), names, folder)
    return replace(task, seed_links=np.empty((0, 2), dtype=np.int32))


def runs(data: Path | None) -> dict[str, Callable[[], Alignment]]:
    """Every run by name."""

    def fitted(task: AlignmentTask, preset: str, **settings: object) -> Aligner:
        plain = {"calibrate": False, "matcher": "csls" if preset == "paper" else "sinkhorn"}
        return Aligner(preset, **plain | settings).fit(task)  # type: ignore[arg-type]

    def reloaded(task: AlignmentTask, preset: str, **settings: object) -> Aligner:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "saved"
            fitted(task, preset, **settings).save(path)
            return Aligner.load(path)

    return {
        "europe_fast": lambda: fitted(europe(), "fast").align(),
        "europe_balanced_calibrated": lambda: fitted(europe(), "balanced", calibrate=True).align(
            matcher="mutual"
        ),
        "europe_balanced_many": lambda: fitted(europe(), "balanced", calibrate=True).align(
            matcher="mutual", many=True
        ),
        "europe_best": lambda: fitted(europe(), "best").align(matcher="one_to_one"),
        "europe_best_reloaded": lambda: reloaded(europe(), "best", calibrate=True).align(),
        "europe_paper": lambda: fitted(europe(), "paper").align(),
        "europe_joint": lambda: fitted(europe(), "best", encoder="joint").align(),
        "europe_rdf": lambda: fitted(europe_rdf(True), "balanced", calibrate=True).align(
            matcher="mutual"
        ),
        "europe_rdf_without_seeds": lambda: fitted(
            europe_rdf(False), "balanced", calibrate=True
        ).align(matcher="mutual"),
        "europe_rdf_reloaded": lambda: reloaded(europe_rdf(False), "fast", calibrate=True).align(
            matcher="mutual"
        ),
        "zh_en_fast": lambda: fitted(data_set("dbp15k/zh_en", data), "fast").align(),
        "zh_en_fast_calibrated": lambda: fitted(
            data_set("dbp15k/zh_en", data), "fast", calibrate=True
        ).align(matcher="mutual"),
        "zh_en_named": lambda: fitted(named(data), "fast", calibrate=True).align(matcher="mutual"),
        "spimbench_fast": lambda: fitted(
            real("spimbench", "Abox1.nt", "Abox2.nt", data), "fast", calibrate=True
        ).align(matcher="mutual"),
        "museum_fast": lambda: fitted(
            real("museum", "library.nt", "museum.ttl", data), "fast", calibrate=True
        ).align(matcher="mutual"),
        "dbp5l_fast": lambda: fitted(data_set("dbp5l", data), "fast").align(),
    }


def real(name: str, left: str, right: str, data: Path | None) -> AlignmentTask:
    """A pair of RDF files with names and values, without seed links."""
    folder = resolve(f"real/{name}", data)
    return dualamn.load_files([folder / left, folder / right])


def write(alignment: Alignment, folder: Path) -> None:
    """All that a run found."""
    folder.mkdir(parents=True, exist_ok=True)
    alignment.write(folder / "links.parquet")
    alignment.write(folder / "links.tsv")
    alignment.write_unmatched(folder / "unmatched.tsv")
    if all(pair.left_to_right is not None for pair in alignment.pairs):
        alignment.write_candidates(folder / "candidates.parquet", k=TOP)


def differences(folder: Path, earlier: Path) -> list[str]:
    """Names of the files that are not the same, byte for byte."""
    names = sorted({path.name for place in (folder, earlier) for path in place.glob("*")})
    return [
        name
        for name in names
        if not (folder / name).is_file()
        or not (earlier / name).is_file()
        or (folder / name).read_bytes() != (earlier / name).read_bytes()
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs, writes and compares; exits with 1 if anything differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--against", type=Path, help="folder of an earlier set of runs")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these runs")
    parser.add_argument("--data", type=Path, help="folder of data sets, else $DUALAMN_DATA")
    given = parser.parse_args(arguments)
    todo = runs(given.data)
    if unknown := set(given.only or ()) - set(todo):
        parser.error(f"no run {', '.join(sorted(unknown))}; there are {', '.join(todo)}")
    changed = False
    for name in given.only or todo:
        started = time.perf_counter()
        try:
            write(todo[name](), given.folder / name)
        except DataError as error:
            print(f"{name}: left out, {error}", flush=True)
            continue
        verdict = ""
        if given.against is not None:
            differs = differences(given.folder / name, given.against / name)
            changed |= bool(differs)
            verdict = "DIFFERS: " + ", ".join(differs) if differs else "the same"
        print(f"{name}: {time.perf_counter() - started:.0f} s  {verdict}", flush=True)
    sys.exit(changed)


if __name__ == "__main__":
    main()
