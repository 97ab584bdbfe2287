"""Pictures: one kind of figure per file, drawn with matplotlib when a plot is asked for."""
