"""The small JSON files that say what a folder holds. Each names its ``format`` and ``version``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MAX_BYTES = 64 * 1024 * 1024


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    """Write ``record`` so that the same content gives the same bytes."""
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path, *, format: str, version: int) -> dict[str, Any]:
    """Return the record in ``path``.

    Raises ValueError with a sentence for people when the file is missing, not JSON, or of another format or version.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"'{path.name}' is too large")
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"it has no readable '{path.name}'") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"its '{path.name}' is not JSON") from error
    if not isinstance(record, dict) or record.get("format") != format:
        raise ValueError(f"its '{path.name}' is not of the format {format}")
    if record.get("version") != version:
        raise ValueError(
            f"its '{path.name}' has version {record.get('version')!r}; this Torchwire reads version {version}"
        )
    return record
