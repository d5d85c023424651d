r"""Clusters as tab-separated text.

The first line names the columns; then every line is one cluster, with a column for each graph
in the order of the task, empty where the cluster has nothing of that graph:

    score      members   en        fr          de
    0.912345   3         Germany   Allemagne   Deutschland
    0.734210   2         Danube                Donau

`score` is that of the least sure link which the cluster needs to hold together, 1 if seed links
alone do; `members` counts its entities. Lines are sorted by the first graph's identifiers, then
those without one by the second's, and so on, so that the same clusters always give the same
file. Names are escaped as in links files, see `dualamn.link_files.tsv`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dualamn.files.lines import write_lines
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import FloatArray, Int32Array
from dualamn.link_files.tsv import escaped

COLUMNS = ("score", "members")


def write_clusters(
    task: AlignmentTask, members: Int32Array, scores: FloatArray, path: str | Path
) -> None:
    """Writes clusters, with six decimals of each score.

    Args:
        task: turns joint ids into identifiers.
        members: (c, g) int32 joint ids, -1 where a cluster has nothing of a graph.
        scores: (c,) float32.
        path: the file.

    An existing file is replaced only once the new one is complete.

    Raises:
        DataError: the file cannot be written.
    """
    present = members >= 0
    names = task.identifiers(np.where(present, members, 0))
    names[~present] = ""
    first = present.argmax(axis=1)
    order = sorted(range(len(members)), key=lambda row: (first[row], names[row, first[row]]))
    lines = ["\t".join([*COLUMNS, *map(escaped, task.kg_names)]) + "\n"]
    for row in order:
        numbers = f"{scores[row]:z.6f}", str(present[row].sum())
        lines.append("\t".join([*numbers, *map(escaped, names[row])]) + "\n")
    write_lines(path, lines)
