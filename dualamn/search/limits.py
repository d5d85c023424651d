"""Up to what size graphs are searched."""

from __future__ import annotations

from dualamn.config import AlignerConfig


def without_search(products: int, config: AlignerConfig) -> bool:
    """Whether candidates are those that evidence finds, and no others, as a search takes too long.

    Args:
        products: left entities times right entities times the width of embeddings.
        config: without evidence of its own candidates there is no way around the search.
    """
    explores = config.evidence_rounds > 0 and config.evidence_explored > 0
    return explores and products > config.search_limit
