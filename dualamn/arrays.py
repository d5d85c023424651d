"""Array types used everywhere."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Int32Array: TypeAlias = NDArray[np.int32]
FloatArray: TypeAlias = NDArray[np.float32]
BoolArray: TypeAlias = NDArray[np.bool_]
StringArray: TypeAlias = NDArray[Any]
"""One-dimensional array of dtype object that holds Python strings."""


def strings(values: Any) -> StringArray:
    """A one-dimensional object array of the given strings."""
    values = list(values)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
