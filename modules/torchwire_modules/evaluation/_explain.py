"""Grad-CAM: which places of an image spoke for a category, as a heat map over what the network saw."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from torchwire.data_types.image_directory import ImageDirectory
from torchwire.data_types.json_files import write_json
from torchwire.data_types.model import TrainedModel
from torchwire.errors import InvalidDatasetError, InvalidModelDirectoryError, LibraryError, NotFoundError
from torchwire.module_api import Context
from torchwire_modules.evaluation._inference import cpu_threads, load_network
from torchwire_modules.training._datasets import at_port
from torchwire_modules.vision.transform_ops import Transform

LAYERS = {"densenet": ("features", "features.denseblock3"), "resnet": ("layer4", "layer3")}
"""The last layer with places, which sees one in 32 pixels, and the one before, which sees one in 16."""
FEW = 4
"""With fewer places than this a side, the layer before the last is asked."""
SHOWN = 320
"""The smaller side that pictures have at least."""
COLOURS = np.array([[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]], dtype=np.float32)
"""From cold to hot; the page draws its legend in the same."""
OPACITY = 0.8

Map = NDArray[np.float32]


def explain(ctx: Context, image_id: str, asked: str) -> Path:
    """Write pictures and words about one image into the folder of output ``explanation``, and return it.

    Raises NotFoundError for an image or category that isn't there, InvalidDatasetError for an image that can't be
    read, InvalidModelDirectoryError for a network that can't be asked, LibraryError without captum.
    """
    with at_port("trained_model"):
        model = TrainedModel.read(ctx.input("trained_model"))
        network = load_network(model, "cpu").requires_grad_(False)
    if asked and asked not in model.categories:
        raise NotFoundError(f"The model knows no category '{asked[:100]}'.", hint=f"It knows {_some(model.categories)}")
    pixels, batch = _read(ImageDirectory.open(ctx.input("dataset")), model, image_id)
    with cpu_threads(ctx.threads):
        probabilities = torch.softmax(network(batch), dim=1)[0]
        predicted = int(probabilities.argmax())
        category = model.categories.index(asked) if asked else predicted
        layer = layer_for(model.family, (batch.shape[2], batch.shape[3]))
        heat = heat_map(network, network.get_submodule(layer), batch, category)
    folder = ctx.output_folder("explanation")
    _draw(folder, pixels, heat)
    about = {
        "image": image_id,
        "category": model.categories[category],
        "probability": float(probabilities[category]),
        "predicted": model.categories[predicted],
        "places": list(heat.shape),
        "layer": layer,
        "nothing": not heat.any(),
    }
    write_json(folder / "explanation.json", about)
    return folder


def heat_map(network: nn.Module, layer: nn.Module, images: Tensor, category: int) -> Map:
    """How much each place of ``layer`` speaks for ``category``, from 0 to 1; all 0 where none does.

    ``images`` is a batch of one.
    """
    try:
        from captum.attr import LayerGradCam  # late: it takes a second, and may not be installed
    except ImportError as error:
        raise LibraryError(
            f"Explaining needs a package that is not installed: {error.name}.",
            hint="Run `pip install 'torchwire[explain]'` where Torchwire is installed.",
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # captum's, about the gradients that it switches on
        found = LayerGradCam(network, layer).attribute(images, target=category, relu_attributions=True)
    heat: Map = found.detach()[0, 0].numpy().astype(np.float32)
    most = float(heat.max())
    if not np.isfinite(most):
        raise InvalidModelDirectoryError("The network's answer is not a number.", hint="Train the model again.")
    return heat / most if most > 0 else np.zeros_like(heat)


def layer_for(family: str, size: tuple[int, int]) -> str:
    """The layer that is asked, for images of (height, width) ``size``."""
    last, before = LAYERS[family]
    return last if min(size) // 32 >= FEW else before


def _read(images: ImageDirectory, model: TrainedModel, image_id: str) -> tuple[NDArray[np.uint8], Tensor]:
    """What the network sees of an image: as pixels for people, and as its input."""
    import pyarrow.compute as pc

    place = pc.index(images.records.column("id"), image_id).as_py()
    if place < 0:
        raise NotFoundError(f"There is no image '{image_id[:200]}' in the data set.")
    transform = Transform(model.input["transformations"], train=False)
    try:
        pixels = transform.decode(images.paths[place])
    except OSError as error:
        raise InvalidDatasetError(f"Image '{image_id[:200]}' can't be read: {error}.") from error
    batch = transform.finish(torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None], [0])
    if batch.shape[2:] != pixels.shape[:2]:  # a step behind the first floats has changed the size
        low, high = batch.min(), batch.max()
        seen = (batch[0] - low) / (high - low).clamp(min=1e-6) * 255
        pixels = seen.permute(1, 2, 0).to(torch.uint8).numpy()
    return pixels, batch.contiguous()


def _draw(folder: Path, pixels: NDArray[np.uint8], heat: Map) -> None:
    seen = Image.fromarray(pixels)
    times = -(-SHOWN // min(seen.size))
    size = (seen.width * times, seen.height * times)
    seen = seen.resize(size, Image.Resampling.NEAREST)
    values = np.asarray(Image.fromarray(heat).resize(size, Image.Resampling.BICUBIC)).clip(0, 1)
    place = values * (len(COLOURS) - 1)
    below = np.minimum(place.astype(np.int64), len(COLOURS) - 2)
    part = (place - below)[..., None]
    colours = COLOURS[below] * (1 - part) + COLOURS[below + 1] * part
    layers = np.concatenate([colours, OPACITY * 255 * np.sqrt(values)[..., None]], axis=2)
    hot = Image.fromarray(layers.round().astype(np.uint8))
    seen.save(folder / "seen.png")
    hot.save(folder / "heat.png")
    Image.alpha_composite(seen.convert("RGBA"), hot).convert("RGB").save(folder / "overlay.png")


def _some(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names[:8]) + (" and others." if len(names) > 8 else ".")
