"""The same network in ONNX Runtime and OpenVINO: `runtime_scoring.py FILE`. Images a second of each."""

import json
import sys
import time

import numpy as np
import onnxruntime
import openvino

BATCH, SECONDS = 32, 5.0


def batch():
    """Some images."""
    return np.random.default_rng(0).standard_normal((BATCH, 3, 224, 224), dtype=np.float32)


def rate(run):
    """Images a second: the median of several batches."""
    images = batch()
    times = []
    run(images)
    while sum(times) < SECONDS or len(times) < 4:
        begun = time.perf_counter()
        run(images)
        times.append(time.perf_counter() - begun)
    return BATCH / sorted(times)[len(times) // 2]


def rate_of_many(compiled):
    """Images a second of as many batches at once as OpenVINO thinks best."""
    images, done = batch(), 0
    queue = openvino.AsyncInferQueue(compiled)
    for _ in range(len(queue)):
        queue.start_async({0: images})
    queue.wait_all()
    begun = time.perf_counter()
    while time.perf_counter() - begun < SECONDS or done < 4:
        for _ in range(len(queue)):
            queue.start_async({0: images})
            done += 1
    queue.wait_all()
    return BATCH * done / (time.perf_counter() - begun)


def main(path):
    """Measure each; OpenVINO one batch after another and several at once, of which the faster counts."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    rates = {"ONNX Runtime": rate(lambda images: session.run(None, {"images": images}))}
    core = openvino.Core()
    for kind in ("f32", "bf16"):
        found = []
        for hint, measure in (("LATENCY", rate), ("THROUGHPUT", rate_of_many)):
            hints = {"PERFORMANCE_HINT": hint, "INFERENCE_PRECISION_HINT": kind}
            found.append(measure(core.compile_model(core.read_model(path), "CPU", hints)))
        rates[f"OpenVINO {kind.replace('f32', 'fp32')}"] = max(found)
    print(json.dumps({"rates": rates}))


if __name__ == "__main__":
    main(sys.argv[1])
