"""Named arrays in one safetensors file, which are read where they lie and not loaded.

The layout is that of safetensors (https://github.com/huggingface/safetensors): eight bytes with the
length of a JSON header, the header, then the arrays end to end. Its own reader copies every array
into memory; here they are views of the mapped file, whose pages come as they are touched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import CheckpointError
from dualamn.files.atomic import atomic_write_bytes

Arrays = dict[str, NDArray[Any]]

_DTYPES: dict[str, type[np.generic]] = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
    "I8": np.int8,
    "U64": np.uint64,
    "U8": np.uint8,
    "BOOL": np.bool_,
}
_NAMES = {np.dtype(made): name for name, made in _DTYPES.items()}
_ALIGNED = 64  # bytes at which every array begins: a cache line
_LONGEST_HEADER = 100_000_000  # bytes, as safetensors itself allows


def write_arrays(path: str | Path, arrays: Mapping[str, NDArray[Any]], about: Any) -> None:
    """Writes named arrays, and anything about them that JSON can hold, whole or not at all.

    Args:
        path: the file.
        arrays: of bool, int8, uint8, int32, int64, uint64, or floats of 16, 32 or 64 bits.
        about: what stands in the header beside them.

    Raises:
        DataError: the file cannot be written, such as on a full disk.
    """
    head: dict[str, Any] = {"__metadata__": {"about": json.dumps(about)}}
    at = 0
    fillings: list[int] = []
    for name, array in arrays.items():
        # No byte may lie between two arrays, so what aligns the next one is an array as well.
        fill = -at % _ALIGNED
        if fill:
            head[f"_{len(fillings)}"] = {
                "dtype": "U8",
                "shape": [fill],
                "data_offsets": [at, at + fill],
            }
        fillings.append(fill)
        at += fill
        head[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [at, at + array.nbytes],
        }
        at += array.nbytes
    text = json.dumps(head, ensure_ascii=False).encode()
    text += b" " * (-(len(text) + 8) % _ALIGNED)
    with atomic_write_bytes(path) as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for fill, array in zip(fillings, arrays.values(), strict=True):
            file.write(bytes(fill))
            file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def open_arrays(path: str | Path) -> tuple[Arrays, Any]:
    """The arrays of a file of `write_arrays`, read-only views of it, and what it has beside.

    Of other safetensors files, what they have beside is None.

    Raises:
        CheckpointError: the file cannot be read, is cut short, or is no such file.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length <= min(size - 8, _LONGEST_HEADER):
                raise ValueError("it has no header")
            head = json.loads(file.read(length))
        about = json.loads(head.pop("__metadata__", {}).get("about", "null"))
        end = max((entry["data_offsets"][1] for entry in head.values()), default=0)
        if 8 + length + end != size:
            raise ValueError(f"{size:,} bytes, and not {8 + length + end:,}")
        data = np.memmap(path, np.uint8, "r", offset=8 + length) if end else np.empty(0, np.uint8)
        arrays = {name: _view(data, entry) for name, entry in head.items() if name[0] != "_"}
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror or error})") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path} is damaged, or another kind of file ({error})") from None
    return arrays, about


def _view(data: NDArray[np.uint8], entry: Mapping[str, Any]) -> NDArray[Any]:
    start, end = entry["data_offsets"]
    # A plain array: those of the class memmap are slower to index.
    part = np.asarray(data)[start:end]
    found: NDArray[Any] = part.view(_DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return found
