"""Tensors in one safetensors file, written whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from dualamn.files.atomic import atomic_path

_SYSTEM_ERROR = re.compile(r"os error (\d+)")


def write_tensors(path: str | Path, tensors: Mapping[str, Tensor], head: dict[str, str]) -> None:
    """Writes named tensors, and strings about them.

    Raises:
        DataError: the file cannot be written, such as on a full disk.
    """
    with atomic_path(path) as temporary:
        try:
            save_file({name: t.contiguous() for name, t in tensors.items()}, temporary, head)
        except SafetensorError as error:
            # The library tells what the system said in words only.
            found = _SYSTEM_ERROR.search(str(error))
            if found is None:
                raise
            number = int(found[1])
            raise OSError(number, os.strerror(number)) from None
