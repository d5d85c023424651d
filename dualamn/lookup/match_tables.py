"""What look-ups found, as the tables that an alignment is written as."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualamn.kernels.arrays import strings
from dualamn.link_files.table import Table
from dualamn.lookup.entity_lookup import Matches
from dualamn.result import LIKELY

UNLIKELY, NO_CANDIDATE = "unlikely", "no candidate"


def link_rows(
    matches: Sequence[Matches],
    graphs: tuple[str, str],
    side: str,
    least: float = LIKELY,
    names: Sequence[str] | None = None,
) -> Table:
    """The best candidates that are probable enough, as links, the most probable first.

    Columns are those of `dualamn.link_files.table.table_of_links`.

    Args:
        matches: what was found.
        graphs: names of the left and of the right graph.
        side: "left" or "right", whose entities were looked up.
        least: the least probability.
        names: what the entities looked up are called; nobody has a name if None.
    """
    called = [""] * len(matches) if names is None else names
    rows = sorted(
        (-best.probability, one.entity, best.entity, name, best.name)
        for one, name in zip(matches, called, strict=True)
        if one.candidates and (best := one.candidates[0]).probability >= least
    )
    new, found = [row[1] for row in rows], [row[2] for row in rows]
    new_names, found_names = [row[3] for row in rows], [row[4] for row in rows]
    if side == "right":
        new, found, new_names, found_names = found, new, found_names, new_names
    columns = {
        "left_source": strings([graphs[0]] * len(rows)),
        "left": strings(new),
        "right_source": strings([graphs[1]] * len(rows)),
        "right": strings(found),
        "probability": np.array([-row[0] for row in rows], dtype=np.float64),
    }
    if any(new_names) or any(found_names):
        columns |= {"left_name": strings(new_names), "right_name": strings(found_names)}
    return Table(columns)


def candidate_rows(
    matches: Sequence[Matches], graphs: tuple[str, str], side: str, least: float = LIKELY
) -> Table:
    """All candidates, by entity and rank; arguments as of `link_rows`.

    Columns are source, entity, rank, candidate_source, candidate, candidate_name, score,
    probability, linked, whether it is a link that is written, taken_by, taken_probability, none,
    the probability that none of them is the counterpart, and reason.
    """
    own, other = graphs if side == "left" else graphs[::-1]
    ordered = sorted(matches, key=lambda one: one.entity)
    pairs = [(one, at, c) for one in ordered for at, c in enumerate(one.candidates, start=1)]
    taken = [np.nan if c.taken_probability is None else c.taken_probability for *_, c in pairs]
    return Table(
        {
            "source": strings([own] * len(pairs)),
            "entity": strings(one.entity for one, *_ in pairs),
            "rank": np.array([rank for _, rank, _ in pairs], dtype=np.int32),
            "candidate_source": strings([other] * len(pairs)),
            "candidate": strings(c.entity for *_, c in pairs),
            "candidate_name": strings(c.name for *_, c in pairs),
            "score": np.array([c.score for *_, c in pairs], dtype=np.float64),
            "probability": np.array([c.probability for *_, c in pairs], dtype=np.float64),
            "linked": np.array(
                [rank == 1 and c.probability >= least for _, rank, c in pairs], dtype=np.bool_
            ),
            "taken_by": strings(c.taken_by or "" for *_, c in pairs),
            "taken_probability": np.array(taken, dtype=np.float64),
            "none": np.array([one.none for one, *_ in pairs], dtype=np.float64),
            "reason": strings(c.reason for *_, c in pairs),
        }
    )


def unmatched_rows(
    matches: Sequence[Matches], graphs: tuple[str, str], side: str, least: float = LIKELY
) -> Table:
    """The entities without a link; arguments as of `link_rows`.

    Columns are source, entity, none, the probability that it has no counterpart among the
    candidates, and reason.
    """
    own = graphs[0 if side == "left" else 1]
    rows = sorted(
        (one.entity, one.none, reason) for one in matches if (reason := why_not(one, least))
    )
    return Table(
        {
            "source": strings([own] * len(rows)),
            "entity": strings(row[0] for row in rows),
            "none": np.array([row[1] for row in rows], dtype=np.float64),
            "reason": strings(row[2] for row in rows),
        }
    )


def why_not(one: Matches, least: float) -> str:
    """Why an entity gets no link, "" if it gets one."""
    if not one.candidates:
        return one.note or NO_CANDIDATE
    return "" if one.candidates[0].probability >= least else UNLIKELY
