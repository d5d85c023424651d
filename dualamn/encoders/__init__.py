"""Encoders: a task in, entity embeddings out."""
