"""An untrained network as ONNX: `export.py MODEL FILE`."""

import sys

import torch
from torchvision import models


def main(name: str, path: str) -> None:
    """Export it for any batch of 224 pixels."""
    torch.manual_seed(0)
    network = models.get_model(name, weights=None, num_classes=4).eval()
    batch = torch.export.Dim("batch", min=1, max=4096)
    program = torch.export.export(network, (torch.zeros(2, 3, 224, 224),), dynamic_shapes=({0: batch},))
    torch.onnx.export(program, f=path, dynamo=True, input_names=["images"], external_data=False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
