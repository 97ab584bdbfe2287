"""Text into values and back: counts, YAML with positions, documents, files written whole."""
