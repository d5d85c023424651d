"""PyTorch Geometric: tasks as its data, both ways, and the graph layer as `MessagePassing`."""

from dualamn.graphs.task import AlignmentTask
from dualamn.pyg.conv import RelationalReflectionConv

to_pyg = AlignmentTask.to_pyg
from_pyg = AlignmentTask.from_pyg

__all__ = ["RelationalReflectionConv", "from_pyg", "to_pyg"]
