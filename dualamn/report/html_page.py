"""Puts the page together and writes it: graphs in numbers, settings and versions of the run."""

from __future__ import annotations

import base64
import hashlib
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from dualamn.config import PRESETS, AlignerConfig
from dualamn.data_loaders.summary import Health, TaskSummary, check_health, describe
from dualamn.errors import ConfigError
from dualamn.eval import PROTOCOL_IN_WORDS, evaluate
from dualamn.files.atomic import atomic_write
from dualamn.files.text import counted
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.link_files.decision_file import decision_rows
from dualamn.link_files.decisions import VERDICTS, Decision
from dualamn.link_files.unlinked import REASONS, unlinked
from dualamn.probability.calibration import JudgedLinks
from dualamn.report.certainty import (
    CONFIDENCE,
    METHOD_IN_WORDS,
    Band,
    coverage,
    pair_certainty,
    sample_links,
)
from dualamn.report.headline import headline, links_by_class, what_supports
from dualamn.report.markup import Shown, clean, histogram, short_count, shown
from dualamn.version import __version__

PER_BAND = 5
"""Links that are listed of every band and pair of graphs."""

MOST_REASONS = 8
"""Shared statements and values that are shown of a link; the page says how many more there are."""

MOST_RELATIONS = 8
"""Relations of a graph that are listed."""

WHO, WHEN = "{who}", "{when}"
"""What the page's script puts a reader's name and the date in the place of."""

_PACKAGES = ("torch", "numpy", "scipy", "faiss-cpu")
_OF_THE_RUN = ("seed", "device", "threads", "memory", "calibrate")


def write_report(
    alignment: JudgedLinks,
    path: str | Path,
    *,
    per_band: int = PER_BAND,
    seconds: Mapping[str, float] | None = None,
    notes: Sequence[str] = (),
) -> None:
    """Writes an alignment as one HTML page that needs neither network nor other files.

    Args:
        alignment: the links that were written; what the page says of certainty, and its sample, is
            about all links that these were chosen from.
        path: the file, replaced only once the new one is complete.
        per_band: how many links of every band of probability and pair of graphs are explained.
        seconds: what other stages took, such as `Aligner.seconds`.
        notes: what else a reader should know, a sentence each.

    Raises:
        ConfigError: `per_band` is negative.
        DataError: the file cannot be written.
    """
    if per_band < 0:
        raise ConfigError(f"the number of links of a band must be 0 or more, got {per_band}")
    environment = Environment(
        loader=FunctionLoader(_part),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"shown": shown, "rate": _rate, "number_of": counted}
    environment.filters |= {"count": "{:,.0f}".format, "weight": "{:+.2f}".format}
    page = environment.get_template("page.html").render(
        _content(alignment, per_band, dict(seconds or {}), notes)
    )
    with atomic_write(path) as file:
        file.write(clean(page))


