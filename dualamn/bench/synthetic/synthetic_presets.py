"""Named sets of options for made data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from dualamn.bench.synthetic.synthetic_options import PER_GRAPH, MadeOptions
from dualamn.errors import DataError, did_you_mean


@dataclass(frozen=True)
class MadePreset:
    """What a name stands for.

    Attributes:
        summary: one line for the help.
        options: what is made.
    """

    summary: str
    options: MadeOptions


PRESETS: Mapping[str, MadePreset] = MappingProxyType(
    {
        "dbp15k-like": MadePreset(
            "19,388 + 19,572 entities, 165,556 triples, 15,000 links",
            MadeOptions(
                entities=(19_388, 19_572),
                degree=(2 * 70_414 / 19_388, 2 * 95_142 / 19_572),
                relations=(1_701, 1_323),
                overlap=15_000 / 19_388,
            ),
        ),
        "dwy100k-like": MadePreset(
            "100,000 + 100,000 entities, 912,068 triples, 100,000 links, 30% of them seeds",
            MadeOptions(
                entities=100_000,
                degree=(2 * 463_294 / 100_000, 2 * 448_774 / 100_000),
                relations=(330, 220),
                overlap=1.0,
                seeds=0.3,
            ),
        ),
        "1m": MadePreset(
            "1 + 1 million entities, 10 million triples, 770,000 links, 30% of them seeds",
            MadeOptions(entities=1_000_000, degree=10.0, seeds=0.3),
        ),
        "10m": MadePreset(
            "10 + 10 million entities, 100 million triples, 7,700,000 links, 30% of them seeds",
            MadeOptions(entities=10_000_000, degree=10.0, seeds=0.3),
        ),
    }
)
"""Every preset by name. They differ in size, overlap and split only: what makes links hard to find
is set by DBP15K ZH-EN, in all of them."""


def preset_options(name: str, **changes: Any) -> MadeOptions:
    """The options that a preset stands for, some of them replaced.

    Args:
        name: of the preset.
        changes: options by name. Other `entities` come with the number of relations that fits
            them, and for another number of `graphs` each is as the preset's first, unless said.

    Raises:
        DataError: there is no such preset, or an option is out of its range.
    """
    if name not in PRESETS:
        raise DataError(
            f"there is no preset {name!r}{did_you_mean(name, PRESETS) or ';'} "
            f"the presets are {', '.join(PRESETS)}"
        )
    options = PRESETS[name].options
    if "entities" in changes:
        changes = {"relations": None, **changes}
    if changes.get("graphs", options.graphs) != options.graphs:
        every = {field: getattr(options, field) for field in PER_GRAPH}
        firsts = {key: value[0] for key, value in every.items() if isinstance(value, tuple)}
        changes = {**firsts, **changes}
    return replace(options, **changes)
