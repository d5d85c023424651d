import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.alignment import Alignment
from dualamn.errors import DataError
from dualamn.matching.entity_clusters import Clusters
from tests.link_files.conftest import alignment_of


def clusters_of(
    graphs: dict[str, list[str]],
    links: dict[tuple[int, int], list[tuple[str, str, float]]],
    seed: int = 0,
) -> Clusters[Alignment]:
    """Clusters of graphs without triples, given by links of identifiers."""
    return alignment_of(graphs, links, seed).clusters()


def test_a_line_a_cluster_and_a_column_a_graph(tmp_path: Path) -> None:
    graphs = {"z": ["b", "a", "c"], "en": ["B", "A", "C"], "fr": ["β", "ß", "é"]}
    links = {
        (0, 1): [("b", "B", 1 / 3), ("a", "A", 2.0)],
        (0, 2): [("b", "β", -0.25)],
        (1, 2): [("C", "é", 0.5)],
    }
    for seed in range(3):
        clusters_of(graphs, links, seed).to_tsv(tmp_path / "clusters.tsv")
        assert (tmp_path / "clusters.tsv").read_bytes().decode() == (
            "score\tmembers\tz\ten\tfr\n"
            "2.000000\t2\ta\tA\t\n"
            "-0.250000\t3\tb\tB\tβ\n"
            "0.500000\t2\t\tC\té\n"
        )


def test_no_clusters_are_a_header_alone(tmp_path: Path) -> None:
    clusters_of({"l": ["a"], "r": ["b"]}, {}).to_tsv(tmp_path / "clusters.tsv")
    assert (tmp_path / "clusters.tsv").read_text() == "score\tmembers\tl\tr\n"


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    clusters = clusters_of({"l": ["\ud800"], "r": ["b"]}, {(0, 1): [("\ud800", "b", 1.0)]})
    (tmp_path / "old.tsv").write_text("old")
    with pytest.raises(DataError, match=r"cannot hold .*\\ud800"):
        clusters.to_tsv(tmp_path / "old.tsv")
    with pytest.raises(DataError, match="there is no folder"):
        clusters.to_tsv(tmp_path / "no" / "clusters.tsv")
    assert (tmp_path / "old.tsv").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["old.tsv"]


names = st.text(st.sampled_from("ab\t\n\r\\tn\"' ,\u2028\x85\ufeff\x00é東"), min_size=1, max_size=6)


@given(
    st.lists(names, min_size=3, max_size=3, unique=True),
    st.lists(names, min_size=1, max_size=6, unique=True),
)
def test_any_name_stays_in_its_field(graphs: list[str], entities: list[str]) -> None:
    rows = [(entity, entity, 0.5) for entity in entities]
    clusters = clusters_of(dict.fromkeys(graphs, entities), {(0, 1): rows, (1, 2): rows[::2]})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clusters.tsv"
        clusters.to_tsv(path)
        header, *lines = path.read_bytes().decode().removesuffix("\n").split("\n")
    assert [unescaped(name) for name in header.split("\t")[2:]] == graphs
    found = [[unescaped(name) for name in line.split("\t")[2:]] for line in lines]
    linked = set(entities[::2])
    assert found == [[name, name, name if name in linked else ""] for name in sorted(entities)]


def unescaped(field: str) -> str:
    return field.encode("latin-1", "backslashreplace").decode("unicode_escape")
