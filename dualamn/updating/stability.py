"""How firmly links of before stand: the margin by which another link has to be ahead of them.

A link that was found before was right with a probability that is not used up when new statements
come: in log odds, a rival has to be ahead by

    margin / 2 ^ (updates running in which a rival was ahead),

so that what contradicts a link again and again wins in the end.
"""

from __future__ import annotations

import numpy as np

from dualamn.kernels.arrays import BoolArray, Floats, Int32Array, find, pair_keys
from dualamn.probability.link_features import FEATURES, MARGIN_SCALE
from dualamn.updating.alignment_state import AlignmentState

MARGIN = 8.0
"""Log odds that a rival is ahead by at least, where the statements of either end have changed.

Scores are less sure than they say, as statements about one neighbour count one by one. Of the 1,863
validation links of ContEA FR-EN 1,588 were found after the first batch with margins of 1 and 4, and
1,631 with these; of those found before .033 and .006 were lost. With 20 and 40 it was 1,634 and
.003, but wrong links of before would stay: on synthetic graphs that double with `fast`, F1 is .02
to .03 higher with 1 and 4 than with these."""

UNCHANGED_MARGIN = 20.0
"""The same where they have not: what has changed is further away."""

_MOST = 30  # times that a margin is halved; it is nothing then
_AHEAD = [FEATURES.index("left_margin"), FEATURES.index("right_margin")]


def margins(links: Int32Array, contested: Int32Array | int, touched: BoolArray) -> Floats:
    """(m,) log odds by which a rival has to be ahead of links of before.

    Args:
        links: (m, 2) joint ids.
        contested: (m,) in how many updates running a rival was ahead.
        touched: (n,) entities whose statements have changed.
    """
    margin = np.where(touched[links].any(axis=1), MARGIN, UNCHANGED_MARGIN)
    return np.asarray(margin / 2.0 ** np.minimum(contested, _MOST))


def contested(state: AlignmentState, before: AlignmentState, touched: BoolArray) -> Int32Array:
    """(m,) int32 in how many updates running a rival was ahead of each link.

    Args:
        state: of now.
        before: in joint ids of now.
        touched: (n,) entities whose statements have changed: what has not changed says nothing
            again.
    """
    keys = pair_keys(before.links)
    order = np.argsort(keys, kind="stable")
    place, here = find(keys[order], pair_keys(state.links))
    count = np.zeros(len(state.links), dtype=np.int32)
    count[here] = before.contested[order[place[here]]]
    behind = [np.empty(0, dtype=np.bool_)]
    for pair in state.pairs:
        if pair.features is None:
            behind.append(np.zeros(len(pair.links), dtype=np.bool_))
        else:
            ahead = (pair.features[:, _AHEAD] + 1) * MARGIN_SCALE
            behind.append(np.asarray((ahead < 0).any(axis=1)))
    again = touched[state.links].any(axis=1) | (count == 0)
    found: Int32Array = np.where(np.concatenate(behind), count + again, 0).astype(np.int32)
    return found
