"""One format a file: each knows how to write links, and how to read them back."""
