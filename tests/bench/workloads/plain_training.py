"""The loop that everybody writes first: `plain_training.py FOLDER MODEL EPOCHS BATCH [DEVICE]`. Images a second."""

import json
import sys
import time

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

NORMALIZE = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
STEPS = [transforms.Resize(256), transforms.CenterCrop(224), transforms.RandomHorizontalFlip(), transforms.ToTensor()]


def main(folder: str, name: str, epochs: int, batch: int, device: str = "cpu") -> None:
    """Train, and print the rates."""
    data = datasets.ImageFolder(folder, transforms.Compose([*STEPS, NORMALIZE]))
    loader = DataLoader(data, batch_size=batch, shuffle=True)
    network = models.get_model(name, weights=None, num_classes=len(data.classes)).to(device)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    loss_of, rates = nn.CrossEntropyLoss(), []
    for _ in range(epochs):
        begun, seen = time.perf_counter(), 0
        for images, labels in loader:
            loss = loss_of(network(images.to(device)), labels.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += len(images)
        rates.append(seen / (time.perf_counter() - begun))
    print(json.dumps({"rates": rates}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:])
