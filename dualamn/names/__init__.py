"""Names and values: what graphs call their entities and say of them, as evidence for links."""

from dualamn.names.own_seeds import OwnSeeds, find_own_seeds
from dualamn.names.similarity import NameSimilarity

__all__ = ["NameSimilarity", "OwnSeeds", "find_own_seeds"]
