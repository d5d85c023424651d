"""Matchers: candidates in both directions in, scored links out.

A new one is a file with a class that has `match`, and an entry here.
"""

from typing import Any

from dualamn.errors import ConfigError, did_you_mean
from dualamn.matching.base import Matcher, Matching
from dualamn.matching.csls import Csls
from dualamn.matching.greedy import Greedy
from dualamn.matching.mutual import Mutual
from dualamn.matching.one_to_one import OneToOne
from dualamn.matching.sinkhorn import Sinkhorn
from dualamn.matching.threshold import above, learn_threshold

__all__ = ["MATCHERS", "Matcher", "Matching", "above", "get_matcher", "learn_threshold"]

MATCHERS: dict[str, type] = {
    "greedy": Greedy,
    "csls": Csls,
    "sinkhorn": Sinkhorn,
    "mutual": Mutual,
    "one_to_one": OneToOne,
}
"""Every matcher by the name that settings and the command line use."""


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
