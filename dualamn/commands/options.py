"""Options that several commands share, and how their help is laid out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from difflib import get_close_matches
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar

import click

from dualamn.config import DEFAULT_PRESET, PRESETS

STDOUT = Path("-")
_WIDEST = 24  # characters of an option beside which its help still stands


def gathered(name: str, make: type, *given: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that adds parameters; the command gets them as one argument of this name.

    `make` is its dataclass, with a field for each parameter.
    """
    names = [at.name for at in fields(make) if at.init]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def with_one(**arguments: Any) -> Any:
            made = make(**{key: arguments.pop(key) for key in names})
            return command(**arguments, **{name: made})

        for parameter in reversed(given):
            with_one = parameter(with_one)
        return with_one

    return decorate


def file_option(
    name: str, text: str, metavar: str = "FILE", *, multiple: bool = False
) -> Callable[..., Any]:
    """An option that takes the path of a file; with `multiple` it may be given again."""
    return click.option(
        name, type=click.Path(path_type=Path), metavar=metavar, help=text, multiple=multiple
    )


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
quiet = click.option("-q", "--quiet", is_flag=True, help="Print only results and errors.")
data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Look for data sets such as dbp15k/zh_en in this folder.  [$DUALAMN_DATA]",
)
preset = click.option(
    "--preset",
    metavar="NAME",
    default=DEFAULT_PRESET,
    show_default=True,
    help="Choose a set of settings: "
    + "; ".join(f"{name}: {preset.summary}" for name, preset in PRESETS.items())
    + ". In brackets: Hits@1 on DBP15K ZH-EN, test side only, and the time on two cores.",
)
epochs = click.option(
    "--epochs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Train for N passes over the seed links.",
)
device = click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), help="Compute on this device.  [auto]"
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
    help="Keep within this much memory, such as 8GB: embeddings that need more have lower "
    "precision, go into a temporary file, or have fewer dimensions.  [four fifths of the "
    "machine's]",
)
dry_run = click.option(
    "--dry-run",
    is_flag=True,
    help="Read the data, show how much memory and time a run would take, and stop.",
)
threads = click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="Use this many CPU threads.  [all cores]",
)
train_ratio = click.option(
    "--train-ratio",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="R",
    help="Pool all links and draw this share of them as seed links, in place of a published split.",
)
names = click.option(
    "--names",
    metavar="FILE",
    help="Read names of entities from this file: TSV, CSV or Parquet of entity and name, or JSON. "
    "The word uri takes the last part of identifiers that are URIs.",
)
names_model = click.option(
    "--names-model",
    metavar="FOLDER",
    help="Compare names by this model2vec or sentence-transformers model as well. It has to be "
    "on this machine; nothing is downloaded.",
)
values = click.option(
    "--values/--no-values",
    default=True,
    show_default=True,
    help="Compare attribute values as well, such as dates and numbers, where the graphs have some.",
)
same_type = click.option(
    "--same-type",
    is_flag=True,
    default=None,
    help="Link no entities whose types (rdf:type) are known not to match. Which classes stand for "
    "each other is learned; without this a mismatch counts against a link.",
)


def seed_option(text: str) -> Callable[..., Any]:
    """The option of a random seed, and what it settles."""
    return click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        metavar="S",
        help=text,
    )


def show_option(count: int, text: str) -> Callable[..., Any]:
    """The option of how many rows are printed."""
    return click.option(
        "--show",
        type=click.IntRange(min=0),
        default=count,
        show_default=True,
        metavar="N",
        help=text,
    )


def likely_option(text: str) -> Callable[..., Any]:
    """The option of the least probability, .5 if it is not given."""
    return click.option(
        "--min-probability",
        type=click.FloatRange(0, 1),
        default=0.5,
        show_default=True,
        metavar="P",
        help=text,
    )


encoding = click.option(
    "--encoding",
    metavar="NAME",
    help="Read text that is not UTF-8 in this encoding, such as windows-1252.",
)
skip_bad_lines = click.option(
    "--skip-bad-lines",
    is_flag=True,
    help="Leave out, and count, what cannot be read in the files of the graphs.",
)
separator = click.option(
    "--separator",
    metavar="CHAR",
    help="Cut the lines of tables at this character, or the word tab.  [found out]",
)
columns = click.option(
    "--columns",
    metavar="H,R,T",
    callback=lambda _, __, text: text and [name.strip() for name in text.split(",")],
    help="Take head, relation and tail from these columns of tables, by name or number.",
)
min_confidence = click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    metavar="P",
    default=0.5,
    show_default=True,
    help="Leave out links of --links of which the file says that they are less probable.",
)
links_base = click.option(
    "--base",
    metavar="IRI",
    help="In files of IRIs: take off the --base that the links were written with.",
)
table_format = click.option(
    "--format",
    "format_name",
    metavar="NAME",
    help="Set the format of --out where its ending does not: tsv, csv, jsonl or parquet.",
)
MATCHERS_IN_WORDS = "Choose links by greedy, csls, sinkhorn, mutual or one_to_one."
matcher = click.option(
    "--matcher",
    metavar="NAME",
    help=f"{MATCHERS_IN_WORDS}  [mutual; csls with the preset paper]",
)


def given(**settings: Any) -> dict[str, Any]:
    """The settings that the user gave; the others are left to the preset."""
    return {name: value for name, value in settings.items() if value is not None}


def hint(name: str, known: Collection[str]) -> str:
    """Which known name was probably meant, else which there are."""
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."


def can_be_written(*paths: Path | None) -> None:
    """Refuses, before the work begins, to write where that could not be done afterwards."""
    from dualamn.files.atomic import check_writable

    for path in paths:
        if path is not None and path != STDOUT:
            check_writable(path)


class Guessing(click.Group):
    """A group that lists its commands in their order, and guesses at misspelt ones."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command, or fails and names the one that was probably meant."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            ctx.fail(f"There is no command {name!r}; {hint(name, self.commands)}")
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order a newcomer meets them."""
        return list(self.commands)


class UnderHeadings(click.Command):
    """A command whose help lists its options in parts.

    `headings` has the heading of a part by the name of the parameter that it begins with.
    """

    def __init__(self, *args: Any, headings: Mapping[str, str], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.headings = headings

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the options, with all help in one column."""
        parts: dict[str, list[tuple[str, str]]] = {}
        heading = "Options"
        for parameter in self.get_params(ctx):
            heading = self.headings.get(parameter.name or "", heading)
            record = parameter.get_help_record(ctx)
            if isinstance(parameter, click.Option) and record is not None:
                option, text = record
                parts.setdefault(heading, []).append((option.ljust(_WIDEST), text))
        for heading, records in parts.items():
            with formatter.section(heading):
                formatter.write_dl(records, col_max=_WIDEST)
