"""Known data sets: which there are, where they lie on this machine, and how they are fetched."""
