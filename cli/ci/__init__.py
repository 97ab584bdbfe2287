"""How do CI systems hear of it? One kind of report per file."""
