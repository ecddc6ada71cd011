"""The compiled kernels: built once by the machine's C compiler, into a cache folder. Without a compiler there are none.

The library is linked to the OpenMP that torch has loaded, so both use the same threads.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import torch
from platformdirs import user_cache_path

logger = logging.getLogger(__name__)

SOURCES = tuple(
    Path(__file__).with_name(name) for name in ("kernels.c", "dense_layers.c", "winograd.c", "stem_gradient.c")
)
HEADER = Path(__file__).with_name("pairs.h")
FLAGS = ("-O3", "-march=native", "-fopenmp", "-shared", "-fPIC", "-std=gnu11")
COMPILERS = ("gcc", "cc", "clang")
PATIENCE = 60.0
"""Seconds that compiling may take; it takes about two."""

_N, _P, _I = ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_int
SIGNATURES = {
    "statistics": (_P, _N, _P, _N, _N, _N, _P, _P, _I),
    "scale_relu": (_P, _N, _P, _P, _P, _N, _P, _N, _N, _N, _I),
    "relu_norm_sums": (*[_P, _N] * 3, *[_P] * 4, _N, _N, _I),
    "relu_norm_gradient": (*[_P, _N] * 3, *[_P] * 5, _P, _N, _I, _P, _N, _N, _N, _I),
    "max_pool": (_P, _P, *[_N] * 4, _I),
    "relu_pool": (*[_P] * 6, *[_N] * 4, _I),
    "relu_pool_gradient": (*[_P] * 8, *[_N] * 4, _I),
    "copy": (_P, _N, _P, _N, _N, _N, _I),
}
"""Of kernels.c, once for each type."""
PAIRS = {
    "pack_weights": (_P, *[_N] * 6, _P, _I),
    "narrow": (_P, _N, *[_P] * 5, *[_N] * 3, _I),
    "grow": (*[_P] * 5, *[_N] * 6, _I),
    "stem": (_P, *[_N] * 3, *[_P] * 3, *[_N] * 6, _I),
    "stem_convolution": (_P, *[_N] * 3, *[_P] * 2, *[_N] * 6, _I),
    "stem_gradient": (_P, *[_N] * 3, *[_P] * 8, *[_N] * 4, _I),
    "narrow_weights": (_P, _N, *[_P] * 4, *[_N] * 3, _I),
    "grow_weights": (*[_P] * 5, *[_N] * 5, _I),
    "narrow_gradient": (_P, _N, *[_P] * 6, _N, _P, *[_N] * 3, _I),
    "settled": (_P, _N, _P, _N, *[_P] * 4, _N, _N, _I),
    "winograd_weights": (_P, _N, _N, _P, _I),
    "winograd_weights_back": (_P, _N, _N, _P, _I),
    "winograd": (*[_P] * 6, _I, _P, _N, *[_P] * 2, *[_N] * 5, _I),
    "winograd_weight_gradient": (*[_P] * 5, *[_N] * 5, _I),
}
"""Of dense_layers.c, winograd.c and stem_gradient.c."""


@cache
def kernels() -> ctypes.CDLL | None:
    """The kernels, or None where they can't be built or loaded; why is logged once."""
    try:
        return _declared(ctypes.CDLL(str(_built())))
    except (OSError, subprocess.SubprocessError, AttributeError) as error:
        logger.info("No fused kernels: %s", error)
        return None


@cache
def pairs() -> ctypes.CDLL | None:
    """The kernels, if they hold those for pairs of bfloat16, and these are faster than oneDNN: on processors with
    AVX-512 BF16 whose torch has no matrix unit (AMX) to use."""
    library = kernels()
    if library is None or not library.pairs() or torch.cpu._is_amx_tile_supported():
        return None
    return library


def _built() -> Path:
    """The library's file, compiled if it is not there yet."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise OSError("there is no C compiler")
    about = "\0".join([platform.machine(), _processor(), compiler, *FLAGS]).encode()
    about += b"".join(source.read_bytes() for source in (*SOURCES, HEADER))
    folder = user_cache_path("torchwire") / "kernels"
    target = folder / f"{hashlib.sha256(about).hexdigest()[:32]}.so"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            made = Path(place) / "kernels.so"
            command = [compiler, *FLAGS, *map(str, SOURCES), "-o", str(made), "-lm"]
            subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)  # noqa: S603 - ours alone
            made.rename(target)  # whole or not at all, whoever else builds it
    if target.stat().st_uid != os.getuid():
        raise OSError(f"{target} belongs to somebody else")
    return target


def _processor() -> str:
    """What the code was compiled for: a cache may be shared by machines that differ."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return "".join(next((line for line in lines if line.startswith(name)), "") for name in ("model name", "flags"))


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    for name, arguments in SIGNATURES.items():
        for kind in ("f32", "bf16"):
            function = getattr(library, f"{name}_{kind}")
            function.argtypes = arguments
            function.restype = ctypes.c_int if name in ("statistics", "relu_norm_sums") else None
    for name, arguments in PAIRS.items() if library.pairs() else ():
        getattr(library, name).argtypes = arguments
    return library
