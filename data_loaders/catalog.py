"""Finds a data set by its name under a data folder, or by its path."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path

from dualamn.data_loaders.layouts import datasets_under, split_snapshot
from dualamn.errors import DataError

DATA_VARIABLE = "DUALAMN_DATA"
"""The environment variable that names the data folder where no other is given."""


def resolve(name_or_path: str | Path, data: str | Path | None = None) -> Path:
    """The path of a data set, ready for `load`.

    A name such as ``dbp15k/zh_en`` or ``contea/FR-EN@5`` is looked up under the data folder,
    then taken as a path. What begins with ``.``, ``~`` or ``/`` is always a path.

    Args:
        name_or_path: the name or path; a ``@K`` at its end is kept.
        data: the data folder; ``$DUALAMN_DATA`` if not given.

    Raises:
        DataError: there is no such data set; the message lists names that are near.
    """
    text = str(name_or_path)
    if not text.strip():
        raise DataError("the data set's name is empty; give a name or a folder")
    data = data if data is not None else os.environ.get(DATA_VARIABLE) or None
    root = None if data is None else Path(data).expanduser()
    path = Path(text).expanduser()
    is_name = not (path.is_absolute() or text.startswith((".", "~")))
    if root is not None and is_name:
        if not root.is_dir():
            raise DataError(
                f"there is no data folder here; correct --data or {DATA_VARIABLE}", path=root
            )
        if _exists(root / text):
            return root / text
    if _exists(path):
        return path
    raise DataError(_not_found(text, root, is_name))


def _exists(path: Path) -> bool:
    return split_snapshot(path)[0].exists()


def _not_found(text: str, root: Path | None, is_name: bool) -> str:
    message = f"there is no data set {text!r}"
    if not is_name:
        return f"{message}; check the path"
    if root is None:
        return (
            f"{message} in this folder; give the path of a data set, or name the folder that "
            f"holds them with --data or {DATA_VARIABLE}"
        )
    names = datasets_under(root, depth=2)
    if not names:
        return f"{message}, and {root} holds no data sets; correct --data or {DATA_VARIABLE}"
    # Case and separators are what people mistype most.
    plain = {_plain(name): name for name in names}
    near = get_close_matches(_plain(text.partition("@")[0]), plain, n=3, cutoff=0.5)
    if near:
        return f"{message} under {root}; did you mean {' or '.join(plain[key] for key in near)}?"
    return f"{message} under {root}; there are {', '.join(names)}"


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace("\\", "/")