def _content(
    alignment: JudgedLinks, per_band: int, seconds: dict[str, float], notes: Sequence[str]
) -> dict[str, Any]:
    task, calibration = alignment.task, alignment.calibration
    health, summary = check_health(task), describe(task)
    script = _part("report.js")
    if calibration is not None:
        seconds["calibrate"] = calibration.seconds
        notes = [*notes, *calibration.notes]
    whole = alignment if alignment.chosen_from is None else alignment.chosen_from
    assert isinstance(whole, JudgedLinks)
    pairs = [pair_certainty(whole, number) for number in range(len(whole.pairs))]
    least = min(alignment.least_probability or 0.0, 1.0)  # infinite where none is probable enough
    bands = sample_links(whole, per_band)
    return {
        "alignment": alignment,
        "whole": whole,
        "task": task,
        "bands": bands,
        "decisions": decision_parts(bands),
        "calibration": calibration,
        "confidence": CONFIDENCE,
        "classes": links_by_class(whole, least),
        "coverage": coverage(whole),
        "evaluation": evaluate(alignment, task.test_links) if len(task.test_links) else None,
        "headline": headline(whole, least, CONFIDENCE),
        "graphs": profile_graphs(alignment, summary, health),
        "health": health,
        "methods": METHOD_IN_WORDS,
        "most": MOST_REASONS,
        "notes": [*task.notes, *notes],
        "pairs": pairs,
        "preset": None if alignment.config is None else nearest_preset(alignment.config),
        "protocol": PROTOCOL_IN_WORDS[alignment.protocol],
        "script": script,
        # The page says itself which script it may run: nothing that the data brings in.
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "seconds": seconds | dict(alignment.seconds),
        "style": _part("style.css"),
        "summary": summary,
        "supports": what_supports(alignment),
        "versions": versions(),
        "written": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def decision_parts(bands: Sequence[Band]) -> tuple[str, list[list[str]]]:
    """What a file of decisions about the sample is put together from.

    Its beginning, and for each listed link a row for every verdict, with places for who decided and
    when; no rows for a link that no file can hold.
    """
    pairs = [
        (found.left, found.right)
        for found in (link.explanation for band in bands for link in band.sampled)
        if found.right is not None  # which a link always has
    ]
    writable = [all(_is_text(f"{end.graph}{end.identifier}") for end in ends) for ends in pairs]
    beginning, rows = decision_rows(
        Decision(
            left.identifier,
            right.identifier,
            verdict,
            WHO,
            WHEN,
            left_source=left.graph,
            right_source=right.graph,
        )
        for (left, right), is_text in zip(pairs, writable, strict=True)
        if is_text
        for verdict in VERDICTS
    )
    each = iter(rows)
    return beginning, [[next(each) for _ in VERDICTS] if is_text else [] for is_text in writable]


def _is_text(value: str) -> bool:
    """Whether it is free of half surrogate pairs, which UTF-8 cannot hold."""
    return not any("\ud800" <= char <= "\udfff" for char in value)


def _part(name: str) -> str:
    return files("dualamn.report").joinpath("page", name).read_text(encoding="utf-8")


def _rate(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:.3f}"


def nearest_preset(config: AlignerConfig) -> tuple[str, dict[str, Any]]:
    """The preset that settings are most like, and those that differ from it."""
    found = {key: value for key, value in config.to_dict().items() if key not in _OF_THE_RUN}
    changed: dict[str, dict[str, Any]] = {}
    for name in PRESETS:
        own = AlignerConfig.preset(name).to_dict()
        changed[name] = {key: value for key, value in found.items() if value != own[key]}
    return min(changed.items(), key=lambda entry: len(entry[1]))


def versions() -> dict[str, str]:
    """Versions of all that links depend on."""
    found = {"dualamn": __version__, "Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # built from source, or under another name
            continue
    found["system"] = f"{platform.system()} {platform.machine()}".strip()
    return found


def profile_graphs(
    alignment: JudgedLinks, summary: TaskSummary, health: Health
) -> list[dict[str, Any]]:
    """What the page shows of every graph.

    Entities that may have a link have one that was written, or a seed link alone, or neither.
    """
    task = alignment.task
    linked, seeded = np.zeros((2, task.n_entities), dtype=np.bool_)
    linked[alignment.links], seeded[task.seed_links] = True, True
    ids, reasons = unlinked(alignment)
    aligned = {side for pair in alignment.pairs for side in (pair.left, pair.right)}
    found = []
    for number, kg in enumerate(task.kgs):
        at = slice(int(task.entity_offsets[number]), int(task.entity_offsets[number + 1]))
        graph = {
            "name": shown(kg.name),
            "summary": summary.graphs[number],
            "health": health.graphs[number],
            "aligned": number in aligned,
            "linkable": int(task.is_linkable[at].sum()),
            "linked": int(linked[at].sum()),
            "seeded": int((seeded[at] & ~linked[at]).sum()),
            "unlinked": {
                reason: int((reasons[task.source_of[ids] == number] == reason).sum())
                for reason in REASONS
            },
            "degrees": _degree_figure(kg),
            "relations": _relations(kg),
        }
        found.append(graph)
    return found


def _degree_figure(kg: KnowledgeGraph) -> Markup:
    """Entities by their number of triples: 0, 1, 2 to 3, 4 to 7 and so on."""
    number = np.ceil(np.log2(kg.degrees.astype(np.float64) + 1)).astype(np.int64)
    counts = np.bincount(number, minlength=2).tolist()
    starts = [0, *(2**at for at in range(len(counts) - 1))]
    bins = [(short_count(s), str(s) if s < 2 else f"{s:,} to {2 * s - 1:,}") for s in starts]
    edges, labels = range(len(counts) + 1), ("degree, from", "entities")
    return histogram(counts, edges, title="Entities by degree", labels=labels, bins=bins)


def _relations(kg: KnowledgeGraph) -> list[tuple[Shown, int]]:
    """The most used relations, with how many triples they make."""
    counts = np.bincount(kg.triples[:, 1], minlength=kg.n_relations)
    best = np.argsort(-counts, kind="stable")[:MOST_RELATIONS]
    return [(shown(kg.relations[at], brief=True), int(counts[at])) for at in best]
