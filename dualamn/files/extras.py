"""Optional dependencies, imported where they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from dualamn.errors import MissingExtraError


def needs(module: str, *, extra: str) -> Any:
    """The module of an optional dependency.

    Args:
        module: what to import, such as "pyarrow.parquet".
        extra: the extra of setup.cfg that brings it.

    Raises:
        MissingExtraError: it is not installed; the message names its pip line.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise MissingExtraError(
            f"this needs {package}, which is not installed: pip install 'dualamn[{extra}]'"
        ) from None
