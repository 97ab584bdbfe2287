"""JSON Schema files of the documents that commands write."""
