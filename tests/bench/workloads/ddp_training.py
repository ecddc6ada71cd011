"""The loop that everybody writes for torchrun: `ddp_training.py FOLDER MODEL EPOCHS BATCH`. Rank 0 prints the rates."""

import json
import sys
import time

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler
from torchvision import datasets, models, transforms

NORMALIZE = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


def main(folder: str, name: str, epochs: int, batch: int) -> None:
    """Train, and print the images a second of all processes by epoch."""
    dist.init_process_group("gloo")
    torch.manual_seed(1)
    data = datasets.ImageFolder(folder, transforms.Compose([transforms.ToTensor(), NORMALIZE]))
    sampler: DistributedSampler = DistributedSampler(data)
    loader = DataLoader(data, batch_size=batch, sampler=sampler)
    plain = models.get_model(name, weights=None, num_classes=len(data.classes))
    network = DistributedDataParallel(plain) if dist.get_world_size() > 1 else plain
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    loss_of, rates = nn.CrossEntropyLoss(), []
    for epoch in range(epochs):
        sampler.set_epoch(epoch)
        begun, seen = time.perf_counter(), 0
        for images, labels in loader:
            loss = loss_of(network(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += len(images)
        rates.append(seen * dist.get_world_size() / (time.perf_counter() - begun))
    if dist.get_rank() == 0:
        print(json.dumps({"rates": rates}))
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
