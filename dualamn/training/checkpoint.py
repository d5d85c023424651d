"""The state of an unfinished training run in one safetensors file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from dualamn.config import AlignerConfig
from dualamn.errors import CheckpointError
from dualamn.files.atomic import write_tensors
from dualamn.graphs.task import AlignmentTask
from dualamn.settings.groups import EncoderSettings, TrainingSettings

_KIND = "dualamn checkpoint"
_GROUPS = (EncoderSettings, TrainingSettings)
"""The settings that training depends on, beside its seed; a continuation may differ in others."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Everything that training goes on from.

    Attributes:
        fingerprint: of the task and settings, so that nothing else is continued by mistake.
        epoch: how many epochs are done.
        first_loss: the loss of the very first step, None before it.
        parameters: the network's, by name.
        mean_squares: the optimiser's, in the order of the parameters.
        sums: of the parameters over the last steps, in their order; empty before the first of them.
        summed: how many steps that is.
    """

    fingerprint: str
    epoch: int
    first_loss: float | None
    parameters: dict[str, Tensor]
    mean_squares: list[Tensor]
    sums: list[Tensor] = field(default_factory=list)
    summed: int = 0

    def write(self, path: Path) -> None:
        """Writes the file whole or not at all."""
        tensors = {f"parameters/{name}": value for name, value in self.parameters.items()}
        for name in ("mean_squares", "sums"):
            tensors |= {f"{name}/{i}": value for i, value in enumerate(getattr(self, name))}
        head = {
            "kind": _KIND,
            "fingerprint": self.fingerprint,
            "epoch": str(self.epoch),
            "first_loss": json.dumps(self.first_loss),
            "summed": str(self.summed),
        }
        write_tensors(path, tensors, head)

    @classmethod
    def read(cls, path: Path, expected: str) -> Checkpoint:
        """Reads a file that `write` made, with the fingerprint that is expected.

        Raises:
            CheckpointError: it is damaged, no checkpoint, or of another task or other settings.
        """
        try:
            with safe_open(path, framework="pt") as file:
                head = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as error:
            raise CheckpointError(
                f"{path} cannot be read as a checkpoint ({error}); delete it to start anew"
            ) from None
        if head.get("kind") != _KIND:
            raise CheckpointError(f"{path} is no checkpoint of a training run")
        if head["fingerprint"] != expected:
            raise CheckpointError(
                f"{path} was made from other data or other settings, or by another version; resume "
                "with the same ones, or delete it to start anew"
            )
        prefix = "parameters/"
        parameters = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
        summed = int(head["summed"])
        return cls(
            expected,
            int(head["epoch"]),
            json.loads(head["first_loss"]),
            parameters,
            [tensors[f"mean_squares/{i}"] for i in range(len(parameters))],
            [tensors[f"sums/{i}"] for i in range(len(parameters))] if summed else [],
            summed,
        )


def fingerprint(task: AlignmentTask, config: AlignerConfig) -> str:
    """A hash of all that a training run depends on."""
    digest = hashlib.sha256()
    names = ["seed", *(field.name for group in _GROUPS for field in fields(group))]
    settings = {name: getattr(config, name) for name in names}
    digest.update(json.dumps(settings, sort_keys=True).encode())
    digest.update(json.dumps([task.n_entities, task.n_relations, torch.__version__]).encode())
    for array in (task.triples, task.seed_links):
        digest.update(array.tobytes())
    return digest.hexdigest()
