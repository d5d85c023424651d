"""What a probability is read from: a few numbers about every link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dualamn.kernels.arrays import (
    BoolArray,
    FloatArray,
    Floats,
    Int32Array,
    find,
    keys_of,
    pair_keys,
)
from dualamn.matching.duplicates import Claims, margins_of
from dualamn.matching.pairs import best_other
from dualamn.matching.sinkhorn import Sinkhorn
from dualamn.result import TransportPlan

if TYPE_CHECKING:
    from dualamn.attributes import PseudoSeeds
    from dualamn.config import AlignerConfig
    from dualamn.matching.pairs import ScoredCandidates

FEATURES = (
    "transport",
    "left_margin",
    "right_margin",
    "score",
    "search_score",
    "degree",
    "pseudo_seed",
    "attributes",
    "most_probable",
    "left_named",
    "right_named",
)
"""The columns of `link_features`, each brought to about the range of -2 to 2:

- `transport`: log odds of the Sinkhorn probability among all candidates;
- `left_margin`, `right_margin`: score less that of the best other candidate of the left and of the
  right entity, in temperatures;
- `score`: with evidence, its logarithm;
- `search_score`: without: the cosine of the embeddings, and what names and values add to it;
- `degree`: logarithm of the triples of that end that has fewer;
- `pseudo_seed`: how sure names are of pairs that stood in for seed links, else 0;
- `attributes`: match weight of names and values together, 20 at most;
- `most_probable`: one over how many entities nothing tells apart, which each may be the one meant;
- `left_named`, `right_named`: 1 for an entity with a name, else 0.
"""

ODDS_SCALE = 2.5
MARGIN_SCALE = 5.0
SEARCH_SCORE_SCALE = 0.2
ATTRIBUTES_SCALE = 5.0
_MOST_ODDS, _MOST_MARGIN, _MOST_ATTRIBUTES = 9.0, 10.0, 20.0


def link_features(
    links: Int32Array,
    found: ScoredCandidates,
    degrees: Int32Array,
    config: AlignerConfig,
    *,
    attributes: Floats | float = 0.0,
    most_probable: FloatArray | float = 1.0,
    named: BoolArray | None = None,
    pseudo_seeds: PseudoSeeds | None = None,
    many: bool = False,
    transport_plan: TransportPlan | None = None,
) -> FloatArray:
    """Numbers about links that were chosen among candidates, by whatever matcher.

    Args:
        links: (m, 2) joint ids, each among the candidates.
        found: the candidates, with the scores that the matcher saw and those before evidence.
        degrees: (n,) triples of every entity, in joint ids.
        config: has the temperature and the rounds of Sinkhorn's normalisation.
        attributes: (m,) match weights of names and values.
        most_probable: (m,) see `FEATURES`.
        named: (n,) who has a name; nobody if None.
        pseudo_seeds: pairs found by name that stood in for seed links.
        many: entities with a claim to the same one are no rivals, see `matching.duplicates`.
        transport_plan: of the matcher; made anew if it is of other candidates or settings.

    Returns:
        (m, 11) float32, see `FEATURES`.
    """
    temperature = config.temperature
    normalised = Sinkhorn(temperature, config.sinkhorn_rounds)
    plan = transport_plan
    if plan is None or not normalised.made(plan, found.candidates):
        plan = normalised.transport_plan(found.candidates)
    search_scores = found.search_scores(links)
    pairs = plan.pairs
    place, _ = find(keys_of(pairs.rows, pairs.columns), pair_keys(links))
    odds = log_odds(plan.probabilities[place])
    scores = pairs.scores[place]
    ahead: Sequence[Floats]
    if many:
        claims = Claims.among(pairs, temperature)
        ahead = margins_of(pairs, claims, place)
        # Sinkhorn shares one counterpart out among all who have a claim to it.
        claim = (claims.of_row | claims.of_column)[place]
        alone = np.clip(np.minimum(*ahead) / temperature, -_MOST_ODDS, _MOST_ODDS)
        odds = np.where(claim, np.maximum(odds, alone), odds)
    else:
        ahead = [
            scores - best_other(own, pairs.scores, pairs.shape[side], place)
            for side, own in enumerate((pairs.rows, pairs.columns))
        ]
    margins = [np.clip(by / temperature, -_MOST_MARGIN, _MOST_MARGIN) for by in ahead]
    few = degrees[links].min(axis=1) if len(links) else np.empty(0)
    known = np.zeros(len(links)) if pseudo_seeds is None else pseudo_seeds.sure(links)
    columns = (
        odds / ODDS_SCALE,
        margins[0] / MARGIN_SCALE - 1,
        margins[1] / MARGIN_SCALE - 1,
        score_feature(scores),
        (search_scores - 0.5) / SEARCH_SCORE_SCALE,
        (np.log1p(few) - 1.7) / 0.75,
        known,
        np.zeros(len(links)) + np.minimum(attributes, _MOST_ATTRIBUTES) / ATTRIBUTES_SCALE,
        np.zeros(len(links)) + most_probable,
        *(np.zeros((2, len(links))) if named is None else named[links.T]),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def log_odds(probability: Floats) -> Floats:
    """Log odds, held between -9 and 9."""
    least = 1 / (1 + np.exp(_MOST_ODDS))
    p = np.clip(probability, least, 1 - least)
    odds: Floats = np.log(p / (1 - p))
    return odds


def score_feature(scores: Floats) -> Floats:
    """The feature of a score; the score at the middle is 1."""
    scaled: Floats = (np.log1p(np.maximum(scores, 0)) - 0.7) / 0.4
    return scaled


def lowered(
    features: FloatArray, less: float, temperature: float, *, search: bool = False
) -> FloatArray:
    """Features of links as if their scores were lower, and all others the same.

    Args:
        features: (m, f) of the links.
        less: by how much; below 0 for scores that would be higher.
        temperature: of the Sinkhorn normalisation.
        search: what the search's scores and match weights of attributes would be lower by as well.
    """
    changed = features.astype(np.float64)
    most = _MOST_MARGIN / MARGIN_SCALE
    changed[:, 0] -= less / temperature / ODDS_SCALE
    changed[:, 1:3] = np.clip(
        changed[:, 1:3] - less / temperature / MARGIN_SCALE, -most - 1, most - 1
    )
    changed[:, 3] = score_feature(np.expm1(changed[:, 3] * 0.4 + 0.7) - less)
    if search:
        changed[:, 4] -= less / SEARCH_SCORE_SCALE
        changed[:, 7] -= less / temperature / ATTRIBUTES_SCALE
    return changed.astype(np.float32)


def search_score_of(features: FloatArray) -> float:
    """The score of one link without evidence, read back from its features."""
    return float(features[FEATURES.index("search_score")]) * SEARCH_SCORE_SCALE + 0.5
