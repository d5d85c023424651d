"""Encoders: a task in, entity embeddings out.

A new one is a file with a class that satisfies `Encoder`, and an entry in `ENCODERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from dualamn.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from dualamn.config import AlignerConfig
    from dualamn.graphs.task import AlignmentTask
    from dualamn.kernels.arrays import EmbeddingArray, Int32Array
    from dualamn.kernels.memory import Storage
    from dualamn.progress import ProgressCallback

    EncoderFactory = Callable[[AlignmentTask, AlignerConfig, torch.device], "Encoder"]

ENCODERS: dict[str, str] = {
    "dual_amn": "dualamn.encoders.dual_amn_encoder:TrainedDualAMN",
    "propagation": "dualamn.encoders.propagation:Propagation",
    "joint": "dualamn.encoders.joint:Joint",
}
"""Every encoder by name, as module:class, so that naming them loads no torch."""


class Encoder(Protocol):
    """Turns a task into embeddings; made from (task, config, device).

    Attributes:
        storage: where `embeddings` makes its rows, set before they are asked for.
    """

    storage: Storage

    def fit(
        self,
        links: Int32Array,
        *,
        progress: ProgressCallback,
        checkpoint: Path | None,
        resume: bool,
    ) -> None:
        """Learns from links.

        Args:
            links: (m, 2) int32 joint ids.
            progress: told of every step of stage "train".
            checkpoint: file to keep the state of training in, or None.
            resume: go on from that file if it exists.

        Raises:
            TrainingError: there are no links, or training fails.
        """

    def refit(self, links: Int32Array, turn: int, *, progress: ProgressCallback) -> None:
        """Goes on from what it knows, with other links (see `fit`).

        Args:
            turn: which self-training round this is, from 1; chance differs between rounds.
        """

    def take_over(self, old: Encoder, new_id: Int32Array, links: Int32Array) -> bool:
        """Takes what an encoder knows of the same graphs as they were before, without training.

        Entities of before keep what was learned of them; a new one starts from its neighbours.

        Args:
            old: fitted, of the task before.
            new_id: (n,) the joint id now of every joint id of before, -1 for who is gone.
            links: (m, 2) int32 joint ids of pairs that are known by now.

        Returns:
            Whether it could; if not, it has to be fitted.
        """

    def embeddings(self) -> EmbeddingArray:
        """(n, d) float32 rows of length one (or zero), in joint ids.

        float16, or in a file, where `storage` says so.
        """

    def state(self) -> dict[str, torch.Tensor]:
        """What was learned, on the CPU, enough for `load_state` on an encoder of the same task."""

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Takes back what `state` gave.

        Raises:
            CheckpointError: the state is of another task or of other settings.
        """


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
