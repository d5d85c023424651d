"""`align --links` and `evaluate` find the same links in the same file, whatever it looks like."""

import bz2
import gzip
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dualamn.data_loaders import load_files
from dualamn.link_files.formats import read_links

Pairs = list[tuple[str, str]]
LEFT, RIGHT = "http://left.org/", "http://right.org/"
OWL, SKOS = "http://www.w3.org/2002/07/owl#", "http://www.w3.org/2004/02/skos/core#"
SAME = (
    f"{OWL}sameAs",
    f"{SKOS}exactMatch",
    f"{OWL}equivalentClass",
    f"{OWL}equivalentProperty",
)
PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}


def table(pairs: Pairs, header: str, tab: str) -> str:
    """A table with a header, or none for ""; a column that the header names is filled in."""
    names = header.split() or ["left", "right"]
    rows = [names] if header else []
    for left, right in pairs:
        value = {"left_source": "l", "right_source": "r", "score": "0.5", "confidence": "1"}
        sides = dict(zip([n for n in names if n not in value], (left, right), strict=True))
        rows.append([{**value, **sides}[name] for name in names])
    return "".join(tab.join(row) + "\n" for row in rows)


def sssom(pairs: Pairs, same: str) -> str:
    head = f"#curie_map:\n#  L: {LEFT}\n#  R: '{RIGHT}'\n#license: https://e.org/\n"
    short = same.replace(OWL, "owl:").replace(SKOS, "skos:")
    ids = [(left.replace(LEFT, "L:"), right.replace(RIGHT, "R:")) for left, right in pairs]
    rows = "".join(f'"a ""label""\tof one"\t{left}\t{short}\t{right}\n' for left, right in ids)
    return f"{head}subject_label\tsubject_id\tpredicate_id\tobject_id\n{rows}"


def triples(pairs: Pairs, same: str) -> str:
    return "".join(f"<{left}> <{same}> <{right}> .\n" for left, right in pairs)


HEADERS = (
    "",
    "left right",
    "left right score",
    "left_source left right_source right",
    "entity1 entity2",
    "Source Target confidence",
)
FEW = settings(max_examples=12, phases=[Phase.explicit, Phase.generate], deadline=None)
SIDES = st.lists(st.integers(0, 5), min_size=1, max_size=6, unique=True)


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("graphs")
    for name, start in (("l", LEFT), ("r", RIGHT)):
        rows = (f"{start}é{i}\tp\t{start}é{(i + 1) % 6}\n" for i in range(6))
        (folder / f"{name}.tsv").write_text("".join(rows), encoding="utf-8")
    return [folder / "l.tsv", folder / "r.tsv"]


def both(path: Path, graphs: list[Path]) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """The links that the loader finds, and those that the evaluation finds."""
    task = load_files(graphs, path)
    found = read_links(path)
    return (
        {tuple(row) for row in task.identifiers(task.seed_links)},
        set(zip(found.left, found.right, strict=True)),
    )


@pytest.mark.parametrize("ending", [".tsv", ".csv", ".txt", "", ".tab"])
@pytest.mark.parametrize("header", HEADERS)
@FEW
@given(lefts=SIDES, rights=SIDES, repeated=st.booleans(), pack=st.sampled_from(list(PACK)))
def test_tables(
    graphs: list[Path],
    ending: str,
    header: str,
    lefts: list[int],
    rights: list[int],
    repeated: bool,
    pack: str,
) -> None:
    pairs = [(f"{LEFT}é{a}", f"{RIGHT}é{b}") for a, b in zip(lefts, rights, strict=False)]
    text = table(pairs + pairs[:repeated], header, "," if ending == ".csv" else "\t")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"links{ending}{pack}"
        path.write_bytes(PACK[pack](text.encode()))
        assert both(path, graphs) == (set(pairs), set(pairs))


@pytest.mark.parametrize("same", SAME)
@pytest.mark.parametrize("ending", [".nt", ".ttl", ".nq", ".tsv", ".sssom.tsv", ".sssom", ".txt"])
@FEW
@given(lefts=SIDES, rights=SIDES, pack=st.sampled_from(list(PACK)))
def test_statements(
    graphs: list[Path], ending: str, same: str, lefts: list[int], rights: list[int], pack: str
) -> None:
    rows = list(zip(lefts, rights, strict=False))
    rdf = ending in (".nt", ".ttl", ".nq")
    # SSSOM holds URIs, which the loader finds to be the graphs' IRIs.
    given = [(f"{LEFT}é{a}", f"{RIGHT}é{b}") for a, b in rows]
    as_uris = (
        given if rdf else [(a.replace("é", "%C3%A9"), b.replace("é", "%C3%A9")) for a, b in given]
    )
    text = triples(given, same) if rdf else sssom(as_uris, same)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"links{ending}{pack}"
        path.write_bytes(PACK[pack](text.encode()))
        assert both(path, graphs) == (set(given), set(as_uris))


@pytest.mark.parametrize("header", ["left right", "entity1 entity2", "a b", "right left score"])
def test_parquet(graphs: list[Path], tmp_path: Path, header: str) -> None:
    pairs = [(f"{LEFT}é{i}", f"{RIGHT}é{i}") for i in range(3)]
    names = header.split()
    sides = dict(zip(("left", "right"), zip(*pairs, strict=True), strict=True))
    columns = (
        {n: sides.get(n, [0.5] * 3) for n in names}
        if "left" in names
        else dict(zip(names, sides.values(), strict=True))
    )
    pq.write_table(pa.table(columns), tmp_path / "links.parquet")
    assert both(tmp_path / "links.parquet", graphs) == (set(pairs), set(pairs))


@pytest.mark.parametrize("pack", PACK)
def test_json_lines(graphs: list[Path], tmp_path: Path, pack: str) -> None:
    pairs = [(f"{LEFT}é{i}", f"{RIGHT}é{i}") for i in range(3)]
    text = "".join(f'{{"left":"{a}","right":"{b}","score":1}}\n' for a, b in pairs)
    path = tmp_path / f"links.jsonl{pack}"
    path.write_bytes(PACK[pack](text.encode()))
    assert both(path, graphs) == (set(pairs), set(pairs))
