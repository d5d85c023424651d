"""What entities say in words: all text values of an entity together, compared by rare words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from dualamn.attributes.blocking import alike_rows
from dualamn.attributes.facts import row_products
from dualamn.attributes.name_features import Rows
from dualamn.attributes.names import by_rarity, unit_rows
from dualamn.attributes.normalisation import codes_of, plain, words_of
from dualamn.attributes.translation import largest_of_rows
from dualamn.attributes.value_keys import keys_of
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import Floats, IntArray

_RAREST = 64  # words of an entity: more tell hardly more, and take longer
_PROPOSED = 3  # entities that the texts of each propose
_FEWEST_WORDS = 3  # of a text: what has fewer is equal or not
_NO_TEXT = ("#anyURI", "#date", "#dateTime", "#gYear", "#integer", "#decimal", "#double")


@dataclass(frozen=True, eq=False)
class Texts:
    """The rarest words of every entity's text values, whatever the properties.

    Attributes:
        rows: (n, w) float32 rows of length one, of words that several graphs have, each weighing
            log((n + 1) / entities that have it); empty for entities without such words.
    """

    rows: csr_array

    @classmethod
    def of(cls, task: AlignmentTask) -> Texts | None:
        """Reads every distinct text once; None where no two graphs have words in common."""
        number: dict[str, int] = {}
        known: dict[str, list[int]] = {}
        words, owners = Rows(), [np.empty(0, dtype=np.int64)]
        for kg, offset in zip(task.kgs, task.entity_offsets.tolist(), strict=False):
            if kg.literals is None:
                continue
            columns = kg.literals.values.tolist(), kg.literals.types.tolist()
            for value, kind in zip(*columns, strict=True):
                found = known.get(value)
                if found is None:
                    found = known[value] = [
                        number.setdefault(word, len(number)) for word in text_words(value, kind)
                    ]
                words.add(found)
            owners.append(kg.literals.entities.astype(np.int64) + offset)
        owner, n = np.concatenate(owners), task.n_entities
        of_entity = csr_array(
            (np.ones(len(owner), dtype=np.float32), (owner, np.arange(len(owner)))),
            shape=(n, len(owner)),
        )
        rows = (of_entity @ words.matrix(len(number))).tocsr()
        rows.data[:] = 1
        # Words of one graph alone match nothing.
        source = task.source_of[np.repeat(np.arange(n), np.diff(rows.indptr))]
        cells = np.unique(rows.indices.astype(np.int64) * len(task.kgs) + source)
        graphs = np.bincount(cells // len(task.kgs), minlength=rows.shape[1])
        rows = rows[:, np.flatnonzero(graphs > 1)].tocsr()
        if not rows.nnz:
            return None
        return cls(unit_rows(largest_of_rows(by_rarity(rows), _RAREST)))

    def similarities(self, left: IntArray, right: IntArray) -> Floats:
        """(p,) cosines of pairs of joint ids, from 0 to 1."""
        return row_products(self.rows, self.rows, left, right)

    def proposed(self, left: IntArray, right: IntArray) -> csr_array:
        """(p, q) cosines of (p,) and (q,) entities, of those that are most alike to each of p."""
        return alike_rows(self.rows[left], self.rows[right], min(_PROPOSED, len(right)))


def text_words(value: str, kind: str) -> list[str]:
    """The distinct words and codes of a text; none of a short one, a number, a date or an IRI.

    Args:
        value: as written.
        kind: its datatype or language tag.
    """
    if kind.endswith(_NO_TEXT) or value.startswith(("http://", "https://")):
        return []
    keys = keys_of(value, kind)
    if keys is not None and not keys.exact.startswith("t"):
        return []
    spoken = [plain(word) for word in words_of(value)]
    if len(spoken) < _FEWEST_WORDS:
        return []
    return list(dict.fromkeys(spoken + codes_of(value)))
