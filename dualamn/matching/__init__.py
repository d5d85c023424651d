"""Matchers: candidates in both directions in, scored links out."""
