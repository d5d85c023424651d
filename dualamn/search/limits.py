"""How graphs are searched, by their size."""

from __future__ import annotations

from typing import Literal

from dualamn.config import AlignerConfig

Way = Literal["exact", "clusters", "names", "evidence"]
"""Where candidates come from.

- `exact`: everything is compared with everything;
- `clusters`: what lies in clusters near each other is compared (`dualamn.search.clustered`);
- `names`: names look up those that share rare words or pieces (`dualamn.names.blocking`), and
  evidence finds more on its way;
- `evidence`: nothing is compared, and there are no others than evidence finds.
"""


def way_to_search(products: int, config: AlignerConfig, *, seeds: bool, names: bool) -> Way:
    """Where candidates come from.

    Args:
        products: left entities times right entities times the width of embeddings, or
            of projected names where there are no embeddings yet.
        config: up to its `search_limit` a search is exact.
        seeds: there are seed links, without which evidence alone has nothing to begin with.
        names: names take part. Without evidence only an exact search finds both who is near by
            name and who by structure.
    """
    explores = config.evidence_rounds and config.evidence_explored
    if products <= config.search_limit or (names and not explores):
        return "exact"
    if names:
        return "names"
    if explores and seeds:
        return "evidence"
    return "clusters" if config.search_recall < 1 else "exact"
