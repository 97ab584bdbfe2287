"""Constants that ship as YAML, each with its provenance, and the schemas of the JSON output."""
