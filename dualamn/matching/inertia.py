"""Links that were there before give way only to those that are ahead of them by a margin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dualamn.kernels.arrays import find, keys_of, pair_keys
from dualamn.matching.matcher import Matcher
from dualamn.matching.pairs import candidate_pairs, rescored
from dualamn.matching.sinkhorn import Sinkhorn
from dualamn.result import Candidates, EarlierLinks, Matching


def match_beside_earlier(
    matcher: Matcher,
    candidates: Candidates,
    earlier: EarlierLinks,
    normalised: Sinkhorn,
) -> Matching:
    """The links of a matcher for candidates among which some were linked before.

    Scores over the temperature T are log odds, so that the margin of each link of before, times T,
    is added to its score. Probabilities and the transport plan are those without it.

    Args:
        matcher: chooses.
        candidates: with their scores.
        earlier: links of before, those among the candidates and others.
        normalised: has the temperature, and makes probabilities.
    """
    if earlier.margins is None:
        return matcher.match(candidates)
    pairs = candidate_pairs(candidates)
    place, here = find(keys_of(pairs.rows, pairs.columns), pair_keys(earlier.links))
    scores = pairs.scores.copy()
    np.add.at(scores, place[here], earlier.margins[here] * normalised.temperature)
    matching = matcher.match(rescored(candidates, pairs, scores))
    if matching.transport_plan is None:
        return matching
    plan = normalised.transport_plan(candidates)
    own = plan.pairs
    place, _ = find(keys_of(own.rows, own.columns), pair_keys(matching.links))
    fair = plan.probabilities[place].astype(np.float32)
    return replace(matching, scores=fair, transport_plan=plan)
