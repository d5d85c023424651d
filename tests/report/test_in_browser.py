"""The page in Chromium, where there is one: no errors, the filter works, a phone shows all of it.

The page is put into a frame of a page that the test writes, whose script uses it as a reader would
and leaves what it saw in its own title.
"""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dualamn import Alignment, read_decisions

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="no Chromium here: install it, on Debian apt install chromium"
)

LOOK = """
const frame = document.querySelector("iframe");
const page = frame.contentDocument;
const seen = {};
const listed = () => [...page.querySelectorAll("details.link")].filter((x) => x.checkVisibility());
const type = (name, value) => {
  page.forms.filter.elements[name].value = value;
  page.forms.filter.dispatchEvent(new Event("input", { bubbles: true }));
};
const overflow = () => page.documentElement.scrollWidth - page.documentElement.clientWidth;
seen.formShown = page.forms.length > 0 && !page.forms.filter.hidden;
seen.title = page.title;
seen.all = listed().length;
const links = listed();
const word = links[0].querySelector("summary .id").textContent;
seen.holdTheWord = links.map((x) => x.textContent.includes(word));
type("words", word.toUpperCase());
seen.found = links.map((x) => x.checkVisibility());
seen.told = page.getElementById("shown").textContent;
seen.emptyBands = [...page.querySelectorAll("section.band")]
  .filter((x) => x.checkVisibility() && !x.querySelector("details.link:not([hidden])")).length;
type("words", "no such words anywhere");
seen.none = listed().length;
type("words", "");
const band = page.forms.filter.elements.band.options[1].value;
type("band", band);
seen.ofBand = listed().map((x) => x.dataset.band === band);
type("band", "");
seen.again = listed().length;
seen.narrow = [overflow()];
for (const part of page.querySelectorAll("details")) part.open = true;
seen.narrow.push(overflow());
seen.closed = page.querySelectorAll("details:not([open])").length;
document.title = JSON.stringify(seen);
"""


