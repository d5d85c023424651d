"""Reads RDF: statements become triples, attribute triples and names."""
