"""What public models teach about a benchmark, brought to the user's own ladder."""
