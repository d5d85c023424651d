"""Rows of sparse matrices in the arrays of an index."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array

from dualamn.files.array_file import Arrays
from dualamn.kernels.arrays import Floats, IntArray, expand


def of_rows(rows: csr_array, name: str, dtype: Any) -> Arrays:
    """The arrays of a matrix under a name, with its numbers of this type."""
    return {
        f"{name}/starts": rows.indptr.astype(np.int64),
        f"{name}/columns": rows.indices.astype(np.int32),
        f"{name}/numbers": rows.data.astype(dtype),
    }


def gathered(arrays: Arrays, name: str, rows: IntArray) -> tuple[IntArray, IntArray, Floats]:
    """The entries of some rows of a matrix: (m,) which row, column and number."""
    starts = arrays[f"{name}/starts"]
    first = starts[rows]
    owner, place = expand(first, starts[rows + 1] - first)
    columns = arrays[f"{name}/columns"][place].astype(np.int64)
    return owner, columns, arrays[f"{name}/numbers"][place].astype(np.float64)


def summed_by(place: IntArray, numbers: Floats, n: int) -> Floats:
    """(n,) the sum of the numbers of each place."""
    return np.bincount(place, numbers, n).astype(np.float64, copy=False)
