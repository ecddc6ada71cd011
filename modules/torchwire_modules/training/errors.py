"""Errors that only training knows."""

from torchwire.errors import TorchwireError


class TrainingDivergedError(TorchwireError):
    """The loss is no longer a finite number."""

    name, code = "TrainingDivergedError", "2101"
    cause = "nan-loss"
