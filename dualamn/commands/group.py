"""Commands under a name, where a mistyped one is guessed, and options under headings."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import click

_WIDEST = 24  # characters of an option beside which its help still stands


class Guessing(click.Group):
    """A group of commands that keeps their order and names the one that was probably meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command, or names the one that was probably meant."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            near = get_close_matches(name, self.commands, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(self.commands)}."
            ctx.fail(f"There is no command {name!r}; {hint}")
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order a newcomer meets them."""
        return list(self.commands)


class UnderHeadings(click.Command):
    """A command whose help lists its options in parts, each under a heading.

    Args:
        headings: by the name of the parameter that a part begins with; the parts follow each other
            as the parameters do.
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
