"""Modules small enough to see through, for graphs that test the engine. Registered by name, never installed."""
