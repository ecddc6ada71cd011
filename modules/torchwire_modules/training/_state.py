"""Nested states on disk: tensors as safetensors, the rest as JSON. Nothing that is read back can run code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

TENSOR, PAIRS = "$tensor", "$pairs"
"""How a tensor and a dictionary with keys that aren't text are written in JSON."""


def write_state(folder: Path, name: str, state: Any) -> None:
    """Write ``state`` as ``<name>.safetensors`` and ``<name>.json``.

    It may hold dicts, lists, tensors and plain values; tuples come back as lists.
    """
    tensors: dict[str, Tensor] = {}
    plain = _packed(state, "", tensors)
    save_file(tensors, folder / f"{name}.safetensors")
    (folder / f"{name}.json").write_text(json.dumps(plain), encoding="utf-8")


def read_state(folder: Path, name: str) -> Any:
    """What ``write_state`` wrote. Raises OSError, or ValueError for files that aren't its."""
    plain = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return _unpacked(plain, load_file(folder / f"{name}.safetensors"))


def _packed(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        tensors[path] = value.detach().cpu().contiguous()
        return {TENSOR: path}
    if isinstance(value, Mapping):
        packed = {key: _packed(part, f"{path}/{key}", tensors) for key, part in value.items()}
        return packed if all(isinstance(key, str) for key in packed) else {PAIRS: list(packed.items())}
    if isinstance(value, (list, tuple)):
        return [_packed(part, f"{path}/{index}", tensors) for index, part in enumerate(value)]
    return value


def _unpacked(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(value, dict):
        if TENSOR in value:
            return tensors[value[TENSOR]]
        pairs = value[PAIRS] if PAIRS in value else value.items()
        return {key: _unpacked(part, tensors) for key, part in pairs}
    if isinstance(value, list):
        return [_unpacked(part, tensors) for part in value]
    return value
