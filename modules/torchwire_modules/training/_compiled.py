"""torch.compile for a network that trains: in this process alone, into a folder of the attempt, one batch size."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from torchwire.errors import OutOfRangeError
from torchwire_modules.vision.arithmetic import OFF, Arithmetic

CACHE = "TORCHINDUCTOR_CACHE_DIR"
BACKEND: Any = "inductor"


@contextmanager
def compiling(arithmetic: Arithmetic, device: str, folder: Path, *, exact: bool) -> Iterator[None]:
    """Within it networks may be compiled, as was chosen. What that makes lies in ``folder``, all of it.

    Nothing is compiled in further processes, which would outlive the node when it is killed. With ``exact``, kernels
    are not chosen by timing them. Raises OutOfRangeError when a compiler is missing.
    """
    if arithmetic.compiled == OFF:
        yield
        return
    _check_compiler(device)
    import torch._dynamo  # late: these take seconds
    import torch._inductor.codecache as codecache
    from torch._inductor import config

    untyped: Any = codecache
    headers = untyped._HEADER_DIR, untyped._HEADER_LOCK_DIR  # else these go to the system's folder for temporary files
    before = os.environ.get(CACHE)
    os.environ[CACHE] = str(folder)
    untyped._HEADER_DIR, untyped._HEADER_LOCK_DIR = str(folder / "headers"), str(folder / "headers" / "locks")
    try:
        with cast(Any, config).patch(compile_threads=1, deterministic=exact):
            yield
    finally:
        untyped._HEADER_DIR, untyped._HEADER_LOCK_DIR = headers
        torch._dynamo.reset()
        del os.environ[CACHE]
        if before is not None:
            os.environ[CACHE] = before


def forward_of(network: nn.Module, arithmetic: Arithmetic, size: int) -> Callable[[Tensor], Tensor]:
    """How to call ``network``: compiled, as was chosen, for batches of ``size`` images, and as it is for others.

    So the last, smaller batch of an epoch has nothing compiled anew, and breaks no CUDA graphs. The weights stay those
    of ``network``, under its names.
    """
    return network if arithmetic.compiled == OFF else _Compiled(network, arithmetic.compiled, size)


class _Compiled:
    def __init__(self, network: nn.Module, mode: str, size: int) -> None:
        self._network, self._size = network, size
        self._twin = torch.compile(network, mode=mode, dynamic=False, backend=BACKEND)

    def __call__(self, images: Tensor) -> Tensor:
        if len(images) != self._size:
            return cast(Tensor, self._network(images))
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]  # what the last step returned is not needed any more
        try:
            return cast(Tensor, self._twin(images))
        except torch._dynamo.exc.TorchDynamoException as error:
            raise _refused(f"The network can't be compiled: {str(error).strip().splitlines()[0]}") from error


def _check_compiler(device: str) -> None:
    if device.startswith("cuda"):
        from torch.utils._triton import has_triton

        if not has_triton():
            raise _refused("The network can't be compiled: there is no Triton for this GPU.")
        return
    from torch._inductor.cpp_builder import get_cpp_compiler
    from torch._inductor.exc import InvalidCxxCompiler

    try:
        get_cpp_compiler()
    except InvalidCxxCompiler as error:
        raise _refused("The network can't be compiled: there is no C++ compiler.") from error


def _refused(what: str) -> OutOfRangeError:
    hint = "Set 'Compile' to off, or install a C++ compiler (g++; on a Mac, Xcode's tools) where the node runs."
    return OutOfRangeError(what, hint=hint, parameter="compile")
