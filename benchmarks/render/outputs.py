"""Writes the page, its plots and the README, or says what is out of date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dualamn.bench.published import read_published
from dualamn.files.atomic import atomic_write, atomic_write_bytes
from render import scale
from render.draw import draw
from render.lines import lines_by_setting
from render.page import page
from render.readme import readme, with_blocks
from render.runs import read_reports
from render.specs import Plot, digest, plots


@dataclass(frozen=True)
class Places:
    """Where things are read and written.

    Attributes:
        results: folder of run files.
        published: published.toml.
        page: docs/results.md; its plots lie in a folder `images` beside it.
        readme: README.md.
        scale_results: folder of run files of benchmarks/scale.py, which may be missing.
        scale_page: docs/scale.md, written where there are such files.
    """

    results: Path
    published: Path
    page: Path
    readme: Path
    scale_results: Path
    scale_page: Path

    @classmethod
    def in_checkout(cls, root: Path) -> Places:
        """The places of this repository."""
        benchmarks = root / "benchmarks"
        return cls(
            results=benchmarks / "results",
            published=root / "dualamn" / "bench" / "published.toml",
            page=root / "docs" / "results.md",
            readme=root / "README.md",
            scale_results=benchmarks / "scale_results",
            scale_page=root / "docs" / "scale.md",
        )

    @property
    def images(self) -> Path:
        """The folder of plots."""
        return self.page.parent / "images"


def rendered(places: Places) -> tuple[dict[Path, str], list[Plot]]:
    """The text of every file, and the plots. Needs no matplotlib.

    Raises:
        DataError: run files, published.toml, the README or docs/scale.md cannot be read as they
            are.
    """
    reports = read_reports(places.results)
    published = read_published(places.published)
    lines = lines_by_setting(reports, published)
    before = places.readme.read_text(encoding="utf-8")
    texts = {
        places.page: page(lines, reports, published),
        places.readme: readme(before, lines, published, places.readme),
    }
    runs = scale.read_runs(places.scale_results)
    if runs:
        before = places.scale_page.read_text(encoding="utf-8")
        blocks = {"runs of growing size": scale.table(runs)}
        texts[places.scale_page] = with_blocks(before, blocks, places.scale_page)
    return texts, [*plots(lines, reports, published), *scale.plots(runs)]


def write(places: Places) -> list[Path]:
    """Writes all that is out of date, and gives the paths of it.

    Plots whose data have not changed are left as they are, so that another version of matplotlib
    does not change every file. Plots that are shown no more are removed.

    Raises:
        DataError: as `rendered`, or a file cannot be written.
        MissingExtraError: a plot has to be drawn and matplotlib is not there.
    """
    texts, wanted = rendered(places)
    outdated = stale(places, texts, wanted)
    drawn = {path: draw(plot) for plot in wanted if (path := image_of(plot, places)) in outdated}
    places.images.mkdir(parents=True, exist_ok=True)
    for path in outdated:
        if path in drawn:
            with atomic_write_bytes(path) as file:
                file.write(drawn[path])
        elif path in texts:
            with atomic_write(path) as file:
                file.write(texts[path])
        else:
            path.unlink()
    return outdated


def check(places: Places) -> list[Path]:
    """The files that are not as they would be written, or that are left over.

    Raises:
        DataError: as `rendered`.
    """
    return stale(places, *rendered(places))


def stale(places: Places, texts: dict[Path, str], wanted: Sequence[Plot]) -> list[Path]:
    """As `check`, for what was rendered."""
    images = {image_of(plot, places): digest(plot) for plot in wanted}
    return [
        *(path for path, text in texts.items() if _read(path) != text),
        *(path for path, mark in images.items() if mark not in _read(path)),
        *(path for path in sorted(places.images.glob("*.svg")) if path not in images),
    ]


def image_of(plot: Plot, places: Places) -> Path:
    """The file of a plot."""
    return places.images / f"{plot.name}.svg"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
