"""Seeds and gold that are spelt otherwise, or uncertain, or several of an entity."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dualamn import as_task, load_files
from dualamn.errors import ConfigError, DataError
from dualamn.graphs.task import AlignmentTask
from dualamn.link_files import evaluate_files
from dualamn.link_files.formats import read_links
from tests.data_loaders.conftest import refused

SAME = "<http://www.w3.org/2002/07/owl#sameAs>"
LEFT, RIGHT = [f"http://l.org/{x}" for x in "abcé"], [f"http://r.org/{x}" for x in "ABCD"]


def loaded(folder: Path, name: str, text: str, **arguments: Any) -> AlignmentTask:
    for graph, entities in (("l", LEFT), ("r", RIGHT)):
        rows = "".join(f"{entity}\tin\t{graph}\n" for entity in entities)
        (folder / f"{graph}.tsv").write_text(rows)
    (folder / name).write_text(text)
    return load_files([folder / "l.tsv", folder / "r.tsv"], folder / name, **arguments)


def seeds(task: AlignmentTask) -> set[tuple[str, str]]:
    return {(left[-1], right[-1]) for left, right in task.identifiers(task.seed_links)}


OTHERWISE = [
    ("https://l.org/a", "http://R.org/A"),
    ("http://l.org/b/", "http://r.org/B"),
    ("http://l.org/%C3%A9", "http://r.org/c"),
]


@pytest.mark.parametrize("name", ["s.tsv", "s.nt", "s.sssom.tsv"])
def test_seeds_are_found_in_another_spelling(tmp_path: Path, name: str) -> None:
    text = {
        "s.tsv": "".join(f"{a}\t{b}\n" for a, b in OTHERWISE),
        "s.nt": "".join(f"<{b}> {SAME} <{a}> .\n" for a, b in OTHERWISE),
        "s.sssom.tsv": "subject_id\tpredicate_id\tobject_id\n"
        + "".join(f"{a}\towl:sameAs\t{b}\n" for a, b in OTHERWISE),
    }[name]
    task = loaded(tmp_path, name, text)
    assert seeds(task) == {("a", "A"), ("b", "B"), ("é", "C")}
    (note,) = task.notes
    # A SSSOM file has URIs by its own rules.
    assert note.startswith(f"{name}: {4 if 'sssom' in name else 5} identifiers found in another")
    for how in ("http for https", "the case of the host", "a slash or hash", "capital letters"):
        assert how in note


def test_spellings_that_fit_two_are_refused_and_told(tmp_path: Path) -> None:
    left = [("http://l.org/a", "r", "https://l.org/a")]
    with pytest.raises(DataError, match=r"did you mean .* \(a slash or hash at the end\)"):
        as_task([left, [("A", "r", "B")]], [("http://l.org/a/", "A")])
    with pytest.raises(DataError, match=r"'Bern'\? \(they differ at character 5, '\\xa0'"):
        as_task([[("Bern", "r", "x")], [("A", "r", "B")]], [("Bern\u00a0x", "A")])


def test_foreign_statements_are_given_up_on(tmp_path: Path) -> None:
    foreign = "".join(f"<http://x/{i}> {SAME} <http://y/{i}> .\n" for i in range(6000))
    late = f"<https://l.org/b> {SAME} <http://r.org/B> .\n"
    text = f"<http://l.org/a> {SAME} <http://r.org/A> .\n{foreign}{late}"
    assert seeds(loaded(tmp_path, "s.nt", text)) == {("a", "A")}


def test_gold_is_found_in_another_spelling(tmp_path: Path) -> None:
    links, gold = tmp_path / "links.tsv", tmp_path / "gold.tsv"
    links.write_text("http://l.org/a\tr1\nhttp://l.org/b\tr2\nhttp://l.org/c\tr9\n")
    gold.write_text("https://l.org/a\tr1\nhttp://l.org/b/\tr2\nhttp://l.org/C\tr3\n")
    result = evaluate_files(links, gold)
    # Whether C and c are one is not known where other names are found without that.
    total = result.total
    assert (total.correct, total.incorrect, total.unknown, total.missed) == (2, 0, 1, 1)
    (note,) = result.notes
    assert "2 identifiers found in another spelling" in note
    gold.write_text("http://l.org/A\tr1\nhttp://l.org/B\tr2\n")
    result = evaluate_files(links, gold)
    assert result.total.correct == 2
    assert "(capital letters)" in result.notes[0]


def test_gold_of_which_a_side_fits_nothing_says_so(tmp_path: Path) -> None:
    links, gold = tmp_path / "links.tsv", tmp_path / "gold.tsv"
    links.write_text("Bern\tr1\nRome\tr2\n")
    gold.write_text("B\u0435rn\tr1\nR\u043eme\tr2\n")
    (note,) = evaluate_files(links, gold).notes
    assert "none of its left entities is one of" in note
    assert "(they differ at character 2" in note
    gold.write_text("r1\tBern\n")
    (note,) = evaluate_files(links, gold).notes
    assert note.endswith("are the columns swapped?")


ROWS = [("a", "A", 0.9), ("b", "B", 0.02), ("c", "C", 0.5)]
SSSOM = "subject_id\tpredicate_id\tobject_id\tconfidence\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "s.sssom.tsv",
            SSSOM
            + "".join(
                f"http://l.org/{a}\tskos:exactMatch\thttp://r.org/{b}\t{p}\n" for a, b, p in ROWS
            ),
        ),
        (
            "s.tsv",
            "left\tright\tscore\tconfidence\n"
            + "".join(f"http://l.org/{a}\thttp://r.org/{b}\t0.1\t{p}\n" for a, b, p in ROWS),
        ),
        (
            "s.csv",
            "left,right,probability\n"
            + "".join(f"http://l.org/{a},http://r.org/{b},{p}\n" for a, b, p in ROWS),
        ),
        (
            "s.rdf",
            "<R><Alignment>"
            + "".join(
                f'<Cell><entity1 resource="http://l.org/{a}"/>'
                f'<entity2 resource="http://r.org/{b}"/><measure>{p}</measure></Cell>'
                for a, b, p in ROWS
            )
            + "</Alignment></R>",
        ),
    ],
)
def test_improbable_seeds_are_left_out(tmp_path: Path, name: str, text: str) -> None:
    task = loaded(tmp_path, name, text)
    assert seeds(task) == {("a", "A"), ("c", "C")}
    assert f"{name}: 1 link with a confidence below 0.5 left out (--min-confidence)" in task.notes
    assert len(seeds(loaded(tmp_path, name, text, min_confidence=0))) == 3
    assert not seeds(loaded(tmp_path, name, text, min_confidence=1))


def test_scores_are_no_confidence(tmp_path: Path) -> None:
    text = "left\tright\tscore\n" + "".join(
        f"{a}\t{b}\t0.1\n" for a, b in zip(LEFT, RIGHT, strict=True)
    )
    assert len(seeds(loaded(tmp_path, "s.tsv", text))) == 4
    with pytest.raises(ConfigError, match="least confidence"):
        loaded(tmp_path, "s.tsv", text, min_confidence=2)
    with pytest.raises(ConfigError, match="least confidence"):
        loaded(tmp_path, "s.tsv", text, min_confidence="high")


@pytest.mark.parametrize("name", ["s.tsv", "s.nt"])
def test_several_counterparts_where_they_are_allowed(tmp_path: Path, name: str) -> None:
    rows = [("a", "A"), ("a", "B"), ("b", "C"), ("c", "C")]
    form = "http://l.org/{}\thttp://r.org/{}\n"
    if name == "s.nt":
        form = f"<http://l.org/{{}}> {SAME} <http://r.org/{{}}> .\n"
    text = "".join(form.format(*row) for row in rows)
    assert seeds(loaded(tmp_path, name, text, many=True)) == set(rows)
    if name == "s.nt":
        assert "(--many keeps them)" in loaded(tmp_path, name, text).notes[0]
    else:
        words = ("'http://l.org/a' of l", "--many")
        refused(tmp_path, *words, file=name, line=2, call=loaded, name=name, text=text)
    frame = pd.DataFrame(rows, columns=["left", "right"])
    graphs = [[("a", "r", "b"), ("c", "r", "b")], [("A", "r", "B"), ("C", "r", "B")]]
    assert len(as_task(graphs, frame, many=True).seed_links) == 4


@pytest.mark.parametrize(
    ("text", "expected", "note"),
    [
        (
            "ltable_id,rtable_id,label\n1,7,1\n2,8,0\n3,9,1\n",
            [("1", "7"), ("3", "9")],
            "1 pair that",
        ),
        ("match,left,right\ntrue,a,A\nFALSE,b,B\n", [("a", "A")], "1 pair that match says"),
        ("left,right,label\na,A,city\nb,B,0\n", [("a", "A"), ("b", "B")], None),
        ("idAbt,idBuy\nx7,b1\n", [("x7", "b1")], "taken for a header"),
        ("id7,id8\nx7,b1\n", [("id7", "id8"), ("x7", "b1")], None),
        ("D1|D2\n206|216\n", [("206", "216")], "taken for a header"),
        ("a;A\nb;B\n", [("a", "A"), ("b", "B")], "separated by ';'"),
        ("word,other\n206,216\n", [("206", "216")], "taken for a header"),
    ],
)
def test_tables_of_pairs_as_they_are_published(
    tmp_path: Path, text: str, expected: list[tuple[str, str]], note: str | None
) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(text)
    table = read_links(path)
    assert list(zip(table.left, table.right, strict=True)) == expected
    assert any(note in told for told in table.notes) if note else table.notes == ()
