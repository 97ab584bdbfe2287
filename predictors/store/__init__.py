"""Fits on disk, exact to the bit."""
