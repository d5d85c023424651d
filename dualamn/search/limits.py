"""Up to what size graphs are searched."""

from __future__ import annotations

from dualamn.config import AlignerConfig


def without_search(products: int, config: AlignerConfig, *, seeds: bool, names: bool) -> bool:
    """Whether candidates are those that evidence finds, and no others, as a search takes too long.

    Args:
        products: left entities times right entities times the width of embeddings.
        config: without evidence of its own candidates there is no way around the search.
        seeds: there are seed links, without which evidence has nothing to begin with.
        names: names take part, and who is near by name only a search finds.
    """
    explores = config.evidence_rounds > 0 and config.evidence_explored > 0
    return explores and seeds and not names and products > config.search_limit
