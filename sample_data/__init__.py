"""Real records that ship with the package; SOURCES.md tells their origin and licence."""
