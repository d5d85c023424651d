"""Names and attribute values: what graphs call their entities and say of them, as evidence."""

from dualamn.attributes.names import NameSimilarity
from dualamn.attributes.pseudo_seeds import OwnSeeds, find_own_seeds
from dualamn.attributes.values import ValueSimilarity

__all__ = ["NameSimilarity", "OwnSeeds", "ValueSimilarity", "find_own_seeds"]
