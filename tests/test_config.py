"""Settings are checked when they are made."""

from __future__ import annotations

from typing import Any

import pytest

from dualamn import AlignerConfig, ConfigError


def test_settings_survive_the_way_through_a_mapping() -> None:
    config = AlignerConfig(epochs=3, threads=2, dropout=0.0)
    assert AlignerConfig.from_dict(config.to_dict()) == config


def test_paper_preset_is_the_published_model() -> None:
    config = AlignerConfig.preset("paper", seed=4)
    published: dict[str, Any] = {
        "dim": 128,
        "depth": 2,
        "proxies": 64,
        "gamma": 1.0,
        "loss_scale": 30.0,
    }
    published |= {"loss_tau": 10.0, "csls_k": 10, "encoder": "dual_amn", "matcher": "csls"}
    assert config.to_dict().items() >= published.items()
    assert config.seed == 4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epoch": 3}, "no setting 'epoch', did you mean 'epochs'"),
        ({"epochs": 0}, "epochs must be 1 or more, got 0"),
        ({"epochs": 2.5}, "epochs must be int, got 2.5"),
        ({"epochs": True}, "epochs must be int, got True"),
        ({"learning_rate": -1.0}, "learning_rate must be above 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be finite"),
        ({"dropout": 1.0}, "dropout must be from 0"),
        ({"device": "gpu"}, "device must be one of auto, cpu, cuda, got 'gpu'"),
        ({"threads": 0}, "threads must be 1 or more"),
        ({"seed": -1}, "seed must be 0 or more"),
        ({"seed": "x"}, "seed must be int, got 'x'"),
    ],
)
def test_bad_settings_say_what_is_wrong(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        AlignerConfig.from_dict(settings)
    assert message in str(caught.value)


def test_an_integer_will_do_where_a_fraction_may_stand() -> None:
    assert AlignerConfig(learning_rate=1, gamma=2).gamma == 2


def test_a_misspelt_preset_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no preset 'papre', did you mean 'paper'"):
        AlignerConfig.preset("papre")
