"""What the page says, on synthetic data whose numbers are known."""

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn import Aligner, Alignment, AlignmentTask, ConfigError, DataError, KnowledgeGraph
from dualamn.bench.synthetic_task import make_task
from dualamn.files.rdf import RDF_TYPE
from dualamn.graphs.knowledge_graph import Literals
from dualamn.kernels.arrays import strings
from dualamn.report import certainty
from dualamn.report.certainty import sample_links
from dualamn.report.headline import headline, links_by_class, what_supports
from dualamn.report.html_page import nearest_preset
from dualamn.report.markup import LONGEST, round_ticks, shown
from dualamn.result import PairAlignment

DASH = " \N{EN DASH} "
VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """A page taken apart: tags, text, attributes and whether tags close each other in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.headings: list[int] = []
        self.cells: list[list[str]] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("script", "style"):
            self.words.append(data)
            if {"td", "th"} & {*self._open}:
                self.cells[-1][-1] = f"{self.cells[-1][-1]} {data}".strip()

    def row(self, first: str) -> list[str]:
        """The cells of the row that begins with this one."""
        return next(row for row in self.cells if " ".join(row[0].split()) == first)

    def values(self, name: str) -> list[str]:
        """The values of an attribute, of whatever tags."""
        return [value for _, key, value in self.attributes if key == name]


def read(alignment: Alignment, folder: Path, **options: Any) -> Page:
    alignment.report(folder / "report.html", **options)
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_numbers_are_those_of_the_alignment(calibrated: Alignment, tmp_path: Path) -> None:
    page = read(calibrated, tmp_path, seconds={"train": 1.25}, notes=["said beside it"])
    task, pair = calibrated.task, calibrated.pairs[0]
    assert calibrated.calibration is not None
    made_by = calibrated.calibration.pairs[0]
    assert calibrated.probabilities is not None
    assert made_by.calibration_error is not None
    name = DASH.join(task.kg_names)
    written = calibrated.likely()
    assert 0 < len(written) < len(calibrated)
    assert f"links written {len(written):,}" in page.text.replace(" ,", ",")
    assert page.row(name)[1:5] == [
        f"{len(calibrated):,}",
        f"{len(task.seed_links):,}",
        f"{calibrated.probabilities.sum():,.0f}",
        f"{made_by.calibration_error:.3f}",
    ]
    for number, kg in enumerate(task.kgs):
        seeds, unlikely = len(task.seed_links), len(calibrated) - len(written)
        rest = kg.n_entities - len(pair.links) - seeds
        numbers = [int(cell.replace(",", "")) for cell in page.row(kg.name)[1:]]
        assert numbers[:4] == [kg.n_entities, len(written), seeds, unlikely]
        assert sum(numbers[4:]) == rest
        assert page.row("triples")[number + 1] == f"{kg.n_triples:,}"
        assert page.row("entities with a name")[number + 1].split() == [str(kg.n_entities), "100%"]
    for precision in certainty.PRECISIONS:
        kept = calibrated.threshold(precision).n_kept
        assert page.row(str(precision))[1] == (f"{kept:,}" if kept else "out of reach")
    assert f"The expected calibration error is {made_by.calibration_error:.3f}" in page.text
    for row in made_by.reliability:
        cells = page.row(f"{row.lowest:.3f} to {row.highest:.3f}")
        assert cells[1:3] == [f"{row.probability:.3f}", f"{row.correct:.3f}"]
    assert "fit 1.2" in page.text
    assert "said beside it" in page.text
    assert "preset fast, names = off matcher mutual" in page.text
    assert "not calibrated" not in page.text


def test_listed_links_are_of_their_band_and_explained(
    calibrated: Alignment, tmp_path: Path
) -> None:
    assert calibrated.probabilities is not None
    chance = dict(zip(calibrated.columns().left, calibrated.probabilities, strict=True))
    listed = 0
    bands = [band.name for band in sample_links(calibrated, 5)]
    assert bands[0] == "0.3 to 0.7, doubtful"
    for band in sample_links(calibrated, 5):
        low, high = (float(end) for end in band.name.partition(",")[0].split(" to "))
        inside = [p for p in chance.values() if low <= p < high or p == high == 1]
        assert band.links == len(inside)
        assert len(band.sampled) == min(5, len(inside))
        found = [link.explanation for link in band.sampled]
        assert [e.probability for e in found] == sorted(e.probability or 0 for e in found)
        for explanation in found:
            assert explanation.probability == pytest.approx(chance[explanation.left.identifier])
            assert explanation == calibrated.explain(explanation.left.identifier)
        listed += len(found)
    page = read(calibrated, tmp_path)
    assert sum(value == "link" for value in page.values("class")) == listed
    assert f"{listed} of the {len(calibrated):,} links that were found" in page.text
    fewer = read(calibrated, tmp_path, per_band=1)
    assert sum(value == "link" for value in fewer.values("class")) == len(bands)
    none = read(calibrated, tmp_path, per_band=0)
    assert "No links are listed." in none.text


def test_the_verdict_is_that_of_the_test_links(calibrated: Alignment) -> None:
    task = calibrated.task
    gold = {(a, b) for a, b in task.identifiers(task.test_links).tolist()}
    verdicts: Counter[str] = Counter()
    for band in sample_links(calibrated, 1_000):
        for link in band.sampled:
            assert link.explanation.right is not None
            ends = link.explanation.left.identifier, link.explanation.right.identifier
            assert (link.verdict == "correct") == (ends in gold)
            verdicts[link.verdict] += 1
    assert verdicts["correct"]
    assert verdicts["incorrect"]
    assert verdicts.total() == len(calibrated)


def test_strings_of_the_data_stay_text(tricky: Alignment, tmp_path: Path) -> None:
    page = read(tricky, tmp_path, notes=["<b>bold</b>"])
    assert page.tags["script"] == 1
    assert page.tags["b"] < 100
    assert "<b>bold</b>" in page.text
    assert "note <script>document.title='taken'</script>" in page.text
    assert {name for _, name, _ in page.attributes if name.startswith("on")} == set()
    assert {value for value in page.values("href") if not value.startswith("#")} == {
        "data:,",
        'https://example.org/resource/Berlin?a=1&b="2"',
    }
    assert "x" * (LONGEST + 1) not in page.text
    assert any(value.endswith("… (10,004 characters)") for value in page.values("title"))
    assert "北京市" in page.text
    assert "القدس" in page.text
    assert "half \N{REPLACEMENT CHARACTER} and \N{REPLACEMENT CHARACTER}" in page.text
    # What runs from right to left is kept apart from what is around it.
    raw = (tmp_path / "report.html").read_text(encoding="utf-8")
    apart = (">", 'title="')
    assert all(before.endswith(apart) for before in raw.split("القدس")[:-1])


def test_a_run_without_calibration_is_told_plainly(tricky: Alignment, tmp_path: Path) -> None:
    page = read(tricky, tmp_path)
    assert "This run was not calibrated." in page.text
    assert "lowest quarter by score" in page.text
    assert "Precision against coverage" not in page.text
    assert "expected correct" not in page.text
    assert "preset" not in page.text  # links that were put together by hand have no settings


def test_no_links_and_no_pairs(tricky: Alignment, calibrated: Alignment, tmp_path: Path) -> None:
    for alignment in (tricky, calibrated):
        nothing = alignment.pairs[0].kept(np.zeros(len(alignment), dtype=np.bool_))
        for pairs in ((), (nothing,)):
            page = read(replace(alignment, pairs=pairs), tmp_path)
            assert "There are no links" in page.text
            assert "No links are listed: none were found." in page.text
    assert "not calibrated" not in page.text  # all of its links were left out


def test_graphs_without_triples_or_names(tmp_path: Path) -> None:
    kgs = [KnowledgeGraph.from_arrays(name, [], [f"{name}0"], []) for name in "ab"]
    task = AlignmentTask.from_kgs(kgs, {})
    pair = PairAlignment(
        0, 1, np.array([[0, 1]], np.int32), np.array([0.5], np.float32), None, None
    )
    page = read(Alignment(task, (pair,), "unaligned", "mutual"), tmp_path)
    assert "no relations" in page.text
    assert "no shared statements" in page.text
    assert page.row("entities with a name")[1].split() == ["0", "0%"]
    empty = AlignmentTask.from_kgs(
        [KnowledgeGraph.from_arrays(name, [], [], []) for name in "ab"], {}
    )
    page = read(Alignment(empty, (), "unaligned", "mutual"), tmp_path)
    assert page.row("entities")[1:] == ["0", "0"]


def test_more_than_two_graphs(tmp_path: Path) -> None:
    task = make_task(120, n_kgs=3, seed=1)
    found = Aligner("fast", calibrate=True).fit(task).align(matcher="mutual")
    page = read(found, tmp_path)
    for pair in found.pairs:
        name = DASH.join((task.kg_names[pair.left], task.kg_names[pair.right]))
        assert page.row(name)[1] == f"{len(pair.links):,}"
    assert len(set(page.values("data-pair"))) == 3
    assert "Graphs all" in page.text
    # Only two of the three: the third one is not counted among those without a link.
    two = (
        Aligner("fast")
        .fit(task)
        .align(pairs=[(task.kg_names[0], task.kg_names[1])], matcher="mutual")
    )
    assert "(not aligned)" in read(two, tmp_path).text


def test_the_page_needs_nothing_else_and_is_well_formed(
    calibrated: Alignment, tmp_path: Path
) -> None:
    page = read(calibrated, tmp_path)
    assert ("html", "lang", "en") in page.attributes
    assert page.values("src") == []
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    steps = np.diff(page.headings)
    assert steps.max() == 1
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in page.values("href") if value.startswith("#")} <= {*ids}
    policy = next(value for value in page.values("content") if "default-src" in value)
    assert policy.startswith("default-src 'none'")


def test_it_is_written_whole_or_not_at_all(calibrated: Alignment, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no folder"):
        calibrated.report(tmp_path / "nowhere" / "report.html")
    with pytest.raises(ConfigError, match="must be 0 or more, got -1"):
        calibrated.report(tmp_path / "report.html", per_band=-1)
    assert list(tmp_path.iterdir()) == []


def test_settings_are_told_as_what_differs_from_a_preset() -> None:
    for preset in ("fast", "balanced", "best", "paper"):
        config = Aligner(preset, calibrate=True, seed=7, threads=1, memory=4.0).config
        assert nearest_preset(config) == (preset, {})
    config = Aligner("best", epochs=3, matcher="mutual").config
    assert nearest_preset(config) == ("best", {"epochs": 3})


@pytest.mark.parametrize(
    ("address", "brief"),
    [
        ("http://example.org/resource/Caf%C3%A9_%28bar%29", "Café_(bar)"),
        ("https://example.org/ns#name", "name"),
        ("https://example.org/", "https://example.org/"),
        ("http://example.org/half%ED%A0%80", "half" + 3 * "\N{REPLACEMENT CHARACTER}"),
        ("http://example.org/" + "y" * 200, "y" * 119 + "…"),
        ("urn:isbn:1", "urn:isbn:1"),
        ("a/b", "a/b"),
    ],
)
def test_of_web_addresses_the_last_part_is_enough(address: str, brief: str) -> None:
    it = shown(address, brief=True)
    assert it.text == brief
    assert it.title == ("" if brief == address else address)
    assert shown(address).text == (address if len(address) <= LONGEST else address[:119] + "…")


@given(st.text(max_size=300))
def test_whatever_is_shown_can_be_written(text: str) -> None:
    it = shown(text)
    assert len(it.text) <= LONGEST
    (it.text + it.title).encode()
    assert (it.title == "") == (len(text) <= LONGEST)
    assert it.address in ("", text)
    assert not it.address or it.address.lower().startswith(("http://", "https://"))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "card"])
def test_text_stands_out_enough(scheme: int, ground: str) -> None:
    """A contrast of 4.5 or more, as WCAG 2.2 asks for at level AA."""
    style = files("dualamn.report").joinpath("page", "style.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--(\w+): #([0-9a-f]{6});", style.split(":root {")[scheme + 1]))

    def luminance(name: str) -> float:
        parts = np.array([int(colours[name][at : at + 2], 16) for at in (0, 2, 4)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    for name in ("ink", "dim", "accent", "second", "good", "bad"):
        low, high = sorted((luminance(name), luminance(ground)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, name


def test_the_headline_tells_how_many_links_are_correct(
    calibrated: Alignment, tmp_path: Path
) -> None:
    page = read(calibrated.confident(0.8), tmp_path)
    p = calibrated.probabilities
    assert p is not None
    (steps,) = (json.loads(value) for value in page.values("data-steps"))
    for probability in (0, 0.5, 0.8, 0.97):
        kept, expected, lower = steps[round(100 * probability)]
        inside = p[p >= np.float32(probability)].astype(float)
        assert (kept, expected) == (len(inside), pytest.approx(inside.sum(), abs=0.06))
        assert 0 <= lower <= expected / kept + 1e-3
    kept, expected, _ = steps[80]
    assert f"{kept:,} links, of which {expected:,.0f} expected to be correct" in page.text
    assert f"links written {kept:,}" in page.text
    precision = re.search(r"expected precision ([0-9]+)%", page.text)
    assert precision is not None
    assert int(precision[1]) == round(100 * expected / kept)


def test_a_precision_out_of_reach_leaves_no_links(calibrated: Alignment, tmp_path: Path) -> None:
    page = read(calibrated._from(np.inf), tmp_path)
    assert "links written 0" in page.text
    assert "Links with a probability of at least 1.00" in page.text


def test_links_of_the_same_identifier_are_certain(calibrated: Alignment) -> None:
    (pair,) = calibrated.pairs
    free = np.setdiff1d(np.arange(calibrated.task.n_entities), pair.links)
    same = np.array([[free[0], free[-1]]], np.int32)
    given = replace(calibrated, pairs=(pair.with_given(same),))
    before, after = (headline(at, 0.9, 0.95) for at in (calibrated, given))
    assert before is not None
    assert after is not None
    assert after["kept"] == before["kept"] + 1
    assert after["expected"] == pytest.approx(before["expected"] + 1)
    assert after["lower"] > before["lower"]
    assert what_supports(given) == {"with the same identifier": 1}
    assert given.threshold(0.9).n_kept == calibrated.threshold(0.9).n_kept
    bands = sample_links(given, 0)
    assert sum(band.links for band in bands) == len(calibrated)


def test_links_are_counted_by_class(tmp_path: Path) -> None:
    kinds = {"a": ["City", "City", "Person", ""], "b": ["Ville", "Personne", "Personne", ""]}
    kgs = []
    for name, types in kinds.items():
        kg = KnowledgeGraph.from_arrays(name, [], [f"{name}{i}" for i in range(4)], [])
        # Everything is a thing as well, which says nothing.
        said = [(i, f"http://n/{t}") for i, t in enumerate(types) if t]
        said += [(i, "http://n/Thing") for i in range(3)]
        literals = Literals(
            strings([RDF_TYPE]),
            np.array([i for i, _ in said], np.int32),
            np.zeros(len(said), np.int32),
            strings(t for _, t in said),
            strings([""] * len(said)),
        )
        kgs.append(replace(kg, literals=literals))
    task = AlignmentTask.from_kgs(kgs, {})
    ends = [task.ids(at, [f"{name}{i}" for i in range(4)]) for at, name in enumerate(kinds)]
    p = np.array([0.9, 0.25, 0.75, 0.5], np.float32)
    pair = PairAlignment(0, 1, np.stack(ends, axis=1), p, None, None, p)
    alignment = Alignment(task, (pair,), "unaligned", "mutual")
    rows = {tuple(end.text for end in row["ends"]): row for row in links_by_class(alignment, 0.5)}
    assert rows.keys() == {
        *(("City", "Ville"), ("City", "Personne"), ("Person", "Personne"), ("no class",) * 2)
    }
    assert rows["City", "Personne"] | {"ends": None} == {
        "ends": None,
        "links": 1,
        "written": 0,
        "mean": 0.25,
    }
    page = read(alignment, tmp_path)
    assert page.row(f"City{DASH}Ville")[1:3] == ["1", "1"]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 390, [0, 100, 200, 300]),
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.4, 0.97, [0.4, 0.5, 0.6, 0.7, 0.8, 0.9]),
        (-0.031, 0.012, [-0.03, -0.02, -0.01, 0, 0.01]),
    ],
)
def test_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert round_ticks(low, high) == pytest.approx(ticks)
    assert round_ticks(0, 3, whole=True) == [0, 1, 2, 3]
