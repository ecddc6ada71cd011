"""The HTTP API: a blueprint per resource. A view parses, calls one function, returns a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torchwire.api.resource import Resource


def load_resources() -> list[Resource]:
    """Import every resource, which declares its routes, and return them all."""
    return []
