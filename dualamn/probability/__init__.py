"""How probable links are to be correct, learned from seed links that a second model did not see."""

from dualamn.probability.calibration import Calibration, PairCalibration
from dualamn.probability.precision_threshold import Threshold

__all__ = ["Calibration", "PairCalibration", "Threshold"]
