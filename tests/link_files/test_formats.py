"""What every format of link files has to do."""

import errno
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.alignment import Alignment
from dualamn.errors import ConfigError, DataError, MissingExtraError
from dualamn.link_files.formats import FORMATS, Format, format_of, read_links
from dualamn.link_files.link_table import DistinctLinks
from dualamn.link_files.table import WriteOptions
from tests.link_files.conftest import alignment_of

ODD = [
    "tab\there",
    "line\nbreak",
    "carriage\rreturn",
    "back\\slash \\t",
    'quo"te, comma',
    " spaces ",
    "",
    "#hash",
    "=1+1",
    "北京",
    "القدس",
    "\u200fאבג",
    "\u2028\x85\ufeff\x00",
    "x" * 10_000,
]
PACKAGES = ("pyarrow", "pyoxigraph", "yaml")
TO_READ = {
    "parquet": ("pyarrow", "parquet"),
    "turtle": ("pyoxigraph", "rdf"),
}
every_format = pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)


BASE = "https://example.org/data/"


def write(form: Format, alignment: Alignment, path: Path) -> None:
    """Writes in a format, with a base for names that are no IRIs where it takes one."""
    alignment.write(path, form.name, base=BASE if form.has_iris else None)


@pytest.fixture
def one() -> Alignment:
    """A single link."""
    return alignment_of({"l": ["a"], "r": ["b"]}, {(0, 1): [("a", "b", 1.0)]})


def rows_of(table: DistinctLinks) -> list[tuple[str, str, str, str, float | None]]:
    assert table.left_source is not None
    assert table.right_source is not None
    score = [None] * len(table) if table.score is None else table.score.tolist()
    columns = (table.left_source, table.left, table.right_source, table.right)
    return list(zip(*columns, score, strict=True))


@every_format
def test_odd_names_are_read_back_as_they_were(form: Format) -> None:
    rows = [(name, name[::-1], 1 / 4) for name in ODD]
    alignment = alignment_of({"a\tb": ODD, 'c,"d"': [name[::-1] for name in ODD]}, {(0, 1): rows})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"links{form.endings[0]}"
        write(form, alignment, path)
        read = rows_of(read_links(path, base=BASE))
    score = None if form.name == "ntriples" else 1 / 4
    assert read == [("a\tb", left, 'c,"d"', right, score) for left, right, _ in sorted(rows)]


odd_text = st.text(st.sampled_from("ab\t\n\r\\tn\"' ,\u2028\x85\ufeff\x00é東{}"), max_size=6)


