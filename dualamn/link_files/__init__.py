"""Links in files, both ways: one format a file, each knows how to write links and read them."""
