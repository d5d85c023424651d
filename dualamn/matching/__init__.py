"""Matchers: candidates in both directions in, scored links out.

A new one is a file with a class that has `match`, and an entry here.
"""

from typing import Any

from dualamn.config import AlignerConfig
from dualamn.errors import ConfigError, did_you_mean
from dualamn.matching.csls import Csls
from dualamn.matching.matcher import Greedy, Matcher
from dualamn.matching.one_to_one import OneToOne
from dualamn.matching.sinkhorn import Mutual, Sinkhorn
from dualamn.matching.threshold import above, learn_threshold
from dualamn.result import Matching

__all__ = [
    "BY_PROBABILITY",
    "MATCHERS",
    "Matcher",
    "Matching",
    "above",
    "check_many",
    "configured_matcher",
    "get_matcher",
    "learn_threshold",
]

MATCHERS: dict[str, type] = {
    "greedy": Greedy,
    "csls": Csls,
    "sinkhorn": Sinkhorn,
    "mutual": Mutual,
    "one_to_one": OneToOne,
}
"""Every matcher by the name that settings and the command line use."""

BY_PROBABILITY = ("mutual", "sinkhorn", "one_to_one")
"""Those whose scores are Sinkhorn probabilities."""


def get_matcher(name: str, **settings: Any) -> Matcher:
    """The matcher of this name, for example `get_matcher("csls", k=5)`.

    Raises:
        ConfigError: an unknown name or setting, or a setting that cannot work.
    """
    if name not in MATCHERS:
        raise ConfigError(
            f"there is no matcher {name!r}{did_you_mean(name, MATCHERS) or ';'} "
            f"choose one of {', '.join(MATCHERS)}"
        )
    chosen = MATCHERS[name]
    known = list(getattr(chosen, "__dataclass_fields__", ()))
    unknown = [setting for setting in settings if setting not in known]
    if unknown:
        has = f"it has {', '.join(known)}" if known else "it has none"
        raise ConfigError(f"the matcher {name!r} has no setting {unknown[0]!r}; {has}")
    matcher: Matcher = chosen(**settings)
    return matcher


def configured_matcher(config: AlignerConfig, name: str | None = None) -> Matcher:
    """The matcher of an aligner's settings, or another one with what they say of it.

    Raises:
        ConfigError: an unknown name.
    """
    name = name or config.matcher
    if name not in BY_PROBABILITY:
        return get_matcher(name)
    return get_matcher(name, temperature=config.temperature, rounds=config.sinkhorn_rounds)


def check_many(name: str) -> None:
    """Refuses several links to one entity with a matcher that does not go by probability.

    Raises:
        ConfigError: it does not.
    """
    if name not in BY_PROBABILITY:
        raise ConfigError(
            f"several links to one entity need a matcher that goes by probability, "
            f"{', '.join(BY_PROBABILITY)}; not {name}"
        )
