"""All settings of an aligner: the groups of `dualamn.settings.groups` as one flat record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self, Unpack

from dualamn.errors import ConfigError, did_you_mean
from dualamn.settings.groups import (
    AttributeSettings,
    BootstrapSettings,
    EncoderSettings,
    EvidenceSettings,
    MatchingSettings,
    PropagationSettings,
    RunSettings,
    SearchSettings,
    TrainingSettings,
)
from dualamn.settings.presets import Overrides, PresetName, preset_settings

_BY_STEPS = "most_batches says how many steps an epoch has"
_BY_METHOD = "it is a constant of the method"
_BY_PLAN = "the execution plan decides it by the memory setting"

GONE: dict[str, tuple[object, str]] = {
    "batch_size": (2048, _BY_STEPS),
    "step_triples": (5000, _BY_STEPS),
    "batches": (5, _BY_STEPS),
    "average_share": (0.25, _BY_METHOD),
    "settling_steps": (60, _BY_METHOD),
    "loss_tau": (10.0, _BY_METHOD),
    "mining_pool": (2048, _BY_METHOD),
    "mining_limit": (10_000, _BY_METHOD),
    "mining_dim": (64, _BY_METHOD),
    "sampled_entities": (1024, _BY_METHOD),
    "csls_k": (10, 'get_matcher("csls", k=...) makes a matcher with another'),
    "propagation_rounds": (2, _BY_METHOD),
    "propagation_share": (0.5, _BY_METHOD),
    "names_weight": (1.0, "names weigh what was learned; names='off' leaves them out"),
    "names_dim": (256, _BY_METHOD),
    "half_embeddings": (False, _BY_PLAN),
    "map_embeddings": (False, _BY_PLAN),
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

    def turns(self, *, named: bool) -> int:
        """How many self-training rounds there are at most, with names or values or without."""
        return max(self.bootstrap_turns, self.names_turns) if named else self.bootstrap_turns

    def tells_test_side(self, *, named: bool) -> bool:
        """Whether pairs to learn from are looked for among the entities of the test links alone."""
        finds = self.evidence_first or self.turns(named=named) > 0
        return finds and self.bootstrap_candidates == "test_only"

    @classmethod
    def preset(cls, name: PresetName, **overrides: Unpack[Overrides]) -> Self:
        """The settings of a preset, with some of them replaced.

        Raises:
            ConfigError: an unknown preset or setting.
        """
        return cls.from_dict(preset_settings(name) | overrides)

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
