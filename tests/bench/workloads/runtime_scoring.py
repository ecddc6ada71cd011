"""The same network in ONNX Runtime and OpenVINO: `runtime_scoring.py FILE`. Images a second of each."""

import json
import sys
import time

import numpy as np
import onnxruntime
import openvino

BATCH, SECONDS = 32, 5.0


def rate(run):
    """Images a second: the median of several batches."""
    images = np.random.default_rng(0).standard_normal((BATCH, 3, 224, 224), dtype=np.float32)
    times = []
    run(images)
    while sum(times) < SECONDS or len(times) < 4:
        begun = time.perf_counter()
        run(images)
        times.append(time.perf_counter() - begun)
    return BATCH / sorted(times)[len(times) // 2]


def main(path):
    """Measure each."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    rates = {"ONNX Runtime": rate(lambda images: session.run(None, {"images": images}))}
    core = openvino.Core()
    for kind in ("f32", "bf16"):
        hints = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": kind}
        compiled = core.compile_model(core.read_model(path), "CPU", hints)
        rates[f"OpenVINO {kind.replace('f32', 'fp32')}"] = rate(lambda images, made=compiled: made(images))
    print(json.dumps({"rates": rates}))


if __name__ == "__main__":
    main(sys.argv[1])
