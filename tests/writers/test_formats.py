"""What every format of link files has to do."""

import errno
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.alignment import Alignment
from dualamn.errors import ConfigError, DataError, MissingExtraError
from dualamn.writers.formats import FORMATS, Format, format_of, read_links
from dualamn.writers.link_file import LinkFile

Make = Callable[..., Alignment]
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
every_format = pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)


def rows_of(table: LinkFile) -> list[tuple[str, str, str, str, float]]:
    assert table.left_source is not None
    assert table.right_source is not None
    assert table.score is not None
    columns = (table.left_source, table.left, table.right_source, table.right)
    return list(zip(*columns, table.score.tolist(), strict=True))


@every_format
def test_odd_names_are_read_back_as_they_were(form: Format, make_alignment: Make) -> None:
    rows = [(name, name[::-1], 1 / 4) for name in ODD]
    alignment = make_alignment({"a\tb": ODD, 'c,"d"': [name[::-1] for name in ODD]}, {(0, 1): rows})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"links{form.endings[0]}"
        alignment.write(path)
        read = rows_of(read_links(path))
    assert read == [("a\tb", left, 'c,"d"', right, score) for left, right, score in sorted(rows)]


odd_text = st.text(st.sampled_from("ab\t\n\r\\tn\"' ,\u2028\x85\ufeff\x00é東{}"), max_size=6)


