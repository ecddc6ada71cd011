"""Modules for evaluation."""
