from pathlib import Path

import pytest

from dualamn.errors import DataError
from dualamn.eval import LinkMetrics
from dualamn.link_files import evaluate_files

HEADER = "left_source\tleft\tright_source\tright\tscore\n"


def files(folder: Path, links: str, gold: str) -> tuple[Path, Path]:
    (folder / "links.tsv").write_text(links)
    (folder / "gold.tsv").write_text(gold)
    return folder / "links.tsv", folder / "gold.tsv"


OURS = HEADER + "en\ta\tfr\tA\t0.9\nen\tb\tfr\tX\t0.8\nen\tc\tfr\tC\t0.7\nen\tq\tfr\tQ\t0.1\n"


@pytest.mark.parametrize(
    "gold",
    [
        "a\tA\nb\tB\nc\tC\nd\tD\n",
        HEADER + "en\ta\tfr\tA\t1\nen\tb\tfr\tB\t1\nen\tc\tfr\tC\t1\nen\td\tfr\tD\t1\n",
        HEADER + "fr\tA\ten\ta\t1\nfr\tB\ten\tb\t1\nfr\tC\ten\tc\t1\nfr\tD\ten\td\t1\n",
        HEADER + "fr\tA\ten\ta\t1\nen\tb\tfr\tB\t1\nfr\tC\ten\tc\t1\nen\td\tfr\tD\t1\n",
    ],
)
def test_correct_incorrect_unknown_and_missed(gold: str, tmp_path: Path) -> None:
    result = evaluate_files(*files(tmp_path, OURS, gold))
    assert result.total == LinkMetrics(correct=2, incorrect=1, unknown=1, missed=2)
    assert list(result.pairs.values()) == [result.total]
    assert list(result.pairs) in (["en-fr"], ["fr-en"])
    assert result.notes == ()


def test_files_without_graph_names(tmp_path: Path) -> None:
    result = evaluate_files(*files(tmp_path, "a\tA\t0.5\nb\tX\t0.4\n", "a\tA\nb\tB\n"))
    assert result.total == LinkMetrics(1, 1, 0, 1)
    assert result.pairs == {}
    assert str(result).splitlines() == [
        "links  precision  recall     F1  correct  incorrect  unknown  missed",
        "all        0.500   0.500  0.500        1          1        0       1",
    ]


def test_named_gold_and_unnamed_links(tmp_path: Path) -> None:
    result = evaluate_files(*files(tmp_path, "a\tA\n", HEADER + "en\ta\tfr\tA\t1\n"))
    assert result.pairs == {"en-fr": LinkMetrics(1, 0, 0, 0)}


def test_several_pairs_are_judged_apart_and_added_up(tmp_path: Path) -> None:
    links = HEADER + "x\ta\ty\tA\t1\nz\té\tx\ta\t1\ny\tA\tz\tß\t1\n"
    gold = HEADER + "x\ta\ty\tA\t1\nx\ta\tz\té\t1\nx\tb\tz\tß\t1\n"
    result = evaluate_files(*files(tmp_path, links, gold))
    assert result.pairs == {
        "x-y": LinkMetrics(1, 0, 0, 0),
        "x-z": LinkMetrics(1, 0, 0, 1),
        "y-z": LinkMetrics(0, 0, 1, 0),
    }
    assert result.total == LinkMetrics(2, 0, 1, 1)
    assert str(result).splitlines()[-1].startswith("all")
    assert result.as_dict()["pairs"]["x-z"]["recall"] == 0.5


@pytest.mark.parametrize("named", ["links", "gold"])
def test_one_file_with_several_pairs_needs_names_in_the_other(named: str, tmp_path: Path) -> None:
    several, bare = HEADER + "x\ta\ty\tA\t1\nx\ta\tz\té\t1\n", "a\tA\n"
    paths = files(tmp_path, *((several, bare) if named == "links" else (bare, several)))
    silent = "gold" if named == "links" else "links"
    with pytest.raises(DataError, match=rf"{silent}\.tsv: does not say which graphs.*2 pairs"):
        evaluate_files(*paths)


def test_a_links_file_may_hold_several_links_of_an_entity_but_gold_may_not(tmp_path: Path) -> None:
    many, one = "a\tA\na\tB\n", "a\tA\nb\tB\n"
    assert evaluate_files(*files(tmp_path, many, one)).total == LinkMetrics(1, 1, 0, 1)
    with pytest.raises(DataError, match=r"gold\.tsv, line 2: links 'a' to 'B', but line 1"):
        evaluate_files(*files(tmp_path, one, many))


