"""Knowledge graphs, and the task of aligning them."""
