"""One link format a file."""
