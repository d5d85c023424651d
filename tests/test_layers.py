"""The house: imports go down or stay on their floor, none goes in a circle, names are unique.

docs/architecture.md draws the floors. Every import counts: those inside a function, and those
under TYPE_CHECKING, that a type checker alone sees.
"""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FLOORS = (
    ("kernels", "files", "config", "settings", "errors", "progress", "version"),
    ("graphs", "result", "eval"),
    ("link_files", "data_loaders"),
    ("encoders", "training", "search", "matching"),
    ("attributes", "evidence", "probability", "planning", "schema"),
    (
        *("aligner", "fitted", "bootstrap", "decoding", "alignment", "model", "part", "updating"),
        *("seed_audit", "deduping", "explain", "fusion", "lookup", "report", "review", "pyg"),
    ),
    ("commands", "bench"),
)
"""From the ground up: rooms (folders) and single files of each floor."""

FLOOR = {room: number for number, rooms in enumerate(FLOORS, start=1) for room in rooms}
FACES = ("dualamn", "dualamn.__main__")  # hand on what others define, and start the program


def modules() -> dict[str, Path]:
    """Every module of the library by its name as it is imported."""
    found = {}
    for top in ("dualamn", "data_loaders", "eval"):
        for path in (ROOT / top).rglob("*.py"):
            parts = list(path.relative_to(ROOT).with_suffix("").parts)
            if top != "dualamn":
                parts.insert(0, "dualamn")
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports_of(path: Path) -> set[str]:
    """The modules of the library that a file imports, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else node.module for name in names]
        else:
            continue
        found.update(name for name in names if name in MODULES)
    return found


IMPORTS = {name: imports_of(path) for name, path in MODULES.items()}


def floor_of(module: str) -> int:
    """The floor that a module stands on, 1 being the ground."""
    return FLOOR[module.split(".")[1]]


def test_every_room_has_a_floor() -> None:
    rooms = {name.split(".")[1] for name in MODULES if "." in name and name not in FACES}
    assert rooms == set(FLOOR)


@pytest.mark.parametrize("module", sorted(set(MODULES) - set(FACES)))
def test_imports_go_down_or_stay(module: str) -> None:
    upward = [
        f"{module} (floor {floor_of(module)}) imports {name}"
        for name in sorted(IMPORTS[module])
        if name in FACES or floor_of(name) > floor_of(module)
    ]
    assert upward == []


def circles() -> list[list[str]]:
    """Sets of modules that import each other in a circle (Tarjan's components of two or more)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for name in sorted(IMPORTS[module]):
            if name not in index:
                visit(name)
                low[module] = min(low[module], low[name])
            elif name in stack:
                low[module] = min(low[module], index[name])
        if low[module] == index[module]:
            at = stack.index(module)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for module in MODULES:
        if module not in index:
            visit(module)
    return found


def test_no_import_goes_in_a_circle() -> None:
    assert circles() == []


def test_file_names_are_unique() -> None:
    names = Counter(path.name for path in MODULES.values() if path.name != "__init__.py")
    assert [name for name, count in names.items() if count > 1] == []