@pytest.mark.parametrize("tab", ["\t", ","])
def test_a_header_of_other_words_is_no_link(tab: str, tmp_path: Path) -> None:
    name = "gold.csv" if tab == "," else "gold.tsv"
    (tmp_path / name).write_text("entity1\tentity2\na\tA\nb\tB\n".replace("\t", tab))
    (tmp_path / "links.tsv").write_text(HEADER + "en\ta\tfr\tA\t0.9\nen\tb\tfr\tB\t0.8\n")
    result = evaluate_files(tmp_path / "links.tsv", tmp_path / name)
    assert result.total == LinkMetrics(2, 0, 0, 0)
    assert result.notes == (f"{tmp_path / name}: the first line is taken for a header",)
    # Words that are entities further down are entities.
    (tmp_path / name).write_text(f"source{tab}target\nleft{tab}x\nsource{tab}target\n")
    assert evaluate_files(tmp_path / name, tmp_path / name).total.correct == 2


def test_a_file_with_a_header_alone_holds_no_links(tmp_path: Path) -> None:
    result = evaluate_files(*files(tmp_path, HEADER, "a\tA\n"))
    assert result.total == LinkMetrics(0, 0, 0, 1)
    assert result.notes == ()


def test_repeats_and_files_that_do_not_belong_together_are_told(tmp_path: Path) -> None:
    result = evaluate_files(*files(tmp_path, "A\ta\nA\ta\n", "a\tA\n"))
    assert result.total == LinkMetrics(0, 0, 1, 1)
    repeated, foreign = result.notes
    assert repeated.endswith("links.tsv: 1 repeated lines were counted once")
    assert foreign.endswith("are the columns swapped?")
    assert str(result).endswith(foreign)


def test_a_mistyped_path_is_one_error(tmp_path: Path) -> None:
    files(tmp_path, OURS, "a\tA\n")
    with pytest.raises(DataError, match=r"did you mean gold\.tsv\?"):
        evaluate_files(tmp_path / "links.tsv", tmp_path / "glod.tsv")


def test_the_curve_of_a_file_covers_all_its_pairs(tmp_path: Path) -> None:
    links = HEADER + "x\ta\ty\tA\t0.9\nz\té\tx\ta\t0.5\ny\tA\tz\tß\t0.7\n"
    gold = HEADER + "x\ta\ty\tA\t1\nx\ta\tz\té\t1\nx\tb\tz\tß\t1\n"
    curve = evaluate_files(*files(tmp_path, links, gold)).curve()
    assert curve.threshold.tolist() == pytest.approx([0.9, 0.7, 0.5])
    assert curve.correct.tolist() == [1, 1, 2]
    assert curve.links.tolist() == [1, 2, 3]
    assert curve.n_gold == 3


def test_a_file_without_scores_has_no_curve(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="have none"):
        evaluate_files(*files(tmp_path, "a\tA\n", "a\tA\n")).curve()


def test_uris_and_iris_are_the_same_thing(tmp_path: Path) -> None:
    header = "#curie_map:\n#  e: http://example.org/\n"
    (tmp_path / "links.sssom.tsv").write_text(
        header + "subject_id\tpredicate_id\tobject_id\ne:Caf%C3%A9\towl:sameAs\te:x\n"
        "e:b\tskos:closeMatch\te:y\n"
    )
    (tmp_path / "gold.tsv").write_text("http://example.org/Café\thttp://example.org/x\n")
    result = evaluate_files(tmp_path / "links.sssom.tsv", tmp_path / "gold.tsv")
    assert result.total == LinkMetrics(1, 0, 0, 0)
    (note,) = result.notes
    assert note.endswith(
        "links.sssom.tsv: 1 statements do not say that two entities are the same "
        "and were passed over"
    )


def test_names_under_a_base_are_read_back(tmp_path: Path) -> None:
    same = "<http://www.w3.org/2002/07/owl#sameAs>"
    (tmp_path / "links.nt").write_text(
        f"<http://e.org/en/New%20York> {same} <http://e.org/fr/New%20York> .\n"
    )
    (tmp_path / "gold.tsv").write_text(HEADER + "fr\tNew York\ten\tNew York\t1\n")
    result = evaluate_files(tmp_path / "links.nt", tmp_path / "gold.tsv", base="http://e.org/")
    assert result.pairs == {"fr-en": LinkMetrics(1, 0, 0, 0)}


def test_probabilities_are_held_against_the_gold_links(tmp_path: Path) -> None:
    links, gold = tmp_path / "links.tsv", tmp_path / "gold.tsv"
    links.write_text(
        "left\tright\tscore\tprobability\na\tx\t1\t0.9\nb\tz\t1\t0.5\nc\ty\t1\t\nq\tr\t1\t0.2\n"
    )
    gold.write_text("a\tx\nb\ty\n")
    found = evaluate_files(links, gold)
    # One right link at .9, a wrong one at .5; one has no probability, another is not judged.
    assert found.calibration_error == pytest.approx((0.1 + 0.5) / 2)
    assert [row.links for row in found.reliability] == [1, 1]
    assert "probabilities: 0.700 of the judged links expected to be correct, 0.500 are" in str(
        found
    )
    assert found.as_dict()["calibration_error"] == found.calibration_error
    links.write_text("a\tx\n")
    found = evaluate_files(links, gold)
    assert found.calibration_error is None
    assert "probabilities" not in str(found)
