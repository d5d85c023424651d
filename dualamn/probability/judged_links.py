"""Links with all that is known of how sure they are."""

from __future__ import annotations

from dataclasses import dataclass

from dualamn.attributes import Attributes
from dualamn.probability.calibration import Calibration
from dualamn.result import AlignedLinks


@dataclass(frozen=True, eq=False, repr=False)
class JudgedLinks(AlignedLinks):
    """Links found between the graphs of a task, and what they were judged by.

    Attributes:
        calibration: how the links got their probabilities; None where they have none.
        attributes: what names and values counted for; None if not known.
    """

    calibration: Calibration | None = None
    attributes: Attributes | None = None
