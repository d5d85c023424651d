"""Settings are checked when they are made."""

import re
from typing import Any, get_args, get_type_hints

import pytest

from dualamn import AlignerConfig, ConfigError
from dualamn.config import GONE, PRESETS, Overrides, PresetName
from dualamn.settings.groups import TrainingSettings


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
        "encoder": "dual_amn",
        "matcher": "csls",
    }
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
        ({"threads": 1.5}, "threads must be int or None, got 1.5"),
        ({"memory": 0}, "memory must be above 0, got 0"),
        ({"evidence_first": True}, "evidence_first needs evidence_rounds and evidence_explored"),
        ({"names": "off", "names_model": "here"}, "names must be auto for names_model"),
        ({"batches": 4}, "the setting 'batches' is gone: most_batches says how many steps"),
        ({"map_embeddings": True}, "'map_embeddings' is gone: the execution plan decides it"),
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
        AlignerConfig.preset("papre")  # type: ignore[arg-type]


def test_what_an_editor_completes_is_what_there_is() -> None:
    settings = get_type_hints(AlignerConfig, include_extras=True)
    assert get_type_hints(Overrides, include_extras=True) == settings
    assert list(Overrides.__annotations__) == list(AlignerConfig().to_dict())
    assert get_args(PresetName) == tuple(PRESETS)


def test_every_setting_belongs_to_one_group_and_is_told_there() -> None:
    groups = AlignerConfig.__bases__
    names = [name for group in groups for name in group.__annotations__]
    assert sorted(names) == sorted(AlignerConfig().to_dict())
    for group in groups:
        told = (group.__doc__ or "").partition("Attributes:")[2]
        assert all(re.search(rf"\b{name}\b.*:", told) for name in group.__annotations__)


def test_a_group_stands_by_itself_and_is_checked() -> None:
    group = TrainingSettings(epochs=3)
    assert group.to_dict().items() <= AlignerConfig(epochs=3).to_dict().items()
    with pytest.raises(ConfigError, match="epochs must be 1 or more"):
        TrainingSettings(epochs=0)


def test_settings_of_earlier_versions_are_read_where_they_mean_the_same() -> None:
    config = AlignerConfig.preset("balanced")
    earlier = {name: value for name, (value, _) in GONE.items()} | config.to_dict()
    assert AlignerConfig.from_saved(earlier) == config
    with pytest.raises(ConfigError, match="the setting 'batches' is gone"):
        AlignerConfig.from_saved(earlier | {"batches": 4})
    with pytest.raises(ConfigError, match="the setting 'batches' is gone"):
        AlignerConfig.from_dict({"batches": 5})
