"""Modules that the contract suite runs on targets. They are small, and there wherever Torchwire is installed."""
