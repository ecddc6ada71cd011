"""What Score Image Model does with each batch: `our_scoring.py MODEL`. Images a second, beside torch in float32."""

import json
import sys
import threading
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torchvision import models

from torchwire.execution.waiting import share_cores
from torchwire_modules.evaluation._inference import cpu_threads, exact_logits, fast_logits
from torchwire_modules.vision._hardware import chosen

BATCH, SECONDS = 32, 5.0


def rate(run: Callable[[Tensor], Tensor]) -> float:
    """Images a second: the median of several batches."""
    images = torch.randn(BATCH, 3, 224, 224).to(memory_format=torch.channels_last)
    times: list[float] = []
    with torch.inference_mode():
        run(images)
        while sum(times) < SECONDS or len(times) < 4:
            begun = time.perf_counter()
            torch.softmax(run(images), dim=1).argmax(1).tolist()
            times.append(time.perf_counter() - begun)
    return BATCH / sorted(times)[len(times) // 2]


def main(name: str) -> None:
    """Measure both."""
    family = "densenet" if name.startswith("densenet") else "resnet"
    network = models.get_model(name, weights=None, num_classes=4).eval().to(memory_format=torch.channels_last)
    arithmetic = chosen("cpu", family, (224, 224))
    rates = {"torch fp32": rate(exact_logits(network))}
    with cpu_threads(torch.get_num_threads()):
        rates["ours"] = rate(fast_logits(network, "cpu", arithmetic))
    print(json.dumps({"rates": rates, "arithmetic": arithmetic.as_json()}))


if __name__ == "__main__":
    threading.Thread(target=share_cores, daemon=True).start()  # as in a worker of the engine
    main(sys.argv[1])
