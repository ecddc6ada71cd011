"""Asks torch what the machine can do, and lets it compute as was chosen."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import nn

from torchwire_modules.vision._fused.library import kernels
from torchwire_modules.vision._fused.networks import fuse
from torchwire_modules.vision.arithmetic import AUTO, Arithmetic, Hardware, choose

TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
LAYOUTS = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h
_LARGEST, _NEVER = 512 << 20, 2**31 - 1


@cache
def keep_freed_memory() -> None:
    """Let this process use freed memory again instead of giving it back and asking for it anew with each batch.

    glibc hands blocks of a batch's size back at once, and the kernel clears every page of the next ones: a fifth of
    the time of scoring, a twentieth of training. Elsewhere nothing happens.
    """
    try:
        adjust = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    adjust(_MMAP_THRESHOLD, _LARGEST)
    adjust(_TRIM_THRESHOLD, _NEVER)


def hardware(device: str) -> Hardware:
    """What ``device`` (torch's name) is."""
    kind = device.partition(":")[0]
    if kind == "cuda":
        return Hardware(kind, "gpu" if torch.cuda.get_device_capability(device) >= (8, 0) else "")
    if kind != "cpu":
        return Hardware(kind)
    if torch.cpu._is_amx_tile_supported():
        return Hardware(kind, "amx")
    return Hardware(kind, "avx512" if torch.cpu._is_avx512_bf16_supported() else "")


def chosen(
    device: str,
    family: str,
    image_size: tuple[int, int],
    *,
    precision: str = AUTO,
    memory_format: str = AUTO,
    compile: bool = False,
    batch_size: int | None = None,
    recorded: Mapping[str, Any] | None = None,
) -> Arithmetic:
    """``arithmetic.choose`` for this machine."""
    return choose(
        hardware(device),
        family,
        image_size,
        precision=precision,
        memory_format=memory_format,
        kernels=device == "cpu" and kernels() is not None,
        compile=compile,
        batch_size=batch_size,
        recorded=recorded,
    )


def place(network: nn.Module, device: str, arithmetic: Arithmetic) -> nn.Module:
    """``network`` on ``device``, laid out and fused as was chosen."""
    if arithmetic.fused:
        fuse(network)
    return network.to(device=device, memory_format=LAYOUTS[arithmetic.memory_format])  # type: ignore[call-overload, no-any-return]


@contextmanager
def computing(device: str, arithmetic: Arithmetic) -> Iterator[None]:
    """Within it, networks compute in the chosen precision."""
    kind = TYPES.get(arithmetic.precision)
    with torch.autocast(device.partition(":")[0], kind or torch.bfloat16, enabled=kind is not None):
        yield