def browse(folder: Path, page: str, fragment: str = "") -> tuple[str, list[str]]:
    """The DOM of a page once it has run, and the lines of its console."""
    (folder / "outer.html").write_text(page, encoding="utf-8")
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
            *(f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=5000"),
            *("--dump-dom", (folder / "outer.html").as_uri() + fragment),
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def framed(folder: Path, report: str, script: str) -> tuple[Any, list[str]]:
    """What the script saw in a report of the width of a phone, and the lines of the console."""
    outer = (
        f'<!DOCTYPE html><title></title><iframe width="360" height="700" '
        f'srcdoc="{html.escape(report)}"></iframe>'
        f'<script>addEventListener("load", () => {{{script}}})</script>'
    )
    dom, console = browse(folder, outer)
    found = re.search("<title>(.*?)</title>", dom)
    assert found is not None
    assert found[1], f"the script did not end: {console}"
    return json.loads(html.unescape(found[1])), console


def page_of(alignment: Alignment, folder: Path) -> str:
    alignment.report(folder / "report.html")
    return (folder / "report.html").read_text(encoding="utf-8")


def test_a_reader_can_search_on_a_phone(calibrated: Alignment, tmp_path: Path) -> None:
    report = page_of(calibrated, tmp_path)
    seen, console = framed(tmp_path, report, LOOK)
    assert console == []
    assert seen["formShown"]
    assert seen["all"] == report.count('<details class="link"') > 5
    assert seen["found"] == seen["holdTheWord"]
    assert seen["found"][0]
    assert not all(seen["found"])
    assert seen["told"] == f"{sum(seen['found'])} of {seen['all']} links shown"
    assert seen["emptyBands"] == 0
    assert seen["none"] == 0
    assert set(seen["ofBand"]) == {True}
    assert len(seen["ofBand"]) < seen["all"]
    assert seen["again"] == seen["all"]
    assert seen["closed"] == 0
    assert max(seen["narrow"]) <= 0


def test_a_slider_chooses_the_probability(calibrated: Alignment, tmp_path: Path) -> None:
    script = """
    const page = document.querySelector("iframe").contentDocument;
    const slider = page.getElementById("least"), seen = {};
    const lines = () => [page.getElementById("least-told"), page.getElementById("chosen")]
      .map((x) => x.textContent.replace(/\\s+/g, " "));
    seen.steps = JSON.parse(page.getElementById("choose").dataset.steps);
    seen.before = lines();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    seen.same = lines();
    slider.value = 90;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    seen.after = lines();
    document.title = JSON.stringify(seen);
    """
    seen, console = framed(tmp_path, page_of(calibrated, tmp_path), script)
    assert console == []
    assert seen["before"] == seen["same"]
    kept, expected, lower = seen["steps"][90]
    assert seen["after"][0] == "0.90"
    assert seen["after"][1] == (
        f"{kept:,} links, of which {expected:,.0f} expected to be correct: "
        f"{100 * expected / kept:.1f}%, and with 95% confidence {100 * lower:.1f}% or more"
    )


def test_decisions_are_saved_as_the_file_that_align_reads(
    calibrated: Alignment, tmp_path: Path
) -> None:
    script = """
    const frame = document.querySelector("iframe").contentWindow, page = frame.document;
    const seen = {}, links = [...page.querySelectorAll("details.link")];
    for (const link of links) link.open = true;
    const all = [...page.querySelectorAll(".verdicts button")];
    seen.tall = Math.min(...all.map((x) => x.offsetHeight));
    frame.Blob = function (parts) { seen.saved = parts.join(""); };
    frame.URL.createObjectURL = () => "#";
    const save = page.querySelector("#decide button");
    const buttons = (at) => links[at].querySelectorAll(".verdicts button");
    seen.nothingToSave = save.disabled;
    buttons(0)[0].click(); buttons(1)[1].click(); buttons(2)[2].click();
    buttons(3)[0].click(); buttons(3)[0].click();
    seen.pressed = [...buttons(1)].map((x) => x.getAttribute("aria-pressed"));
    page.forms.decide.elements.who.value = "Ann\t{when}";
    save.click();
    seen.told = page.getElementById("decided").textContent;
    seen.narrow = page.documentElement.scrollWidth - page.documentElement.clientWidth;
    document.title = JSON.stringify(seen);
    """
    seen, console = framed(tmp_path, page_of(calibrated, tmp_path), script)
    assert console == []
    assert seen["nothingToSave"]
    assert seen["tall"] >= 40
    assert seen["narrow"] <= 0
    assert seen["pressed"] == ["false", "true", "false"]
    assert seen["told"].startswith("3 of ")
    (tmp_path / "decisions.sssom.tsv").write_text(seen["saved"], encoding="utf-8")
    decisions = read_decisions(tmp_path / "decisions.sssom.tsv").decisions
    assert [decision.verdict for decision in decisions] == ["accepted", "rejected", "unsure"]
    assert {decision.who for decision in decisions} == {"Ann {when}"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", decision.when) for decision in decisions)
    task = calibrated.task
    known = [set(kg.entities.tolist()) for kg in task.kgs]
    for decision in decisions:
        assert decision.left in known[task.kg_names.index(decision.left_source)]
        assert decision.right in known[task.kg_names.index(decision.right_source)]


def test_strings_of_the_data_run_nothing(tricky: Alignment, tmp_path: Path) -> None:
    report = page_of(tricky, tmp_path)
    script = """
    const page = document.querySelector("iframe").contentDocument;
    for (const part of page.querySelectorAll("details")) part.open = true;
    document.title = JSON.stringify({
      title: page.title,
      narrow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    });
    """
    seen, console = framed(tmp_path, report, script)
    assert console == []
    assert seen["title"].startswith("Alignment of <script>")
    assert seen["narrow"] <= 0


def test_the_checks_above_can_fail(tmp_path: Path) -> None:
    wide = '<!DOCTYPE html><div style="width: 500px">wide</div><script>nothing.there()</script>'
    script = """
    const page = document.querySelector("iframe").contentDocument.documentElement;
    document.title = JSON.stringify(page.scrollWidth - page.clientWidth);
    """
    narrow, console = framed(tmp_path, wide, script)
    assert narrow > 100
    assert "nothing is not defined" in console[0]


def test_a_search_can_be_linked_to(calibrated: Alignment, tmp_path: Path) -> None:
    dom, console = browse(tmp_path, page_of(calibrated, tmp_path), "#find=no+such+words")
    assert console == []
    assert re.search('id="shown"[^>]*>0 of [0-9]+ links shown<', dom)
