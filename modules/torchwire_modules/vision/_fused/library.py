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

from platformdirs import user_cache_path

logger = logging.getLogger(__name__)

SOURCE = Path(__file__).with_name("kernels.c")
FLAGS = ("-O3", "-march=native", "-fopenmp", "-shared", "-fPIC", "-std=gnu11")
COMPILERS = ("gcc", "cc", "clang")
PATIENCE = 60.0
"""Seconds that compiling may take; it takes about two."""

_N, _P = ctypes.c_ssize_t, ctypes.c_void_p
SIGNATURES = {
    "statistics": (_P, _N, _P, _N, _N, _N, _P, _P, ctypes.c_int),
    "scale_relu": (_P, _N, _P, _P, _P, _N, _P, _N, _N, _N, ctypes.c_int),
    "relu_norm_sums": (*[_P, _N] * 3, *[_P] * 4, _N, _N, ctypes.c_int),
    "relu_norm_gradient": (*[_P, _N] * 3, *[_P] * 5, _P, _N, ctypes.c_int, _P, _N, _N, _N, ctypes.c_int),
    "max_pool": (_P, _P, *[_N] * 4, ctypes.c_int),
    "copy": (_P, _N, _P, _N, _N, _N, ctypes.c_int),
}


@cache
def kernels() -> ctypes.CDLL | None:
    """The kernels, or None where they can't be built or loaded; why is logged once."""
    try:
        return _declared(ctypes.CDLL(str(_built())))
    except (OSError, subprocess.SubprocessError, AttributeError) as error:
        logger.info("No fused kernels: %s", error)
        return None


def _built() -> Path:
    """The library's file, compiled if it is not there yet."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise OSError("there is no C compiler")
    about = "\0".join([platform.machine(), _processor(), compiler, *FLAGS]).encode() + SOURCE.read_bytes()
    folder = user_cache_path("torchwire") / "kernels"
    target = folder / f"{hashlib.sha256(about).hexdigest()[:32]}.so"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            made = Path(place) / "kernels.so"
            command = [compiler, *FLAGS, str(SOURCE), "-o", str(made), "-lm"]
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
    return library
