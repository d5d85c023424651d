"""What share of all that is stated of two entities they have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from dualamn.evidence.overlap import MatchedStatements
from dualamn.evidence.statements import Statements
from dualamn.kernels.arrays import Floats, blocks
from dualamn.kernels.compute import in_order
from dualamn.matching.pairs import PairTable

_AT_ONCE = 1 << 18  # statements about pairs that are compared in one go


@dataclass(frozen=True, eq=False)
class StatementSimilarity:
    """How similar pairs of entities are by all their statements, the common ones among them.

    A statement that holds for c of the n entities of a graph has the information log(n / c). Two
    statements that match by w have w (i + i') / 2 in common, i and i' being the information of
    either. With I(x, x') the sum of that over all statements about x that match one about x', and
    J the sum of the information of an entity's statements, the similarity of x and x' is

        I(x, x') / sqrt(J(x) J(x') + 1)

    the cosine of their statements weighted by rarity, as documents are compared by words (Sparck
    Jones, Journal of Documentation 1972, on why the logarithm). Evidence (`overlap_evidence`) all
    but vanishes where many entities share a statement; here being born in Germany still counts for
    two entities, and against one that is not.

    Attributes:
        left: (n, g') what is stated of every left entity, in the statements of the right graph:
            w (i + i') / 2 for each.
        right: (n', g') 1 for every statement about a right entity.
        left_information, right_information: (n,) and (n',) J of every entity.
    """

    left: csr_array
    right: csr_array
    left_information: Floats
    right_information: Floats

    @classmethod
    def of(
        cls, left: Statements, right: Statements, matched: MatchedStatements
    ) -> StatementSimilarity:
        """Compares by statements that match, see `match_statements`."""
        both = (left.information[matched.left] + right.information[matched.right]) / 2
        translated = coo_array(
            ((matched.weight * both).astype(np.float32), (matched.left, matched.right)),
            shape=(len(left.group_keys), len(right.group_keys)),
        ).tocsr()
        stated = csr_array(left.stated @ translated)
        stated.sort_indices()
        return cls(stated, right.stated, left.entity_information, right.entity_information)

    def between(self, table: PairTable) -> Floats:
        """(p,) the similarity of the entities of every pair, from 0 to about 1."""
        rows, columns = table.rows, table.columns
        # By statements and not by pairs, since there may be thousands about one entity.
        cuts = blocks(
            np.diff(self.left.indptr)[rows] + np.diff(self.right.indptr)[columns], _AT_ONCE
        )

        def similarity(block: slice) -> Floats:
            x, y = rows[block], columns[block]
            common = np.asarray(self.left[x].multiply(self.right[y]).sum(axis=1), dtype=np.float64)
            return common / np.sqrt(self.left_information[x] * self.right_information[y] + 1)

        found = np.empty(len(rows))
        for block, part in zip(cuts, in_order(similarity, cuts), strict=True):
            found[block] = part
        return found
