"""What share of all that is stated of two entities they have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from dualamn.evidence.overlap import Same
from dualamn.evidence.statements import Statements
from dualamn.kernels.arrays import blocks
from dualamn.kernels.compute import in_order
from dualamn.matching.pair_table import PairTable

_AT_ONCE = 1 << 18  # statements about pairs that are compared in one go


@dataclass(frozen=True, eq=False)
class Likeness:
    """How alike pairs of entities are by all their statements, the common ones among them.

    A statement that holds for c of the n entities of a graph tells log(n / c) of one of them, its
    information. Two statements that are the same with weight w have w (i + i') / 2 in common, i
    and i' being the information of either. With I(x, x') the sum of that over all statements about
    x that are the same as one about x', and J the sum of the information of an entity's statements,
    x and x' are alike by

        I(x, x') / sqrt(J(x) J(x') + 1)

    That is the cosine of their statements weighted by rarity, as documents are compared by words
    (Sparck Jones, Journal of Documentation 1972, on why the logarithm). Evidence
    (`shared_statements`) all but vanishes where many entities share a statement; here being born in
    Germany still counts for two entities, and against one that is not.

    Attributes:
        left: (n, g') what is stated of every left entity, in the statements of the right graph:
            w (i + i') / 2 for each.
        right: (n', g') 1 for every statement about a right entity.
        left_information, right_information: (n,) and (n',) J of every entity.
    """

    left: csr_array
    right: csr_array
    left_information: NDArray[np.float64]
    right_information: NDArray[np.float64]

    @classmethod
    def of(cls, left: Statements, right: Statements, same: Same) -> Likeness:
        """Compares by statements that are the same.

        Args:
            left, right: the statements, see `Statements.restricted` for fewer members.
            same: from `same_statements`.
        """
        both = (left.information[same.left] + right.information[same.right]) / 2
        translated = coo_array(
            ((same.weight * both).astype(np.float32), (same.left, same.right)),
            shape=(len(left.group_keys), len(right.group_keys)),
        ).tocsr()
        stated = csr_array(left.stated @ translated)
        stated.sort_indices()
        return cls(
            stated,
            right.stated,
            left.entity_information,
            right.entity_information,
        )

    def between(self, table: PairTable) -> NDArray[np.float64]:
        """(p,) how alike the entities of every pair are, from 0 to about 1."""
        rows, columns = table.rows, table.columns
        # By statements and not by pairs, since there may be thousands about one entity.
        cuts = blocks(
            np.diff(self.left.indptr)[rows] + np.diff(self.right.indptr)[columns], _AT_ONCE
        )

        def alike(block: slice) -> NDArray[np.float64]:
            x, y = rows[block], columns[block]
            common = np.asarray(self.left[x].multiply(self.right[y]).sum(axis=1), dtype=np.float64)
            return common / np.sqrt(self.left_information[x] * self.right_information[y] + 1)

        found = np.empty(len(rows))
        for block, part in zip(cuts, in_order(alike, cuts), strict=True):
            found[block] = part
        return found
