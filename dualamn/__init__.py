"""Finds which entities of two or more knowledge graphs are the same thing."""
