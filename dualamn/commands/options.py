"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar

import click

from dualamn.settings.presets import DEFAULT_PRESET, PRESETS

STDOUT = Path("-")

quiet = click.option("-q", "--quiet", is_flag=True, help="Only results and errors.")
data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The folder to look for data sets in, such as dbp15k/zh_en.  [$DUALAMN_DATA]",
)
preset = click.option(
    "--preset",
    metavar="NAME",
    default=DEFAULT_PRESET,
    show_default=True,
    help="A named set of settings: "
    + "; ".join(f"{name}: {preset.summary}" for name, preset in PRESETS.items())
    + ". In brackets: Hits@1 on DBP15K ZH-EN, test side only, and the time on two cores.",
)
epochs = click.option(
    "--epochs", type=click.IntRange(min=1), metavar="N", help="Passes over the seed links."
)
device = click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), help="Where to train.  [auto]"
)


class Size(click.ParamType[float]):
    """An amount of memory such as 8GB, 500MB or 7.5 GiB, as GiB."""

    name = "size"
    _units: ClassVar[dict[str, float]] = {
        **{"": 1.0, "G": 1.0, "GIB": 1.0, "GB": 1e9 / 2**30},
        **{"M": 2**-10, "MIB": 2**-10, "MB": 1e6 / 2**30},
    }

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Reads the number and its unit; without a unit it is GiB."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) *([A-Za-z]*)", str(value).strip())
        if match is None or match[2].upper() not in self._units or not float(match[1]):
            self.fail(f"{value!r} is no amount of memory: write it as 8GB or 500MB", param, ctx)
        return float(match[1]) * self._units[match[2].upper()]


memory = click.option(
    "--memory",
    type=Size(),
    metavar="SIZE",
    help="How much memory the run may take, such as 8GB: embeddings are rounded, go into "
    "a temporary file or get fewer dimensions if they would need more.  "
    "[four fifths of the machine's]",
)
dry_run = click.option(
    "--dry-run",
    is_flag=True,
    help="Read the data, say how much memory and about how much time a run will take, and stop.",
)
threads = click.option(
    "--threads", type=click.IntRange(min=1), metavar="N", help="CPU threads to use.  [all cores]"
)
train_ratio = click.option(
    "--train-ratio",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="R",
    help="Pool all links and draw this share of them as seeds, in place of a published split.",
)
names = click.option(
    "--names",
    metavar="FILE",
    help="What entities are called, to go by beside structure: TSV, CSV or Parquet of entity and "
    "name, or JSON; or the word uri, for the last part of identifiers that are URIs.",
)
names_model = click.option(
    "--names-model",
    metavar="FOLDER",
    help="Compare names by this model2vec or sentence-transformers model as well; the folder of "
    "one on this machine, as nothing is downloaded.",
)
values = click.option(
    "--values/--no-values",
    default=True,
    show_default=True,
    help="Go by attribute values as well, such as dates and numbers, where the graphs have some.",
)
links = click.option(
    "--links",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Entities known to be the same: a table, RDF with owl:sameAs, or SSSOM; goes with LEFT "
    "and RIGHT.",
)
_READING = (
    click.option(
        "--columns",
        metavar="H,R,T",
        help="The columns of tables that hold head, relation and tail, by name or number.",
    ),
    click.option(
        "--label",
        "labels",
        multiple=True,
        metavar="PROPERTY",
        help="A property whose values are names of entities, beside rdfs:label, skos:prefLabel, "
        "schema:name and foaf:name; may be given again.",
    ),
    click.option(
        "--language",
        metavar="TAG",
        help="The language of names to prefer, such as de.  [en]",
    ),
)


def reading(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options on how graphs are read; the command gets them as one dict, `reading`."""

    @wraps(command)
    def with_reading(
        *args: Any, labels: tuple[str, ...], language: str | None, columns: str | None, **rest: Any
    ) -> Any:
        chosen = None if columns is None else [name.strip() for name in columns.split(",")]
        given = {"labels": labels, "language": language, "columns": chosen}
        return command(*args, reading=given, **rest)

    for option in reversed(_READING):
        with_reading = option(with_reading)
    return with_reading


MATCHERS_IN_WORDS = "How links are chosen: greedy, csls, sinkhorn, mutual or one_to_one."
matcher = click.option(
    "--matcher", metavar="NAME", default="mutual", show_default=True, help=MATCHERS_IN_WORDS
)


def given(**settings: Any) -> dict[str, Any]:
    """The settings that the user gave; the others are left to the preset."""
    return {name: value for name, value in settings.items() if value is not None}


def can_be_written(*paths: Path | None) -> None:
    """Refuses, before the work begins, to write where that could not be done afterwards.

    Raises:
        DataError: a path that is a folder, or whose folder is missing or read-only.
    """
    from dualamn.files.atomic import check_writable

    for path in paths:
        if path is not None and path != STDOUT:
            check_writable(path)
