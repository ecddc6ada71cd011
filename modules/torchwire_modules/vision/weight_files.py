"""Where the files of pretrained weights are looked for, and whether one is there. Without torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from torchwire.data_types.architectures import ARCHITECTURES, find_weights
from torchwire.module_api import Change, Fix, Known, Remark


def remarks_on_weights(model_name: str, known: Known) -> Iterator[Remark]:
    """Say that the weights are not here, where that is so, with the name of the file."""
    architecture = ARCHITECTURES.get(model_name)
    if architecture is None:
        return
    folder = known.settings.get("pretrained_weights_folder")
    name = architecture.weights
    if find_weights(model_name, Path(folder) if folder else None) is not None:
        return
    where = f"the weights folder {folder}" if folder else "a weights folder (none is set)"
    yield Remark(
        "weights-missing",
        "warning",
        f"The file '{name}' is not in {where}: training will try to download it, and fail without internet.",
        parameter="pretrained",
        fix=Fix("Start without pretrained weights", (Change("pretrained", False),)),
    )
