"""With what a run was made: settings, versions, time."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dualamn.config import AlignerConfig
from dualamn.settings.presets import PRESETS
from dualamn.version import __version__

_PACKAGES = ("torch", "numpy", "scipy", "faiss-cpu")
_NOT_OF_A_PRESET = (
    "seed",
    "device",
    "threads",
    "memory",
    "calibrate",
)


def nearest_preset(config: AlignerConfig) -> tuple[str, dict[str, Any]]:
    """The preset that settings are most like, and those that differ from it."""
    found = config.to_dict()
    best: tuple[str, dict[str, Any]] | None = None
    for name in PRESETS:
        own = AlignerConfig.preset(name).to_dict()
        changed = {
            key: value
            for key, value in found.items()
            if value != own[key] and key not in _NOT_OF_A_PRESET
        }
        if best is None or len(changed) < len(best[1]):
            best = name, changed
    assert best is not None
    return best


def versions() -> dict[str, str]:
    """Versions of all that links depend on."""
    found = {"dualamn": __version__, "Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # built from source, or under another name
            continue
    found["system"] = f"{platform.system()} {platform.machine()}".strip()
    return found