@every_format
@given(
    st.lists(st.tuples(odd_text, odd_text), unique=True, max_size=8),
    st.lists(odd_text, min_size=2, max_size=2, unique=True),
)
def test_any_links_are_read_back(
    form: Format, make_alignment: Make, links: list[tuple[str, str]], names: list[str]
) -> None:
    sides = zip(*links, strict=True) if links else ([], [])
    graphs = dict(zip(names, [list(dict.fromkeys(side)) for side in sides], strict=True))
    rows = [(left, right, i / 8) for i, (left, right) in enumerate(links)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "links"
        make_alignment(graphs, {(0, 1): rows}).write(path, form.name)
        table = read_links(path, format=form.name)
    read = zip(table.left, table.right, [] if table.score is None else table.score, strict=True)
    assert sorted(read) == sorted(rows)
    assert table.n_repeated == 0


@every_format
def test_probabilities_are_read_back_where_there_are_some(
    form: Format, make_alignment: Make, tmp_path: Path
) -> None:
    graphs = {"l": ["a", "b"], "r": ["A", "B"], "s": ["x"]}
    rows = [("a", "A", 0.5), ("b", "B", 0.25)]
    alignment = make_alignment(graphs, {(0, 1): rows, (0, 2): [("a", "x", 1.0)]})
    path = tmp_path / f"links{form.endings[0]}"
    alignment.write(path)
    assert read_links(path).probability is None
    first, second = alignment.pairs
    chances = np.array([0.75, 1.0], dtype=np.float32)
    replace(alignment, pairs=(replace(first, probabilities=chances), second)).write(path)
    table = read_links(path)
    assert list(table.right) == ["A", "B", "x"]
    np.testing.assert_array_equal(table.probability, np.array([0.75, 1.0, np.nan], np.float32))


@every_format
def test_no_links_are_a_file_that_is_read_as_no_links(
    form: Format, make_alignment: Make, tmp_path: Path
) -> None:
    path = tmp_path / f"links{form.endings[0]}"
    make_alignment({"l": ["a"], "r": ["b"]}, {(0, 1): []}).write(path)
    assert path.exists()
    assert len(read_links(path)) == 0


@every_format
def test_the_order_of_ids_does_not_show(form: Format, make_alignment: Make, tmp_path: Path) -> None:
    names = [f"e{i}" for i in range(20)]
    rows = [(name, name, 0.5) for name in names]
    files = []
    for seed in range(3):
        files.append(tmp_path / f"{seed}{form.endings[0]}")
        make_alignment({"l": names, "r": names}, {(0, 1): rows}, seed).write(files[-1])
    assert len({file.read_bytes() for file in files}) == 1


@every_format
def test_half_a_surrogate_pair_is_refused(
    form: Format, make_alignment: Make, tmp_path: Path
) -> None:
    alignment = make_alignment({"l": ["\ud800"], "r": ["b"]}, {(0, 1): [("\ud800", "b", 1.0)]})
    with pytest.raises(DataError, match=r"cannot hold .*\\ud800"):
        alignment.write(tmp_path / f"links{form.endings[0]}")
    assert list(tmp_path.iterdir()) == []


@every_format
def test_a_full_disk_leaves_the_old_file(
    form: Format, make_alignment: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"links{form.endings[0]}"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("dualamn.writers.atomic.os.fsync", full)
    with pytest.raises(DataError, match=r"links.*: cannot be written \(No space left"):
        make_alignment({"l": ["a"], "r": ["b"]}, {(0, 1): [("a", "b", 1.0)]}).write(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@every_format
def test_a_missing_file_names_the_nearest(form: Format, tmp_path: Path) -> None:
    (tmp_path / f"links{form.endings[0]}").write_text("")
    with pytest.raises(DataError, match=r"there is no such file, did you mean links"):
        read_links(tmp_path / f"link{form.endings[0]}")


@every_format
def test_binary_rubbish_is_refused_with_its_path(form: Format, tmp_path: Path) -> None:
    path = tmp_path / f"links{form.endings[0]}"
    path.write_bytes(b"\x00\xff\xfe\x80\n" * 50)
    with pytest.raises(DataError) as caught:
        read_links(path)
    assert str(caught.value).startswith(str(path))


@every_format
def test_a_missing_package_is_named_with_its_pip_line(
    form: Format, make_alignment: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alignment = make_alignment({"l": ["a"], "r": ["b"]}, {(0, 1): [("a", "b", 1.0)]})
    path = tmp_path / f"links{form.endings[0]}"
    if form.package is None:
        form.check_installed()
        return
    package, extra = form.package
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'dualamn\[{extra}\]'"):
        form.check_installed()
    with pytest.raises(MissingExtraError, match=package):
        alignment.write(path)
    assert list(tmp_path.iterdir()) == []


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
    with pytest.raises(ConfigError, match=r"links\.xlsx: \.xlsx tells no format; .*\.csv"):
        format_of("links.xlsx")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("l.csv", 'a,"b\n', "line 1: is not valid CSV"),
        ("l.csv", "", "holds no links, it is empty"),
        ("l.csv", "a,b\nc\n", "line 2: has 1 comma-separated fields where 2 are expected"),
        ("l.csv", '"a\nb",c\nd,e,f\n', "line 3: has 3 comma-separated fields where 2"),
        ("l.csv", "left,right,score\na,b,high\n", "line 2: has the score 'high', not a number"),
        ("l.jsonl", "{\n", "line 1: is not JSON"),
        ("l.jsonl", "\n[1]\n", r"line 2: is \[1\], not an object"),
        ("l.jsonl", '{"left":"a"}\n', 'line 1: has no "right"'),
        ("l.jsonl", '{"left":"a","right":7}\n', 'line 1: has 7 as "right", not a string'),
        (
            "l.jsonl",
            '{"left":"a","right":"b","left_source":"x"}\n',
            "line 1: has left_source but not its partner",
        ),
        ("l.jsonl", '{"left":"a","right":"b","score":true}\n', "line 1: has the score True"),
        ("l.jsonl", '{"left":"a","right":"b","score":1e999}\n', "line 1: has the score inf"),
        ("l.jsonl", "[" * 100_000 + "\n", "line 1: is nested too deep"),
        ("l.parquet", "", "is no Parquet file"),
    ],
)
def test_bad_files_are_told_with_their_line(
    name: str, text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        read_links(path)
    assert str(caught.value).startswith(str(path))
