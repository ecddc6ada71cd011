"""Runs pipelines: plans in, numbered events and artifacts out. Knows no Flask and no torch."""
