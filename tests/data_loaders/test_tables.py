from pathlib import Path
from typing import Any

import pytest

from dualamn.data_loaders import load, load_files
from dualamn.progress import Progress
from tests.data_loaders.conftest import Folder, links, refused, triples


@pytest.fixture
def world(make_folder: Folder) -> Any:
    """Two graphs and a file of links, with some files replaced or added."""

    def files(**changes: Any) -> Any:
        content = {
            "left.tsv": "Germany\tcapital\tBerlin\nFrance\tcapital\tParis\n",
            "right.tsv": "Allemagne\tcapitale\tBerlin\nFrance\tcapitale\tParis\n",
            "links.tsv": "Germany\tAllemagne\nFrance\tFrance\nParis\tParis\n",
        }
        content.update({name.replace("__", "."): text for name, text in changes.items()})
        return make_folder(content, "europe")

    return files


def load_world(folder: Path, **arguments: Any) -> Any:
    sources = [folder / "left.tsv", folder / "right.tsv"]
    return load_files(sources, folder / "links.tsv", **arguments)


def test_all_links_are_seeds(world: Any) -> None:
    steps: list[Progress] = []
    task = load_world(world(), progress=steps.append)
    assert task.kg_names == ("left", "right")
    capitals = {("Germany", "capital", "Berlin"), ("France", "capital", "Paris")}
    assert triples(task.kgs[0]) == capitals
    expected = {("Germany", "Allemagne"), ("France", "France"), ("Paris", "Paris")}
    assert links(task, task.seed_links) == expected
    assert task.test_links.shape == (0, 2)
    assert task.notes == ()
    assert [(at.stage, at.step, at.total) for at in steps] == [("load", n, 3) for n in (1, 2, 3)]


def test_train_ratio_splits(world: Any) -> None:
    task = load_world(world(), train_ratio=0.4)
    assert [len(task.seed_links), len(task.test_links)] == [1, 2]
    whole = links(task, task.seed_links) | links(task, task.test_links)
    assert whole == {("Germany", "Allemagne"), ("France", "France"), ("Paris", "Paris")}


def test_paths_may_be_strings_and_names_given(world: Any) -> None:
    folder = world()
    sources = [str(folder / name) for name in ("left.tsv", "right.tsv")]
    task = load_files(sources, str(folder / "links.tsv"), names=["en", "fr"])
    assert task.kg_names == ("en", "fr")
    assert task.name == "en-fr"


def test_test_links_of_their_own(world: Any) -> None:
    folder = world(truth__tsv="Berlin\tBerlin\nFrance\tFrance\n")
    task = load_world(folder, test_links=folder / "truth.tsv")
    assert links(task, task.test_links) == {("Berlin", "Berlin")}
    assert task.notes == ("truth.tsv: 1 repeated line skipped",)


def test_equal_relation_names_are_one_relation(world: Any) -> None:
    task = load_world(world(right__tsv="Allemagne\tcapital\tBerlin\nFrance\tx\tParis\n"))
    assert set(task.relations) == {"capital", "x"}


def test_headers_are_recognised(world: Any) -> None:
    folder = world(
        left__tsv="Head\trelation\tTAIL\nGermany\tcapital\tBerlin\nFrance\tcapital\tParis\n",
        links__tsv="entity1\tentity2\nFrance\tFrance\n",
    )
    task = load_world(folder)
    assert task.kgs[0].n_triples == 2
    assert links(task, task.seed_links) == {("France", "France")}
    said = "the first line is taken for a header"
    assert task.notes == (f"left.tsv: {said}", f"links.tsv: {said}")


@pytest.mark.parametrize(
    ("left", "right", "pair", "found"),
    [
        (
            "head\trelation\ttail\nhead\tpart of\tbody\n",
            "source\tp\ttarget\nhead\tp\ttail\n",
            "head\ttarget\n",
            {("head", "target")},
        ),
        (
            "left\tturn\tbody\n",
            "right\tturn\tbody\n",
            "left\tright\nbody\tbody\n",
            {("left", "right"), ("body", "body")},
        ),
    ],
)
def test_what_only_looks_like_a_header_is_data(
    world: Any, left: str, right: str, pair: str, found: Any
) -> None:
    task = load_world(world(left__tsv=left, right__tsv=right, links__tsv=pair))
    assert tuple(left.splitlines()[0].split("\t")) in triples(task.kgs[0])
    assert links(task, task.seed_links) == found


