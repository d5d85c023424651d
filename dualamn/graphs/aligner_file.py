"""A trained aligner and its task in one safetensors file: arrays and JSON, nothing pickled."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from torch import Tensor

from dualamn.config import AlignerConfig
from dualamn.errors import CheckpointError, DualamnError
from dualamn.files.atomic import write_tensors
from dualamn.graphs.knowledge_graph import FurtherNames, KnowledgeGraph, Literals
from dualamn.graphs.packed_records import Packed
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
    last: Packed | None = None,
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
            _add(tensors, f"kg/{number}/{what}", names)
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
    if last is not None:
        head["alignment"] = json.dumps(last.values)
        for name, array in last.arrays.items():
            _add(tensors, f"alignment/{name}", array)
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
) -> tuple[AlignerConfig, Storage, AlignmentTask, dict[str, Tensor], Packed | None]:
    """Reads settings, where embeddings are made, the task, what was learned, and what was found.

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
        last = None
        if "alignment" in head:
            last = Packed(json.loads(head["alignment"]), _arrays(taken(tensors, "alignment/")))
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
    return config, storage, task, taken(tensors, "state/"), last


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


def _add(tensors: dict[str, Tensor], name: str, array: NDArray[Any]) -> None:
    """Adds an array under a name; one of strings as two tensors, and its shape where it has one."""
    if array.dtype != object:
        tensors[name] = torch.from_numpy(np.ascontiguousarray(array))
        return
    tensors[f"{name}/text"], tensors[f"{name}/ends"] = _packed(array.ravel())
    if array.ndim > 1:
        tensors[f"{name}/shape"] = torch.tensor(array.shape)


def _arrays(tensors: dict[str, Tensor]) -> dict[str, NDArray[Any]]:
    """The arrays that `_add` added, by name."""
    found: dict[str, NDArray[Any]] = {}
    for name, tensor in tensors.items():
        whole, _, part = name.rpartition("/")
        if part == "text":
            shape = tensors.get(f"{whole}/shape")
            names = _unpacked(tensors, whole)
            found[whole] = names if shape is None else names.reshape(shape.tolist())
        elif part not in ("ends", "shape"):
            found[name] = tensor.numpy()
    return found


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
