"""Files: opened and unpacked, written whole or not at all; text, Parquet, RDF and IRIs."""
