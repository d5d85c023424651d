"""Small synthetic data on disk, and ways to run the program on it."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from dualamn.commands.command_line import cli

N_ENTITIES, N_TRIPLES, N_RELATIONS = 60, 300, 6


@dataclass(frozen=True)
class Made:
    """Two graphs that are the same but for their names, `en:7` is `fr:7`, in two layouts.

    Attributes:
        left, right: triples as TSV.
        seeds: the first 30% of all links.
        gold: the other links.
        folder: the same graphs in the layout of DBP15K, named "en_fr".
    """

    left: Path
    right: Path
    seeds: Path
    gold: Path
    folder: Path


def write(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    rng = np.random.default_rng(5)
    ring = [(i, 0, (i + 1) % N_ENTITIES) for i in range(N_ENTITIES)]
    random = zip(
        rng.integers(N_ENTITIES, size=N_TRIPLES).tolist(),
        rng.integers(1, N_RELATIONS, size=N_TRIPLES).tolist(),
        rng.integers(N_ENTITIES, size=N_TRIPLES).tolist(),
        strict=True,
    )
    triples = [*ring, *random]
    top = tmp_path_factory.mktemp("made")
    links: list[tuple[object, ...]] = [(f"en:{i}", f"fr:{i}") for i in range(N_ENTITIES)]
    seeds = N_ENTITIES * 3 // 10

    def named(language: str) -> list[tuple[object, ...]]:
        return [(f"{language}:{h}", f"{language}_r{r}", f"{language}:{t}") for h, r, t in triples]

    folder = top / "en_fr"
    folder.mkdir()
    for number, language in enumerate(("en", "fr")):
        first = number * N_ENTITIES
        rows = [(h + first, r + number * N_RELATIONS, t + first) for h, r, t in triples]
        write(folder / f"triples_{number + 1}", list(rows))
        names = [(i + first, f"{language}:{i}") for i in range(N_ENTITIES)]
        write(folder / f"ent_ids_{number + 1}", list(names))
    write(folder / "ref_ent_ids", [(i, i + N_ENTITIES) for i in range(N_ENTITIES)])
    return Made(
        left=write(top / "en.tsv", named("en")),
        right=write(top / "fr.tsv", named("fr")),
        seeds=write(top / "seeds.tsv", links[:seeds]),
        gold=write(top / "gold.tsv", links[seeds:]),
        folder=folder,
    )


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the program in this process, in an empty folder; anything but an exit is raised."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DUALAMN_DATA", raising=False)

    def run(*arguments: object, **options: str) -> Result:
        words = [str(argument) for argument in arguments]
        runner = CliRunner(env={"COLUMNS": "120", **options})
        return runner.invoke(cli, words, prog_name="dualamn", catch_exceptions=False)

    return run


@pytest.fixture
def process(tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs `python -m dualamn` as a user does."""

    def process(*arguments: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "dualamn", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "120", "PYTHONIOENCODING": "utf-8"},
        )

    return process
