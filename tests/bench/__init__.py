"""Benchmarks: what users wait for, each beside a peer or a limit measured in turn with it."""
