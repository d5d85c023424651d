"""A hundred updates in a row: links do not drift away, and the model does not grow with them."""

from pathlib import Path

import numpy as np

from dualamn import Aligner, Growth
from tests.updating.growing import CALM, World, correct, links, statements

MANY = 100


def test_a_hundred_updates_end_where_a_full_run_does(tmp_path: Path) -> None:
    world = World(80, late=lambda entity: entity % 2 == 0, seed=3)
    aligner = Aligner("fast", **CALM, evidence_rounds=3).fit(world.task())
    aligner.align()
    rng = np.random.default_rng(0)
    waiting = {name: list(own) for name, own in world.new.items()}
    there = {name: list(own) for name, own in world.old.items()}
    for number in range(MANY):
        added, gone = {}, {}
        for name, rest in waiting.items():
            count = -(-len(rest) // (MANY - number))
            added[name], waiting[name] = rest[:count], rest[count:]
            # Some of what is there goes, and comes back with the next update but one.
            if number < MANY - 4 and number % 4 == 0:
                gone[name] = [there[name][at] for at in rng.permutation(len(there[name]))[:2]]
                waiting[name] += gone[name]
            there[name] = [s for s in there[name] if s not in gone.get(name, ())] + added[name]
        update = aligner.update(Growth(added, gone))
        assert len(update.state.past) <= 8
    for kg in aligner.task.kgs:
        assert set(statements(kg)) == set(world.old[kg.name]) | set(world.new[kg.name])
    full = Aligner("fast", **CALM, evidence_rounds=3).fit(world.task(world.new))
    found, anew = links(update.alignment), links(full.align())
    assert correct(found) >= 0.9 * correct(anew)
    aligner.save(tmp_path / "updated")
    full.save(tmp_path / "full")
    sizes = [(tmp_path / name).stat().st_size for name in ("updated", "full")]
    assert sizes[0] < 2 * sizes[1] + 100_000
