"""`dualamn align` through its entry point, with the real engine on small synthetic data."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualamn
from dualamn.bench.export import write_task
from dualamn.bench.synthetic_task import make_task
from dualamn.commands import console
from dualamn.config import PRESETS
from dualamn.errors import DataError
from dualamn.matching import MATCHERS
from dualamn.progress import Progress, ProgressCallback
from tests.commands.conftest import Run

HEADER = "left_source\tleft\tright_source\tright\tprobability"


def rows(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == HEADER
    return [line.split("\t") for line in lines[1:]]


def test_files_and_seeds_give_the_right_links(run: Run, made: Any, tmp_path: Path) -> None:
    given = (made.left, made.right, "--links", made.seeds, "--preset", "fast")
    shown = run("align", *given, "--out", "links.tsv")
    assert shown.exit_code == 0, shown.output
    found = {(left, right) for _, left, _, right, *_ in rows(tmp_path / "links.tsv")}
    gold = {tuple(line.split("\t")) for line in made.gold.read_text().splitlines()}
    assert len(found & gold) >= 0.8 * len(gold)
    assert f"{len(found)} links in links.tsv (TSV), of which " in shown.stdout
    assert "expected to be correct (" in shown.stdout
    assert "next: --report report.html writes a page" in shown.stdout
    # Without test links there is nothing to score by.
    assert "Hits@1" not in shown.stdout


def test_one_entity_a_side_gets_no_link_and_a_next_step(run: Run, tmp_path: Path) -> None:
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    for file, iri in (("left.nt", "http://a/x"), ("right.nt", "http://b/y")):
        (tmp_path / file).write_text(f'<{iri}> {label} "One thing" .\n')
    shown = run("align", "left.nt", "right.nt", "--out", "links.tsv", "--preset", "fast")
    assert shown.exit_code == 0, shown.output
    assert "left (1 entity, 0 triples) + right (1 entity, 0 triples)" in shown.stderr
    assert "by estimate" not in shown.stderr
    assert "next: more known pairs, as seed links (--links)" in shown.stdout


def test_a_data_set_folder_is_scored_by_its_test_links(run: Run, made: Any, tmp_path: Path) -> None:
    arguments = ("align", made.folder, "--preset", "fast", "--no-calibrate")
    shown = run(*arguments, "--out", "links.tsv", "--show", 99)
    assert shown.exit_code == 0, shown.output
    assert "Scores on 42 test links" in shown.stdout
    assert "matcher mutual; queries and candidates are the entities without" in shown.stdout
    for direction in ("en → fr", "fr → en"):
        line = next(line for line in shown.stdout.splitlines() if direction in line)
        assert 0.5 < float(line.split()[3]) <= 1
    verdicts = [line.split() for line in shown.stdout.splitlines() if "↔" in line]
    assert len(verdicts) == len((tmp_path / "links.tsv").read_text().splitlines()) - 1 > 5
    for left, _, right, _, mark, *_ in verdicts:
        assert mark == ("✓" if left.partition(":")[2] == right.partition(":")[2] else "✗")
    fewer = run(*arguments, "--out", "links.tsv", "--show", 5)
    assert fewer.stdout.count("↔") == 5


@pytest.mark.parametrize(("form", "title", "tab"), [("tsv", "TSV", "\t"), ("csv", "CSV", ",")])
def test_standard_output_holds_links_and_nothing_else(
    run: Run, made: Any, tmp_path: Path, form: str, title: str, tab: str
) -> None:
    arguments = ("align", made.folder, "--preset", "fast", "--format", form)
    shown = run(*arguments, "--out", "-")
    run(*arguments, "--out", "file")
    assert shown.stdout == (tmp_path / "file").read_text(encoding="utf-8")
    assert shown.stdout.startswith(HEADER.replace("\t", tab))
    assert f"links in standard output ({title}), " in shown.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("l.csv", "CSV"),
        ("l.jsonl", "JSON Lines"),
        ("l.parquet", "Parquet"),
        ("l.nt", "N-Triples"),
        ("l.ttl", "Turtle"),
        ("l.sssom.tsv", "SSSOM"),
    ],
)
def test_links_are_written_as_the_name_ends_and_evaluated(
    run: Run, made: Any, tmp_path: Path, name: str, title: str
) -> None:
    base = ("--base", "https://example.org/")
    has_iris = name in ("l.nt", "l.ttl", "l.sssom.tsv")
    arguments = ("align", made.folder, "--preset", "fast", "--out", name)
    shown = run(*arguments, *(base if has_iris else ()))
    assert shown.exit_code == 0, shown.output
    assert f"links in {name} ({title}), " in shown.stdout
    run("align", made.folder, "--preset", "fast", "--out", "l.tsv")
    scores = [
        json.loads(run("evaluate", links, made.gold, *base, "--json").stdout)
        for links in (name, "l.tsv")
    ]
    for found in scores:  # formats differ in the decimals of probabilities, and in having them
        del found["calibration_error"], found["reliability"]
    assert scores[0] == scores[1]
    assert scores[0]["correct"] > 0


def test_links_have_probabilities_unless_told_otherwise(
    run: Run, made: Any, tmp_path: Path
) -> None:
    arguments = ("align", made.folder, "--preset", "fast", "--train-ratio", 0.9)
    shown = run(*arguments, "--out", "all.tsv")
    assert "note: en-fr: " in shown.stderr
    likely = [float(row[4]) for row in rows(tmp_path / "all.tsv")]
    run(*arguments, "--out", "all.tsv", "--all")
    every = [float(row[4]) for row in rows(tmp_path / "all.tsv")]
    assert every == sorted(every, reverse=True)
    assert likely == [p for p in every if p >= 0.5]
    shown = run(*arguments, "--out", "some.tsv", "--min-probability", 0.9)
    some = [float(row[4]) for row in rows(tmp_path / "some.tsv")]
    assert some == [p for p in every if p >= 0.9]
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["graph", "entities", "linked", "no", "link", "below", "0.9"] in [x[:7] for x in lines]
    assert ["en", "60", str(54 + len(some)), str(6 - len(some))] in [x[:4] for x in lines]
    run(*arguments, "--out", "plain.tsv", "--no-calibrate")
    plain = (tmp_path / "plain.tsv").read_text().splitlines()
    assert plain[0] == HEADER.replace("probability", "score")
    assert len(plain) == len(every) + 1
    shown = run(*arguments, "--out", "x.tsv", "--all", "--min-probability", 0.9)
    assert shown.exit_code == 2
    assert "--all writes every link" in shown.stderr


def test_as_many_links_as_reach_a_precision(run: Run, made: Any, tmp_path: Path) -> None:
    arguments = ("align", made.folder, "--preset", "fast", "--train-ratio", 0.9)
    shown = run(*arguments, "--out", "links.tsv", "--precision", 0.6)
    assert shown.exit_code == 0
    assert "a precision of 0.6 with 95% confidence" in shown.stdout
    refused = run(*arguments, "--out", "l.tsv", "--precision", 0.6, "--no-calibrate")
    assert refused.exit_code == 2
    assert "leave out --no-calibrate" in refused.stderr
    assert run(*arguments, "--out", "l.tsv", "--precision", 95).exit_code == 2


def test_candidates_and_entities_without_a_link(run: Run, made: Any, tmp_path: Path) -> None:
    files = ("--candidates", "c.csv", "--top", 3, "--unmatched", "u.tsv")
    shown = run("align", made.folder, "--preset", "fast", "--out", "-", *files)
    assert shown.exit_code == 0, shown.output
    links = shown.stdout.splitlines()[1:]
    header, *lines = (tmp_path / "c.csv").read_text().splitlines()
    assert header == "source,entity,rank,candidate_source,candidate,score,linked"
    table = [line.split(",") for line in lines]
    assert {row[2] for row in table} == {"1", "2", "3"}
    assert len(table) == 2 * 42 * 3
    assert sum(row[-1] == "true" for row in table) == 2 * len(links)
    assert f"{len(table)} candidates in c.csv (CSV)" in shown.stderr
    header, *left_over = (tmp_path / "u.tsv").read_text().splitlines()
    assert header == "source\tentity\tname\treason"
    assert len(left_over) == 2 * (42 - len(links))
    assert f"{len(left_over)} entities without a link in u.tsv (TSV)" in shown.stderr


def test_three_graphs_and_chosen_pairs(run: Run, made: Any, tmp_path: Path) -> None:
    third = tmp_path / "d-e.tsv"
    third.write_text(made.left.read_text().replace("en", "de"))
    seeds = tmp_path / "seeds.tsv"
    lines = ["left_source\tleft\tright_source\tright"]
    for i in range(20):
        lines += [f"en\ten:{i}\tfr\tfr:{i}", f"fr\tfr:{i}\td-e\tde:{i}"]
    seeds.write_text("\n".join(lines) + "\n")
    arguments = ("align", made.left, made.right, third, "--links", seeds, "--epochs", 5)
    assert run(*arguments, "--out", "all.tsv").exit_code == 0
    pairs = {(row[0], row[2]) for row in rows(tmp_path / "all.tsv")}
    assert pairs == {("en", "fr"), ("en", "d-e"), ("fr", "d-e")}
    assert run(*arguments, "--out", "one.tsv", "--pairs", "en-d-e").exit_code == 0
    assert {(row[0], row[2]) for row in rows(tmp_path / "one.tsv")} == {("en", "d-e")}
    shown = run(*arguments, "--out", "x.tsv", "--pairs", "en-fn")
    assert shown.exit_code == 2
    assert "did you mean en-fr?" in shown.stderr


def test_clusters_of_three_graphs(run: Run, tmp_path: Path) -> None:
    write_task(make_task(90, n_kgs=3, unmatched=0.05, seed=4), tmp_path / "made")
    arguments = ("align", "made", "--out", "links.tsv", "--preset", "fast")
    shown = run(*arguments, "--clusters", "clusters.tsv")
    assert shown.exit_code == 0, shown.output

    header, *lines = (tmp_path / "clusters.tsv").read_text(encoding="utf-8").splitlines()
    assert header.split("\t") == ["score", "members", "a", "b", "c"]
    table = [line.split("\t") for line in lines]
    entities = [name for row in table for name in row[2:] if name]
    assert len(set(entities)) == len(entities)
    assert [int(row[1]) for row in table] == [sum(map(bool, row[2:])) for row in table]
    whole = [row for row in table if row[1] == "3"]
    right = [row for row in whole if len({name[2:] for name in row[2:]}) == 1]
    assert len(right) > 0.8 * len(whole) > 30

    (line,) = [line for line in shown.stdout.splitlines() if "clusters in clusters.tsv" in line]
    assert line.startswith(f"{len(table)} clusters in clusters.tsv (")
    assert f"{len(whole)} of 3" in line
    assert "dropped as conflicts" in line
    _, _, below = shown.stdout.partition(line)
    assert "of the test links follow from chains of seed links" in below
    assert "pairs in clusters" in below
    assert all(name in below for name in ("a-b", "a-c", "b-c", "mean"))


def test_clusters_are_told_beside_links_and_not_if_quiet(
    run: Run, made: Any, tmp_path: Path
) -> None:
    arguments = ("align", made.folder, "--preset", "fast", "--clusters", "clusters.tsv")
    shown = run(*arguments, "--out", "-")
    assert shown.stdout.startswith(HEADER)
    assert "clusters in clusters.tsv" in shown.stderr
    first = (tmp_path / "clusters.tsv").read_bytes()
    assert first.startswith(b"score\tmembers\ten\tfr\n")
    quiet = run(*arguments, "--out", "links.tsv", "-q")
    assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (0, "", "")
    assert rows(tmp_path / "links.tsv")
    assert (tmp_path / "clusters.tsv").read_bytes() == first


def test_a_trained_aligner_and_its_embeddings_are_kept(run: Run, made: Any, tmp_path: Path) -> None:
    files = ("--save", "model.safetensors", "--embeddings", "e.npy")
    shown = run("align", made.folder, "--out", "links.tsv", "--epochs", 2, *files)
    assert shown.exit_code == 0, shown.output
    aligner = dualamn.Aligner.load(tmp_path / "model.safetensors")
    again = tmp_path / "again.tsv"
    aligner.align().to_tsv(again)
    assert again.read_bytes() == (tmp_path / "links.tsv").read_bytes()
    embeddings = np.load(tmp_path / "e.npy", allow_pickle=False)
    np.testing.assert_array_equal(embeddings, aligner.embeddings())


@contextmanager
def pressing_ctrl_c(step: int) -> Iterator[ProgressCallback]:
    def press(at: Progress) -> None:
        if at.stage == "train" and at.step == step:
            raise KeyboardInterrupt

    yield press


def test_an_interrupted_run_goes_on_to_the_same_links(
    run: Run, made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("align", made.folder, "--epochs", 10, "--no-calibrate")
    run(*arguments, "--out", "unbroken.tsv")
    resumable = (*arguments, "--out", "links.tsv", "--checkpoint", "run.ckpt")
    with monkeypatch.context() as patch:
        patch.setattr(console, "progress", lambda **_: pressing_ctrl_c(7))
        stopped = run(*resumable)
    assert stopped.exit_code == 130
    assert "Stopped: run.ckpt keeps what was trained; add --resume" in stopped.stderr
    assert not (tmp_path / "links.tsv").exists()
    forgotten = run(*resumable)
    assert forgotten.exit_code == 2
    assert "Add --resume" in forgotten.stderr
    assert run(*resumable, "--resume").exit_code == 0
    unbroken = (tmp_path / "unbroken.tsv").read_bytes()
    assert (tmp_path / "links.tsv").read_bytes() == unbroken


def test_without_a_checkpoint_an_interrupted_run_says_so(
    run: Run, made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "progress", lambda **_: pressing_ctrl_c(1))
    (tmp_path / "links.tsv").write_text("earlier")
    shown = run("align", made.folder, "--out", "links.tsv")
    assert shown.exit_code == 130
    assert "nothing was written. With --checkpoint FILE" in shown.stderr
    assert (tmp_path / "links.tsv").read_text() == "earlier"


def test_a_real_ctrl_c_ends_the_process_politely(made: Any, tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.ckpt"
    program = subprocess.Popen(
        [
            *(sys.executable, "-m", "dualamn", "align", made.folder, "--epochs", "1000000"),
            *("--out", tmp_path / "links.tsv", "--checkpoint", checkpoint),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not checkpoint.exists() and program.poll() is None:
        time.sleep(0.05)
    program.send_signal(signal.SIGINT)
    stdout, stderr = program.communicate()
    assert program.returncode == 130, stderr
    assert stdout == ""
    assert "Traceback" not in stderr
    assert f"Stopped: {checkpoint} keeps what was trained" in stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ("{left} {right} --out l.tsv", 2, "2 graphs need --links FILE"),
        ("{left} --links {seeds} --out l.tsv", 2, "--links goes with two or more graphs"),
        ("{folder}", 2, "Missing option '--out'"),
        ("--out l.tsv", 2, "Missing argument"),
        ("{left} fr.tsvv --links {seeds} --out l.tsv", 1, "fr.tsvv"),
        ("{left} {right} --links seedz.tsv --out l.tsv", 1, "seedz.tsv"),
        ("{left} {right} --links {seeds} --fold 1 --out l.tsv", 2, "--fold goes with a data set"),
        ("{folder}x --out l.tsv", 1, "en_frx"),
        ("{folder} --out no/such/l.tsv", 1, "no/such"),
        ("{folder} --out .", 1, "is a folder"),
        ("{folder} --out l.tsv --save no/such/model", 1, "no/such"),
        ("{folder} --out l.tsv --embeddings no/such/e.npy", 1, "no/such"),
        ("{folder} --out l.tsv --clusters no/such/c.tsv", 1, "no/such"),
        ("{folder} --out l.tsv --clusters l.tsv", 2, "this needs a file of its own"),
        ("{folder} --out l.tsv --checkpoint l.tsv", 2, "this needs a file of its own"),
        ("{folder} --out l.tsv --save x --embeddings x", 2, "this needs a file of its own"),
        ("{folder} --out l.tsv --clusters -", 2, "this needs a file of its own"),
        ("{folder} --out l.tsv --embeddings e.txt", 2, "has to end in .npy"),
        ("{folder} --out l.xlsx", 1, "l.xlsx: .xlsx tells no format; end the name in one of .tsv"),
        ("{folder} --out l.tsv --format cvs", 1, "no format 'cvs', did you mean 'csv'?"),
        ("{folder} --out - --format parquet", 2, "Parquet is no text"),
        ("{folder} --out l.nt", 1, "this format needs IRIs, and 'en:"),
        ("{folder} --out l.nt --base x", 1, "the base 'x' is no IRI"),
        ("{folder} --out l.tsv --base https://e.org/", 1, "TSV holds identifiers as they are"),
        ("{folder} --out l.ttl --sssom license", 2, "give SLOT=VALUE"),
        ("{folder} --out l.ttl --sssom licence=x", 1, "did you mean 'license'?"),
        ("{folder} --out l.tsv --top 3", 2, "--top goes with --candidates FILE"),
        ("{folder} --out l.tsv --candidates c.tsv --top 0", 2, "0 is not in the range"),
        ("{folder} --out l.tsv --candidates l.tsv", 2, "--candidates l.tsv: this needs a file"),
        ("{folder} --out l.tsv --unmatched -", 2, "--unmatched -: this needs a file of its own"),
        ("{folder} --out l.tsv --unmatched u.ttl", 1, "u.ttl: Turtle can hold links alone"),
        ("{folder} --out l.tsv --unmatched no/such/u.tsv", 1, "there is no folder no/such"),
        (
            "{folder} --out l.tsv --candidates c.tsv --matcher one_to_one",
            2,
            "decides on links and ranks nothing",
        ),
        ("{folder} --out l.tsv --resume", 2, "--resume needs --checkpoint"),
        ("{folder} --out l.tsv --matcher mutaul", 1, "mutual"),
        ("{folder} --out l.tsv --preset papre", 1, "paper"),
        ("{folder} --out l.tsv --epochs 0", 2, "0 is not in the range"),
        ("{folder} --out l.tsv --train-ratio 30", 2, "30.0 is not in the range"),
        ("{folder} --out l.tsv --fold 2", 1, "fold 2"),
        ("{folder} --out l.tsv --pairs en_fr", 2, "did you mean en-fr?"),
        ("{folder} --out l.tsv --device gpu", 2, "'cuda'"),
        ("empty.tsv {right} --links {seeds} --out l.tsv", 1, "empty.tsv"),
        ("binary.tsv {right} --links {seeds} --out l.tsv", 1, "binary.tsv"),
    ],
)
def test_what_cannot_work_is_said_before_the_work(
    run: Run, made: Any, tmp_path: Path, arguments: str, status: int, said: str
) -> None:
    (tmp_path / "empty.tsv").touch()
    (tmp_path / "binary.tsv").write_bytes(b"\x00\xff\xfe\x80" * 50)
    before = set(tmp_path.iterdir())
    shown = run("align", *arguments.format(**vars(made)).split())
    assert shown.exit_code == status, shown.output
    *usage, error = shown.stderr.splitlines()
    assert error.startswith("Error: ")
    assert said in error
    assert shown.stdout == ""
    assert all(line.startswith(("Usage:", "Try ")) or not line for line in usage)
    assert set(tmp_path.iterdir()) == before


def test_the_help_names_every_matcher_and_preset(run: Run) -> None:
    for command in ("align", "bench"):
        text = run(command, "--help").output
        assert all(name in text for name in (*MATCHERS, *PRESETS))


def test_several_may_be_linked_to_the_same(run: Run, made: Any, tmp_path: Path) -> None:
    # en:59 is there twice, with the same triples.
    rows = made.left.read_text().splitlines()
    again = [
        row.replace("en:59\t", "en:59 again\t", 1) for row in rows if row.startswith("en:59\t")
    ]
    again += [row[:-5] + "en:59 again" for row in rows if row.endswith("\ten:59")]
    left = tmp_path / "twice.tsv"
    left.write_text("\n".join([*rows, *again]) + "\n")
    common = (left, made.right, "--links", made.seeds, "--preset", "fast", "--out", "links.tsv")

    def linked(*options: object) -> set[str]:
        done = run("align", *common, *options)
        assert done.exit_code == 0, done.output
        lines = (tmp_path / "links.tsv").read_text().splitlines()[1:]
        return {line.split("\t")[1] for line in lines if line.split("\t")[3] == "fr:59"}

    assert len(linked()) <= 1
    assert linked("--many") == {"en:59", "en:59 again"}
    assert linked("--many", "--no-calibrate") == {"en:59", "en:59 again"}
    refused = run("align", *common, "--many", "--matcher", "greedy")
    assert refused.exit_code != 0
    assert "goes by probability" in refused.output


def test_an_error_says_what_was_written_before_it(
    run: Run, made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise DataError("cannot be written (No space left on device)", path="report.html")

    monkeypatch.setattr("dualamn.report.write_report", full)
    arguments = ("align", made.folder, "--preset", "fast", "--no-calibrate", "--out", "links.tsv")
    shown = run(*arguments, "--save", "aligner", "--report", "report.html")
    assert shown.exit_code == 1
    assert shown.stderr.splitlines()[-1] == (
        "Error: report.html: cannot be written (No space left on device); "
        "the aligner is in aligner, the links are in links.tsv."
    )
    assert (tmp_path / "links.tsv").exists()


def test_ctrl_c_after_the_aligner_was_saved(
    run: Run, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dualamn.aligner.Aligner.align", stop)
    arguments = ("align", made.folder, "--preset", "fast", "--no-calibrate", "--out", "links.tsv")
    shown = run(*arguments, "--save", "aligner")
    assert shown.exit_code == 130
    assert "Stopped: the aligner is in aligner." in shown.stderr


def test_statements_of_unlikely_links_are_told(run: Run, tmp_path: Path) -> None:
    write_task(make_task(60, keep_triples=0.4, unmatched=0.4), tmp_path / "made")
    arguments = ("align", "made", "--preset", "fast", "--base", "http://b.org/")
    assert run(*arguments, "--out", "likely.nt").exit_code == 0
    shown = run(*arguments, "--out", "all.nt", "--all")
    likely, every = (
        len((tmp_path / f"{n}.nt").read_text().splitlines()) for n in ("likely", "all")
    )
    assert every > likely > 0
    assert f"all.nt states {every - likely} links that are more likely incorrect" in shown.stderr


def test_what_is_read_is_never_replaced(run: Run, made: Any, tmp_path: Path) -> None:
    graph = tmp_path / "graph"
    graph.mkdir()
    (graph / "left.tsv").write_text(made.left.read_text())
    (tmp_path / "alias.tsv").symlink_to(graph / "left.tsv")
    given = (graph, made.right, "--links", made.seeds, "--preset", "fast")
    for option in ("--out", "--unmatched", "--save"):
        for file in (made.right, made.seeds, "graph/left.tsv", "alias.tsv"):
            others = () if option == "--out" else ("--out", "links.tsv")
            shown = run("align", *given, option, file, *others)
            assert shown.exit_code == 2
            assert f"{option} {file}: this file is read, and would be lost." in shown.stderr
    assert (graph / "left.tsv").read_text() == made.left.read_text()


def test_the_same_iris_are_links(run: Run, tmp_path: Path) -> None:
    write_task(make_task(80, seed=4), tmp_path / "made")
    for name in ("a", "b"):
        triples = (tmp_path / "made" / f"{name}.tsv").read_text()
        (tmp_path / f"{name}.tsv").write_text(triples.replace(f"{name}/", "http://n.org/"))
    arguments = ("align", "a.tsv", "b.tsv", "--links", "seeds.tsv", "--preset", "fast")
    seeds = (tmp_path / "made" / "seed_links.tsv").read_text()
    seeds = seeds.replace("a/", "http://n.org/").replace("b/", "http://n.org/")
    (tmp_path / "seeds.tsv").write_text(seeds)
    shown = run(*arguments, "--out", "links.tsv")
    assert shown.exit_code == 0, shown.output
    header, *lines = (tmp_path / "links.tsv").read_text().splitlines()
    assert header == f"{HEADER}\torigin"
    same = [line.split("\t") for line in lines if line.endswith("same identifier")]
    assert len(same) > 20
    assert all(row[1] == row[3] and row[4] == "1.000000" for row in same)
    assert f"{len(same)} with the same identifier" in shown.stdout
    run(*arguments, "--out", "found.tsv", "--distinct-identifiers")
    assert (tmp_path / "found.tsv").read_text().startswith(f"{HEADER}\n")


def test_the_library_writes_what_the_program_writes(run: Run, made: Any, tmp_path: Path) -> None:
    given = (made.left, made.right, "--links", made.seeds, "--preset", "fast")
    assert run("align", *given, "--out", "links.tsv", "--unmatched", "rest.tsv").exit_code == 0
    task = dualamn.load_files([made.left, made.right], made.seeds)
    alignment = dualamn.Aligner("fast").fit(task).align()
    alignment.to_tsv(tmp_path / "library.tsv")
    alignment.write_unmatched(tmp_path / "library_rest.tsv")
    for mine, other in (("links.tsv", "library.tsv"), ("rest.tsv", "library_rest.tsv")):
        assert (tmp_path / mine).read_bytes() == (tmp_path / other).read_bytes()
