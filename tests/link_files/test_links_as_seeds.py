"""Every file of links that is written can be the seed links of another run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dualamn.alignment import Alignment
from dualamn.data_loaders import load_files
from dualamn.link_files.formats import FORMATS

LEFT = [f"http://left.org/{name}" for name in ("a", "Café", "c")]
RIGHT = [f"http://right.org/{name}" for name in ("A", "北京", "C")]


@pytest.mark.parametrize("name", FORMATS)
def test_links_are_read_as_seeds(
    make_alignment: Callable[..., Alignment], tmp_path: Path, name: str
) -> None:
    for side, names in (("left", LEFT), ("right", RIGHT)):
        rows = zip(names, names[1:] + names[:1], strict=True)
        text = "".join(f"{head}\tr\t{tail}\n" for head, tail in rows)
        (tmp_path / f"{side}.tsv").write_text(text, encoding="utf-8")
    links = [(left, right, 0.5) for left, right in zip(LEFT, RIGHT, strict=True)][:2]
    alignment = make_alignment({"left": LEFT, "right": RIGHT}, {(0, 1): links})
    path = tmp_path / f"links{FORMATS[name].endings[0]}"
    alignment.write(path)
    task = load_files([tmp_path / "left.tsv", tmp_path / "right.tsv"], path)
    seeds = task.identifiers(task.seed_links).tolist()
    assert sorted(map(tuple, seeds)) == sorted((left, right) for left, right, _ in links)
