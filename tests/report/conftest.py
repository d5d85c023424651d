"""Made alignments with known numbers, and strings that a page has to be careful with."""

from dataclasses import replace

import numpy as np
import pytest

from dualamn import Aligner, Alignment, AlignmentTask, KnowledgeGraph
from dualamn.bench.synthetic_task import make_task
from dualamn.kernels.arrays import strings
from dualamn.result import PairAlignment

SCRIPT = "<script>document.title='taken'</script>"
QUOTES = """a "double" and a 'single' & an &amp; onclick="x" """
RIGHT_TO_LEFT = "القدس \u202e عاصمة"
CHINESE = "北京市"
LONG = "x" * 10_000
BROKEN = "half \ud800 and \x00"
ADDRESS = 'https://example.org/resource/Berlin?a=1&b="2"'
TRICKY = (SCRIPT, QUOTES, RIGHT_TO_LEFT, CHINESE, LONG, BROKEN, ADDRESS, "javascript:alert(1)")


@pytest.fixture(scope="session")
def calibrated() -> Alignment:
    """A real run with links labelled by held-out seed links, and names."""
    task = make_task(300, keep_triples=0.8, seed=3)
    kgs = tuple(
        replace(kg, entity_names=strings(f"name of {entity}" for entity in kg.entities))
        for kg in task.kgs
    )
    task = replace(task, kgs=kgs)
    return Aligner("fast", calibrate=True, names="off").fit(task).align(matcher="mutual")


@pytest.fixture(scope="session")
def tricky() -> Alignment:
    """Every entity, relation, name and graph has a name that a page must not take literally."""
    graphs = []
    for side in ("left", "right"):
        entities = [f"{text}{'' if at == 6 else side}" for at, text in enumerate(TRICKY)]
        count = len(entities)
        triples = [(i, i % 2, (i + 1) % count) for i in range(count)]
        kg = KnowledgeGraph.from_arrays(
            f"{SCRIPT}{BROKEN}{side}", triples, entities, [SCRIPT, QUOTES]
        )
        graphs.append(replace(kg, entity_names=strings([SCRIPT, *TRICKY[1:]])))
    seeds = [(0, 0), (1, 1)]
    task = AlignmentTask.from_kgs(graphs, {(0, 1): seeds}, name=SCRIPT, notes=[f"note {SCRIPT}"])
    ends = [task.ids(side, graphs[side].entities[2:].tolist()) for side in (0, 1)]
    scores = np.linspace(0.2, 0.9, len(ends[0]), dtype=np.float32)
    pair = PairAlignment(0, 1, np.stack(ends, axis=1), scores, None, None)
    return Alignment(task, (pair,), "unaligned", "mutual")
