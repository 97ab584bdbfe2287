"""What was measured: tables of scores, their readers and the metadata of benchmarks."""
