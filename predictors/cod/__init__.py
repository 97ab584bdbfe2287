"""Clusters of questions of like difficulty, and their laws."""
