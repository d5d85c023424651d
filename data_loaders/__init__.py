"""Loaders: one data set layout a file; `load` recognises which one a path holds."""

from dualamn.data_loaders.layouts import load

__all__ = ["load"]
