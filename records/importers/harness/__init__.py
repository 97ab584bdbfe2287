"""One harness or logger per file, behind one interface."""
