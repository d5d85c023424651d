"""Lines of tables. Whatever stands in one table has one protocol, direction and share of seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dualamn.bench.published import NOT_STATED, Published, PublishedFigure
from render.runs import SEED_SHARE, Figure, Report

PRESETS = ("paper", "fast", "balanced", "best")
METRICS = {"hits@1": "Hits@1", "hits@5": "Hits@5", "hits@10": "Hits@10", "mrr": "MRR"}
PROTOCOLS = {
    "test_only": "test side only",
    "all_entities": "all entities",
    "unaligned": "all entities without a seed link",
}
WAYS = {
    "left_to_right": "left to right",
    "right_to_left": "right to left",
    NOT_STATED: "direction not stated",
}


@dataclass(frozen=True)
class Setting:
    """What may be compared: figures of the same setting, and no others.

    Attributes:
        family: data sets of one kind.
        seed_share: share of links that are seeds, None where the data set's own split has no name.
        protocol: whose entities are candidates.
        direction: whose entities are queries.
    """

    family: str
    seed_share: float | None
    protocol: str
    direction: str

    def caption(self) -> str:
        """The setting in words."""
        share = (
            "the data set's own seed links"
            if self.seed_share is None
            else f"{percent(self.seed_share)} of the links as seeds"
        )
        protocol = PROTOCOLS.get(self.protocol, self.protocol.replace("_", " "))
        return f"{protocol}, {WAYS[self.direction]}, {share}"


@dataclass(frozen=True, eq=False)
class Line:
    """One method on one data set in one setting.

    Attributes:
        dataset: as `dualamn bench` knows it.
        method: a preset of ours, or the name of another method.
        scores: by metric.
        report: our run file; None for published figures.
        figure: what was published; None for ours.
    """

    dataset: str
    method: str
    scores: dict[str, Figure]
    report: Report | None = None
    figure: PublishedFigure | None = None

    @property
    def ours(self) -> bool:
        """Whether it was measured here."""
        return self.report is not None


def percent(share: float) -> str:
    """A fraction as a percentage, without zeros that say nothing."""
    return f"{100 * share:.3g}%"


def preset_order(name: str) -> tuple[int, str]:
    """A key that sorts presets from the plainest to the best, then others by name."""
    return (PRESETS.index(name) if name in PRESETS else len(PRESETS), name)


def seed_share(report: Report, published: Published) -> float | None:
    """The share of links that were seeds in a run, as far as it is known."""
    given: float | None = report.settings.get("train_ratio")
    return published.dataset(report.dataset).seed_share if given is None else given


def main_reports(reports: Sequence[Report]) -> list[Report]:
    """All but those of the study of seed shares."""
    return [r for r in reports if not r.file.startswith(f"{SEED_SHARE}/")]


def lines_by_setting(reports: Sequence[Report], published: Published) -> dict[Setting, list[Line]]:
    """Our and published lines, in the order in which they are shown.

    Settings in which nothing of ours was measured hold published lines only.
    """
    found: dict[Setting, list[Line]] = {}
    for report in main_reports(reports):
        family = published.dataset(report.dataset).family
        share = seed_share(report, published)
        for setting, line in _lines_of(report, family, share):
            found.setdefault(setting, []).append(line)
    ours = {(setting.family, setting.protocol) for setting in found}
    for figure in published.figures:
        dataset = published.dataset(figure.dataset)
        if (dataset.family, figure.protocol) in ours:
            setting = Setting(dataset.family, dataset.seed_share, figure.protocol, figure.direction)
            found.setdefault(setting, []).append(_published_line(figure))
    for setting, lines in found.items():
        found[setting] = _one_file_each(lines)
    for lines in found.values():
        lines.sort(key=lambda line: _order(line, published))
    return dict(sorted(found.items(), key=lambda item: _setting_order(item[0])))


def _one_file_each(lines: Sequence[Line]) -> list[Line]:
    """Of several run files of a preset the one that scored fewest protocols, then most runs.

    Neither says anything about how good a run was. Seconds are of all protocols together, so
    those of a single one are the ones that can be compared.
    """
    kept: dict[tuple[str, str, bool], Line] = {}
    for line in lines:
        key = (line.dataset, line.method, line.ours)
        if key not in kept or _preference(line) < _preference(kept[key]):
            kept[key] = line
    return list(kept.values())


def _preference(line: Line) -> tuple[int, int, str]:
    if line.report is None:
        return (0, 0, "")
    return (len(line.report.scored), -len(line.report.runs), line.report.file)


def _lines_of(report: Report, family: str, share: float | None) -> Iterable[tuple[Setting, Line]]:
    for protocol in PROTOCOLS:
        for direction in ("left_to_right", "right_to_left"):
            figures = {m: report.score(protocol, direction, m) for m in METRICS}
            scores = {m: figure for m, figure in figures.items() if figure is not None}
            if scores:
                setting = Setting(family, share, protocol, direction)
                yield setting, Line(report.dataset, report.preset, scores, report=report)


def _published_line(figure: PublishedFigure) -> Line:
    scores = {metric: Figure(value) for metric, value in figure.scores.items()}
    if figure.spread is not None:
        scores["hits@1"] = Figure(figure.scores["hits@1"], figure.spread)
    return Line(figure.dataset, figure.method, scores, figure=figure)


def _order(line: Line, published: Published) -> tuple[object, ...]:
    dataset = published.dataset_order(line.dataset)
    if line.report is not None:
        return (*dataset, 0, *preset_order(line.method), line.report.file)
    return (*dataset, 1, line.scores["hits@1"].mean, line.method, "")


def _setting_order(setting: Setting) -> tuple[object, ...]:
    return (
        setting.family,
        list(PROTOCOLS).index(setting.protocol),
        list(WAYS).index(setting.direction),
        -(setting.seed_share or 0.0),
    )
