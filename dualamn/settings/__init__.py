"""Settings in groups by owner; `dualamn.config` has all together, and the presets."""
