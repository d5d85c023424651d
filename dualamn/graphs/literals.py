"""What a knowledge graph says of its entities in plain values: attribute triples."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dualamn.errors import DataError
from dualamn.kernels.arrays import Int32Array, StringArray


@dataclass(frozen=True, eq=False)
class Literals:
    """Attribute triples (entity, attribute, value) of one knowledge graph.

    Attributes:
        attributes: (a,) identifiers of the attributes.
        entities: (t,) int32 position of each triple's entity in the graph.
        kinds: (t,) int32 position of its attribute in `attributes`.
        values: (t,) the values as written, without quotes.
        types: (t,) "@en" for a language tag, the IRI of a datatype, or "" for neither.

    Raises:
        DataError: columns of different lengths, or an attribute number out of range.
    """

    attributes: StringArray
    entities: Int32Array
    kinds: Int32Array
    values: StringArray
    types: StringArray

    def __post_init__(self) -> None:
        lengths = {len(self.entities), len(self.kinds), len(self.values), len(self.types)}
        if len(lengths) != 1:
            raise DataError(f"columns of attribute triples have the lengths {sorted(lengths)}")
        if self.kinds.size and not 0 <= self.kinds.min() <= self.kinds.max() < len(self.attributes):
            raise DataError(
                f"attributes are numbered 0 to {len(self.attributes) - 1}, but attribute triples "
                f"name {self.kinds.min()} to {self.kinds.max()}"
            )

    def __len__(self) -> int:
        return len(self.values)

    def renumbered(self, new_id: Int32Array) -> Literals:
        """The same triples where entity i of the graph is now number new_id[i]."""
        moved: Int32Array = np.asarray(new_id, dtype=np.int32)[self.entities]
        return replace(self, entities=moved)
