"""What you type: one command per file, rendering and exit codes."""
