"""How much better links could get if all that evidence builds on were right.

    python benchmarks/ceiling.py --dataset dbp15k/zh_en --preset best --parts 2

A fifth of the seed links is held out, as in `held_out.py`, and a model learns from the others. Its
candidates are judged as in any run, and once more by evidence that is told the partner of every
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
from numpy.typing import NDArray

from dualamn import Aligner, AlignmentTask
from dualamn.arrays import Int32Array
from dualamn.eval.ranking import rank, ranking_metrics
from dualamn.evidence import Evidence, EvidenceSettings
from dualamn.evidence.ranges import IntArray
from dualamn.matching import configured_matcher
from dualamn.search import Candidates, candidate_pools, pair_cosines, search_candidates

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
        settings = {"seed": given.seed + part, "threads": given.threads}
        aligner = Aligner(given.preset, bootstrap_candidates="test_only", **settings).fit(seen)
        judge = Judge(aligner)
        a, b = aligner.config.evidence_weight, aligner.config.evidence_share_weight
        told = replace(seen, seed_links=known, valid_links=known[:0], test_links=known[:0])
        for name, candidates in (
            ("as in any run", judge(seen, (a, b), aligner.config.evidence_rounds)),
            ("every neighbour known", judge(told, (a, b), 1)),
            ("the same, weights for that", judge(told, (SURE[0] * a, SURE[1] * b), 1)),
        ):
            scores.setdefault(name, []).append(found(candidates, held))
    print(f"{describe(task)}, {given.preset}, {given.parts} of {PARTS} fifths held out\n")
    means = {name: np.mean(of_each, axis=0) for name, of_each in scores.items()}
    rows = [(name, *(f"{value:.3f}" for value in mean)) for name, mean in means.items()]
    print(table(("evidence", "Hits@1", "MRR", "Hits@10"), rows))


class Judge:
    """Judges the candidates of a model by evidence.

    Args:
        aligner: fitted, to a task of two graphs.
    """

    def __init__(self, aligner: Aligner) -> None:
        self.config = aligner.config
        self.embeddings = aligner.embeddings()
        pools = candidate_pools(aligner.task, 0, 1, "test_only")
        self.near = search_candidates(self.embeddings, *pools, self.config.candidates)

    def __call__(
        self, task: AlignmentTask, weights: tuple[float, float], rounds: int
    ) -> Candidates:
        """The candidates as the seed links of a task and these weights rank them."""
        config = self.config
        settings = EvidenceSettings(
            rounds=rounds,
            weight=weights[0],
            share_weight=weights[1],
            temperature=config.temperature,
            sinkhorn_rounds=config.sinkhorn_rounds,
            explored=config.evidence_explored,
        )
        evidence = Evidence(task, 0, 1, settings)

        def cosines(x: IntArray, y: IntArray) -> NDArray[np.floating]:
            return pair_cosines(self.embeddings, x + evidence.offsets[0], y + evidence.offsets[1])

        judged = evidence.judge(self.near, cosines)
        matching = configured_matcher(config, "sinkhorn").match(judged.candidates)
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
