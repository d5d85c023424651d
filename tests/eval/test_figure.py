"""Figures of unlike kinds stay apart."""

from dataclasses import replace
from typing import Any

import pytest

from dualamn.errors import ConfigError
from dualamn.eval import Figure, mean_figure

ONE = Figure("hits@1", 0.75, "test_only", "left_to_right", 10_500, (0.74, 0.76))


def test_like_figures_are_compared_and_averaged() -> None:
    other = replace(ONE, value=0.5, candidates=10_000, interval=None)
    assert ONE - other == 0.25
    mean = mean_figure([ONE, other])
    assert mean == Figure("hits@1", 0.625, "test_only", "left_to_right", 10_250)
    assert mean_figure([replace(ONE, candidates=None), other]).candidates is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"protocol": "all_entities"}, "different protocol .* test_only, all_entities"),
        ({"direction": "right_to_left"}, "different direction"),
        ({"direction": None}, "different direction"),
        ({"metric": "mrr"}, "different metric"),
    ],
)
def test_unlike_figures_are_refused(change: dict[str, Any], said: str) -> None:
    other = replace(ONE, **change)
    with pytest.raises(ConfigError, match=said):
        ONE - other
    with pytest.raises(ConfigError, match=said):
        mean_figure([ONE, ONE, other])


def test_figures_are_not_numbers_and_have_no_order() -> None:
    bare: Any = ONE
    with pytest.raises(TypeError):
        bare - 0.5
    with pytest.raises(TypeError):
        float(bare)
    with pytest.raises(TypeError):
        bare < replace(ONE, protocol="all_entities")  # noqa: B015
    with pytest.raises(TypeError):
        sum([bare, bare])


def test_there_is_no_mean_of_nothing() -> None:
    with pytest.raises(ConfigError, match="no figures"):
        mean_figure([])


def test_printed_a_figure_says_what_it_depends_on() -> None:
    assert str(ONE) == "hits@1 0.750 [0.740, 0.760], test_only, left to right, 10,500 candidates"
    assert str(Figure("f1", 0.5, "unaligned")) == "f1 0.500, unaligned"
