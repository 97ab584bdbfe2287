"""Least squares in batches, which every fit uses."""
