"""The parts of docs/results.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dualamn.bench.published import NOT_STATED, Published
from render import text
from render.lines import METRICS, Line, Setting, main_reports, percent, preset_order, seed_share
from render.runs import Figure, Report
from render.specs import (
    curve_plots,
    link_protocols,
    protocol_words,
    seed_share_plot,
    setting_name,
    share_study,
    title_of,
)

IMAGES = "images"
LINK_METRICS = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "strict_precision": "strict precision",
    "strict_f1": "strict F1",
}


def family_section(
    family: str, lines: Mapping[Setting, Sequence[Line]], published: Published
) -> list[str]:
    """All settings of one family, each a table of its own, with a plot where ours are in it."""
    out = [f"## {family}", ""]
    if family in published.families:
        out += [text.paragraph(published.families[family]), ""]
    for setting, group in lines.items():
        if setting.family != family:
            continue
        caption = setting.caption()
        out += [f"### {caption[0].upper()}{caption[1:]}", ""]
        if any(line.ours for line in group):
            alt = f"Hits@1 by method and data set: {family}, {caption}"
            out += [f"![{alt}]({IMAGES}/{setting_name(setting)}.svg)", ""]
        else:
            out += [
                text.paragraph(
                    "Published figures that fit none of the tables above. "
                    "Nothing of ours is set beside them."
                ),
                "",
            ]
        out += [*score_table(group, published), ""]
    return out


def score_table(lines: Sequence[Line], published: Published) -> list[str]:
    """The table of one setting."""
    head = ["data set", "method", *METRICS.values(), "95% of Hits@1", "runs", "seconds"]
    head += ["peak GiB", "machine", "from"]
    rows = []
    for line in lines:
        scores = [text.score(line.scores.get(metric)) for metric in METRICS]
        start = [published.dataset(line.dataset).title]
        rows.append([*start, _method(line), *scores, *_measured(line, published)])
    return text.table(head, rows)


def _method(line: Line) -> str:
    return f"**dualamn `{line.method}`**" if line.ours else line.method


def _measured(line: Line, published: Published) -> list[str]:
    if line.report is not None:
        report = line.report
        return [
            text.interval(line.scores.get("hits@1")),
            str(len(report.runs)),
            text.seconds(report.seconds.mean) + _protocols_in(report),
            f"{report.gibibytes.mean:.2f}",
            text.machine(report.machine, report.settings.get("threads")),
            f"[run file](../benchmarks/results/{report.file})",
        ]
    assert line.figure is not None
    stated = line.figure.seconds
    source = published.sources[line.figure.source]
    return [
        *("", ""),
        NOT_STATED if stated is None else text.seconds(stated),
        *("", line.figure.machine),
        f"[{source.id}]({source.url})",
    ]


def _protocols_in(report: Report) -> str:
    """Says that seconds are of several protocols, for each of which a run may train anew."""
    return "" if len(report.scored) == 1 else f" for {len(report.scored)} protocols"


def links_section(reports: Sequence[Report], published: Published) -> list[str]:
    """Precision, recall and F1 of the links given out, with their curves; empty if none."""
    tables: dict[tuple[str, str, float | None], list[list[str]]] = {}
    for report in _ordered(reports, published):
        for protocol in link_protocols(report, "links"):
            figures = [report.links(protocol, metric) for metric in LINK_METRICS]
            if any(figure is not None for figure in figures):
                key = (report.dataset, protocol, seed_share(report, published))
                tables.setdefault(key, []).append(_link_row(report, figures))
    plots = curve_plots(reports, published)
    if not tables and not plots:
        return []
    out = [
        "## Links given out",
        "",
        text.paragraph(
            "How many of the links that come out are correct. A link is incorrect when either end "
            "has another counterpart in the gold; one with neither end in the gold is unknown, and "
            "the strict figures count it as incorrect. A mark ends each curve where all links are "
            "kept; the curve is that of the first run."
        ),
        "",
    ]
    head = ["method", *LINK_METRICS.values(), "95% of F1", "runs", "matcher", "from"]
    for (dataset, protocol, share), rows in tables.items():
        words = [title_of(dataset, published), protocol_words(protocol)]
        words += [] if share is None else [f"{percent(share)} of the links as seeds"]
        out += [f"### {', '.join(words)}", "", *text.table(head, rows, left=1), ""]
    for plot in plots:
        out += [f"![Precision against recall, {plot.title}]({IMAGES}/{plot.name}.svg)", ""]
    return out


def _link_row(report: Report, figures: Sequence[Figure | None]) -> list[str]:
    return [
        f"**dualamn `{report.preset}`**",
        *(text.score(figure) for figure in figures),
        text.interval(figures[list(LINK_METRICS).index("f1")]),
        str(len(report.runs)),
        str(report.settings.get("matcher", "")),
        f"[run file](../benchmarks/results/{report.file})",
    ]


def share_section(reports: Sequence[Report], published: Published) -> list[str]:
    """Hits@1 against the share of seeds; empty if that was not run."""
    plot = seed_share_plot(reports, published)
    if plot is None:
        return []
    out = [
        "## Fewer seeds",
        "",
        text.paragraph(
            "Hits@1 with a part of the links as seeds and all others as test links. Fewer seeds "
            "mean more test links and more candidates, so the columns are tasks of different size."
        ),
        "",
        f"![Hits@1 against the share of seeds, {plot.title}]({IMAGES}/{plot.name}.svg)",
        "",
    ]
    for study in share_study(reports, published):
        head = ["method", *(percent(share) for share in study.shares)]
        rows = [
            [f"**dualamn `{preset}`**", *(text.score(figures.get(s)) for s in study.shares)]
            for preset, figures in study.presets.items()
        ]
        title = f"### {title_of(study.dataset, published)}, test side only, left to right"
        out += [title, "", *text.table(head, rows, left=1), ""]
    return out


def files_section(reports: Sequence[Report], published: Published) -> list[str]:
    """Every run file with what it ran on and with."""
    head = ["run file", "data set", "preset", "encoder", "matcher", "learns from", "seeds"]
    head += ["machine", "versions"]
    rows = []
    for report in _ordered(reports, published, study=True):
        seeds = list(dict.fromkeys(str(run["seed"]) for run in report.runs))
        rows.append(
            [
                f"[{report.file}](../benchmarks/results/{report.file})",
                report.dataset,
                report.preset,
                str(report.settings.get("encoder", "")),
                str(report.settings.get("matcher", "")),
                str(report.settings.get("bootstrap_candidates") or "").replace("_", " "),
                ", ".join(seeds),
                text.machine(report.machine, report.settings.get("threads")),
                text.versions(report),
            ]
        )
    return ["## Run files", "", *text.table(head, rows, left=len(head)), ""]


def sources_section(published: Published, used: set[str]) -> list[str]:
    """Where published figures were taken from, and what is known about them."""
    out = ["## Sources of published figures", ""]
    for name, source in published.sources.items():
        if name in used:
            out += [
                f"- **{name}**: {source.citation}. <{source.url}>",
                f"  - Place: {source.where}.",
                f"  - Direction: {source.direction}.",
                f"  - Time and machine: {source.time}.",
            ]
    return [*out, ""] if used else []


def _ordered(
    reports: Sequence[Report], published: Published, *, study: bool = False
) -> list[Report]:
    chosen = reports if study else main_reports(reports)
    return sorted(
        chosen,
        key=lambda r: (published.dataset_order(r.dataset), preset_order(r.preset), r.file),
    )
