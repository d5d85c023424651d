"""`dualamn` shows exactly its public names, and loads them only when they are used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dualamn

HEAVY = ("faiss", "numpy", "rich", "scipy", "torch", "torch_geometric")


def loaded_after(code: str) -> set[str]:
    """Which of the heavy packages a fresh process has loaded after running some code."""
    report = f"import sys; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_all_is_exact() -> None:
    assert dualamn.__all__ == sorted(dualamn.__all__)
    assert set(dualamn.__all__) == {*dualamn._MODULE_OF, "__version__"}


@pytest.mark.parametrize("name", sorted(dualamn._MODULE_OF))
def test_every_public_name_is_there(name: str) -> None:
    value = getattr(dualamn, name)
    # The name that users import is the name that the object goes by.
    assert value.__name__ == name


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(dualamn.__file__).read_text())
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == dualamn._MODULE_OF


def test_dir_lists_public_names_before_they_are_loaded() -> None:
    assert set(dualamn.__all__) <= set(dir(dualamn))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'dualamn' has no attribute 'Alinger'"):
        dualamn.Alinger  # noqa: B018


def test_import_loads_nothing_heavy() -> None:
    assert loaded_after("import dualamn") == set()
    assert "numpy" in loaded_after("import dualamn; dualamn.KnowledgeGraph")


def test_star_import_gives_the_public_names() -> None:
    names: dict[str, object] = {}
    exec("from dualamn import *", names)
    assert set(dualamn.__all__) <= set(names)
