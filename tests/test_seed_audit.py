"""Seed links that look wrong are found, by models that did not see them."""

from dataclasses import replace

import numpy as np
import pytest

import dualamn
from dualamn.errors import ConfigError, DataError
from dualamn.kernels.arrays import pair_keys

N, N_SEEDS = 150, 75
WRONG = (0, 40, 13, 57, 22, 66, 31, 48)  # whose counterparts change places


def graphs() -> dict[str, list[tuple[str, str, str]]]:
    """Two graphs of the same statements, with two entities at the end that nothing tells apart."""
    rng = np.random.default_rng(0)
    triples = [(i, 0, (i + 1) % N) for i in range(N)]
    triples += [(int(h), int(r), int(t)) for h, r, t in rng.integers((N, 6, N), size=(500, 3))]
    triples += [(0, 7, N), (0, 7, N + 1)]
    return {
        side: [(f"{side}:{h}", f"{side}_r{r}", f"{side}:{t}") for h, r, t in triples]
        for side in ("en", "fr")
    }


def seed_links() -> list[tuple[str, str]]:
    links = [(f"en:{i}", f"fr:{i}") for i in range(N_SEEDS)]
    for one, other in zip(WRONG, WRONG[1:] + WRONG[:1], strict=True):
        links[one] = (f"en:{one}", f"fr:{other}")
    return links


@pytest.fixture(scope="module")
def task() -> dualamn.AlignmentTask:
    return dualamn.as_task(graphs(), seed_links())


@pytest.fixture(scope="module")
def found(task: dualamn.AlignmentTask) -> dualamn.Audit:
    return dualamn.audit(task, folds=3)


def is_wrong(audit: dualamn.Audit) -> np.ndarray:
    ends = [[x.split(":")[1] for x in pair] for pair in audit.task.identifiers(audit.links)]
    return np.array([x != y for x, y in ends])


def test_wrong_seed_links_come_first(found: dualamn.Audit) -> None:
    assert len(found.links) == N_SEEDS
    assert is_wrong(found)[: len(WRONG)].all()
    assert (np.diff(found.scores) >= 0).all()
    assert (np.diff(found.probabilities) >= 0).all()
    assert found.n_suspects == int((found.probabilities < 0.5).sum())
    assert found.n_suspects >= len(WRONG) // 2
    assert is_wrong(found)[: found.n_suspects].all()
    assert 0.04 < found.wrong_share < 0.16


def test_suspects_name_the_rivals_that_fit_better(found: dualamn.Audit) -> None:
    columns = found.suspects().columns
    of_right = dict(zip(columns["left"], columns["right_rival"], strict=True))
    own = [rival == f"fr:{left.split(':')[1]}" for left, rival in of_right.items()]
    assert np.mean(own) > 0.7
    assert columns["shared"].sum() < columns["right_rival_shared"].sum()
    assert "share" in columns["reason"][0]
    plain = found.as_dict()
    assert plain["seed_links"] == N_SEEDS
    assert plain["suspects"][0]["left"] == columns["left"][0]


def test_without_suspects_only_they_are_gone(found: dualamn.Audit) -> None:
    kept = found.without_suspects().seed_links
    assert len(kept) == N_SEEDS - found.n_suspects
    assert not np.isin(pair_keys(kept), pair_keys(found.links[: found.n_suspects])).any()


def test_entities_that_nothing_tells_apart_bound_what_can_be_found(found: dualamn.Audit) -> None:
    for one in found.ceilings:
        assert one.entities == N + 2 - N_SEEDS
        assert one.alike == 2
        assert one.most == pytest.approx((one.entities - 1) / one.entities)


def test_names_and_identifiers_that_give_links_away() -> None:
    left = [(f"http://a.org/{i}", "r", f"http://a.org/{(i * 7 + 1) % 30}") for i in range(30)]
    right = [(f"http://b.org/{i}", "s", f"http://b.org/{(i * 7 + 1) % 30}") for i in range(30)]
    known = [(f"http://a.org/{i}", f"http://b.org/{i if i < 8 else i + 1}") for i in range(16)]
    task = dualamn.as_task({"a": left, "b": right}, known)
    names = [np.array([f"Name {i}" for i in range(30)], dtype=object) for _ in task.kgs]
    names[1][:5] = [name.upper() for name in names[1][:5].tolist()]
    for kg, own in zip(task.kgs, names, strict=True):
        own[:] = own[[int(x.rsplit("/", 1)[1]) for x in kg.entities]]
    kgs = tuple(replace(kg, entity_names=own) for kg, own in zip(task.kgs, names, strict=True))
    (leaks,) = dualamn.audit(replace(task, kgs=kgs), folds=2).leaks
    assert (leaks.links, leaks.same_name, leaks.same_identifier) == (16, 8, 8)


def test_what_cannot_be_audited_is_said(task: dualamn.AlignmentTask) -> None:
    with pytest.raises(DataError, match="3 seed links: an audit needs 10 or more"):
        dualamn.audit(replace(task, seed_links=task.seed_links[:3]))
    with pytest.raises(ConfigError, match="folds is 1"):
        dualamn.audit(task, folds=1)
    with pytest.raises(ConfigError, match="suspect is 2"):
        dualamn.audit(task, suspect=2)
