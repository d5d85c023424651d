"""How much better links could get if all that evidence builds on were right.

    python benchmarks/ceiling.py --dataset dbp15k/zh_en --preset best --parts 2

A fifth of the seed links is held out, as in `held_out.py`, and a model learns from the others. Its
candidates are judged as in any run, and once more by evidence that is told the counterpart of every
neighbour: all links of the data set, test links among them. No run may know that, so this is no
result and chooses nothing. It says where the ceiling is: what lies above it are entities that
nothing tells from their rivals, and no better guess at their neighbours would find them.

Held-out links are scored by the mean of both directions; candidates are the entities of the test
links and the held-out ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from harness import describe, get_task, options, run, table
from held_out import PARTS, trial

from dualamn import Aligner, AlignerConfig, AlignmentTask
from dualamn.decoding import Decoder
from dualamn.eval.ranking import rank, ranking_metrics
from dualamn.kernels.arrays import EmbeddingArray, Int32Array
from dualamn.matching import configured_matcher
from dualamn.result import Candidates

MEASURES = "hits@1", "mrr", "hits@10"

SURE = 5.0, 2.5
"""How many times the weights of evidence and likeness are where every neighbour is known."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a row for every way of judging, with the mean over the fifths held out."""
    parser = options(__doc__, dataset="dbp15k/zh_en", repeat=None)
    parser.add_argument("--preset", default="best", choices=("fast", "balanced", "best"))
    parser.add_argument(
        "--parts", type=int, default=1, choices=range(1, PARTS + 1), help="fifths held out in turn"
    )
    given = parser.parse_args(arguments)
    task = get_task(given)
    known = np.concatenate([task.seed_links, task.valid_links, task.test_links])
    scores: dict[str, list[list[float]]] = {}
    for part in range(given.parts):
        seen, held = trial(task, part)
        settings = {"seed": given.seed + part, "threads": given.threads, "calibrate": False}
        aligner = Aligner(given.preset, bootstrap_candidates="test_only", **settings).fit(seen)
        config, embeddings = aligner.config, aligner.embeddings()
        once = replace(config, evidence_rounds=1)
        surer = replace(
            once,
            evidence_weight=SURE[0] * config.evidence_weight,
            evidence_share_weight=SURE[1] * config.evidence_share_weight,
        )
        told = replace(seen, seed_links=known)
        for name, candidates in (
            ("as in any run", judged(seen, config, embeddings)),
            ("every neighbour known", judged(told, once, embeddings)),
            ("the same, weights for that", judged(told, surer, embeddings)),
        ):
            scores.setdefault(name, []).append(found(candidates, held))
    print(f"{describe(task)}, {given.preset}, {given.parts} of {PARTS} fifths held out\n")
    means = {name: np.mean(of_each, axis=0) for name, of_each in scores.items()}
    rows = [(name, *(f"{value:.3f}" for value in mean)) for name, mean in means.items()]
    print(table(("evidence", "Hits@1", "MRR", "Hits@10"), rows))


def judged(task: AlignmentTask, config: AlignerConfig, embeddings: EmbeddingArray) -> Candidates:
    """The candidates of the test side, as evidence from the seed links of a task ranks them."""
    near = Decoder(task, config).find(embeddings, 0, 1, "test_only")
    matching = configured_matcher(config, "sinkhorn").match(near.candidates)
    assert matching.left_to_right is not None
    assert matching.right_to_left is not None
    return Candidates(matching.left_to_right, matching.right_to_left)


def found(candidates: Candidates, held: Int32Array) -> list[float]:
    """Hits@1, MRR and Hits@10 of held-out links, means of both directions."""
    asked = (candidates.left_to_right, held), (candidates.right_to_left, held[:, ::-1])
    each = [ranking_metrics(rank(ranked, links)) for ranked, links in asked]
    return [float(np.mean([metrics[name] for metrics in each])) for name in MEASURES]


if __name__ == "__main__":
    run(main)
