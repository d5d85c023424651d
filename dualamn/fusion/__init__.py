"""One graph of several, in which linked entities are one: read, rewired and written as a stream."""

from dualamn.fusion.fusing import Fusion, fuse

__all__ = ["Fusion", "fuse"]
