"""The list of published figures, and which of them may stand beside a run."""

import pytest

from dualamn.bench.published import read_published


def test_the_list_of_the_package_can_be_read_and_every_figure_is_a_fraction() -> None:
    published = read_published()
    assert {"dbp15k/zh_en", "srprs/en_de"} <= set(published.datasets)
    for figure in published.figures:
        assert figure.scores
        assert all(0 < score < 1 for score in figure.scores.values())
        assert figure.dataset in published.datasets


@pytest.mark.parametrize(
    ("dataset", "protocol", "share", "some"),
    [
        ("dbp15k/zh_en", "test_only", None, True),
        ("dbp15k/zh_en", "test_only", 0.3, True),
        ("dbp15k/zh_en", "test_only", 0.1, False),
        ("dbp15k/zh_en", "all_entities", None, False),
        ("nobody/knows", "test_only", None, False),
        ("nobody/knows", "test_only", 0.3, False),
    ],
)
def test_only_figures_of_the_same_task_stand_beside_it(
    dataset: str, protocol: str, share: float | None, some: bool
) -> None:
    beside = read_published().beside(dataset, protocol, share)
    assert bool(beside) == some
    assert all((f.dataset, f.protocol) == (dataset, protocol) for f in beside)
