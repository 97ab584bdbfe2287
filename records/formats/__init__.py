"""The forms a file of records has: CSV, JSONL, Parquet and YAML, wide and long."""
