"""The blocks of README.md that hold figures, between markers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from dualamn.bench.published import NOT_STATED, Published
from dualamn.errors import DataError
from render import text
from render.lines import Line, Setting, preset_order
from render.specs import title_of

HEADLINE = "dbp15k/zh_en"
MARKERS = ("<!-- {name}: {note} -->", "<!-- end of {name} -->")
SHOWN = ("left_to_right", "right_to_left")


def readme(
    before: str, lines: Mapping[Setting, Sequence[Line]], published: Published, path: Path
) -> str:
    """README.md with its blocks written anew.

    Raises:
        DataError: a block's markers are not there, or not once each in their order.
    """
    blocks = {"headline": headline(lines), "results": results(lines, published)}
    return with_blocks(before, blocks, path)


def with_blocks(before: str, blocks: Mapping[str, str], path: Path) -> str:
    """A page with what stands between its markers written anew, by the name of each block.

    Raises:
        DataError: a block's markers are not there, or not once each in their order.
    """
    for name, block in blocks.items():
        begin, end = (m.format(name=name, note=text.GENERATED) for m in MARKERS)
        pattern = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
        body = f"{begin}\n{block}\n{end}"
        before, found = pattern.subn(lambda _, body=body: body, before)  # type: ignore[misc]
        if found != 1:
            raise DataError(
                f"needs the lines {begin!r} and {end!r} once each; what stands between is written",
                path=path,
            )
    return before


def headline(lines: Mapping[Setting, Sequence[Line]]) -> str:
    """A sentence on the preset that does best where a reader looks first."""
    best = _best(lines)
    if best is None:
        raise DataError(f"the README's first figures need a run file of {HEADLINE}, test side only")
    assert best.report is not None
    report = best.report
    found = text.fraction(best.scores["hits@1"].mean)
    sentence = f"Given 30% of the links of DBP15K ZH-EN, the preset `{best.method}` finds {found}"
    where = _where(report.machine, report.settings.get("threads"))
    if len(report.scored) > 1:
        return f"{sentence} of the others\non {where}."
    took, memory = text.seconds(report.seconds.mean), f"{report.gibibytes.mean:.2f}"
    return (
        f"{sentence} of the others.\n"
        f"A whole run takes {took} seconds and {memory} GiB of memory on {where}."
    )


def _best(lines: Mapping[Setting, Sequence[Line]]) -> Line | None:
    found = [
        line
        for setting, group in lines.items()
        if (setting.protocol, setting.direction) == ("test_only", "left_to_right")
        and setting.seed_share == 0.3
        for line in group
        if line.ours and line.dataset == HEADLINE
    ]
    return max(found, key=lambda line: line.scores["hits@1"].mean, default=None)


def _where(machine: Mapping[str, object], threads: object) -> str:
    if machine.get("gpu"):
        return (
            f"an {machine['gpu']}" if str(machine["gpu"])[0] in "AEIOU" else f"a {machine['gpu']}"
        )
    numbers = {1: "one core", 2: "two cores"}
    cores = threads or machine.get("cores")  # a run with fewer threads uses no more
    words = numbers.get(cores, f"{cores} cores") if isinstance(cores, int) else "cores"
    processor = str(text.processor_of(machine))
    article = "an" if processor[:1] in "AEIOU" else "a"
    return f"{words} of {article} {processor}, without a GPU"


def results(lines: Mapping[Setting, Sequence[Line]], published: Published) -> str:
    """Hits@1 in the settings and directions that papers report, ours and theirs, a table each."""
    parts = []
    reported = {figure.dataset for figure in published.figures}
    for direction in SHOWN:
        found: dict[str, list[tuple[Setting, Line]]] = {}
        for setting, group in lines.items():
            pairs = [(setting, line) for line in group if line.dataset in reported]
            shown = (setting.protocol, setting.direction) == ("test_only", direction)
            if shown and any(line.ours for _, line in pairs):
                # Settings with the same caption differ by family only, so they share a table.
                found.setdefault(setting.caption(), []).extend(pairs)
        parts += [
            _table(caption, rows, published)
            for caption, rows in found.items()
            if not all(line.ours for _, line in rows)
        ]
    return "\n\n".join(parts)


def _table(caption: str, entries: Sequence[tuple[Setting, Line]], published: Published) -> str:
    datasets = sorted({line.dataset for _, line in entries}, key=published.dataset_order)
    methods: dict[str, list[Line]] = {}
    for _, line in entries:
        methods.setdefault(_name(line, published), []).append(line)
    ours = {name: group for name, group in methods.items() if group[0].ours}
    theirs = {name: group for name, group in methods.items() if not group[0].ours}
    rows = []
    for name in [*sorted(theirs), *sorted(ours, key=lambda n: preset_order(ours[n][0].method))]:
        by_dataset = {line.dataset: line for line in methods[name]}
        scores = [by_dataset[d].scores["hits@1"] if d in by_dataset else None for d in datasets]
        rows.append([name, *(text.score(figure) for figure in scores), *_cost(by_dataset)])
    titles = [title_of(dataset, published) for dataset in datasets]
    head = ["Hits@1", *titles, "seconds", "peak GiB"]
    return "\n".join([f"{caption[0].upper()}{caption[1:]}:", "", *text.table(head, rows, left=1)])


def _name(line: Line, published: Published) -> str:
    if line.figure is None:
        return f"**dualamn `{line.method}`**"
    return f"[{line.method}]({published.sources[line.figure.source].url})"


def _cost(lines: Mapping[str, Line]) -> list[str]:
    """Seconds and memory from the least to the most over data sets.

    Only of processes that were scored by this protocol alone: others may train twice.
    """
    reports = [line.report for line in lines.values() if line.report is not None]
    reports = [report for report in reports if len(report.scored) == 1]
    if not reports:
        return [NOT_STATED, NOT_STATED]
    spent = [text.seconds(r.seconds.mean) for r in sorted(reports, key=lambda r: r.seconds.mean)]
    memory = sorted(f"{r.gibibytes.mean:.2f}" for r in reports)
    return [_span(spent), _span(memory)]


def _span(ordered: Sequence[str]) -> str:
    first, last = ordered[0], ordered[-1]
    return first if first == last else f"{first} to {last}"
