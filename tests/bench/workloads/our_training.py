"""Train PyTorch Model itself: `our_training.py FOLDER MODEL EPOCHS BATCH [SIZE [DEVICE [on|off]]]`.

Prints the rates by epoch and what auto chose; `off` lets a GPU take the fastest way."""

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.bench.workloads.nodes import converted, model_of, trained


def main(
    folder: str, name: str, epochs: int, batch: int, size: str = "224", device: str = "cpu", exact: str = "on"
) -> None:
    """Convert and train as the nodes do, and print the rates."""
    with tempfile.TemporaryDirectory() as place:
        images = converted(Path(place), Path(folder), int(size))
        model = trained(
            Path(place), images, model_of(Path(place), name), epochs, batch, device=device, deterministic=exact == "on"
        )
        record = json.loads((model / "model.json").read_text())["training"]
    rates = [epoch["images_per_second"] for epoch in record["history"]]
    print(json.dumps({"rates": rates, "arithmetic": record.get("arithmetic")}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:])
