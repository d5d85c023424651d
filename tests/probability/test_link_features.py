"""Features of links from the transport plan that the matcher made, or from one of their own."""

from dataclasses import replace

import numpy as np
import pytest

from dualamn.config import AlignerConfig
from dualamn.matching import get_matcher
from dualamn.matching.pairs import PairTable, ScoredCandidates
from dualamn.matching.sinkhorn import Sinkhorn
from dualamn.probability.link_features import FEATURES, link_features
from dualamn.result import Candidates, TransportPlan
from dualamn.search import search_candidates
from tests.conftest import there

N = 40


@pytest.fixture
def candidates() -> Candidates:
    rows = np.random.default_rng(0).standard_normal((2 * N, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ids = np.arange(2 * N, dtype=np.int32)
    return search_candidates(rows, ids[:N], ids[N:], 10)


def scored(candidates: Candidates) -> ScoredCandidates:
    offsets = np.array([0, N])
    return ScoredCandidates(candidates, PairTable.of(candidates, offsets), offsets, 0, 0)


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("matcher", ["sinkhorn", "mutual", "one_to_one"])
def test_the_matchers_plan_gives_the_same_features_and_is_not_made_again(
    candidates: Candidates, matcher: str, many: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    matching = get_matcher(matcher, temperature=0.05, rounds=15).match(candidates)
    degrees, config = np.arange(2 * N, dtype=np.int32), AlignerConfig(temperature=0.05)

    def features(plan: TransportPlan | None, rounds: int = 15) -> bytes:
        settings = replace(config, sinkhorn_rounds=rounds)
        found = link_features(
            matching.links, scored(candidates), degrees, settings, many=many, transport_plan=plan
        )
        assert found.shape == (len(matching.links), len(FEATURES))
        return found.tobytes()

    made, transport_plan = [], Sinkhorn.transport_plan

    def counted(self: Sinkhorn, given: Candidates) -> TransportPlan:
        made.append(given)
        return transport_plan(self, given)

    monkeypatch.setattr(Sinkhorn, "transport_plan", counted)
    plan = there(matching.transport_plan)
    kept = features(plan)
    assert not made
    assert kept == features(None)
    assert len(made) == 1
    # One of other settings, or of other candidates, is not taken.
    assert features(plan, rounds=2) == features(None, rounds=2)
    assert features(replace(plan, candidates=replace(candidates))) == kept
    assert len(made) == 4


def test_links_must_be_among_the_candidates(candidates: Candidates) -> None:
    nobody = np.array([[0, 1]], dtype=np.int32)
    with pytest.raises(ValueError, match="among the candidates"):
        link_features(nobody, scored(candidates), np.zeros(2 * N, np.int32), AlignerConfig())
