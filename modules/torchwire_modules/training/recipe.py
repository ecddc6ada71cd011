"""How to train: the parameters of Train PyTorch Model as one value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """What a training run follows. ``class_weights`` has one weight per class, in the order of the categories."""

    epochs: int = 5
    batch_size: int = 16
    learning_rate: float = 0.001
    warmup_epochs: int = 0
    schedule: str = "polynomial"
    power: float = 1.0
    optimizer: str = "sgd"
    momentum: float = 0.9
    weight_decay: float = 1e-4
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    freeze_backbone: bool = False
    patience: int = 3
    print_frequency: int = 10
    seed: int = 1
    precision: str = "auto"
    memory_format: str = "auto"
    deterministic: bool = True
    compile: str = "off"

    def as_json(self) -> dict[str, Any]:
        """The recipe as model.json holds it."""
        return asdict(self)


def balanced_weights(counts: list[int]) -> tuple[float, ...]:
    """Weights that let every class count the same: total / (classes with images * count); 0 for one without images."""
    present = sum(1 for count in counts if count)
    return tuple(sum(counts) / (present * count) if count else 0.0 for count in counts)