@pytest.mark.parametrize(
    "text",
    [
        "entity2\tconfidence\tentity1\nAllemagne\t0.9\tGermany\n",
        "right\tnote\tleft\nAllemagne\t\tGermany\n",
        "left_source\tleft\tright_source\tright\tscore\tprobability\n"
        "left\tGermany\tright\tAllemagne\t0.9\t\n",
        "left\tGermany\tright\tAllemagne\n",  # the names of the graphs, not a header
        "score\tright\tleft\n0.5\tAllemagne\tGermany\n",
        "Germany\tAllemagne\t0.97\n",
    ],
)
def test_columns_are_known_by_header_or_number(world: Any, text: str) -> None:
    task = load_world(world(links__tsv=text))
    assert links(task, task.seed_links) == {("Germany", "Allemagne")}


def test_links_written_by_dualamn(world: Any) -> None:
    folder = world(
        left__tsv="C:\\temp\tr\tBerlin\n",
        links__tsv=(
            "left_source\tleft\tright_source\tright\tscore\n"
            "left\tC:\\\\temp\tright\tAllemagne\t0.9\n"
            "right\tBerlin\tleft\tBerlin\t0.8\n"
        ),
    )
    task = load_world(folder)
    assert links(task, task.seed_links) == {("C:\\temp", "Allemagne"), ("Berlin", "Berlin")}


def test_csv_quotes(world: Any) -> None:
    folder = world(
        left__csv='"Paris, ""la ville""",r,Berlin\r\n"a\r\nb",r,Berlin\r\n',
        links__csv='"Paris, ""la ville""",Paris\n"a\r\nb",Berlin\n',
    )
    task = load_files([folder / "left.csv", folder / "right.tsv"], folder / "links.csv")
    assert links(task, task.seed_links) == {('Paris, "la ville"', "Paris"), ("a\nb", "Berlin")}


def test_tabs_leave_quotes_and_spaces_alone(world: Any) -> None:
    folder = world(left__tsv='"Germany"\tr\t Berlin \n', links__tsv='"Germany"\tAllemagne\n')
    assert set(load_world(folder).kgs[0].entities) == {'"Germany"', " Berlin "}


def test_byte_order_mark_and_line_ends(world: Any) -> None:
    folder = world(
        left__tsv="\ufeffGermany\tr\tBerlin\r\nFrance\tr\tParis\r\n\r\n",
        links__tsv="\ufeffGermany\tAllemagne\r\nParis\tParis",
    )
    task = load_world(folder)
    assert set(task.kgs[0].entities) == {"Germany", "Berlin", "France", "Paris"}
    assert len(task.seed_links) == 2


def test_rare_line_separators_belong_to_names(world: Any) -> None:
    folder = world(
        left__tsv="a\u2028b\tr\tc\x85d\nGermany\tr\tc\x0cd\n", links__tsv="Germany\tFrance\n"
    )
    assert set(load_world(folder).kgs[0].entities) == {"a\u2028b", "c\x85d", "Germany", "c\x0cd"}


def test_folder_of_files_is_one_graph(make_folder: Folder) -> None:
    folder = make_folder(
        {
            "de/a.tsv": "x\tr\ty\n",
            "de/b.csv": "y,r,z\nx,r,y\n",
            "de/README.md": "about",
            "de/.hidden": "\0",
            "fr/a.tsv": "u\tr\tv\n",
        }
    )
    task = load_files([folder / "de", folder / "fr"])
    assert task.kg_names == ("de", "fr")
    assert triples(task.kgs[0]) == {("x", "r", "y"), ("y", "r", "z")}
    assert task.notes == ("de: not read: README.md", "de: 1 repeated triple merged")


def test_names_of_files_that_are_called_the_same(make_folder: Folder) -> None:
    folder = make_folder({"de/triples.tsv": "a\tr\tb\n", "fr/triples.tsv": "a\tr\tb\n"})
    paths = [folder / "de/triples.tsv", folder / "fr/triples.tsv"]
    assert load_files(paths).kg_names == ("de_triples", "fr_triples")
    assert load_files([paths[0], paths[0]]).kg_names == ("kg1", "kg2")


@pytest.fixture
def three(make_folder: Folder) -> Any:
    def files(links: Any, name: str = "links.tsv") -> Any:
        content = {f"{kg}.tsv": f"{kg}1\tr\t{kg}2\n" for kg in ("a", "b", "c-d")}
        content.update(links if isinstance(links, dict) else {name: links})
        return make_folder(content, "three")

    return files


def load_three(folder: Path, links: Any = "links.tsv", **arguments: Any) -> Any:
    sources = [folder / f"{kg}.tsv" for kg in ("a", "b", "c-d")]
    return load_files(sources, folder / links, **arguments)


