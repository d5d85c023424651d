"""Looking up single entities in what a trained aligner knows, without training."""

from dualamn.lookup.entity_lookup import Candidate, Lookup, Matches, NewEntity

__all__ = ["Candidate", "Lookup", "Matches", "NewEntity"]
