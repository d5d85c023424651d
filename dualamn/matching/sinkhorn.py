"""The transport plan of sparse scores by Sinkhorn normalisation: how probable counterparts are.

exp(logit) is multiplied by one number a row and one a column until rows and columns have the
sums they should: of all such tables, that is the one nearest to the scores in relative entropy
(Cuturi, NeurIPS 2013, https://arxiv.org/abs/1306.0895; for alignment: Mao et al., EMNLP 2021,
https://arxiv.org/abs/2109.02363). Numpy and scipy on CPU arrays: a pass over 1.5 million pairs
takes a few milliseconds, less than a trip to a GPU and back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from dualamn.errors import ConfigError
from dualamn.kernels.arrays import Floats, IntArray
from dualamn.kernels.compute import in_order
from dualamn.matching.matcher import best_links, first_candidates
from dualamn.matching.pairs import candidate_pairs, rescored
from dualamn.result import Candidates, Matching, TransportPlan

Shape = tuple[int, int]

_AT_ONCE = 1 << 20  # entries that a thread multiplies before it takes others
_LEAST = 1e-150  # what sums are taken to be at least: its inverse squared is still a number
_MOST_EXPONENT = 300.0  # exp(300) is less than 1 / _LEAST


def sinkhorn(
    rows: ArrayLike,
    columns: ArrayLike,
    logits: ArrayLike,
    shape: Shape,
    *,
    rounds: int,
    tolerance: float,
) -> Floats:
    """Probabilities that a row and a column are counterparts, from scores of some pairs.

    No row and no column adds up to more than one. With as many rows as columns, all of them
    add up to one. Otherwise those of the smaller side do, and the larger side shares its
    surplus by an extra member of the smaller side, of the surplus' size, with the same score for
    all (the dummy point of partial transport, Chapel et al., NeurIPS 2020,
    https://arxiv.org/abs/2002.08276). Only rows and columns with a pair that can be count.

    Where the pairs leave no such table, as for three rows with the same single column, or
    where the rounds end early, sums fall short of one.

    Args:
        rows, columns: (p,) places of the pairs, each place at most once, in any order.
        logits: (p,) scores, of any size; -inf for what cannot be.
        shape: how many rows and columns there are; either may be without pairs.
        rounds: most passes over both sides.
        tolerance: mean deviation of the larger side's sums from one, those of the smaller side
            being one, at which to stop.

    Returns:
        (p,) float64 from 0 to 1.

    Raises:
        ValueError: a logit is NaN or +inf, a place comes twice, or an argument's length differs.
    """
    rows, columns = np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)
    logits = np.asarray(logits, dtype=np.float64)
    if not len(rows) == len(columns) == len(logits):
        raise ValueError(f"{len(rows)} rows, {len(columns)} columns and {len(logits)} logits")
    if not (logits < np.inf).all():
        raise ValueError("a logit is NaN or +inf: scores must be below infinity")
    possible = logits > -np.inf
    if not possible.any():
        return np.zeros(len(logits))
    if possible.all():  # nearly always, and a copy of all pairs would be large
        return _normalised(rows, columns, logits, shape, rounds, tolerance)
    probabilities = np.zeros(len(logits))
    chosen = rows[possible], columns[possible], logits[possible]
    probabilities[possible] = _normalised(*chosen, shape, rounds, tolerance)
    return probabilities


def _normalised(
    rows: IntArray, columns: IntArray, logits: Floats, shape: Shape, rounds: int, tolerance: float
) -> Floats:
    """The same where every pair can be."""
    surplus = int((np.bincount(columns) > 0).sum()) - int((np.bincount(rows) > 0).sum())
    if surplus < 0:
        rows, columns, shape = columns, rows, (shape[1], shape[0])
    # Numbers a row and a column are free, so the best of each may become exp(0): nothing
    # overflows, and only what is far behind in its row and its column vanishes.
    kernel: Floats = logits - _top(rows, logits, shape[0])[rows]
    top = _top(columns, kernel, shape[1])
    kernel -= top[columns]
    np.exp(kernel, out=kernel)
    u, v = _factors(_csr(rows, columns, kernel, shape), top, abs(surplus), rounds, tolerance)
    # What was the kernel becomes the probabilities.
    kernel *= u[rows]
    kernel *= v[columns]
    # The rows came last; columns may still be above one.
    for ends, size in ((rows, shape[0]), (columns, shape[1])):
        kernel /= np.maximum(np.bincount(ends, kernel, size), 1)[ends]
    return np.minimum(kernel, 1, out=kernel)


def _factors(
    forward: csr_array, top: Floats, surplus: int, rounds: int, tolerance: float
) -> tuple[Floats, Floats]:
    """The numbers of rows and columns with which rows add up to one, columns to one at most.

    Args:
        forward: the kernel.
        top: what was taken from the logits of every column.
        surplus: how many more columns there are than rows.
    """
    by_column = forward.T.tocsr()
    real = np.diff(by_column.indptr) > 0
    onward, backward = _in_stretches(forward), _in_stretches(by_column)
    # What the extra row has in every column, before it is multiplied by `extra`.
    without = np.exp(np.minimum(-top, _MOST_EXPONENT)) * (real & (surplus > 0))
    extra = 0.0
    u, v = (np.ones(size) for size in forward.shape)
    for number in range(rounds):
        sums = _product(backward, u)
        if number and np.abs((sums + extra * without) * v - 1)[real].mean() <= tolerance:
            break
        if surplus:
            extra = _extra(extra, sums, without, surplus)
        v = 1 / np.maximum(sums + extra * without, _LEAST)
        u = 1 / np.maximum(_product(onward, v), _LEAST)
    return u, v


def _in_stretches(matrix: csr_array) -> list[csr_array]:
    """The matrix as stretches of rows with about so many entries each, nothing copied."""
    cuts = np.searchsorted(matrix.indptr, np.arange(0, max(matrix.nnz, 1), _AT_ONCE))
    ends = np.append(cuts[1:], matrix.shape[0])
    stretches = []
    for start, end in zip(cuts, ends, strict=True):
        entries = slice(matrix.indptr[start], matrix.indptr[end])
        arrays = matrix.data[entries], matrix.indices[entries], matrix.indptr[start : end + 1]
        own = arrays[2] - entries.start
        stretches.append(csr_array((*arrays[:2], own), shape=(end - start, matrix.shape[1])))
    return stretches


def _product(stretches: list[csr_array], vector: Floats) -> Floats:
    """The matrix times a vector, in threads if there are several stretches."""

    def of(stretch: csr_array) -> Floats:
        return np.asarray(stretch @ vector)

    if len(stretches) == 1:
        return of(stretches[0])
    return np.concatenate(list(in_order(of, stretches)))


def _extra(before: float, sums: Floats, without: Floats, surplus: int) -> float:
    """The number of the extra row with which it adds up to `surplus`, closer every round."""
    shared = without > 0
    sums, without = sums[shared], without[shared]
    if not before:  # between the columns that should stay without and the others
        demand = np.partition(sums / without, (surplus - 1, surplus))
        before = float(np.sqrt(demand[surplus - 1]) * np.sqrt(demand[surplus]))
    return float(surplus / (without / np.maximum(sums + before * without, _LEAST)).sum())


def _top(ends: IntArray, logits: Floats, size: int) -> Floats:
    """(size,) the highest logit of every row or column; 0 where there is no pair."""
    top = np.full(size, -np.inf)
    np.maximum.at(top, ends, logits)
    top[top == -np.inf] = 0
    return top


def _csr(rows: IntArray, columns: IntArray, values: Floats, shape: Shape) -> csr_array:
    matrix = csr_array((values, (rows, columns)), shape=shape)
    if matrix.nnz < len(values):
        raise ValueError(f"{len(values) - matrix.nnz} of {len(values)} places come twice")
    return matrix


TOLERANCE = 1e-3
"""Mean deviation of the sums from one at which the normalisation of candidates is done."""


@dataclass(frozen=True)
class Sinkhorn:
    """Links every left entity to its most probable counterpart, see `sinkhorn`.

    An entity whose candidates are all taken by others is left with a low probability, where
    CSLS would only see that they are near. A fraction of a second for 10,000 entities with 100
    candidates each.

    Args:
        temperature: of the normalisation, in units of the candidates' scores.
        rounds: most passes over both sides.
        tolerance: mean deviation of the sums at which to stop before.

    Raises:
        ConfigError: a setting that cannot work.
    """

    temperature: float = 0.02
    rounds: int = 15
    tolerance: float = TOLERANCE

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise ConfigError(
                f"Sinkhorn needs a temperature above 0, got {self.temperature} "
                "(0.02 to 0.05 suits cosines)"
            )
        if self.rounds < 1:
            raise ConfigError(f"Sinkhorn needs 1 round or more, got {self.rounds}")
        if not self.tolerance >= 0:
            raise ConfigError(f"Sinkhorn needs a tolerance of 0 or more, got {self.tolerance}")

    def match(self, candidates: Candidates) -> Matching:
        """The most probable candidates; scores are probabilities."""
        plan = self.transport_plan(candidates)
        ranked = rescored(candidates, plan.pairs, plan.probabilities)
        links, scores = best_links(ranked.left_to_right)
        return Matching(links, scores, ranked.left_to_right, ranked.right_to_left, plan)

    def transport_plan(self, candidates: Candidates) -> TransportPlan:
        """The probability of every pair of candidates."""
        pairs = candidate_pairs(candidates)
        probabilities = sinkhorn(
            pairs.rows,
            pairs.columns,
            pairs.scores / self.temperature,
            pairs.shape,
            rounds=self.rounds,
            tolerance=self.tolerance,
        )
        return TransportPlan(
            candidates, pairs, probabilities, self.temperature, self.rounds, self.tolerance
        )

    def made(self, plan: TransportPlan, candidates: Candidates) -> bool:
        """Whether `transport_plan` would give this plan for these candidates."""
        settings = plan.temperature, plan.rounds, plan.tolerance
        own = self.temperature, self.rounds, self.tolerance
        return plan.candidates is candidates and settings == own


@dataclass(frozen=True)
class Mutual(Sinkhorn):
    """Links two entities if each is the other's most probable counterpart.

    Fewer links than other matchers find, and more of them correct: dangling entities mostly stay
    without a link.
    """

    def match(self, candidates: Candidates) -> Matching:
        """The pairs that choose each other; scores are probabilities."""
        matching = super().match(candidates)
        forward, backward = matching.left_to_right, matching.right_to_left
        assert forward is not None
        assert backward is not None
        choice = first_candidates(forward)
        size = max(int(choice.max(initial=-1)), int(backward.queries.max(initial=-1))) + 1
        best_of = np.full(size, -1, dtype=np.int32)  # by joint id of the right graph
        best_of[backward.queries] = first_candidates(backward)
        chosen = choice >= 0
        chosen[chosen] = best_of[choice[chosen]] == forward.queries[chosen]
        links, scores = best_links(forward, chosen)
        return replace(matching, links=links, scores=scores)
