"""The chance that a link is right, learned from seed links that a second model did not see."""

from dualamn.probability.calibration import Calibration, PairCalibration
from dualamn.probability.precision_threshold import Threshold

__all__ = ["Calibration", "PairCalibration", "Threshold"]
