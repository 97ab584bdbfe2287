"""Is the run on trend? Checkpoints against their own past, and models against their ladder."""
