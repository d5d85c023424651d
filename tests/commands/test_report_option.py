"""`dualamn align --report` through its entry point."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_a_report_beside_the_links(run: Run, made: Any, tmp_path: Path) -> None:
    arguments = ("align", made.folder, "--preset", "fast", "--train-ratio", 0.9)
    shown = run(*arguments, "--out", "l.tsv", "--report", "r.html", "--min-probability", 0.5)
    assert shown.exit_code == 0, shown.output
    assert "report in r.html" in shown.stdout
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    links = len((tmp_path / "l.tsv").read_text().splitlines()) - 1
    assert f"<dt>links found</dt><dd>{links}</dd>" in page
    assert "links below a probability of 0.5 were left out" in page
    assert "<dt>preset</dt><dd>fast" in page
    assert "en:" in page
    plain = run(*arguments, "--out", "-", "--report", "p.html", "--no-calibrate")
    assert "report in p.html" in plain.stderr
    assert "report" not in plain.stdout
    assert "This run was not calibrated." in (tmp_path / "p.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("report.txt", "the name has to end in .html"),
        ("-", "needs a file of its own"),
        ("links.html", "needs a file of its own"),
        ("nowhere/report.html", "there is no folder nowhere"),
    ],
)
def test_what_cannot_be_written_is_told_before_the_work(
    run: Run, made: Any, tmp_path: Path, name: str, told: str
) -> None:
    files = ("--out", "links.html", "--format", "tsv", "--report", name)
    shown = run("align", made.folder, *files)
    assert shown.exit_code != 0
    assert told in shown.stderr.replace("\n", " ")
    assert list(tmp_path.iterdir()) == []
