"""Luigi: a forked process for each task (two workers), values in files, done when the file is there."""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path

import luigi

logging.disable(logging.CRITICAL)
CHAIN, FAN = 20, 16


class Link(luigi.Task):
    """One of a chain."""

    number = luigi.IntParameter()

    def requires(self) -> list[luigi.Task]:
        """The one before."""
        return [Link(number=self.number - 1)] if self.number else []

    def output(self) -> luigi.LocalTarget:
        """A file."""
        return luigi.LocalTarget(f"chain/{self.number}.txt")

    def run(self) -> None:
        """Write it."""
        with self.output().open("w") as file:
            file.write(str(self.number))


class Leaf(luigi.Task):
    """One of many behind the same task."""

    number = luigi.IntParameter()

    def requires(self) -> list[luigi.Task]:
        """What they share."""
        return [Link(number=0)]

    def output(self) -> luigi.LocalTarget:
        """A file."""
        return luigi.LocalTarget(f"fan/{self.number}.txt")

    def run(self) -> None:
        """Write it."""
        with self.output().open("w") as file:
            file.write(str(self.number))


def seconds(tasks: list[luigi.Task]) -> float:
    """How long they take."""
    begun = time.perf_counter()
    if not luigi.build(tasks, local_scheduler=True, workers=2, no_lock=True):
        raise SystemExit("failed")
    return time.perf_counter() - begun


def main(what: str) -> float:
    """Measure one thing."""
    if what == "fan-out":
        return seconds([Leaf(number=i) for i in range(FAN)])
    first = seconds([Link(number=CHAIN - 1)])
    return first if what == "chain" else seconds([Link(number=CHAIN - 1)])


if __name__ == "__main__":
    Path("chain").mkdir()
    sys.stdout.write(json.dumps(main(sys.argv[1])) + "\n")
