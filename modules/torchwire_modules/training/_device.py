"""What training asks of the machine: an optimiser, repeatable arithmetic, the memory in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import torch
from torch import nn

from torchwire.errors import OutOfMemoryError, TorchwireError
from torchwire_modules.training.recipe import Recipe
from torchwire_modules.vision._hardware import keep_freed_memory

_memory: Any = torch.utils.deterministic


def make_optimizer(network: nn.Module, recipe: Recipe, device: str) -> torch.optim.Optimizer:
    """SGD with momentum, or AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101), over the parameters that learn.

    Weight decay applies to all of them, as torch does by default. All are stepped in one pass over memory, except on
    Apple's GPU: on two cores AdamW takes 10 ms for a DenseNet-121 so, and 37 one by one.
    """
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    common = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay, "fused": device != "mps"}
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(learning, **common)  # type: ignore[arg-type]
    return torch.optim.SGD(learning, momentum=recipe.momentum, **common)  # type: ignore[arg-type]


@contextmanager
def repeatable(seed: int, threads: int, *, exact: bool = True) -> Iterator[None]:
    """Within it the same ``seed`` gives the same numbers on this machine; what was set before comes back at the end.

    Unless ``exact``, a GPU may take the fastest way, which need not be the same twice, and TF32 for float32.

    The number of threads is part of that: sums are split by thread. Memory that is about to be overwritten is not
    filled first, which would only cost time; what a step frees is kept for the next one, also afterwards.
    """
    keep_freed_memory()
    before = (
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        _memory.fill_uninitialized_memory,
        torch.backends.cudnn.benchmark,
        torch.get_float32_matmul_precision(),
        torch.backends.cudnn.allow_tf32,
    )
    with torch.random.fork_rng():
        torch.set_num_threads(max(1, threads))
        torch.use_deterministic_algorithms(exact, warn_only=True)
        _memory.fill_uninitialized_memory = False
        torch.backends.cudnn.benchmark = not exact
        torch.set_float32_matmul_precision("highest" if exact else "high")
        torch.backends.cudnn.allow_tf32 = not exact
        torch.manual_seed(seed % 2**63)
        try:
            yield
        finally:
            torch.set_num_threads(before[0])
            torch.use_deterministic_algorithms(before[1], warn_only=before[2])
            _memory.fill_uninitialized_memory = before[3]
            torch.backends.cudnn.benchmark = before[4]
            torch.set_float32_matmul_precision(before[5])
            torch.backends.cudnn.allow_tf32 = before[6]


@contextmanager
def memory_errors(hint: str, parameter: str | None = None) -> Iterator[None]:
    """Turn torch's out-of-memory errors, on CPU or GPU, into OutOfMemoryError with ``hint``."""
    try:
        yield
    except TorchwireError:
        raise
    except (MemoryError, RuntimeError) as error:
        text = str(error)
        full = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if full or "can't allocate memory" in text or "not enough memory" in text:
            raise OutOfMemoryError(f"Memory ran out: {text.splitlines()[0]}", hint=hint, parameter=parameter) from error
        raise


def memory_megabytes(device: str) -> float:
    """Memory in use: the most the GPU has held, or what this process holds."""
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated(device) / 2**20
    return float(psutil.Process().memory_info().rss) / 2**20
