"""Settings in groups by owner, and named sets of them."""