def test_three_graphs_with_named_sources(three: Any) -> None:
    header = "left_source\tleft\tright_source\tright\n"
    rows = "a\ta1\tb\tb1\nc-d\tc-d2\ta\ta2\nb\tb2\tc-d\tc-d1\n"
    for text in (header + rows, rows):
        task = load_three(three(text))
        found = [links(task, task.links_between(task.seed_links, *p)) for p in task.kg_pairs]
        assert found == [{("a1", "b1")}, {("a2", "c-d2")}, {("b2", "c-d1")}]


def test_three_graphs_with_a_file_a_pair(three: Any) -> None:
    folder = three({"links/c-d-a.tsv": "c-d2\ta2\n", "links/b-c-d.tsv": "left\tright\nb2\tc-d1\n"})
    for task in (load_three(folder, "links"), load(folder, train_ratio=1)):
        assert task.kg_names == ("a", "b", "c-d")
        assert links(task, task.seed_links) == {("a2", "c-d2"), ("b2", "c-d1")}


SOURCES = "left_source\tleft\tright_source\tright\n"


@pytest.mark.parametrize(
    ("rows", "line", "words"),
    [
        ("a1\tb1\n", 1, ["do not say", "left_source", "A-B.tsv"]),
        (SOURCES + "a\ta1\tb\tb1\nx\tx1\tb\tb1\n", 3, ["no graph 'x'", "a, b, c-d"]),
        (SOURCES + "a\ta1\ta\ta2\n", 2, ["two entities of a", "remove"]),
        ("left_source\tleft\tright\na\ta1\tb1\n", 1, ["both sides"]),
        ("left\tleft\tright\na\ta1\tb1\n", 1, ["own name"]),
        ("a1\tx\tb1\ty\n", 1, ["found 4 fields", "left_source"]),
        ("a\ta1\tb\tb1\na\ta1\tc-d\tc-d1\nb\tb1\ta\ta2\n", 3, ["'b1' of b", "line 1"]),
    ],
)
def test_sources_that_do_not_fit(three: Any, rows: str, line: int, words: list[str]) -> None:
    refused(three(rows), *words, file="links.tsv", line=line, call=load_three)


def test_file_names_that_do_not_fit(three: Any) -> None:
    def load_links(folder: Path) -> Any:
        return load_three(folder, "links")

    folder = three({"links/a-x.tsv": "a1\tb1\n"})
    refused(folder, "A-B", "a, b, c-d", "rename", file="a-x.tsv", call=load_links)
    (folder / "links/a-x.tsv").unlink()
    refused(folder, "no files of links", file="links", call=load_links)


def test_arguments_that_do_not_fit(world: Any, tmp_path: Path) -> None:
    refused(world(), "two or more graphs, got 1", call=lambda f: load_files([f / "left.tsv"]))
    refused(world(), "two or more graphs, got 0", call=lambda f: load_files([]))
    refused(world(), "1 names for 2", "one for each", call=load_world, names=["a"])
    refused(world(), "its own name", call=load_world, names=["a", "a"])
    # This one before anything is read.
    refused(tmp_path, "train_ratio is 2", call=load_world, train_ratio=2)


def test_missing_files(world: Any) -> None:
    folder = world()
    (folder / "right.tsv").unlink()
    refused(folder, "no such file", "correct the path", file="right.tsv", call=load_world)
    (folder / "rigth.tsv").write_text("a\tr\tb\n")
    refused(folder, "did you mean rigth.tsv?", file="right.tsv", call=load_world)
    folder = world()
    (folder / "links.tsv").unlink()
    refused(folder, "no such file", file="links.tsv", call=load_world)


@pytest.mark.parametrize("name", ["left.tsv", "links.tsv"])
def test_empty_files(world: Any, name: str) -> None:
    for text in ("", "\n", "\ufeff\r\n"):
        folder = world(**{name.replace(".", "__"): text})
        refused(folder, "empty", "expected lines of", file=name, call=load_world)


