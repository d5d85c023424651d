"""Puts the page together and writes it, with the settings and versions of the run."""

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

from jinja2 import Environment, FunctionLoader, StrictUndefined

from dualamn.config import PRESETS, AlignerConfig
from dualamn.data_loaders.summary import check_health, describe
from dualamn.errors import ConfigError
from dualamn.eval import PROTOCOL_IN_WORDS, evaluate
from dualamn.files.atomic import atomic_write
from dualamn.files.text import counted
from dualamn.probability.calibration import JudgedLinks
from dualamn.report.certainty import CONFIDENCE, METHOD_IN_WORDS, coverage, pair_certainty
from dualamn.report.graphs import profile_graphs
from dualamn.report.markup import clean, shown
from dualamn.report.sample import sample_links
from dualamn.version import __version__

PER_BAND = 5
"""Links that are listed of every band and pair of graphs."""

MOST_REASONS = 8
"""Shared statements and values that are shown of a link; the page says how many more there are."""

_PACKAGES = ("torch", "numpy", "scipy", "faiss-cpu")
_OF_THE_RUN = (
    "seed",
    "device",
    "threads",
    "memory",
    "calibrate",
)


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
        alignment: the links.
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
    environment.filters |= {"shown": shown, "count": _count, "rate": _rate, "number_of": counted}
    environment.filters["weight"] = "{:+.2f}".format
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
    script = _part("filter.js")
    if calibration is not None:
        seconds["calibrate"] = calibration.seconds
        notes = [*notes, *calibration.notes]
    pairs = [pair_certainty(alignment, number) for number in range(len(alignment.pairs))]
    return {
        "alignment": alignment,
        "task": task,
        "bands": sample_links(alignment, per_band),
        "calibration": calibration,
        "confidence": CONFIDENCE,
        "coverage": coverage(alignment),
        "evaluation": evaluate(alignment, task.test_links) if len(task.test_links) else None,
        "expected": sum(pair.expected or 0.0 for pair in pairs),
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
        "versions": versions(),
        "written": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def _part(name: str) -> str:
    return files("dualamn.report").joinpath("page", name).read_text(encoding="utf-8")


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _rate(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:.3f}"


def nearest_preset(config: AlignerConfig) -> tuple[str, dict[str, Any]]:
    """The preset that settings are most like, and those that differ from it."""
    found = config.to_dict()
    best: tuple[str, dict[str, Any]] | None = None
    for name in PRESETS:
        own = AlignerConfig.preset(name).to_dict()
        changed = {
            key: value
            for key, value in found.items()
            if value != own[key] and key not in _OF_THE_RUN
        }
        if best is None or len(changed) < len(best[1]):
            best = name, changed
    assert best is not None
    return best


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
