"""Run a trained model over images, in batches, in evaluation mode."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from torchwire.data_types.model import WEIGHTS, TrainedModel
from torchwire.errors import InvalidModelDirectoryError
from torchwire_modules.training._batches import Batches
from torchwire_modules.vision._networks import build, load_weights


def load_network(model: TrainedModel, device: str) -> nn.Module:
    """The network with its weights, in evaluation mode and channels-last memory on ``device``.

    Raises InvalidModelDirectoryError when the weights can't be read or don't fit.
    """
    try:
        weights = load_file(model.weights)
    except (SafetensorError, OSError) as error:
        raise InvalidModelDirectoryError(
            f"The weights in '{WEIGHTS}' can't be read: {error}", hint="Train the model again."
        ) from error
    with torch.device("meta"):  # no time spent on random weights
        network = build(model.family, model.model_name, model.options, len(model.categories))
    load_weights(network.to_empty(device="cpu"), weights, source=f"'{WEIGHTS}'")
    return network.to(device=device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload, no-any-return]


Scored = tuple[list[int], NDArray[np.float32]]


def probabilities(network: nn.Module, batches: Batches) -> Generator[Scored, None, None]:
    """Yield the indices of each batch and its softmax probabilities (images, classes). Close it when leaving early."""
    with closing(batches.epoch(0)) as epoch:
        for batch in epoch:
            with torch.inference_mode():
                scores = torch.softmax(network(batch.images).float(), dim=1).cpu().numpy()
            yield batch.indices, scores


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """Use ``count`` threads within it."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, count))
    try:
        yield
    finally:
        torch.set_num_threads(before)
