"""unzip, then the header of each image: `plain_conversion.py ARCHIVE`. Seconds."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from PIL import Image


def main(archive: Path) -> None:
    """Unpack and read, and print how long it took."""
    with tempfile.TemporaryDirectory() as place:
        begun = time.perf_counter()
        if shutil.which("unzip"):
            subprocess.run(["unzip", "-q", archive, "-d", place], check=True)
        else:
            with zipfile.ZipFile(archive) as members:
                members.extractall(place)
        for path in Path(place).rglob("*.jpg"):
            with Image.open(path) as image:
                image.size  # noqa: B018 - reading it is what is measured
        print(json.dumps({"seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
