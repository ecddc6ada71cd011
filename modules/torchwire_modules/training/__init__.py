"""Modules for training."""
