"""Decisions of people, found in the graphs of a task: accepted pairs are seeds, rejected none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from dualamn.files.text import counted
from dualamn.graphs.task import AlignmentTask
from dualamn.kernels.arrays import BoolArray, Int32Array, pair_keys
from dualamn.link_files.decisions import Decision, read_decisions, settled
from dualamn.link_files.entity_finder import EntityFinder


def with_decisions(
    task: AlignmentTask,
    decisions: str | Path | Iterable[Decision],
    *,
    many: bool = False,
) -> AlignmentTask:
    """The task with what people decided about pairs of its entities.

    Accepted pairs are seed links that stand in the output as well, see
    `AlignmentTask.accepted_links`; rejected ones are `AlignmentTask.not_links`. A decision is newer
    than the links that a task came with, so it stands where the two contradict each other.

        >>> from dualamn import as_task
        >>> from dualamn.link_files.decisions import Decision
        >>> task = as_task({"en": [("Bern", "in", "Europe")], "de": [("Bärn", "in", "Europa")]})
        >>> decided = with_decisions(task, [Decision("Europe", "Europa", "accepted", "anna")])
        >>> decided.accepted_links.shape, decided.seed_links.shape
        ((1, 2), (1, 2))

    Args:
        task: the graphs and their links.
        decisions: a file of them, or decisions in the order in which they were made.
        many: an entity may have several accepted counterparts in a graph.

    Returns:
        The task; its notes count the decisions that are not used, and why: reviewers disagree, an
        entity is gone, or has several accepted counterparts.

    Raises:
        DataError: the file is unusable.
    """
    notes, source = list[str](), "decisions"
    if isinstance(decisions, str | Path):
        log = read_decisions(decisions)
        decisions, source = log.decisions, log.path.name
        if log.n_others:
            notes.append(f"{source}: {counted(log.n_others, 'row')} of another predicate skipped")
    found = Found.of(task, decisions)
    accepted = found.accepted
    if found.disputed:
        notes.append(f"{source}: {counted(found.disputed, 'pair')} not used, as reviewers disagree")
    if found.gone:
        notes.append(
            f"{source}: {counted(found.gone, 'pair')} not used, as an entity is in no graph"
        )
    if not many:
        single = _single(task, accepted)
        if n_double := int((~single).sum()):
            notes.append(
                f"{source}: {counted(n_double, 'accepted pair')} not used, as an entity has "
                "several accepted counterparts (--many keeps them)"
            )
        accepted = accepted[single]
    kept = ~np.isin(pair_keys(task.seed_links), pair_keys(found.rejected))
    if not kept.all():
        n_gone = int((~kept).sum())
        notes.append(f"{source}: {counted(n_gone, 'seed link')} rejected, and not used")
    same = np.isin(pair_keys(task.seed_links), pair_keys(accepted))
    if not many:
        against = kept & ~same & _touches(task, task.seed_links, accepted)
        if against.any():
            notes.append(
                f"{source}: {counted(int(against.sum()), 'seed link')} not used, as another "
                "counterpart was accepted"
            )
        kept &= ~against
    known = ~np.isin(pair_keys(task.not_links), pair_keys(accepted))
    if not known.all():
        n_gone = int((~known).sum())
        notes.append(f"{source}: {counted(n_gone, 'rejected pair')} accepted, and not rejected")
    decided = replace(
        task,
        seed_links=np.concatenate([task.seed_links[kept & ~same], accepted]),
        accepted_links=accepted,
        not_links=task.not_links[known],
        # What is known cannot test anything.
        test_links=task.test_links[~np.isin(pair_keys(task.test_links), pair_keys(accepted))],
        notes=(*task.notes, *notes),
    )
    return decided.with_not_links(found.rejected)


@dataclass(frozen=True, eq=False)
class Found:
    """Decisions that are about entities of a task.

    Attributes:
        accepted, rejected, unsure: (m, 2) int32 joint ids each, the earlier graph first.
        disputed_pairs: (m, 2) int32 pairs on which reviewers disagree.
        gone: pairs of which an entity is in no graph.
    """

    accepted: Int32Array
    rejected: Int32Array
    unsure: Int32Array
    disputed_pairs: Int32Array
    gone: int

    @property
    def disputed(self) -> int:
        """How many pairs reviewers disagree on."""
        return len(self.disputed_pairs)

    @classmethod
    def of(cls, task: AlignmentTask, decisions: Iterable[Decision]) -> Found:
        """Finds the entities first, so that a pair is one however it was written."""
        finder, placed = EntityPairs(task), list[Decision]()
        gone = set[tuple[str, str, str, str]]()
        for decision in decisions:
            pair = finder.joint(*decision.pair)
            if pair is None:
                gone.add(decision.pair)
                continue
            left, right = map(str, pair)
            placed.append(
                replace(decision, left=left, right=right, left_source="", right_source="")
            )
        all_of_it = settled(placed)

        def joint(chosen: Iterable[Decision]) -> Int32Array:
            pairs = [(int(decision.left), int(decision.right)) for decision in chosen]
            return np.array(pairs, dtype=np.int32).reshape(-1, 2)

        return cls(
            joint(all_of_it.accepted),
            joint(all_of_it.rejected),
            joint(all_of_it.unsure),
            joint(all_of_it.disputed),
            len(gone),
        )


class EntityPairs:
    """Finds pairs of entities of a task by their identifiers."""

    def __init__(self, task: AlignmentTask) -> None:
        self._task, self._finder = task, EntityFinder(task.kgs)
        self._numbers = {name: number for number, name in enumerate(task.kg_names)}

    def joint(
        self, left_source: str, left: str, right_source: str, right: str
    ) -> tuple[int, int] | None:
        """Joint ids, the earlier graph first; None if an entity is in no graph.

        The names of graphs may be "", and the two entities in either order.
        """
        lefts, rights = self._ends(left_source, left), self._ends(right_source, right)
        ways = [(one, two) for one, two in product(lefts, rights) if one != two]
        if not ways:
            return None
        # Of an identifier that both graphs have, the left one is of the earlier graph.
        one, two = min(ways, key=lambda way: (way[0] > way[1], way))
        offsets = self._task.entity_offsets
        joint = int(offsets[one]) + lefts[one], int(offsets[two]) + rights[two]
        return joint if one < two else joint[::-1]

    def _ends(self, source: str, name: str) -> dict[int, int]:
        """By graph the number of the entity in it."""
        if source in self._numbers:
            kg = self._numbers[source]
            for spelt in (name, self._finder.of_uri(name)):
                if (number := self._finder.number(spelt, kg)) >= 0:
                    return {kg: number}
            return {}
        return self._finder.ends(name) or self._finder.ends(self._finder.of_uri(name))


def _single(task: AlignmentTask, links: Int32Array) -> BoolArray:
    """(m,) links whose ends have no other counterpart in the same graph among them."""
    alone = np.ones(len(links), dtype=np.bool_)
    for side in (0, 1):
        keys = links[:, side].astype(np.int64) * len(task.kgs) + task.source_of[links[:, 1 - side]]
        _, inverse, count = np.unique(keys, return_inverse=True, return_counts=True)
        alone &= count[inverse] == 1
    return alone


def _touches(task: AlignmentTask, links: Int32Array, others: Int32Array) -> BoolArray:
    """(m,) links that share an end with another link between the same two graphs."""
    touched = np.zeros(len(links), dtype=np.bool_)
    for side in (0, 1):
        keys, known = (
            rows[:, side].astype(np.int64) * len(task.kgs) + task.source_of[rows[:, 1 - side]]
            for rows in (links, others)
        )
        touched |= np.isin(keys, known)
    return touched
