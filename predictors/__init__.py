"""How we extrapolate: one method per file behind one interface."""
