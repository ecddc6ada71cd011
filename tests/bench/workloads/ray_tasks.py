"""A chain of Ray tasks that add one to the number in a file: ``python ray_tasks.py ADDRESS FOLDER LENGTH``."""

import json
import sys
import time
from pathlib import Path

import ray


def add(before: Path, after: Path, _earlier: None) -> None:
    after.write_text(str(int(before.read_text()) + 1))


def chain(task, folder: Path, length: int) -> float:
    """ms a task."""
    (folder / "0").write_text("0")
    begun = time.perf_counter()
    earlier = None
    for number in range(length):
        earlier = task.remote(folder / str(number), folder / str(number + 1), earlier)
    ray.get(earlier)
    return (time.perf_counter() - begun) / length * 1000


def main(address: str, place: str, length: int) -> None:
    folder = Path(place) / "tasks"
    folder.mkdir(exist_ok=True)
    ray.init(address, log_to_driver=False, logging_level="ERROR")
    fresh = ray.remote(num_cpus=1, max_calls=1)(add)
    kept = ray.remote(num_cpus=1)(add)
    chain(kept, folder, 1)
    print(json.dumps({"fresh": chain(fresh, folder, length), "kept": chain(kept, folder, length)}))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
