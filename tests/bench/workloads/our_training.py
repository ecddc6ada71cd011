"""Train PyTorch Model itself: `our_training.py FOLDER MODEL EPOCHS BATCH [SIZE]`. Rates, and what auto chose."""

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.bench.workloads.nodes import converted, model_of, trained


def main(folder: str, name: str, epochs: int, batch: int, size: int) -> None:
    """Convert and train as the nodes do, and print the rates."""
    with tempfile.TemporaryDirectory() as place:
        images = converted(Path(place), Path(folder), size)
        model = trained(Path(place), images, model_of(Path(place), name), epochs, batch)
        record = json.loads((model / "model.json").read_text())["training"]
    rates = [epoch["images_per_second"] for epoch in record["history"]]
    print(json.dumps({"rates": rates, "arithmetic": record.get("arithmetic")}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int((sys.argv[5:] or ["224"])[0]))
