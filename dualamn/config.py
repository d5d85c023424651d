"""All settings of an aligner: the groups of `dualamn.settings.groups` as one flat record, and named
sets of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, TypedDict, Unpack

from dualamn.errors import ConfigError, did_you_mean
from dualamn.settings.groups import (
    Amount,
    AttributeSettings,
    BootstrapCandidates,
    BootstrapSettings,
    Count,
    Device,
    Dropout,
    EncoderSettings,
    EvidenceSettings,
    MatchingSettings,
    MatmulPrecision,
    Names,
    NotNegative,
    Positive,
    PropagationSettings,
    Recall,
    RunSettings,
    SearchSettings,
    Share,
    TrainingSettings,
    Values,
)

PresetName = Literal["fast", "balanced", "best", "paper"]

DEFAULT_PRESET: PresetName = "balanced"


class Overrides(TypedDict, total=False):
    """Single settings by name, as `Aligner` and `AlignerConfig.preset` take them.

    The groups say what they mean. A type checker needs them spelt out; a test holds them to these.
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
    same_type: bool
    calibrate: bool
    memory: Positive | None
    device: Device
    threads: Count | None
    seed: NotNegative


_EVIDENCE: Overrides = {
    "calibrate": True,
    "matcher": "mutual",
    "evidence_rounds": 6,
    "evidence_explored": 20,
    "names_turns": 3,
}


@dataclass(frozen=True)
class Preset:
    """What a name stands for: a line for the help, and what differs from the defaults."""

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


_BY_STEPS = "most_batches says how many steps an epoch has"
_BY_METHOD = "it is a constant of the method"
_BY_PLAN = "the execution plan decides it by the memory setting"

GONE: dict[str, tuple[object, str]] = {
    name: (value, instead)
    for instead, values in (
        (_BY_STEPS, {"batch_size": 2048, "step_triples": 5000, "batches": 5}),
        (_BY_METHOD, {"average_share": 0.25, "settling_steps": 60, "loss_tau": 10.0}),
        (_BY_METHOD, {"mining_pool": 2048, "mining_limit": 10_000, "mining_dim": 64}),
        (_BY_METHOD, {"sampled_entities": 1024, "names_dim": 256}),
        (_BY_METHOD, {"propagation_rounds": 2, "propagation_share": 0.5}),
        ('get_matcher("csls", k=...) makes a matcher with another', {"csls_k": 10}),
        ("names weigh what was learned; names='off' leaves them out", {"names_weight": 1.0}),
        (_BY_PLAN, {"half_embeddings": False, "map_embeddings": False}),
    )
    for name, value in values.items()
}
"""Settings of earlier versions: the value that the code has now, and what to know instead."""


# Fields come in the order of the bases from the last to the first.
@dataclass(frozen=True, kw_only=True)
class AlignerConfig(
    RunSettings,
    AttributeSettings,
    EvidenceSettings,
    MatchingSettings,
    SearchSettings,
    BootstrapSettings,
    PropagationSettings,
    TrainingSettings,
    EncoderSettings,
):
    """All settings, flat to read and to print; each group says what its own mean.

    The defaults are those of the published method, the preset `paper`; `AlignerConfig.preset`
    gives the others. A function that needs the settings of one owner takes their group alone, which
    this is as well.

        >>> from dualamn import AlignerConfig
        >>> AlignerConfig(dim=64).dim
        64
        >>> AlignerConfig.preset("fast").encoder
        'propagation'

    Raises:
        ConfigError: a value that cannot work.
    """

    def most_rounds(self, *, named: bool) -> int:
        """How many self-training rounds there are at most, with names or values or without."""
        return max(self.bootstrap_turns, self.names_turns) if named else self.bootstrap_turns

    def sees_test_side(self, *, named: bool) -> bool:
        """Whether pairs to learn from are looked for among the entities of the test links alone."""
        finds = self.evidence_first or self.most_rounds(named=named) > 0
        return finds and self.bootstrap_candidates == "test_only"

    @classmethod
    def preset(cls, name: PresetName, **overrides: Unpack[Overrides]) -> Self:
        """The settings of a preset, with some of them replaced.

        Raises:
            ConfigError: an unknown preset or setting.
        """
        if name not in PRESETS:
            raise ConfigError(
                f"there is no preset {name!r}{did_you_mean(name, PRESETS) or ';'} "
                f"the presets are {', '.join(PRESETS)}"
            )
        return cls.from_dict({**PRESETS[name].settings, **overrides})

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Self:
        """The settings of a mapping, the defaults for what it leaves out.

        Raises:
            ConfigError: a setting that does not exist, or a value that cannot work.
        """
        known = [field.name for field in fields(cls)]
        for name in settings:
            if name in GONE:
                raise ConfigError(f"the setting {name!r} is gone: {GONE[name][1]}")
            if name not in known:
                raise ConfigError(f"there is no setting {name!r}{did_you_mean(name, known)}")
        return cls(**settings)

    @classmethod
    def from_saved(cls, settings: Mapping[str, Any]) -> Self:
        """The settings of a mapping that an earlier version may have saved.

        Settings that are gone are left out where they have the values that the code has now.

        Raises:
            ConfigError: one that has another value, or as in `from_dict`.
        """
        same = {name for name, (value, _) in GONE.items() if settings.get(name) == value}
        return cls.from_dict({name: v for name, v in settings.items() if name not in same})
