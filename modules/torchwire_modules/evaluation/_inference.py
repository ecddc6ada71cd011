"""Run a trained model over images, in batches, in evaluation mode."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from torchwire.data_types.model import WEIGHTS, TrainedModel
from torchwire.errors import InvalidModelDirectoryError
from torchwire_modules.training._batches import Batches
from torchwire_modules.vision._fused.inference import ready_to_score
from torchwire_modules.vision._hardware import TYPES, computing, keep_freed_memory
from torchwire_modules.vision._networks import build, load_weights
from torchwire_modules.vision.arithmetic import Arithmetic


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
Logits = Callable[[Tensor], Tensor]
"""From images (n, 3, height, width) to logits (n, classes), both float32."""


def fast_logits(network: nn.Module, device: str, arithmetic: Arithmetic) -> Logits:
    """``network`` in the chosen arithmetic: made ready to score where that can be done, else with autocast."""
    if device == "cpu":
        made = ready_to_score(network, TYPES.get(arithmetic.precision, torch.float32))
        if made is not None:
            return made
    return lambda images: _plainly(network, images, device, arithmetic)


def exact_logits(network: nn.Module) -> Logits:
    """``network`` in float32, layer by layer."""
    return lambda images: cast(Tensor, network(images))


def _plainly(network: nn.Module, images: Tensor, device: str, arithmetic: Arithmetic) -> Tensor:
    with computing(device, arithmetic):
        return cast(Tensor, network(images)).float()


class Comparison:
    """How often the fast arithmetic predicts the label that float32 predicts, on the first ``most`` images."""

    def __init__(self, exact: Logits, most: int) -> None:
        self._exact, self._most = exact, most
        self.images = self.equal = 0
        self.largest = 0.0  # difference of a probability

    def look(self, images: Tensor, scores: Tensor) -> None:
        """Score the images anew, unless enough were."""
        few = min(len(images), self._most - self.images)
        if few <= 0:
            return
        exact = torch.softmax(self._exact(images[:few]), dim=1)
        self.images += few
        self.equal += int((exact.argmax(1) == scores[:few].argmax(1)).sum())
        self.largest = max(self.largest, float((exact - scores[:few]).abs().max()))


def probabilities(
    logits: Logits, batches: Batches, comparison: Comparison | None = None
) -> Generator[Scored, None, None]:
    """Yield the indices of each batch and its softmax probabilities (images, classes). Close it when leaving early.

    Raises InvalidModelDirectoryError when the network's answer is not a number.
    """
    with closing(batches.epoch(0)) as epoch:
        for batch in epoch:
            with torch.inference_mode():
                scores = torch.softmax(logits(batch.images), dim=1)
                if comparison is not None:
                    comparison.look(batch.images, scores)
            found = scores.cpu().numpy()
            if not np.isfinite(found).all():
                raise InvalidModelDirectoryError(
                    "The network's answer is not a number.",
                    hint="Train the model again. If it scores well elsewhere, set 'Precision' to fp32.",
                    port="trained_model",
                )
            yield batch.indices, found


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """Use ``count`` threads within it. Memory that batches free is kept for the next ones."""
    keep_freed_memory()
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, count))
    try:
        yield
    finally:
        torch.set_num_threads(before)
