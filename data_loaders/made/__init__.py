"""Made knowledge graphs of any size, whose every link is known, streamed to disk."""

from dualamn.data_loaders.made.folder import write_made
from dualamn.data_loaders.made.graphs import MadeGraphs
from dualamn.data_loaders.made.options import MadeOptions
from dualamn.data_loaders.made.presets import PRESETS, MadePreset, preset_options

__all__ = ["PRESETS", "MadeGraphs", "MadeOptions", "MadePreset", "preset_options", "write_made"]
