"""Train PyTorch Model itself: `our_training.py FOLDER MODEL EPOCHS BATCH [SIZE [DEVICE [on|off [COMPILED]]]]`.

Prints the rates by epoch and what auto chose; `off` lets a GPU take the fastest way. COMPILED is `off`, or how torch is
to compile the network, whatever the table says: `default` or `reduce-overhead` (CUDA graphs)."""

import json
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.bench.workloads.nodes import converted, model_of, trained
from torchwire.execution.waiting import share_cores
from torchwire_modules.vision import arithmetic


def main(
    folder: str,
    name: str,
    epochs: int,
    batch: int,
    size: str = "224",
    device: str = "cpu",
    exact: str = "on",
    compiled: str = arithmetic.OFF,
) -> None:
    """Convert and train as the nodes do, and print the rates."""
    if compiled != arithmetic.OFF:
        rule = arithmetic.CompileRule(lambda machine, pixels: True, compiled, "the benchmark compares it")
        arithmetic.COMPILING = (rule,)
    with tempfile.TemporaryDirectory() as place:
        images = converted(Path(place), Path(folder), int(size))
        model = trained(
            Path(place),
            images,
            model_of(Path(place), name),
            epochs,
            batch,
            device=device,
            deterministic=exact == "on",
            compile="off" if compiled == arithmetic.OFF else "on",
        )
        record = json.loads((model / "model.json").read_text())["training"]
    rates = [epoch["images_per_second"] for epoch in record["history"]]
    print(json.dumps({"rates": rates, "arithmetic": record.get("arithmetic")}))


if __name__ == "__main__":
    threading.Thread(target=share_cores, daemon=True).start()  # as in a worker of the engine
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:])
