"""Named sets of settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dualamn.errors import ConfigError, did_you_mean

DEFAULT_PRESET = "balanced"

_EVIDENCE = {"matcher": "sinkhorn", "evidence_rounds": 6, "evidence_explored": 20, "names_turns": 3}


@dataclass(frozen=True)
class Preset:
    """What a name stands for.

    Attributes:
        summary: one line for the help, with its time and score.
        settings: what differs from the defaults of `AlignerConfig`.
    """

    summary: str
    settings: dict[str, Any]


PRESETS: dict[str, Preset] = {
    "fast": Preset(
        "label propagation and evidence, no training (.80 in 6 to 15 s)",
        {
            **_EVIDENCE,
            "encoder": "propagation",
            "relation_dim": 64,
            "evidence_first": True,
            "candidates": 50,
            "search_limit": 5e11,
        },
    ),
    "balanced": Preset(
        "Dual-AMN of half the width, and evidence (.86 in 20 to 60 s)",
        {
            **_EVIDENCE,
            "dim": 64,
            "most_batches": 10,
            "epochs": 6,
            "tie_links": True,
            "evidence_first": True,
            "candidates": 50,
        },
    ),
    "best": Preset(
        "Dual-AMN and evidence, two turns of learning from its own pairs (.87 in 1 to 4 minutes)",
        {
            **_EVIDENCE,
            "sinkhorn_rounds": 60,
            "epochs": 8,
            "bootstrap_turns": 2,
            "turn_epochs": 4,
        },
    ),
    "paper": Preset(
        "Dual-AMN as published, seed links only and CSLS with k = 10",
        {},
    ),
}
"""Every preset by name. In brackets is Hits@1 on DBP15K ZH-EN, left to right on the test side, and
the time of a whole run on two cores, on a new server and on one of some years ago;
docs/results.md has both exactly."""


def preset_settings(name: str) -> dict[str, Any]:
    """What a preset changes of the defaults.

    Raises:
        ConfigError: an unknown preset.
    """
    if name not in PRESETS:
        raise ConfigError(
            f"there is no preset {name!r}{did_you_mean(name, PRESETS) or ';'} "
            f"the presets are {', '.join(PRESETS)}"
        )
    return dict(PRESETS[name].settings)
