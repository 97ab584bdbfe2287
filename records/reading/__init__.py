"""From files to one table: what was read, merged, refused and why."""
