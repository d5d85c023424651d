"""Made knowledge graphs of any size, whose every link is known, streamed to disk."""

from dualamn.bench.synthetic.synthetic_folder import write_made
from dualamn.bench.synthetic.synthetic_graphs import MadeGraphs
from dualamn.bench.synthetic.synthetic_options import MadeOptions
from dualamn.bench.synthetic.synthetic_presets import PRESETS, MadePreset, preset_options

__all__ = ["PRESETS", "MadeGraphs", "MadeOptions", "MadePreset", "preset_options", "write_made"]
