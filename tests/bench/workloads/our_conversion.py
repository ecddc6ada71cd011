"""Convert to Image Directory itself: `our_conversion.py ARCHIVE`. Seconds."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.modules.fake_context import FakeContext, run_module
from torchwire_modules.data.convert import ConvertToImageDirectory


class Trusting(FakeContext):
    """Takes a digest as the engine does; the tests' own context reads each file again to check it."""

    def remember_digest(self, path: Path, sha256: str) -> None:
        """Keep it."""
        self.digests[path] = sha256


def main(archive: Path) -> None:
    """Convert, and print how long it took."""
    with tempfile.TemporaryDirectory() as place:
        given = Path(place) / "given"
        given.mkdir()
        os.link(archive, given / archive.name)
        ctx = Trusting(Path(place) / "node", {"input_dataset": given}, threads=len(os.sched_getaffinity(0)))
        import pyarrow.parquet  # noqa: F401 - a node's process is forked from one that has imported all this

        import torchwire_modules.data._conversion  # noqa: F401

        begun = time.perf_counter()
        run_module(ConvertToImageDirectory, ctx)
        print(json.dumps({"seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
