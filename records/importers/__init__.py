"""Scores as harnesses and loggers write them: one module for each format, one interface."""
