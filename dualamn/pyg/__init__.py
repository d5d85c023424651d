"""PyTorch Geometric: data both ways, and the graph layer as a `MessagePassing` module."""

from dualamn.pyg.data import from_pyg, to_pyg

__all__ = ["from_pyg", "to_pyg"]
