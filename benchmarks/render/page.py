"""docs/results.md as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dualamn.bench.published import Published
from render import sections, text
from render.lines import Line, Setting
from render.runs import Report

HEAD = f"""\
<!-- {text.GENERATED} -->
# Results

Every figure of ours on this page is read from a file that `dualamn bench --json` wrote, and
`make results` renders the page from those files. To run one again, and the page after it:

```sh
export DUALAMN_DATA=~/data
dualamn bench dbp15k/zh_en --preset paper --protocol test --seeds 3 \\
    --json benchmarks/results/paper/dbp15k_zh_en.json
make results
```

How to read it:

- **One table, one task.** A table holds figures of one protocol, one direction and one share of
  seeds, as its heading says. Figures of two tables cannot be compared, even where the data set is
  the same.
- **Test side only**: the candidates are the entities of the other graph that have a test link, so
  every query has its answer among them. This is what papers report, and it is easy. **All
  entities**: every entity of the other graph is a candidate.
- **Left to right**: a query is an entity of the first graph; in ZH-EN that is the Chinese one.
- **±** is the standard deviation over runs with different seeds, or over folds. **95%** is an
  interval from a bootstrap over the test links, averaged over the runs. Error bars in plots show
  the 95% interval where there is one, else the deviation. Hollow marks are published figures.
  The axes do not begin at zero.
- **Seconds and memory** are those of whole processes, from start to scores, means over the runs.
  Seconds of others are from other machines. Of several run files of a preset, the tables show the
  one that scored fewest protocols, then the one with most runs; all of them are listed below.
- All of it reads structure only: no names, no attribute values, nothing learned from other data.
"""


def page(
    lines: Mapping[Setting, Sequence[Line]], reports: Sequence[Report], published: Published
) -> str:
    """The text of docs/results.md."""
    out = [HEAD]
    for family in published.family_order({setting.family for setting in lines}):
        out += sections.family_section(family, lines, published)
    out += sections.links_section(reports, published)
    out += sections.share_section(reports, published)
    used = {line.figure.source for group in lines.values() for line in group if line.figure}
    out += sections.sources_section(published, used)
    out += sections.files_section(reports, published)
    return "\n".join(out).rstrip() + "\n"
