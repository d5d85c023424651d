"""A trained aligner and its task in one safetensors file: arrays and JSON, nothing pickled."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from dualamn.config import AlignerConfig
from dualamn.errors import CheckpointError, DualamnError
from dualamn.files.atomic import write_tensors
from dualamn.graphs.knowledge_graph import FurtherNames, KnowledgeGraph, Literals
from dualamn.graphs.pyg_data import EVERY_LINK, LINKS
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import StringArray, strings
from dualamn.kernels.memory import Storage

_KIND = "dualamn aligner"
_LITERAL_COLUMNS = ("attributes", "values", "types")


def write_aligner(
    path: str | Path,
    config: AlignerConfig,
    storage: Storage,
    task: AlignmentTask,
    state: dict[str, Tensor],
) -> None:
    """Writes everything that `read_aligner` gives back, whole or not at all."""
    tensors = {f"state/{name}": value.contiguous() for name, value in state.items()}
    for number, kg in enumerate(task.kgs):
        tensors[f"kg/{number}/triples"] = torch.from_numpy(kg.triples).contiguous()
        columns = {"entities": kg.entities, "relations": kg.relations}
        if kg.entity_names is not None:
            columns["names"] = kg.entity_names
        if kg.literals is not None:
            tensors[f"kg/{number}/literals/entities"] = torch.from_numpy(kg.literals.entities)
            tensors[f"kg/{number}/literals/kinds"] = torch.from_numpy(kg.literals.kinds)
            for what in _LITERAL_COLUMNS:
                columns[f"literals/{what}"] = getattr(kg.literals, what)
        if kg.further_names is not None:
            tensors[f"kg/{number}/further_names/entities"] = torch.from_numpy(
                kg.further_names.entities
            )
            columns["further_names"] = kg.further_names.names
        if kg.unlinkable is not None:
            tensors[f"kg/{number}/unlinkable"] = torch.from_numpy(kg.unlinkable)
        for what, names in columns.items():
            text, ends = _packed(names)
            tensors[f"kg/{number}/{what}/text"] = text
            tensors[f"kg/{number}/{what}/ends"] = ends
    for name in EVERY_LINK:
        tensors[name] = torch.from_numpy(getattr(task, name)).contiguous()
    about = {
        "name": task.name,
        "kgs": task.kg_names,
        "seed": task.seed,
        "notes": task.notes,
        "distinct_identifiers": task.distinct_identifiers,
    }
    head = {
        "kind": _KIND,
        "config": json.dumps(config.to_dict()),
        "storage": json.dumps(asdict(storage)),
        "task": json.dumps(about),
    }
    write_tensors(path, tensors, head)


def is_saved_aligner(path: str | Path) -> bool:
    """Whether a file is one that `write_aligner` wrote."""
    try:
        with safe_open(path, framework="pt") as file:
            return (file.metadata() or {}).get("kind") == _KIND
    except (OSError, SafetensorError):
        return False


def read_aligner(
    path: str | Path,
) -> tuple[AlignerConfig, Storage, AlignmentTask, dict[str, Tensor]]:
    """Reads settings, where embeddings are made, the task and the encoder's state.

    Raises:
        CheckpointError: the file cannot be read, or is no saved aligner.
    """
    try:
        with safe_open(path, framework="pt") as file:
            head = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be read as a saved aligner ({error})") from None
    if head.get("kind") != _KIND:
        raise CheckpointError(f"{path} is no saved aligner")
    try:
        about, settings = json.loads(head["task"]), json.loads(head["config"])
        # Older files have among the settings where embeddings are made.
        old = {name: settings.pop(f"{name}_embeddings", False) for name in ("half", "map")}
        storage = Storage(half=old["half"], mapped=old["map"])
        if "storage" in head:
            storage = Storage(**json.loads(head["storage"]))
        config = AlignerConfig.from_saved(settings)
        kgs = tuple(
            _graph(name, tensors, f"kg/{number}") for number, name in enumerate(about["kgs"])
        )
        links = {name: tensors[name].numpy() for name in LINKS}
        # Older files know of no decisions.
        links |= {name: tensors[name].numpy() for name in EVERY_LINK if name in tensors}
    except (KeyError, ValueError, TypeError, DualamnError) as error:
        raise CheckpointError(
            f"{path} was saved by another version, or is damaged: {error}"
        ) from None
    # Entities were permuted before they were saved: the task is put together as it was.
    task = AlignmentTask(
        about["name"],
        kgs,
        **links,
        seed=about["seed"],
        notes=tuple(about["notes"]),
        # Older versions made no links of the same identifiers.
        distinct_identifiers=about.get("distinct_identifiers", True),
    )
    return config, storage, task, taken(tensors, "state/")


def taken(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Takes what has a name with this prefix out of a state, and cuts the prefix off."""
    names = [name for name in state if name.startswith(prefix)]
    return {name.removeprefix(prefix): state.pop(name) for name in names}


def _graph(name: str, tensors: dict[str, Tensor], at: str) -> KnowledgeGraph:
    literals = None
    if f"{at}/literals/entities" in tensors:
        literals = Literals(
            entities=tensors[f"{at}/literals/entities"].numpy(),
            kinds=tensors[f"{at}/literals/kinds"].numpy(),
            **{what: _unpacked(tensors, f"{at}/literals/{what}") for what in _LITERAL_COLUMNS},
        )
    further = None
    if f"{at}/further_names/entities" in tensors:
        entities = tensors[f"{at}/further_names/entities"].numpy()
        further = FurtherNames(entities, _unpacked(tensors, f"{at}/further_names"))
    barred = tensors.get(f"{at}/unlinkable")
    return KnowledgeGraph(
        name,
        _unpacked(tensors, f"{at}/entities"),
        _unpacked(tensors, f"{at}/relations"),
        tensors[f"{at}/triples"].numpy(),
        _unpacked(tensors, f"{at}/names") if f"{at}/names/text" in tensors else None,
        literals,
        further,
        None if barred is None else barred.numpy(),
    )


def _packed(names: StringArray) -> tuple[Tensor, Tensor]:
    """Strings as their UTF-8 bytes end to end, and where each ends."""
    encoded = [name.encode("utf-8", "surrogatepass") for name in names]
    ends = np.cumsum([len(name) for name in encoded], dtype=np.int64)
    text = np.frombuffer(b"".join(encoded), dtype=np.uint8).copy()
    return torch.from_numpy(text), torch.from_numpy(ends)


def _unpacked(tensors: dict[str, Tensor], name: str) -> StringArray:
    text = tensors[f"{name}/text"].numpy().tobytes()
    ends = tensors[f"{name}/ends"].tolist()
    return strings(
        text[start:end].decode("utf-8", "surrogatepass")
        for start, end in zip([0, *ends], ends, strict=False)
    )
