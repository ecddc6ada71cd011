"""Where the files of pretrained weights are looked for, and whether one is there. Without torch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from torchwire.data_types.architectures import ARCHITECTURES
from torchwire.module_api import Change, Fix, Known, Remark


def torch_cache() -> Path:
    """Torch's own folder for downloads, as ``torch.hub.get_dir`` finds it."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or f"{cache}/torch"
    return Path(home).expanduser() / "hub" / "checkpoints"


def remarks_on_weights(model_name: str, known: Known) -> Iterator[Remark]:
    """Say that the weights are not here, where that is so, with the name of the file."""
    architecture = ARCHITECTURES.get(model_name)
    if architecture is None:
        return
    folder = known.settings.get("pretrained_weights_folder")
    name = architecture.weights
    places = [torch_cache()] + ([Path(folder)] if folder else [])
    if any(file.is_file() for place in places for file in (place / name, (place / name).with_suffix(".safetensors"))):
        return
    where = f"the weights folder {folder}" if folder else "a weights folder (none is set)"
    yield Remark(
        "weights-missing",
        "warning",
        f"The file '{name}' is not in {where}: training will try to download it, and fail without internet.",
        parameter="pretrained",
        fix=Fix("Start without pretrained weights", (Change("pretrained", False),)),
    )
