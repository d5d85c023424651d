"""Named sets of settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from dualamn.errors import ConfigError, did_you_mean
from dualamn.settings.groups import (
    Amount,
    BootstrapCandidates,
    Count,
    Device,
    Dropout,
    MatmulPrecision,
    Names,
    NotNegative,
    Positive,
    Recall,
    Share,
    Values,
)

PresetName = Literal["fast", "balanced", "best", "paper"]

DEFAULT_PRESET: PresetName = "balanced"


class Overrides(TypedDict, total=False):
    """Single settings by name, as `Aligner` and `AlignerConfig.preset` take them.

    The groups say what they mean (`dualamn.settings.groups`). A type checker needs them spelt out;
    a test holds them to the groups.
    """

    encoder: str
    dim: Count
    depth: Count
    proxies: Count
    dropout: Dropout
    gamma: Positive
    loss_scale: Positive
    epochs: Count
    most_batches: Count
    learning_rate: Positive
    tie_links: bool
    negatives: Count
    matmul_precision: MatmulPrecision
    label_dim: Count
    relation_dim: Count
    neighbour_dim: Count
    bootstrap_turns: NotNegative
    bootstrap_candidates: BootstrapCandidates
    bootstrap_probability: Share
    turn_epochs: Count
    candidates: Count
    search_limit: Amount
    search_recall: Recall
    matcher: str
    temperature: Positive
    sinkhorn_rounds: Count
    evidence_rounds: NotNegative
    evidence_weight: Amount
    evidence_share_weight: Amount
    evidence_explored: NotNegative
    evidence_first: bool
    names: Names
    names_turns: NotNegative
    names_model: str | None
    values: Values
    calibrate: bool
    memory: Positive | None
    device: Device
    threads: Count | None
    seed: NotNegative


_EVIDENCE: Overrides = {
    "matcher": "sinkhorn",
    "evidence_rounds": 6,
    "evidence_explored": 20,
    "names_turns": 3,
}


@dataclass(frozen=True)
class Preset:
    """What a name stands for.

    Attributes:
        summary: one line for the help, with its time and score.
        settings: what differs from the defaults of `AlignerConfig`.
    """

    summary: str
    settings: Overrides


PRESETS: dict[PresetName, Preset] = {
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
        "Dual-AMN and evidence, two self-training rounds (.87 in 1 to 4 minutes)",
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


def preset_settings(name: PresetName) -> dict[str, Any]:
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
