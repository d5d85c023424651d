"""How graphs are searched, by their size."""

from __future__ import annotations

from typing import Literal

from dualamn.config import AlignerConfig

Way = Literal["exact", "approximate", "names", "evidence"]
"""Where candidates come from.

- `exact`: everything is compared with everything;
- `approximate`: an entity is compared with clusters near it (`dualamn.search.approximate`);
- `names`: names look up those that share rare words or pieces (`dualamn.attributes.blocking`), and
  who is near by structure comes from evidence on its way, or else from an approximate search;
- `evidence`: nothing is compared, and there are no others than evidence finds.
"""


def way_to_search(products: int, config: AlignerConfig, *, seeds: bool, names: bool) -> Way:
    """Where candidates come from.

    Args:
        products: left entities times right entities times the width of embeddings, or
            of projected names where there are no embeddings yet.
        config: up to its `search_limit` a search is exact.
        seeds: there are seed links, without which evidence alone has nothing to begin with.
        names: names take part.
    """
    explored = explores(config)
    if products <= config.search_limit or (config.search_recall == 1 and not explored):
        return "exact"
    if names:
        return "names"
    if explored and seeds:
        return "evidence"
    return "approximate" if config.search_recall < 1 else "exact"


def explores(config: AlignerConfig) -> bool:
    """Whether evidence finds candidates of its own."""
    return config.evidence_rounds > 0 and config.evidence_explored > 0
