"""Torchwire: a visual pipeline designer for PyTorch vision."""

from importlib.metadata import version

__version__ = version("torchwire")
