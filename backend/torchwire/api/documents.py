"""Takes a pipeline document from a client: its shape must be right, though a draft may still be unfinished."""

from __future__ import annotations

from typing import Any

from torchwire.errors import InvalidPipeline
from torchwire.graph.parse import parse


def read_document(given: object) -> dict[str, Any]:
    """The document with every default filled in. Raises InvalidPipeline with all faults of its shape."""
    parsed = parse(given)
    if parsed.pipeline is None or parsed.faults:
        raise InvalidPipeline(parsed.faults)
    return parsed.pipeline.as_json()
