"""What a run computes on: the device, and how many threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dualamn.errors import ConfigError

if TYPE_CHECKING:
    import torch

    from dualamn.config import Device


def torch_device(setting: Device) -> torch.device:
    """The device that a setting asks for.

    Raises:
        ConfigError: it is "cuda", and there is no GPU.
    """
    import torch

    if setting == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "device is cuda, but torch sees no GPU: use device auto or cpu, or install a CUDA "
            "build of torch"
        )
    if setting == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(setting)


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Runs the block on a number of threads and puts the caller's setting back afterwards."""
    if count is None:
        yield
        return
    import faiss
    import torch

    before = torch.get_num_threads(), faiss.omp_get_max_threads()
    torch.set_num_threads(count)
    faiss.omp_set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        faiss.omp_set_num_threads(before[1])
