"""What Export Model says of the file that it wrote: ``export.json``, read as carefully as anybody's file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torchwire.data_types.transformation import describe

REPORT = "export.json"
FORMATS = ("onnx", "torch.export")
MAX_BYTES = 4 * 1024 * 1024


def read_export(folder: Path) -> dict[str, Any] | None:
    """What is said of an exported model, for people; None where ``folder`` holds none, or one that can't be read."""
    report = folder / REPORT
    try:
        if report.is_symlink() or report.stat().st_size > MAX_BYTES:
            return None
        about = json.loads(report.read_bytes())
        if about["format"] not in FORMATS:
            return None
        return {
            "format": about["format"],
            "file": str(about["file"]),
            "size": (folder / Path(about["file"]).name).stat().st_size,
            "model_name": str(about["model_name"]),
            "categories": [str(name) for name in about["categories"]],
            "input": _tensor(about["input"]),
            "output": _tensor(about["output"]),
            "preprocessing": [describe(step) for step in about["preprocessing"]],
            "images": int(about["comparison"]["images"]),
            "largest_difference": float(about["comparison"]["largest_difference"]),
            "tolerance": float(about["comparison"]["tolerance"]),
        }
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _tensor(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": str(record["name"]),
        "shape": [side if isinstance(side, int) else str(side) for side in record["shape"]],
        "type": str(record["type"]),
    }
