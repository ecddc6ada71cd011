"""What the benchmarks run in processes of their own, so that nothing is shared. Each prints one line of JSON."""
