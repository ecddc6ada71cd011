"""The step alone, on tensors that lie in memory: `limit_training.py MODEL PRECISION BATCH SIZE SECONDS`."""

import json
import sys
import time

import torch
from torch.nn import functional
from torchvision import models


def main(name: str, precision: str, batch: int, size: int, seconds: float) -> None:
    """Repeat one step, channels last, and print its rate (the median, for a stutter is no limit)."""
    network = models.get_model(name, weights=None, num_classes=4).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    images = torch.randn(batch, 3, size, size).to(memory_format=torch.channels_last)
    labels = torch.randint(0, 4, (batch,))
    times: list[float] = []
    while sum(times) < seconds or len(times) < 4:
        begun = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            logits = network(images)
        optimizer.zero_grad()
        functional.cross_entropy(logits.float(), labels).backward()
        optimizer.step()
        times.append(time.perf_counter() - begun)
    print(json.dumps({"rates": [batch / sorted(times[1:])[len(times[1:]) // 2]]}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
