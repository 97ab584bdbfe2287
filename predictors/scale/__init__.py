"""Scales: what a method reads of a table, how the ladder was laid out, and what is asked for."""
