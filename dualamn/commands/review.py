"""`dualamn review`: people accept and reject links, one by one, those first that teach most."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dualamn.commands import console, options
from dualamn.commands.source import files_of

if TYPE_CHECKING:
    from dualamn.alignment import Alignment
    from dualamn.review import Review


@click.command(short_help="Accept and reject links, those first that teach most.")
@click.argument("reviewed", type=click.Path(path_type=Path), metavar="MODEL | LINKS")
@click.argument("graphs", nargs=-1, metavar="[LEFT RIGHT [MORE]...]")
@options.file_option(
    "--decisions",
    "Keep the answers in this file, and do not ask again what it says.  [MODEL or LINKS and "
    ".decisions.sssom.tsv]",
)
@click.option(
    "--who",
    metavar="NAME",
    help="Sign answers with this name or ORCID, such as orcid:0000-0002-1825-0097.  [your login]",
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="After every N answers, say how much precision and recall are known to be.",
)
@options.likely_option("Links with this probability or more are those that are written.")
@options.seed_option("Random seed of the questions that are drawn at random.")
@click.option(
    "--web",
    is_flag=True,
    help="Ask on a page in the browser, which only this machine can open, and show all pairs in a "
    "table as well.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="With --web: listen on this port.  [any free one]",
)
@click.option(
    "--browser/--no-browser",
    default=None,
    help="With --web: open the page in the default browser.  [where there is a terminal]",
)
@options.matcher
@options.device
@options.threads
@options.quiet
def review(
    reviewed: Path,
    graphs: tuple[str, ...],
    decisions: Path | None,
    who: str | None,
    batch: int,
    min_probability: float,
    seed: int,
    web: bool,
    port: int,
    browser: bool | None,
    matcher: str | None,
    quiet: bool,
    **machine: Any,
) -> None:
    """Accept and reject links one by one, those first that teach most.

    MODEL is the file of dualamn align --save; its links are computed again, without training.
    LINKS is a file of links from any tool; add the graphs that it joins to see names, values and
    neighbours. Both entities are shown side by side. Every answer is kept at once, in a file that
    dualamn align --decisions reads: accepted pairs are seed links then, and rejected ones never
    come back. Every fifth question is drawn at random, so that precision and recall can be
    estimated; the others are unsure pairs that much hangs on. --web asks on a page in the browser.

    \b
    Examples:
      dualamn align left.nt right.nt --links seeds.tsv --out x.tsv --save model
      dualamn review model --decisions decisions.sssom.tsv
      dualamn align left.nt right.nt --links seeds.tsv --out x.tsv \\
          --decisions decisions.sssom.tsv
      dualamn review links.sssom.tsv left.nt right.nt --who anna
      dualamn review model --web
    """
    from dualamn.commands.review_loop import ask
    from dualamn.files.atomic import check_writable
    from dualamn.files.opening import check_exists
    from dualamn.review import Review

    check_exists(reviewed)
    if decisions is None:
        decisions = reviewed.with_name(f"{reviewed.name}.decisions.sssom.tsv")
    if any(decisions.resolve() == path.resolve() for path in _given(reviewed, graphs)):
        raise click.UsageError(f"--decisions {decisions}: this file is read, name another one.")
    check_writable(decisions)
    if decisions.exists() and not decisions.is_file():
        raise click.UsageError(f"--decisions {decisions}: answers are kept in a file, no device.")
    alignment, notes = _alignment(reviewed, graphs, matcher, quiet=quiet, **machine)
    made = Review(alignment, decisions, who=who, least=min_probability, seed=seed)
    for text in (*notes, *made.notes):
        console.note(f"  note: {text}", quiet=quiet)
    console.keeps(f"what was answered is in {decisions}.")
    to = console.results()
    if not quiet:
        links = int(made.proposals.askable.written.sum())
        console.say(
            to,
            f"{links:,} links and {len(made.proposals) - links:,} other pairs to ask about, "
            f"{int(made.asked.sum()):,} answered already",
        )
    if web:
        _serve(made, port, browser=browser)
    else:
        ask(made, batch, to)
    _close(made, quiet=quiet)


def _given(reviewed: Path, graphs: Sequence[str]) -> list[Path]:
    return [reviewed, *(path for text in graphs for path in files_of(text))]


def _alignment(
    reviewed: Path, graphs: Sequence[str], matcher: str | None, *, quiet: bool, **machine: Any
) -> tuple[Alignment, tuple[str, ...]]:
    """The alignment of a saved model or of a file of links, and notes on it."""
    from dataclasses import replace

    from dualamn.aligner import Aligner
    from dualamn.graphs.aligner_file import is_saved_aligner
    from dualamn.review.linked_files import alignment_of_links

    if not is_saved_aligner(reviewed):
        if len(graphs) == 1:
            raise click.UsageError("links join two or more graphs: was a graph forgotten?")
        return alignment_of_links(reviewed, [files_of(text) for text in graphs])
    if graphs:
        raise click.UsageError(
            f"{reviewed} is a saved model, which has its graphs with it: leave out "
            f"{' '.join(graphs)}."
        )
    aligner = Aligner.load(reviewed, **options.given(device=machine["device"]))
    aligner.config = replace(aligner.config, **options.given(threads=machine["threads"]))
    with console.progress(quiet=quiet) as progress:
        return aligner.align(matcher=matcher, progress=progress), ()


def _serve(made: Review, port: int, *, browser: bool | None) -> None:
    """Serves the page until it says that the review is finished, or Ctrl-C."""
    import sys
    import webbrowser

    from dualamn.review.web_server import ReviewServer

    try:
        server = ReviewServer(made, port)
    except OSError as error:
        raise click.UsageError(
            f"--port {port} cannot be listened on ({error.strerror}); name another, or none."
        ) from None
    click.echo(f"open {server.address} in a browser of this machine; Ctrl-C or Finish ends")
    sys.stdout.flush()
    if browser or (browser is None and sys.stdout.isatty()):
        webbrowser.open(server.address)
    try:
        server.serve()
    except KeyboardInterrupt:
        click.echo()


def _close(made: Review, *, quiet: bool) -> None:
    """Says what was done, and what to do with it."""
    from collections import Counter

    from dualamn.files.text import counted
    from dualamn.link_files.decisions import VERDICTS

    if not made.made:
        console.note("no answer was given.", quiet=quiet)
        return
    counts = Counter(decision.verdict for decision in made.made)
    told = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in VERDICTS if counts[verdict])
    to = console.results()
    for line in made.known().lines() if not quiet else ():
        console.say(to, line)
    console.say(to, f"{counted(len(made.made), 'answer')} in {made.path} ({told})")
    if not quiet:
        console.say(to, f"next: the same dualamn align once more, with --decisions {made.path}")
