"""Find ImageNet weights for a torchvision classifier: the operator's folder, torch's cache, then a download."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

import torch
from torch import Tensor, nn
from torchvision import models

from torchwire.errors import FileOpenError, FileParseError
from torchwire_modules.vision._networks import HEADS

DOWNLOAD_TIMEOUT = 20.0
"""Seconds without an answer before a download counts as impossible."""

Weights = dict[str, Tensor]


def load_pretrained(
    network: nn.Module, family: str, model_name: str, folder: Path | None, log: Callable[[str], None]
) -> str:
    """Give ``network`` the ImageNet weights of ``model_name``, all but the head, and return where they came from.

    Raises FileOpenError when the file can't be had and FileParseError when it holds something else.
    """
    path = find_weights(model_name, folder, log)
    weights = read_weights(path)
    own = network.state_dict()
    head = HEADS[family] + "."
    for name, tensor in own.items():
        if name.startswith(head) or name.endswith("num_batches_tracked"):
            continue
        if name not in weights or weights[name].shape != tensor.shape:
            found = tuple(weights[name].shape) if name in weights else "nothing"
            raise FileParseError(
                f"{path.name} does not hold the weights of {model_name}: '{name}' should be of shape "
                f"{tuple(tensor.shape)} and is {found}.",
                hint=f"Put torchvision's own file for {model_name} in {path.parent}.",
            )
    kept = {name: weights[name] for name in own if not name.startswith(head) and name in weights}
    network.load_state_dict({**own, **kept})
    log(f"Pretrained weights of {model_name}: {path}")
    return path.name


def find_weights(model_name: str, folder: Path | None, log: Callable[[str], None]) -> Path:
    """The local file with torchvision's default weights for ``model_name``, downloaded into torch's cache if need be.

    Looked for as the file name in the weights' address, then with the ending ``.safetensors``.
    Raises FileOpenError that names file, folder and address.
    """
    url: str = models.get_model_weights(model_name).DEFAULT.url
    name = url.rsplit("/", 1)[-1]
    cache = Path(torch.hub.get_dir()) / "checkpoints"
    for place in [p for p in (folder, cache) if p is not None]:
        for candidate in (place / name, (place / name).with_suffix(".safetensors")):
            if candidate.is_file():
                return candidate
    log(f"Downloading {url}")
    try:
        return _download(url, cache / name)
    except (URLError, OSError, RuntimeError) as error:
        where = (
            f"the folder {folder} (setting weights_folder)" if folder else "the folder of the setting weights_folder"
        )
        raise FileOpenError(
            f"The pretrained weights of {model_name} could not be had: '{name}' is neither in "
            f"{folder or 'a weights folder'} nor in torch's cache {cache}, and {url} could not be downloaded "
            f"({_reason(error)}).",
            hint=f"On a machine with internet, download {url}; put the file '{name}' in {where} and run again. "
            "Or switch 'Pretrained' off in the model's node.",
        ) from error


def _download(url: str, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = re.search(r"-([a-f0-9]{8,})\.", target.name)
    with _socket_timeout(DOWNLOAD_TIMEOUT):
        torch.hub.download_url_to_file(url, str(target), prefix.group(1) if prefix else None, progress=False)
    return target


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _reason(error: BaseException) -> str:
    reason: Any = getattr(error, "reason", None) or error
    return str(reason)


def read_weights(path: Path) -> Weights:
    """The tensors in a ``.safetensors`` file or a ``.pth`` file (read without running any code in it), on the CPU."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            weights = load_file(path)
        else:
            weights = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(weights, dict) or not all(isinstance(value, Tensor) for value in weights.values()):
            raise ValueError("it is no table of tensors")
    except OSError as error:
        raise FileOpenError(f"{path} can't be read: {error}") from error
    except Exception as error:  # unpickling and safetensors raise a dozen kinds for a damaged file
        raise FileParseError(
            f"{path.name} holds no weights that can be read: {str(error).splitlines()[0]}",
            hint=f"Delete {path} and fetch it again.",
        ) from error
    return {_modern(name): tensor for name, tensor in weights.items()}


# torchvision's DenseNet files date from a time when layers could be called 'norm.1'.
_OLD_NAME = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.(?:weight|bias|running_mean|running_var))$")


def _modern(name: str) -> str:
    return _OLD_NAME.sub(r"\1\2", name)
