"""Encoders: a task in, entity embeddings out.

A new one is a file with a class that satisfies `base.Encoder`, and an entry here.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from dualamn.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    import torch

    from dualamn.config import AlignerConfig
    from dualamn.encoders.encoder import Encoder
    from dualamn.graphs.task import AlignmentTask

    EncoderFactory = Callable[[AlignmentTask, AlignerConfig, torch.device], Encoder]

ENCODERS: dict[str, str] = {
    "dual_amn": "dualamn.encoders.dual_amn_encoder:TrainedDualAMN",
    "propagation": "dualamn.encoders.propagation:Propagation",
    "joint": "dualamn.encoders.joint:Joint",
}
"""Every encoder by name, as module:class, so that naming them loads no torch."""


def get_encoder(name: str) -> EncoderFactory:
    """The class of the encoder of this name.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in ENCODERS:
        raise ConfigError(
            f"there is no encoder {name!r}{did_you_mean(name, ENCODERS) or ';'} "
            f"choose one of {', '.join(ENCODERS)}"
        )
    module, _, attribute = ENCODERS[name].partition(":")
    factory: EncoderFactory = getattr(import_module(module), attribute)
    return factory