@every_format
@given(
    st.lists(st.tuples(odd_text, odd_text), unique=True, max_size=8),
    st.lists(odd_text, min_size=2, max_size=2, unique=True),
)
def test_any_links_are_read_back(
    form: Format, links: list[tuple[str, str]], names: list[str]
) -> None:
    sides = zip(*links, strict=True) if links else ([], [])
    graphs = dict(zip(names, [list(dict.fromkeys(side)) for side in sides], strict=True))
    rows = [(left, right, i / 8) for i, (left, right) in enumerate(links)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "links"
        write(form, alignment_of(graphs, {(0, 1): rows}), path)
        table = read_links(path, format=form.name, base=BASE)
    score = [0.0] * len(rows) if table.score is None else table.score.tolist()
    read = sorted(zip(table.left, table.right, score, strict=True))
    assert read == sorted(rows if form.name != "ntriples" else [(a, b, 0.0) for a, b, _ in rows])
    assert table.n_repeated == 0


@every_format
def test_probabilities_are_read_back_where_there_are_some(form: Format, tmp_path: Path) -> None:
    graphs = {"l": ["a", "b"], "r": ["A", "B"], "s": ["x"]}
    rows = [("a", "A", 0.5), ("b", "B", 0.25)]
    alignment = alignment_of(graphs, {(0, 1): rows, (0, 2): [("a", "x", 1.0)]})
    path = tmp_path / f"links{form.endings[0]}"
    write(form, alignment, path)
    assert read_links(path).probability is None
    if form.name == "ntriples":
        return  # there is no place for them
    first, second = alignment.pairs
    chances = np.array([1.0, 0.75], dtype=np.float32)
    calibrated = replace(alignment, pairs=(replace(first, probabilities=chances), second))
    write(form, calibrated, path)
    table = read_links(path, base=BASE)
    assert table.score is not None
    assert table.score.tolist() == [0.5, 0.25, 1.0]
    assert list(table.right) == ["A", "B", "x"]
    np.testing.assert_array_equal(table.probability, np.array([1.0, 0.75, np.nan], np.float32))


@every_format
def test_no_links_are_a_file_that_is_read_as_no_links(form: Format, tmp_path: Path) -> None:
    path = tmp_path / f"links{form.endings[0]}"
    write(form, alignment_of({"l": ["a"], "r": ["b"]}, {(0, 1): []}), path)
    assert path.exists()
    assert len(read_links(path)) == 0


@every_format
def test_the_order_of_ids_does_not_show(form: Format, tmp_path: Path) -> None:
    names = [f"e{i}" for i in range(20)]
    rows = [(name, name, 0.5) for name in names]
    files = []
    for seed in range(3):
        files.append(tmp_path / f"{seed}{form.endings[0]}")
        write(form, alignment_of({"l": names, "r": names}, {(0, 1): rows}, seed), files[-1])
    assert len({file.read_bytes() for file in files}) == 1


@every_format
def test_half_a_surrogate_pair_is_refused(form: Format, tmp_path: Path) -> None:
    alignment = alignment_of({"l": ["\ud800"], "r": ["b"]}, {(0, 1): [("\ud800", "b", 1.0)]})
    with pytest.raises(DataError, match=r"cannot hold .*\\ud800"):
        write(form, alignment, tmp_path / f"links{form.endings[0]}")
    assert list(tmp_path.iterdir()) == []


@every_format
def test_a_full_disk_leaves_the_old_file(
    form: Format, one: Alignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"links{form.endings[0]}"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("dualamn.files.atomic.os.fsync", full)
    with pytest.raises(DataError, match=r"links.*: cannot be written \(No space left"):
        write(form, one, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@every_format
def test_a_missing_file_names_the_nearest(form: Format, tmp_path: Path) -> None:
    (tmp_path / f"links{form.endings[0]}").write_text("")
    with pytest.raises(DataError, match=r"there is no such file or folder; did you mean links"):
        read_links(tmp_path / f"link{form.endings[0]}")
    with pytest.raises(DataError, match="correct the path"):
        read_links(tmp_path / "no" / "such.tsv", format=form.name)
    with pytest.raises(DataError, match="a folder where a file is needed"):
        read_links(tmp_path)


@every_format
def test_binary_rubbish_is_refused_with_its_path(form: Format, tmp_path: Path) -> None:
    path = tmp_path / f"links{form.endings[0]}"
    path.write_bytes(b"\x00\xff\xfe\x80\n" * 50)
    with pytest.raises(DataError) as caught:
        read_links(path)
    assert str(caught.value).startswith(str(path))


@every_format
def test_a_missing_package_is_named_with_its_pip_line(
    form: Format, one: Alignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"links{form.endings[0]}"
    write(form, one, path)
    for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
        monkeypatch.delitem(sys.modules, name)
    for package in PACKAGES:
        monkeypatch.setitem(sys.modules, package, None)

    def works(needs: tuple[str, str] | None, work: Callable[[], object]) -> None:
        if needs is None:
            work()
            return
        said = rf"{needs[0]}.*pip install 'dualamn\[{needs[1]}\]'"
        with pytest.raises(MissingExtraError, match=said):
            work()

    works(TO_READ.get(form.name), lambda: read_links(path))
    path.unlink()
    works(form.needs_to_write, lambda: write(form, one, path))
    assert path.exists() == (form.needs_to_write is None)


def test_metadata_of_another_tool_needs_yaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "links.sssom.tsv"
    table = "subject_id\tpredicate_id\tobject_id\nhttp://a/x\tskos:exactMatch\thttp://b/y\n"
    path.write_text(f"#license: {{}}\n{table}")
    assert len(read_links(path)) == 1
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingExtraError, match=r"yaml.*pip install 'dualamn\[sssom\]'"):
        read_links(path)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("l.csv", {"base": BASE}, "CSV holds identifiers as they are: a base goes with ntriples"),
        ("l.nt", {"sssom": {"license": BASE}}, "N-Triples has no SSSOM slots; .* turtle, sssom"),
        ("l.nt", {"base": "example.org"}, "'example.org' is no IRI"),
        ("l.nt", {"base": "https://example.org"}, "has to end in / or #"),
    ],
)
def test_options_that_a_format_does_not_take_are_refused(
    one: Alignment, tmp_path: Path, name: str, options: Any, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        one.write(tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


def test_what_an_option_needs_is_asked_before_the_work() -> None:
    FORMATS["sssom"].check(WriteOptions(BASE, {"license": BASE}))
    with pytest.raises(ConfigError, match="did you mean 'license'"):
        FORMATS["sssom"].check(WriteOptions(BASE, {"licence": BASE}))


def test_endings_tell_formats_apart() -> None:
    endings = [ending for form in FORMATS.values() for ending in form.endings]
    assert len(set(endings)) == len(endings)
    for form in FORMATS.values():
        for ending in form.endings:
            assert format_of(f"some/Links{ending.upper()}") is form
    for plain in ("links", "links.txt", "-", "/dev/stdout"):
        assert format_of(plain) is FORMATS["tsv"]
    assert format_of("links.tsv", "csv") is FORMATS["csv"]


def test_unknown_formats_are_told_with_what_there_is() -> None:
    with pytest.raises(ConfigError, match=r"no format 'cvs', did you mean 'csv'\?"):
        format_of("links.tsv", "cvs")
    assert format_of("links.sssom.tsv.gz").name == "sssom"
    assert format_of("links.gz").name == "tsv"
    for name in (None, "parquet"):
        with pytest.raises(ConfigError, match=r"Parquet is compressed within; leave \.gz out"):
            format_of("links.parquet.gz", name)
    with pytest.raises(ConfigError, match=r"links\.xlsx: \.xlsx tells no format; .*\.csv"):
        format_of("links.xlsx")
