"""Names and attribute values: what graphs call their entities and say of them, as evidence."""

from dualamn.attributes.attributes import Attributes
from dualamn.attributes.names import NameSimilarity
from dualamn.attributes.pseudo_seeds import PseudoSeeds
from dualamn.attributes.values import ValueSimilarity

__all__ = ["Attributes", "NameSimilarity", "PseudoSeeds", "ValueSimilarity"]
