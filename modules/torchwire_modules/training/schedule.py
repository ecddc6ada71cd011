"""How the learning rate moves while training: warm-up, then constant, cosine or polynomial decay."""

from __future__ import annotations

import math
from dataclasses import dataclass

SCHEDULES = ("polynomial", "cosine", "constant")


@dataclass(frozen=True)
class Schedule:
    """Learning rates per step.

    It rises linearly over the first ``warmup`` steps (Goyal et al. 2017, arXiv:1706.02677), then falls from ``peak``
    towards zero at step ``total``: as a half cosine (Loshchilov and Hutter 2017, arXiv:1608.03983), or as the
    remaining fraction to the ``power`` (Chen et al. 2017, arXiv:1606.00915, call it poly).
    """

    kind: str
    peak: float
    total: int
    warmup: int = 0
    power: float = 1.0

    def at(self, step: int) -> float:
        """The rate of step ``step``, counted from 0."""
        if step < self.warmup:
            return self.peak * (step + 1) / self.warmup
        return self.peak * self._decay((step - self.warmup) / max(1, self.total - self.warmup))

    def _decay(self, done: float) -> float:
        if self.kind == "constant":
            return 1.0
        if self.kind == "cosine":
            return 0.5 * (1.0 + math.cos(math.pi * min(1.0, done)))
        return float(max(0.0, 1.0 - done) ** self.power)
