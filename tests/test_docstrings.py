"""The examples in docstrings do what they show."""

import doctest
from importlib import import_module

import pytest

import dualamn
from tests.test_layers import MODULES

WITH_EXAMPLES = sorted(
    name for name, path in MODULES.items() if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_run(name: str) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(import_module(name), optionflags=flags).failed == 0


PUBLIC = sorted(
    name
    for name in dualamn.__all__
    if not isinstance(getattr(dualamn, name), str) and not name.endswith("Error")
)


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_public_has_an_example(name: str) -> None:
    assert ">>> " in (getattr(dualamn, name).__doc__ or "")
