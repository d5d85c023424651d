"""The page of a review in Chromium, where there is one: answers by key, the table, a phone.

The server is the real one. The test adds a script to the page, which uses it as a person would and
leaves what it saw in the title.
"""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from dualamn import Alignment, as_task
from dualamn.link_files.decisions import read_decisions
from dualamn.result import PairAlignment
from dualamn.review import Review, web_server
from dualamn.review.web_server import ReviewServer
from tests.review.conftest import Known

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="no Chromium here: install it, on Debian apt install chromium"
)

HELPERS = """
const at = (id) => document.getElementById(id);
const until = async (what) => {
  for (let turn = 0; turn < 400; turn += 1) {
    if (what()) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`never: ${what}`);
};
const press = (key) => document.body.dispatchEvent(
  new KeyboardEvent("keydown", { key, bubbles: true }));
const told = () => at("lines").textContent;
const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
"""


@pytest.fixture
def server(review: Review) -> Iterator[ReviewServer]:
    made = ReviewServer(review)
    thread = Thread(target=made.serve, daemon=True)
    thread.start()
    yield made
    if not made.is_finished:
        made.stop()
    thread.join(10)


def browse(folder: Path, address: str) -> tuple[str, list[str]]:
    """The DOM of a page once it has run, and the lines of its console."""
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
            *(f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=20000"),
            *("--dump-dom", address),
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def used(
    server: ReviewServer, folder: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[Any, list[str]]:
    """What a script saw that uses the page, in a frame as wide as a phone."""
    text, _ = web_server.page()
    inside = f"(async () => {{ {HELPERS} const seen = {{}}; {script} parent.done(seen); }})()"
    outside = (
        "window.done = (seen) => { document.title = JSON.stringify(seen); };"
        'document.body.innerHTML = "";'
        'const frame = document.createElement("iframe");'
        'frame.width = 390; frame.height = 800; frame.src = location.href + "?in";'
        "document.body.append(frame);"
    )
    driver = (
        f"<script>if (top === self) {{ {outside} }} else {{ {inside}.catch("
        "(error) => parent.done({ error: String(error) })); }</script>"
    )
    policy = "default-src 'self' 'unsafe-inline' data:"
    begin = '"use strict";\n(() => {'
    assert begin in text
    text = text.replace(begin, f"{begin} if (top === self) return;")
    monkeypatch.setattr(web_server, "page", lambda: (text.replace("</body>", driver), policy))
    dom, console = browse(folder, server.address)
    found = re.search("<title>(.*?)</title>", dom)
    assert found is not None
    seen = json.loads(html.unescape(found[1]))
    assert "error" not in seen, seen
    return seen, [line for line in console if "409" not in line]


def test_the_page_runs_under_its_own_policy(server: ReviewServer, tmp_path: Path) -> None:
    dom, console = browse(tmp_path, server.address)
    assert console == []
    first = server.review.questions(1)[0]
    assert first.left in dom
    assert first.right in dom
    assert "Known so far" in dom
    assert re.search("<title>Review: 0 answers</title>", dom)


def test_answers_by_key_and_button_undo_and_the_table(
    server: ReviewServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = """
    await until(() => at("about").textContent.startsWith("Are these"));
    const name = () => at("sides").textContent;
    let shown = name();
    const moved = () => until(() => name() !== shown).then(() => { shown = name(); });
    seen.narrow = [overflow()];
    press("y"); await until(() => told().startsWith("1 answer")); await moved();
    at("why").value = "not at all";
    document.querySelector('[data-verdict="rejected"]').click();
    await until(() => told().startsWith("2 answers")); await moved();
    seen.whyAfter = at("why").value;
    press("u"); await until(() => told().startsWith("3 answers")); await moved();
    press("z"); await until(() => told().startsWith("2 answers")); await moved();
    seen.undone = at("changed").textContent.includes("were unsure");
    at("why-linked").open = true;
    seen.narrow.push(overflow());
    at("to-table").click();
    await until(() => at("rows").children.length);
    seen.rows = at("rows").children.length;
    seen.narrow.push(overflow());
    at("filter").elements.state.value = "rejected";
    at("filter").dispatchEvent(new Event("input", { bubbles: true }));
    await until(() => at("rows").children.length === 1);
    press("y");  // keys answer nothing while the table is shown
    at("rows").firstElementChild.click();
    await until(() => !at("question").hidden);
    seen.about = at("about").textContent;
    seen.told = told();
    """
    seen, console = used(server, tmp_path, script, monkeypatch)
    assert console == []
    assert max(seen["narrow"]) <= 0
    assert seen["whyAfter"] == ""
    assert seen["undone"]
    assert seen["rows"] > 10
    assert seen["about"].endswith("answered: rejected")
    yes, no = read_decisions(server.review.path).decisions
    assert (yes.verdict, no.verdict, no.why) == ("accepted", "rejected", "not at all")


def test_a_page_left_open_is_told_that_the_file_changed(
    known: Known, server: ReviewServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = server.review.questions(1)[0].number
    other = Review(known.alignment, server.review.path, who="bob")
    answered = server.answered

    def with_bob(path: str, *rest: Any) -> Any:
        found = answered(path, *rest)
        if path == "next" and not server.review.path.exists():
            other.answer(number, "accepted")  # as soon as the page shows the question
        return found

    monkeypatch.setattr(server, "answered", with_bob)
    script = """
    await until(() => at("about").textContent.startsWith("Are these"));
    press("n");
    await until(() => !at("problem").hidden);
    seen.problem = at("problem").textContent;
    await until(() => at("about").textContent.endsWith("answered: accepted"));
    await until(() => !at("changed").hidden);
    seen.changed = at("changed").textContent;
    at("reload").click();
    await until(() => at("changed").hidden);
    seen.after = at("about").textContent;
    at("finish").click();
    await until(() => at("changed").textContent.startsWith("Finished"));
    """
    seen, console = used(server, tmp_path, script, monkeypatch)
    assert console == []
    assert "in the meantime: accepted" in seen["problem"]
    assert "changed meanwhile" in seen["changed"]
    assert "answered" not in seen["after"]
    assert server.is_finished
    assert [d.who for d in read_decisions(server.review.path).decisions] == ["bob"]


def test_strings_of_the_data_run_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "<img src=x onerror=\"document.title='taken'\">"
    both = {side: [(f"{evil}{side}", evil, f"{side}1")] for side in ("left", "right")}
    task = as_task(both)
    links = np.stack([task.ids(0, [f"{evil}left"]), task.ids(1, [f"{evil}right"])], axis=1)
    pair = PairAlignment(0, 1, links, np.ones(1, np.float32), None, None)
    review = Review(Alignment(task, (pair,), "unaligned", "file"), tmp_path / "d.sssom.tsv")
    server = ReviewServer(review)
    thread = Thread(target=server.serve, daemon=True)
    thread.start()
    script = """
    await until(() => at("about").textContent.startsWith("Are these"));
    seen.shown = at("sides").textContent; seen.images = document.images.length;
    """
    seen, console = used(server, tmp_path, script, monkeypatch)
    server.stop()
    thread.join(10)
    assert console == []
    assert seen["images"] == 0
    assert evil in seen["shown"]
