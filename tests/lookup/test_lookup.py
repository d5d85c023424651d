"""Looking up entities that were taken out of a task whose links are known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import dualamn
from dualamn import Aligner, AlignmentTask, Lookup, NewEntity
from dualamn.bench.synthetic_task import make_task
from dualamn.errors import CheckpointError, ConfigError, DataError
from dualamn.graphs.knowledge_graph import KnowledgeGraph
from dualamn.lookup.entity_lookup import TOO_LITTLE
from dualamn.probability.holdout import without
from tests.attributes.conftest import Row, described_task, rename
from tests.conftest import there


def new_entity(task: AlignmentTask, joint: int, *, named: bool = True) -> NewEntity:
    """An entity of a task with all that is known of it."""
    kg = task.kgs[int(task.source_of[joint])]
    local = joint - int(task.entity_offsets[task.source_of[joint]])
    triples = tuple(
        (str(kg.entities[h]), str(kg.relations[r]), str(kg.entities[t]))
        for h, r, t in kg.triples.tolist()
        if local in (h, t)
    )
    names = () if kg.entity_names is None or not named else (str(kg.entity_names[local]),)
    return NewEntity(str(kg.entities[local]), triples, names)


def renamed(one: NewEntity, entity: str) -> NewEntity:
    """The same entity under another identifier."""

    def other(part: str) -> str:
        return entity if part == one.entity else part

    triples = tuple((other(head), relation, other(tail)) for head, relation, tail in one.triples)
    return NewEntity(entity, triples, one.names)


class Made:
    """A task, entities that were taken out of it, and an index of the rest."""

    def __init__(self, folder: Path, *, named: bool) -> None:
        task = make_task(300, mean_degree=6, keep_triples=0.9, seed=4)
        self.task = rename(task, lambda names: names) if named else task
        links = self.task.test_links[:40]
        self.links = [(int(a), int(b), 0) for a, b in links[::2].tolist()]
        self.links += [(int(b), int(a), 1) for a, b in links[1::2].tolist()]
        gone = np.array([one for one, _, _ in self.links], dtype=np.int32)
        rest = without(self.task, gone)
        # Those that are gone have no identifiers either.
        self.aligner = Aligner("fast").fit(rest)
        self.lookup = Lookup.build(self.aligner, folder / "x.index")

    def hits(self, lookup: Lookup, *, named: bool = True, triples: bool = True) -> float:
        correct = 0
        for new, other, side in self.links:
            one = new_entity(self.task, new, named=named)
            found = lookup.match(
                side=("left", "right")[side],
                triples=one.triples if triples else (),
                name=one.names,
                entity=one.entity,
            )
            wanted = self.task.identifiers(other)
            correct += bool(found.candidates) and found.candidates[0].entity == wanted
        return correct / len(self.links)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("plain"), named=False)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("named"), named=True)


def test_entities_are_found_by_their_statements(plain: Made) -> None:
    assert plain.hits(plain.lookup) >= 0.8
    assert plain.lookup.n_asked >= 30
    assert not plain.lookup.notes


def test_entities_are_found_by_their_names_alone(named: Made) -> None:
    assert named.hits(named.lookup, triples=False) >= 0.9
    assert named.hits(named.lookup) >= 0.9


def test_probabilities_add_up_and_reasons_are_given(plain: Made) -> None:
    new, other, side = plain.links[0]
    one = new_entity(plain.task, new)
    found = plain.lookup.match(
        side=("left", "right")[side], triples=one.triples, entity=one.entity, k=1000
    )
    total = found.none + sum(candidate.probability for candidate in found.candidates)
    assert total == pytest.approx(1, abs=1e-3)
    ranked = [candidate.probability for candidate in found.candidates]
    assert ranked == sorted(ranked, reverse=True)
    best = found.candidates[0]
    assert best.entity == plain.task.identifiers(other)
    assert best.reason.startswith("shared: ")
    assert found.best == best
    assert found.as_dict()["candidates"][0]["entity"] == best.entity


def test_who_has_a_link_is_taken(plain: Made) -> None:
    seed = plain.aligner.task.seed_links[0].tolist()
    one = new_entity(plain.task, seed[0])
    found = plain.lookup.match(triples=renamed(one, "?").triples)
    taken = {c.entity: c for c in found.candidates}[str(plain.task.identifiers(seed[1]))]
    assert taken.taken_by == one.entity
    assert taken.taken_probability == 1
    others = [c for c in found.candidates if c.taken_by is None]
    assert all(c.taken_probability is None for c in others)


def test_too_little_is_known(plain: Made) -> None:
    found = plain.lookup.match(triples=[("?", "r", "nobody")])
    assert found.candidates == ()
    assert found.note == TOO_LITTLE
    assert 0 < found.none < 1
    assert found.known == 0


def test_new_neighbours_tell_once_they_are_looked_up(plain: Made) -> None:
    new = [(renamed(new_entity(plain.task, new), "fresh"), side) for new, _, side in plain.links]
    one, side = next(found for found in new if found[0].triples[0][0] == "fresh")
    which = ("left", "right")[side]
    # A chain that hangs from it: the end knows nobody but a new entity.
    relation = one.triples[0][1]
    end = NewEntity("end", (("fresh", relation, "end"),))
    (alone,) = plain.lookup.match_all([end], side=which)
    first, last = plain.lookup.match_all([one, end], side=which)
    assert (alone.known, last.known) == (0, 1)
    assert last.candidates
    assert first.known == len(one.triples)


def test_one_candidate_is_shared_by_those_who_claim_it(plain: Made) -> None:
    new, other, side = plain.links[0]
    one = new_entity(plain.task, new)
    twin = renamed(one, "twin")
    which = ("left", "right")[side]
    wanted = plain.task.identifiers(other)

    def probability(*entities: NewEntity) -> list[float]:
        found = plain.lookup.match_all(entities, side=which)
        return [
            sum(c.probability for c in matches.candidates if c.entity == wanted)
            for matches in found
        ]

    (alone,) = probability(one)
    both = probability(one, twin)
    assert alone > 0.5
    assert sum(both) <= 1
    assert max(both) < alone


@pytest.mark.parametrize("rows", ["bit", "float32"])
def test_other_precisions_find_about_as_much(plain: Made, tmp_path: Path, rows: str) -> None:
    lookup = Lookup.build(plain.aligner, tmp_path / "x.index", rows=rows)  # type: ignore[arg-type]
    assert plain.hits(lookup) >= plain.hits(plain.lookup) - 0.1


def test_what_is_asked_wrongly(plain: Made, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="side must be left or right"):
        plain.lookup.match(side="top")
    with pytest.raises(ConfigError, match="must be 1 or more"):
        plain.lookup.match(k=0)
    with pytest.raises(DataError, match="is not about '\\?'"):
        plain.lookup.match(triples=[("a", "b", "c")])
    with pytest.raises(DataError, match="a head, a relation and a tail"):
        plain.lookup.match(triples=[("?", "b")])
    (tmp_path / "x").write_text("no index")
    with pytest.raises(CheckpointError, match="damaged"):
        Lookup(tmp_path / "x")


def test_of_more_graphs_two_are_named(tmp_path: Path) -> None:
    made = make_task(60, mean_degree=4, seed=1)
    third = replace(made.kgs[1], name="third")
    offsets = made.entity_offsets[:2]
    seeds = {
        (0, 1): made.seed_links - offsets,
        (0, 2): made.seed_links - offsets,
    }
    task = AlignmentTask.from_kgs((*made.kgs, third), seeds)
    aligner = Aligner("fast", calibrate=False).fit(task)
    with pytest.raises(ConfigError, match="name the two to be indexed"):
        Lookup.build(aligner, tmp_path / "x.index")
    lookup = Lookup.build(aligner, tmp_path / "x.index", pair=(task.kg_names[0], "third"))
    assert lookup.graphs == (task.kg_names[0], "third")
    assert lookup.notes  # without second models nothing shows how probable candidates are
    assert lookup.n_entities == (task.kgs[0].n_entities, task.kgs[2].n_entities)


def test_entities_of_a_graph_that_are_new(plain: Made) -> None:
    known = str(plain.task.kgs[0].entities[0])
    graph = dualamn.as_graph([(known, "r", "new one"), ("_:b", "r", known)], "en")
    (new,) = plain.lookup.new_in(graph)
    assert new == NewEntity("new one", ((known, "r", "new one"),))
    assert isinstance(graph, KnowledgeGraph)


def test_entities_are_found_by_their_values_alone(tmp_path: Path) -> None:
    def rows(side: int, number: int) -> list[Row]:
        return [(0, ("code", "number")[side], f"AB{number:05}", "")]

    task = described_task(rows, n_entities=120, train_ratio=0.5)
    gone, counterpart = task.test_links[0].tolist()
    literals = there(task.kgs[0].literals)
    values = {
        str(literals.attributes[literals.kinds[row]]): str(literals.values[row])
        for row in np.flatnonzero(literals.entities == gone).tolist()
    }
    rest = without(task, np.array([gone], dtype=np.int32))
    aligner = Aligner("fast", calibrate=False).fit(rest)
    lookup = Lookup.build(aligner, tmp_path / "x.index")
    found = lookup.match(values=values)
    assert found.candidates[0].entity == task.identifiers(counterpart)
    assert "its values agree" in found.candidates[0].reason
    assert found.note == ""
    with pytest.raises(DataError, match="has to be a string"):
        lookup.match(values={"code": [1900]})  # type: ignore[list-item]
