"""Nodes that run on other machines: what a target plug-in does, and what both sides of an attempt have in common."""
