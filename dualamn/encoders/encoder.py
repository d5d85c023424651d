"""What the aligner asks of an encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from torch import Tensor

from dualamn.kernels.arrays import EmbeddingArray, Int32Array
from dualamn.kernels.memory import Storage
from dualamn.progress import ProgressCallback


class Encoder(Protocol):
    """Turns a task into embeddings; made from (task, config, device).

    Attributes:
        storage: where `embeddings` makes its rows. The aligner sets it before it asks for them, as
            the execution plan says.
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
        """

    def refit(self, links: Int32Array, turn: int, *, progress: ProgressCallback) -> None:
        """Goes on from what it knows, with other links.

        Args:
            links: (m, 2) int32 joint ids.
            turn: which turn of bootstrapping this is, from 1; chance differs between turns.
            progress: told of every step of stage "train".
        """

    def embeddings(self) -> EmbeddingArray:
        """(n, d) float32 rows of length one (or zero), in joint ids.

        float16, or in a file, where `storage` says so.
        """

    def state(self) -> dict[str, Tensor]:
        """What was learned, enough for `load_state` on an encoder of the same task."""

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Takes back what `state` gave.

        Raises:
            CheckpointError: the state is of another task or of other settings.
        """
