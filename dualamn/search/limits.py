"""How graphs are searched, by their size."""

from __future__ import annotations

from typing import Literal

from dualamn.config import AlignerConfig

Way = Literal["exact", "clusters", "evidence"]
"""Where candidates come from.

- `exact`: everything is compared with everything;
- `clusters`: what lies in clusters near each other is compared (`dualamn.search.clustered`);
- `evidence`: nothing is, and there are no others than evidence finds on its way.
"""


def way_to_search(products: int, config: AlignerConfig, *, seeds: bool, names: bool) -> Way:
    """Where candidates come from.

    Args:
        products: left entities times right entities times the width of embeddings.
        config: up to its `search_limit` a search is exact.
        seeds: there are seed links, without which evidence has nothing to begin with.
        names: names take part, and who is near by name only a search finds.
    """
    if products <= config.search_limit or names:
        return "exact"
    if config.evidence_rounds and config.evidence_explored and seeds:
        return "evidence"
    return "clusters" if config.search_recall < 1 else "exact"
