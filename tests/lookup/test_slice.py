"""Parts of an aligner: their links are those of the whole, and no more is kept than is needed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualamn
from dualamn import Aligner, AlignmentTask
from dualamn.alignment import Alignment
from dualamn.bench.synthetic_task import make_task
from dualamn.errors import ConfigError, DataError
from dualamn.files.rdf import RDF_TYPE
from dualamn.kernels.arrays import BoolArray
from dualamn.lookup import Lookup, targets
from tests.attributes.conftest import described
from tests.commands.conftest import run
from tests.conftest import there

__all__ = ["run"]  # a fixture


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Aligner:
    def rows(side: int, number: int) -> list[tuple[int, str, str, str]]:
        kind = ("Person", "Place")[number % 10 > 0]
        return [(0, RDF_TYPE, f"http://x/{kind}", ""), (0, "code", str(number), "")]

    task = described(make_task(200, mean_degree=5, seed=1), rows)
    path = tmp_path_factory.mktemp("whole") / "aligner"
    Aligner("balanced", dim=16, epochs=1, bootstrap_turns=0).fit(task).save(path)
    return Aligner.load(path)


def named_links(alignment: Alignment, among: set[str]) -> set[tuple[str, ...]]:
    """The links with an end among some identifiers, with their probabilities."""
    links = alignment.written()
    p = there(links.probabilities)
    return {
        (*ends, f"{chance:.6f}")
        for ends, chance in zip(alignment.task.identifiers(links.links).tolist(), p, strict=True)
        if among & set(ends)
    }


def identifiers(task: AlignmentTask, chosen: BoolArray) -> set[str]:
    return set(task.identifiers(np.flatnonzero(chosen)).tolist())


def test_links_of_a_part_are_those_of_the_whole(whole: Aligner, tmp_path: Path) -> None:
    wanted = targets.of_types(whole.task, ["Person"])
    names = identifiers(whole.task, wanted)
    part = whole.slice(wanted)
    part.save(tmp_path / "part")
    again = Aligner.load(tmp_path / "part")
    links = named_links(whole.align(), names)
    assert links
    for aligner in (part, again):
        found = aligner.align()
        assert named_links(found, names) == links
        every = set(found.task.identifiers(found.links).ravel())
        assert named_links(found, every) <= named_links(whole.align(), every)
    whole.save(tmp_path / "whole")
    sizes = [(tmp_path / name).stat().st_size for name in ("part", "whole")]
    assert sizes[0] < 0.5 * sizes[1]


def test_a_part_explains_and_ranks(whole: Aligner, tmp_path: Path) -> None:
    wanted = targets.of_types(whole.task, ["http://x/Person"])
    full, found = whole.align(), whole.slice(wanted, k=3).align()
    link = full.written().links[wanted[full.written().links[:, 0]]][0]
    left, right = full.task.identifiers(link).tolist()
    explanations = [alignment.explain(left, right) for alignment in (full, found)]
    assert [one.is_linked for one in explanations] == [True, True]
    shared = [len(one.shared) for one in explanations]
    assert shared[0] == shared[1] > 0
    found.write_candidates(tmp_path / "c.tsv", k=3)
    rows = (tmp_path / "c.tsv").read_text(encoding="utf-8").splitlines()
    assert 1 < len(rows) <= 1 + 3 * int(wanted.sum())


def test_what_is_wanted(whole: Aligner) -> None:
    task = whole.task
    some = task.identifiers([3, 5]).tolist()
    chosen, missing = targets.of_identifiers(task, [*some, "nobody"])
    assert (identifiers(task, chosen), missing) == (set(some), ["nobody"])
    relation = str(task.relations[0])
    ends = targets.of_relations(task, [relation])
    assert ends.sum() == len(np.unique(task.triples[task.triples[:, 1] == 0][:, [0, 2]]))
    with pytest.raises(DataError, match="no entity is of the class 'Persn'"):
        targets.of_types(task, ["Persn"])
    with pytest.raises(DataError, match="no graph has the relation"):
        targets.of_relations(task, ["nothing"])
    with pytest.raises(DataError, match="none of 1 entity, such as 'nobody', is in"):
        targets.of_identifiers(task, ["nobody"])


def test_what_a_part_cannot_do(whole: Aligner, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to keep"):
        whole.slice(np.zeros(whole.task.n_entities, dtype=np.bool_))
    part = whole.slice(targets.of_types(whole.task, ["Person"]))
    with pytest.raises(ConfigError, match="has the links that the whole one found"):
        part.align(matcher="csls")
    with pytest.raises(ConfigError, match="cannot be indexed"):
        Lookup.build(part, tmp_path / "x.index")
    with pytest.raises(ConfigError, match="cannot be updated"):
        part.update(dualamn.Growth())
    assert part.align(pairs=[whole.task.kg_names]).pairs[0].left == 0  # type: ignore[list-item]


def test_the_command(run: Any, whole: Aligner, tmp_path: Path) -> None:
    whole.save(tmp_path / "whole")
    (tmp_path / "wanted.txt").write_text("\n".join(whole.task.identifiers([1, 2]).tolist()) + "\nx")
    shown = run("slice", "whole", "--entities", "wanted.txt", "--type", "Person", "--out", "part")
    assert shown.exit_code == 0, shown.output
    assert "of whole; its links take" in shown.stdout
    assert "1 entity asked for in no graph, such as 'x'" in shown.stderr
    assert "test links tell of" in shown.stdout
    assert isinstance(dualamn.Aligner.load(tmp_path / "part"), Aligner)
    (tmp_path / "empty.txt").touch()
    empty = run("slice", "whole", "--entities", "empty.txt", "--out", "part").stderr
    assert "empty.txt: the file is empty; expected identifiers, one a line" in empty
    assert run("slice", "whole", "--out", "part").exit_code == 2
    assert "would be lost" in run("slice", "whole", "--type", "Person", "--out", "whole").stderr
