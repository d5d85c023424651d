"""Updates: an aligner goes on from what it found before, when graphs and links have changed."""
