"""The last lines of `dualamn align`: what came out, who has no link and why, what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from dualamn.commands.console import add_row, say, table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from dualamn.alignment import Alignment
    from dualamn.commands.outputs import Outputs


def print_closing_lines(
    alignment: Alignment, outputs: Outputs, threshold: list[str], to: Console
) -> None:
    """Says how many links were written, how many are expected to be correct, and what rests.

    Args:
        alignment: the links that were written.
        outputs: where to.
        threshold: a line on how `--precision` was reached, if given.
        to: where the lines go.
    """
    from dualamn.files.text import counted

    counts = alignment.summary()["links"]
    per_pair = "".join(f"; {pair} {count:,}" for pair, count in counts.items())
    what = f"{counted(len(alignment), 'link')} in {outputs.place} ({outputs.form.title}"
    say(to, f"{what}{per_pair if len(counts) > 1 else ''}){_expected(alignment)}")
    for text in (*threshold, *_best_left_out(alignment)):
        say(to, f"  {text}")
    if rests := ", ".join(rests_on(alignment)):
        say(to, f"  {rests}")
    to.print(unlinked_table(alignment))
    say(to, f"next: {_next(alignment, outputs)}")


def _expected(alignment: Alignment) -> str:
    p = alignment.probabilities
    if p is None or not len(p) or np.isnan(p).any():
        return ""
    expected = float(p.sum(dtype=np.float64))
    return f", of which {expected:,.0f} expected to be correct ({expected / len(p):.1%})"


def _best_left_out(alignment: Alignment) -> list[str]:
    """What the most probable link is, where none was probable enough."""
    found = alignment.chosen_from
    if found is None or len(alignment) or found.probabilities is None or not len(found):
        return []
    return [
        f"the most probable of the {len(found):,} links found has a probability of "
        f"{found.probabilities.max():.3f}; --all writes them"
    ]


def rests_on(alignment: Alignment) -> Iterator[str]:
    """How many links names and values support, in words; nothing where neither took part."""
    from dualamn.explain.reasons import supported

    by_names, given = supported(alignment), alignment.is_given
    if by_names is not None and len(alignment):
        yield f"{int((by_names & ~given).sum()):,} that names or values support"
        yield f"{int((~by_names & ~given).sum()):,} by structure alone"
    accepted = int(alignment.is_accepted.sum())
    if given.sum() > accepted:
        yield f"{int(given.sum()) - accepted:,} with the same identifier"
    if accepted:
        yield f"{accepted:,} accepted by decision"


def unlinked_table(alignment: Alignment) -> Table:
    """A row for every graph that was aligned: its entities, those without a link, and why."""
    from dualamn.link_files.unlinked import REASONS, unlinked

    task, least = alignment.task, alignment.least_probability
    titles = {"unlikely": f"below {least:.3g}" if least and least <= 1 else "unlikely"}
    ids, reasons = unlinked(alignment)
    shown = table("graph", "entities", "linked", "no link", *(titles.get(r, r) for r in REASONS))
    linked = np.zeros(task.n_entities, np.bool_)
    linked[alignment.links] = True
    linked[task.seed_links] = True
    for kg in sorted({side for pair in alignment.pairs for side in (pair.left, pair.right)}):
        why = reasons[task.source_of[ids] == kg]
        whole = task.entity_range(kg)
        counts = [int((why == reason).sum()) for reason in REASONS]
        n_linkable = int(task.is_linkable[whole].sum())
        add_row(shown, task.kg_names[kg], n_linkable, int(linked[whole].sum()), len(why), *counts)
    return shown


def _next(alignment: Alignment, outputs: Outputs) -> str:
    if not len(alignment):
        return "more known pairs, as seed links (--links), make links more probable"
    if outputs.save is not None and len(alignment):
        least = int(np.argmin(alignment.sureness))  # the link that needs a look most
        entity = str(alignment.task.identifiers(alignment.links[least, 0]))
        return shlex.join(["dualamn", "explain", str(outputs.save), entity])
    if outputs.report is not None:
        return f"open {outputs.report} in a browser"
    report = "--report report.html writes a page with the reasons for links"
    if outputs.to_stdout:
        return report
    return f"{report}; {shlex.join(['dualamn', 'evaluate', str(outputs.out), 'GOLD'])} scores them"
