from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualamn.link_files.numbered_links import LinkFile, PairLinks, without


def pool(size: int) -> Any:
    return np.stack([np.arange(size), np.arange(size)[::-1]], axis=1)


def pair_links(size: int) -> Any:
    links = pool(size)
    return PairLinks(links[:1], links[1:2], links[2:3], links[3:])


@given(size=st.integers(0, 50), ratio=st.floats(0.01, 1), seed=st.integers(0, 5))
def test_split_parts_the_pool(size: int, ratio: float, seed: int) -> None:
    split = pair_links(size).split(ratio, np.random.default_rng(seed))
    assert len(split.seeds) == min(size, max(1, round(ratio * size)))
    assert not len(split.valid)
    assert not len(split.unsplit)
    together = sorted(map(tuple, [*split.seeds, *split.test]))
    assert together == sorted(map(tuple, pool(size)))


def test_split_depends_on_the_seed_only() -> None:
    first, again, other = (
        pair_links(40).split(0.5, np.random.default_rng(seed)).seeds.tolist() for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize("seed", range(3))
def test_split_draws_from_everywhere(seed: int) -> None:
    """Links late in the file have the same chance as early ones."""
    seeds = pair_links(1000).split(0.3, np.random.default_rng(seed)).seeds[:, 0]
    thirds = np.histogram(seeds, bins=3, range=(0, 1000))[0]
    assert thirds.min() > 70


def test_without(tmp_path: Path) -> None:
    links = LinkFile(tmp_path, pool(5), lambda row: row + 10)
    rest = without(links, [LinkFile(tmp_path, pool(5)[[1, 3]], int)])
    assert rest.rows.tolist() == [[0, 4], [2, 2], [4, 0]]
    assert [rest.line(row) for row in range(3)] == [10, 12, 14]
    assert without(links, []).rows.tolist() == links.rows.tolist()
