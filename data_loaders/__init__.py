"""Loaders: one data set layout a file; `load` recognises which one a path holds."""