@pytest.mark.parametrize(
    ("file", "text", "line", "words"),
    [
        ("left.tsv", "head\trelation\ttail\n", None, ["nothing but a header", "add triples"]),
        ("links.tsv", "left\tright\n", None, ["nothing but a header", "add links"]),
        (
            "left.tsv",
            "x\tr\ty\n\na\tb\n",
            3,
            ["expected 3 fields", "tabs", "found 2", "--skip-bad-lines"],
        ),
        ("left.tsv", "a\tb\n", 1, ["['a', 'b']"]),
        ("left.tsv", "a b c\n", 1, ["found 1", "'a b c'"]),
        ("left.tsv", "a\tb\tc\td\n", 1, ["which of the columns 'a', 'b', 'c', 'd'"]),
        ("left.tsv", "id\tname\n1\tRome\n", 1, ["which of the columns", "--table id"]),
        ("left.tsv", "a\t\tc\n", 1, ["field 2", "empty", "name it or remove"]),
        ("left.tsv", "\t\t\n", 1, ["field 1", "empty"]),
        ("links.tsv", "Germany\tAllemagne\nParis\tParis\t0.5\n", 2, ["lines before have 2"]),
        ("links.tsv", "Germany\n", 1, ["expected 2 fields"]),
        ("links.tsv", "Germany\tAllemagne\nGermny\tFrance\n", 2, ["mean 'Germany'?", "'Germny'"]),
        ("links.tsv", "Allemagne\tGermany\n", 1, ["columns swapped?"]),
        ("links.tsv", "Germany\tQ183\n", 1, ["no triple of right", "remove"]),
        (
            "links.tsv",
            "left\tright\nGermany\tAllemagne\n\nGermany\tFrance\n",
            4,
            ["'Germany' of left", "'France'", "line 2", "'Allemagne'", "remove one"],
        ),
    ],
)
def test_bad_lines(world: Any, file: str, text: str, line: int | None, words: list[str]) -> None:
    refused(world(**{file.replace(".", "__"): text}), *words, file=file, line=line, call=load_world)


def test_long_lines_are_cut_in_messages(world: Any) -> None:
    folder = world(left__tsv="x" * 10_000 + "\n")
    with pytest.raises(Exception, match="…") as caught:
        load_world(folder)
    assert len(str(caught.value)) < 500


def test_bad_csv(make_folder: Folder) -> None:
    def load_csv(folder: Path) -> Any:
        return load_files([folder / "a.csv", folder / "a.csv"])

    folder = make_folder({"a.csv": 'x,r,y\n"x\nz",r,y\n"x,r,y\na,r,b\n'})
    refused(folder, "not valid CSV", "close every quote", file="a.csv", line=4, call=load_csv)
    folder = make_folder({"a.csv": 'x,r,y\n"x\nz",r,y\na;r;b\n'})
    refused(folder, "separated by commas", "found 1", file="a.csv", line=4, call=load_csv)


def test_other_formats(make_folder: Folder) -> None:
    for name, word in (("a.hdt", "RDF"), ("a.tar.gz", "archives"), ("a.xlsx", "files")):
        folder = make_folder({name: "<a> <b> <c> .\n"})
        refused(folder, word, "as text", file=name, call=lambda f, n=name: load_files([f / n] * 2))


def test_folder_without_tables(make_folder: Folder) -> None:
    folder = make_folder({"a.md": "x"})
    refused(folder, "no file of triples", ".tsv", file="aa_bb", call=lambda f: load_files([f, f]))


def test_repeats(world: Any) -> None:
    folder = world(
        left__tsv="a\tr\tb\na\tr\tb\na\ts\tb\n",
        links__tsv="a\tAllemagne\nb\tParis\na\tAllemagne\na\tAllemagne\n",
    )
    task = load_world(folder)
    assert task.kgs[0].n_triples == 2
    assert len(task.seed_links) == 2
    assert task.notes == ("left: 1 repeated triple merged", "links.tsv: 2 repeated lines skipped")


def test_folder_with_seeds_and_all_links(world: Any) -> None:
    task = load(world(seed_links__tsv="Germany\tAllemagne\n", valid_links__tsv="Paris\tParis\n"))
    assert task.kg_names == ("left", "right")
    assert links(task, task.seed_links) == {("Germany", "Allemagne")}
    assert links(task, task.valid_links) == {("Paris", "Paris")}
    assert links(task, task.test_links) == {("France", "France")}
    assert task.notes == ()


def test_folder_with_seeds_and_test_links(make_folder: Folder) -> None:
    files = {
        "x.csv": "a,r,b\n",
        "y.tsv": "c\tr\td\n",
        "seed_links.csv": "a,c\n",
        "test_links.tsv": "b\td\n",
        "README.txt": "about this data",
    }
    task = load(make_folder(files))
    assert task.kg_names == ("x", "y")
    assert links(task, task.seed_links) == {("a", "c")}
    assert links(task, task.test_links) == {("b", "d")}


def test_folders_that_say_too_much_or_too_little(world: Any, make_folder: Folder) -> None:
    folder = world(test_links__tsv="Paris\tParis\n")
    refused(folder, "both links and test_links", "keep only one", file="europe")
    folder = make_folder({"a.tsv": "a\tr\tb\n", "links.tsv": "a\ta\n"}, "one")
    refused(folder, "found 1 graphs", "NAME.tsv", file="one")
    two = {"links.csv": "a,a\n", "links.tsv": "a\ta\n", "a.tsv": "a\tr\tb\n", "b.tsv": "a\tr\tb\n"}
    folder = make_folder(two, "two")
    refused(folder, "links.tsv and links.csv", "keep one", file="two")
