"""What stands for an encoder where triples tell nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import EmbeddingArray, Int32Array
from dualamn.kernels.memory import Storage
from dualamn.progress import ProgressCallback

if TYPE_CHECKING:
    from torch import Tensor

    from dualamn.encoders import Encoder


class NoStructure:
    """Embeddings of width zero, for a task of which names and values are all that is known.

    Its methods are those of `Encoder`.
    """

    def __init__(self, task: AlignmentTask) -> None:
        self.task = task
        self.storage = Storage()

    def fit(
        self, links: Int32Array, progress: ProgressCallback, checkpoint: Path | None, resume: bool
    ) -> None:
        """Learns nothing."""

    def refit(self, links: Int32Array, turn: int, progress: ProgressCallback) -> None:
        """Learns nothing."""

    def take_over(self, old: Encoder, new_id: Int32Array, links: Int32Array) -> bool:
        """There is nothing to take, whatever came before."""
        return True

    def embeddings(self) -> EmbeddingArray:
        """(n, 0) float32."""
        return np.empty((self.task.n_entities, 0), dtype=np.float32)

    def state(self) -> dict[str, Tensor]:
        """Nothing."""
        return {}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Takes nothing."""
