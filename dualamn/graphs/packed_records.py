"""Records of numbers and arrays, one within another, as values for JSON and arrays by name."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

Record = TypeVar("Record")


@dataclass(frozen=True, eq=False)
class Packed:
    """A record taken apart.

    Attributes:
        values: plain values, which JSON can hold; an array stands there as its name.
        arrays: the arrays by name.
    """

    values: Any
    arrays: dict[str, NDArray[Any]]


def pack(record: Any) -> Packed:
    """Takes a dataclass apart, whose fields are plain values, arrays, tuples, or dataclasses."""
    arrays: dict[str, NDArray[Any]] = {}

    def plain(value: Any, name: str) -> Any:
        if is_dataclass(value):
            return {
                own.name: plain(getattr(value, own.name), f"{name}/{own.name}")
                for own in fields(value)
            }
        if isinstance(value, tuple | list):
            return [plain(one, f"{name}/{number}") for number, one in enumerate(value)]
        if isinstance(value, np.ndarray):
            arrays[name] = value
            return name
        return value.item() if isinstance(value, np.generic) else value

    return Packed(plain(record, "record"), arrays)


def unpack(kind: type[Record], packed: Packed) -> Record:
    """The record of this kind that `pack` took apart."""
    found: Record = _made(kind, packed.values, packed.arrays)
    return found


def _made(kind: Any, value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    if value is None:
        return None
    if isinstance(value, str) and value in arrays:
        return arrays[value]
    for option in (kind, *get_args(kind)):
        if isinstance(value, dict) and is_dataclass(option) and isinstance(option, type):
            hints = get_type_hints(option)
            made = {name: _made(hints[name], own, arrays) for name, own in value.items()}
            return option(**made)
    if isinstance(value, list) and get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        return tuple(_made(inner, own, arrays) for own in value)
    return value
