"""Losses: laws of N and D, the index that they give, and scores that follow from a loss."""
