"""Pairs known to be different, from every kind of file and from memory."""

from pathlib import Path

import pytest

from dualamn import AlignmentTask, as_task, load_files
from dualamn.errors import DataError
from dualamn.link_files.formats import read_links

LEFT = [f"http://left.org/{name}" for name in "abcd"]
RIGHT = [f"http://right.org/{name}" for name in "ABCD"]
SAME = "http://www.w3.org/2002/07/owl#sameAs"
DIFFERENT = "http://www.w3.org/2002/07/owl#differentFrom"
SSSOM = """#curie_map:
#  l: http://left.org/
#  r: http://right.org/
subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification
l:a\towl:sameAs\tNot\tr:A\tsemapv:ManualMappingCuration
l:b\towl:sameAs\t\tr:B\tsemapv:ManualMappingCuration
l:c\towl:differentFrom\t\tr:C\tsemapv:ManualMappingCuration
l:c\tskos:narrowMatch\tNot\tr:D\tsemapv:ManualMappingCuration
"""
OAEI = f"""<?xml version="1.0"?>
<rdf:RDF xmlns="http://knowledgeweb.semanticweb.org/heterogeneity/alignment#"
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><Alignment>
<map><Cell><entity1 rdf:resource="{LEFT[0]}"/><entity2 rdf:resource="{RIGHT[0]}"/>
<relation>%</relation></Cell></map>
<map><Cell><entity1 rdf:resource="{LEFT[1]}"/><entity2 rdf:resource="{RIGHT[1]}"/>
<relation>=</relation></Cell></map></Alignment></rdf:RDF>
"""
AXIOM = f"""@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix sssom: <https://w3id.org/sssom/> .
[] a owl:Axiom ; owl:annotatedSource <{LEFT[0]}> ; owl:annotatedProperty owl:sameAs ;
  owl:annotatedTarget <{RIGHT[0]}> ; sssom:predicate_modifier "Not" .
[] a owl:Axiom ; owl:annotatedSource <{LEFT[1]}> ; owl:annotatedProperty owl:sameAs ;
  owl:annotatedTarget <{RIGHT[1]}> .
"""


@pytest.fixture
def graphs(tmp_path: Path) -> list[Path]:
    for side, names in (("left", LEFT), ("right", RIGHT)):
        rows = zip(names, names[1:] + names[:1], strict=True)
        text = "".join(f"{head}\tr\t{tail}\n" for head, tail in rows)
        (tmp_path / f"{side}.tsv").write_text(text, encoding="utf-8")
    return [tmp_path / "left.tsv", tmp_path / "right.tsv"]


def rejected(task: AlignmentTask) -> list[tuple[str, str]]:
    """The rejected pairs by the last letters of their identifiers."""
    named = task.identifiers(task.not_links).tolist()
    return sorted((left[-1], right[-1]) for left, right in named)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("no.tsv", f"{LEFT[0]}\t{RIGHT[0]}\n{LEFT[0]}\t{RIGHT[1]}\n", [("a", "A"), ("a", "B")]),
        ("no.csv", f"left,right,probability\n{LEFT[0]},{RIGHT[0]},0.1\n", [("a", "A")]),
        (
            "no.csv",
            f"ltable_id,rtable_id,label\n{LEFT[0]},{RIGHT[0]},0\n{LEFT[1]},{RIGHT[1]},1\n",
            [("a", "A")],
        ),
        ("no.jsonl", f'{{"left": "{LEFT[0]}", "right": "{RIGHT[0]}"}}\n', [("a", "A")]),
        ("no.sssom.tsv", SSSOM, [("a", "A"), ("c", "C")]),
        (
            "no.nt",
            f"<{LEFT[0]}> <{DIFFERENT}> <{RIGHT[0]}> .\n<{RIGHT[1]}> <{DIFFERENT}> <{LEFT[1]}> .\n"
            f"<{LEFT[2]}> <{SAME}> <{RIGHT[2]}> .\n",
            [("a", "A"), ("b", "B")],
        ),
        ("no.ttl", f"<{LEFT[0]}> <{DIFFERENT}> <{RIGHT[0]}> .\n", [("a", "A")]),
        ("no.ttl", AXIOM, [("a", "A")]),
        ("no.rdf", OAEI, [("a", "A")]),
    ],
)
def test_every_kind_of_file(
    graphs: list[Path], tmp_path: Path, name: str, text: str, expected: list[tuple[str, str]]
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    task = load_files(graphs, not_links=tmp_path / name)
    assert rejected(task) == expected
    assert len(task.seed_links) == 0


def test_what_says_no_is_no_link(tmp_path: Path) -> None:
    for name, text in (("x.sssom.tsv", SSSOM), ("x.rdf", OAEI), ("x.ttl", AXIOM)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert read_links(tmp_path / name).left.tolist() == [LEFT[1]]


def test_several_files_in_mixed_formats_and_of_both_kinds(
    graphs: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "one.sssom.tsv").write_text(SSSOM, encoding="utf-8")
    (tmp_path / "two.tsv").write_text(f"{LEFT[3]}\t{RIGHT[3]}\n", encoding="utf-8")
    (tmp_path / "no.tsv").write_text(f"{LEFT[0]}\t{RIGHT[0]}\n", encoding="utf-8")
    both = [tmp_path / "one.sssom.tsv", tmp_path / "two.tsv"]
    not_links = [tmp_path / "one.sssom.tsv", tmp_path / "no.tsv"]
    task = load_files(graphs, both, not_links=not_links)
    assert sorted(task.identifiers(task.seed_links)[:, 0]) == [LEFT[1], LEFT[3]]
    assert rejected(task) == [("a", "A"), ("c", "C")]
    assert "no.tsv: 1 repeated line skipped" in task.notes


def test_the_same_in_memory(graphs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "one.sssom.tsv").write_text(SSSOM, encoding="utf-8")
    both = {"left": graphs[0], "right": graphs[1]}
    pairs = [(LEFT[0], RIGHT[0]), (LEFT[0], RIGHT[1])]
    assert rejected(as_task(both, not_links=pairs)) == [("a", "A"), ("a", "B")]
    task = as_task(
        both, [tmp_path / "one.sssom.tsv", [(LEFT[3], RIGHT[3])]], not_links=[pairs[:1], pairs[1:]]
    )
    assert len(task.seed_links) == 2
    assert rejected(task) == [("a", "A"), ("a", "B")]
    assert rejected(as_task(both, not_links=[])) == []


def test_a_pair_that_is_both_is_an_error_with_its_line(graphs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "yes.tsv").write_text(f"{LEFT[0]}\t{RIGHT[0]}\n", encoding="utf-8")
    (tmp_path / "no.tsv").write_text(f"{LEFT[1]}\t{RIGHT[0]}\n{LEFT[0]}\t{RIGHT[0]}\n", "utf-8")
    with pytest.raises(DataError, match=r"said to be different, but they are a seed link") as error:
        load_files(graphs, tmp_path / "yes.tsv", not_links=tmp_path / "no.tsv")
    assert error.value.path == tmp_path / "no.tsv"
    assert error.value.line == 2


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("no.tsv", f"{LEFT[0]}\thttp://right.org/Z\n", "no triple of right has it"),
        ("no.nt", f"<{LEFT[0]}> <{SAME}> <{RIGHT[0]}> .\n", "0 statements that two things are dif"),
        ("no.csv", f"left,right,label\n{LEFT[0]},{RIGHT[0]},1\n", "no pair that is no link"),
    ],
)
def test_files_that_say_nothing_are_refused(
    graphs: list[Path], tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        load_files(graphs, not_links=tmp_path / name)
