"""The example graphs are as their README says, and stay so when somebody mends a fact."""

import re
import unicodedata
from pathlib import Path

import pytest

EUROPE = Path(__file__).parents[1] / "examples" / "europe"
TABLES = {"english.tsv": 3, "french.tsv": 3, "seed_links.tsv": 2, "test_links.tsv": 2}
GRAPHS = ["english.tsv", "french.tsv"]


def rows(name: str) -> list[tuple[str, ...]]:
    text = (EUROPE / name).read_bytes().decode("utf-8")
    return [tuple(line.split("\t")) for line in text.removesuffix("\n").split("\n")]


def entities(name: str) -> set[str]:
    return {entity for head, _, tail in rows(name) for entity in (head, tail)}


def relations(name: str) -> set[str]:
    return {relation for _, relation, _ in rows(name)}


def links() -> list[tuple[str, ...]]:
    return rows("seed_links.tsv") + rows("test_links.tsv")


def test_the_folder_holds_the_files_that_the_readme_names() -> None:
    readme = (EUROPE / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in EUROPE.iterdir()} == {*TABLES, "README.md"}
    assert set(re.findall(r"^\| `(\w+\.tsv)` \|", readme, re.MULTILINE)) == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_every_line_is_clean_and_there_once(name: str) -> None:
    text = (EUROPE / name).read_bytes().decode("utf-8")
    assert unicodedata.is_normalized("NFC", text)
    assert text.endswith("\n")
    assert not text.startswith("\ufeff")
    assert len(rows(name)) == len(set(rows(name)))
    for row in rows(name):
        assert len(row) == TABLES[name], row
        for cell in row:
            # Catches empty cells, spaces at an end, doubled and no-break spaces, carriage returns.
            assert cell == " ".join(cell.split()) != "", row
            assert cell.isprintable(), row


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_are_large_and_of_plain_words(name: str) -> None:
    names = entities(name)
    assert len(names) >= 400
    assert len(rows(name)) >= 1500
    assert [row for row in rows(name) if row[0] == row[2]] == []
    # No two names differ in case alone.
    assert len({entity.casefold() for entity in names}) == len(names)
    for relation in relations(name):
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", relation), relation


def test_the_relations_of_the_two_graphs_differ() -> None:
    left, right = (relations(name) for name in GRAPHS)
    assert len(left & right) <= 5
    assert min(len(left), len(right)) >= 50


def test_links_are_one_to_one_and_three_of_ten_are_seeds() -> None:
    for column, graph in zip(zip(*links(), strict=True), GRAPHS, strict=True):
        # Seeds and test links are disjoint as well: a shared entity would be counted twice.
        assert len(set(column)) == len(column)
        assert set(column) <= entities(graph)
    assert len(rows("seed_links.tsv")) / len(links()) == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("side", [0, 1])
def test_some_entities_have_no_counterpart(side: int) -> None:
    names = entities(GRAPHS[side])
    alone = names - {link[side] for link in links()}
    assert len(alone) / len(names) == pytest.approx(0.1, abs=0.02)


def test_each_graph_connects_entities_that_the_other_does_not() -> None:
    lefts, rights = zip(*links(), strict=True)
    english = dict(zip(lefts, rights, strict=True))
    french = dict(zip(rights, rights, strict=True))
    left, right = (
        {
            frozenset((known[head], known[tail]))
            for head, _, tail in rows(name)
            if head in known and tail in known
        }
        for name, known in zip(GRAPHS, (english, french), strict=True)
    )
    assert 0.1 < len(left - right) / len(left) < 0.25
    assert 0.1 < len(right - left) / len(right) < 0.25


def test_the_figures_of_the_readme_hold() -> None:
    readme = (EUROPE / "README.md").read_text(encoding="utf-8")
    for name in GRAPHS:
        figures = (len(rows(name)), len(entities(name)), len(relations(name)))
        triples, names, words = (f"{figure:,}" for figure in figures)
        found = re.search(rf"`{name}` \| (.+) \|", readme)
        assert found is not None
        assert re.findall(r"[\d,]*\d", found[1])[:3] == [triples, names, words]
    for name in ("seed_links.tsv", "test_links.tsv"):
        assert re.search(rf"^\| `{name}` \|.* {len(rows(name)):,} .*links", readme, re.MULTILINE)
