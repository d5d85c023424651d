"""The benchmark harness, run records, published figures and synthetic data."""
