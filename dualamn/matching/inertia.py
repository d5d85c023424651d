"""Links that were there before give way only to those that are ahead of them by a margin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dualamn.kernels.arrays import find, keys_of, pair_keys
from dualamn.matching.matcher import Matcher
from dualamn.matching.pairs import ScoredCandidates, candidate_pairs, rescored
from dualamn.matching.sinkhorn import Sinkhorn
from dualamn.result import EarlierLinks, Matching


def match_beside_earlier(
    matcher: Matcher, found: ScoredCandidates, earlier: EarlierLinks, normalised: Sinkhorn
) -> tuple[Matching, ScoredCandidates]:
    """The links of a matcher for candidates among which some were linked before.

    Scores over the temperature T are log odds, so that the margin of each link of before, times T,
    is added to its score. Probabilities and the transport plan are those without it.

    Args:
        matcher: chooses.
        found: the candidates, and all pairs that were scored.
        earlier: links of before, those among the pairs and others.
        normalised: has the temperature, and makes probabilities.

    Returns:
        The links, and the candidates among which they were chosen: links of before are there, if
        they were scored, however many others have higher scores.
    """
    table, fair = found.pairs, found.pairs.scores if found.final is None else found.final
    place, here = find(table.keys, pair_keys(earlier.links - found.offsets))
    scores = fair.copy()
    margins = np.zeros(len(earlier.links)) if earlier.margins is None else earlier.margins
    np.add.at(scores, place[here], margins[here] * normalised.temperature)
    both = found.candidates.left_to_right, found.candidates.right_to_left
    most = max(topk.candidates.shape[1] for topk in both)
    searched = both[0].queries, both[1].queries
    favoured = table.ranked(scores, searched, found.offsets, max(most, 1))
    matching = matcher.match(favoured)
    pairs = candidate_pairs(favoured)
    left, right = found.offsets.tolist()
    at, _ = find(table.keys, keys_of(pairs.rows - left, pairs.columns - right))
    candidates = replace(rescored(favoured, pairs, fair[at]), recall=found.candidates.recall)
    found = replace(found, candidates=candidates)
    if matching.transport_plan is None:
        return matching, found
    plan = normalised.transport_plan(candidates)
    own = plan.pairs
    place, _ = find(keys_of(own.rows, own.columns), pair_keys(matching.links))
    probabilities = plan.probabilities[place].astype(np.float32)
    return replace(matching, scores=probabilities, transport_plan=plan), found
