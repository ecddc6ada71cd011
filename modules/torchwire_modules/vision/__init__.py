"""Modules for vision."""
