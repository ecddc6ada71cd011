"""Modules for data."""
