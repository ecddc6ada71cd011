"""What is known of each architecture without building it. Tests compare the table with torchvision."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from torchwire.data_types.parameter_counts import PARAMETER_COUNTS
from torchwire.data_types.transformation import Size

CLASSES, SIDE = 1000, 224
"""The head and the side of the images that the table's figures are for."""


@dataclass(frozen=True)
class Architecture:
    """``features`` go into the head. ``activations`` are the bytes kept for the backward pass of one image, measured on
    torch's meta device in float32; ``efficient`` the same with ``memory_efficient``. Images need ``smallest`` pixels
    on each side. ``weights`` is torchvision's file of pretrained weights.
    """

    parameters: int
    features: int
    activations: int
    efficient: int | None
    smallest: int
    weights: str

    def count(self, classes: int) -> int:
        """How many numbers it learns with a head for so many classes."""
        return self.parameters + (self.features + 1) * (classes - CLASSES)

    def activations_at(self, size: Size, *, memory_efficient: bool = False) -> int:
        """Bytes kept for one image of ``size``: they grow with its area."""
        at_side = self.efficient if memory_efficient and self.efficient is not None else self.activations
        return at_side * size[0] * size[1] // SIDE**2


# name: features, activations, with memory_efficient, smallest side, file
_TABLE: dict[str, tuple[int, int, int | None, int, str]] = {
    "densenet121": (1_024, 130_361_344, 62_893_440, 29, "densenet121-a639ec97.pth"),
    "densenet161": (2_208, 242_772_864, 100_232_256, 29, "densenet161-8d451a50.pth"),
    "densenet169": (1_664, 157_308_416, 66_383_232, 29, "densenet169-b2777c0a.pth"),
    "densenet201": (1_920, 202_969_600, 71_150_976, 29, "densenet201-c1103571.pth"),
    "resnet18": (512, 22_179_840, None, 1, "resnet18-f37072fd.pth"),
    "resnet34": (512, 32_215_040, None, 1, "resnet34-b627a593.pth"),
    "resnet50": (2_048, 85_909_504, None, 1, "resnet50-11ad3fa6.pth"),
    "resnet101": (2_048, 126_853_120, None, 1, "resnet101-cd907fc2.pth"),
    "resnet152": (2_048, 177_430_528, None, 1, "resnet152-f82ba261.pth"),
    "resnext50_32x4d": (2_048, 112_201_728, None, 1, "resnext50_32x4d-1a0047aa.pth"),
    "resnext101_32x8d": (2_048, 246_673_408, None, 1, "resnext101_32x8d-110c445d.pth"),
    "wide_resnet50_2": (2_048, 112_201_728, None, 1, "wide_resnet50_2-9ba9bcbe.pth"),
    "wide_resnet101_2": (2_048, 166_793_216, None, 1, "wide_resnet101_2-d733dc28.pth"),
}

ARCHITECTURES = {name: Architecture(PARAMETER_COUNTS[name], *row) for name, row in _TABLE.items()}
"""Every architecture of the built-in modules, by torchvision's name."""


def torch_cache() -> Path:
    """Torch's own folder for downloads, as ``torch.hub.get_dir`` finds it."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or f"{cache}/torch"
    return Path(home).expanduser() / "hub" / "checkpoints"


def find_weights(model_name: str, folder: Path | None) -> Path | None:
    """An architecture's file of pretrained weights on this computer: in ``folder``, or where torch keeps its own."""
    architecture = ARCHITECTURES.get(model_name)
    if architecture is None:
        return None
    places = [place / architecture.weights for place in (folder, torch_cache()) if place is not None]
    candidates = [file for place in places for file in (place, place.with_suffix(".safetensors"))]
    return next((file for file in candidates if file.is_file()), None)
