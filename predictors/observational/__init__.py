"""The capability space of many families."""
