"""Which relations, properties and classes of two graphs stand for each other, as links show it."""

from dualamn.schema.correspondence import Correspondence
from dualamn.schema.schema_alignment import SchemaAlignment

__all__ = ["Correspondence", "SchemaAlignment"]
