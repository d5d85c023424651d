"""Names as rows of an embedding model that the user has, of model2vec or sentence-transformers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dualamn.errors import ConfigError, MissingExtraError, needs
from dualamn.kernels.arrays import FloatArray, StringArray

ModelKind = Literal["model2vec", "sentence-transformers"]

_AT_ONCE = 8_192  # names handed to the model together
_STATIC = {"StaticEmbedding", "Normalize"}  # modules of a model2vec model, as it describes itself

Embed = Callable[[list[str]], NDArray[Any]]


def kind_of_model(path: str | Path) -> ModelKind:
    """Which library reads a model, by the files in its folder.

    Raises:
        ConfigError: there is no such folder, or no model in it.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise ConfigError(
            f"names_model: there is no folder {path}; give the folder of a model2vec or "
            "sentence-transformers model on this machine, nothing is downloaded"
        )
    modules = _json(folder / "modules.json")
    kinds = {str(module.get("type", "")).rpartition(".")[2] for module in modules or ()}
    if (folder / "model.safetensors").is_file() and (folder / "tokenizer.json").is_file():
        config = _json(folder / "config.json") or {}
        if config.get("model_type") == "model2vec" or (kinds and kinds <= _STATIC):
            return "model2vec"
    if kinds or (folder / "config_sentence_transformers.json").is_file():
        return "sentence-transformers"
    raise ConfigError(
        f"names_model: {path} holds no model: expected the folder that save_pretrained of "
        "model2vec or sentence-transformers writes, with a file modules.json in it"
    )


def embed_names(path: str | Path, names: StringArray, *, device: str = "cpu") -> FloatArray:
    """Rows of names by a model on this machine; every distinct name is embedded once.

    Args:
        path: the model's folder.
        names: (n,) strings, "" for no name.
        device: where a sentence-transformers model computes.

    Returns:
        (n, d) float32 rows of length one, zero where there is no name.

    Raises:
        ConfigError: there is no model at the path, or it cannot be read.
        MissingExtraError: the model's library is not installed.
    """
    kind = kind_of_model(path)
    distinct = sorted({str(name) for name in names if str(name).strip()})
    asked = distinct or [""]  # shows how wide rows are
    try:
        embed = _load(kind, Path(path).expanduser(), device)
        parts = [
            np.asarray(embed(asked[start : start + _AT_ONCE]), dtype=np.float32)
            for start in range(0, len(asked), _AT_ONCE)
        ]
    except MissingExtraError:
        raise
    except Exception as error:  # whatever the library raises over a damaged file
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ConfigError(f"names_model: {path} cannot be used as a model ({reason})") from error
    rows = np.concatenate(parts)[: len(distinct)]
    if rows.ndim != 2 or len(rows) != len(distinct) or not np.isfinite(rows).all():
        raise ConfigError(f"names_model: {path} gives no finite row for every name")
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    place = {name: number for number, name in enumerate(distinct)}
    last = len(distinct)
    which = np.fromiter((place.get(str(name), last) for name in names), np.int64, len(names))
    table = np.concatenate([rows, np.zeros((1, rows.shape[1]), dtype=np.float32)])
    found: FloatArray = table[which]
    return found


def _load(kind: ModelKind, folder: Path, device: str) -> Embed:
    """A function from names to rows, of a library that is imported only here."""
    if kind == "model2vec":
        static = needs("model2vec", extra="model2vec").StaticModel.from_pretrained(folder)
        return lambda names: np.asarray(static.encode(names, use_multiprocessing=False))
    library = needs("sentence_transformers", extra="sentence-transformers")
    model = library.SentenceTransformer(str(folder), device=device, local_files_only=True)
    return lambda names: np.asarray(
        model.encode(names, show_progress_bar=False, convert_to_numpy=True)
    )


def _json(path: Path) -> Any:
    """What a file holds, None if there is no JSON in it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
