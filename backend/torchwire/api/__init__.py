"""The HTTP API: a blueprint per resource. A view parses, calls one function, returns a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torchwire.api.resource import Resource


def load_resources() -> list[Resource]:
    """Import every resource, which declares its routes, and return them all."""
    from torchwire.api.catalogue import catalogue
    from torchwire.api.datasets import datasets
    from torchwire.api.outputs import outputs
    from torchwire.api.pages import pages, v1_health
    from torchwire.api.pipelines import pipelines
    from torchwire.api.runs import runs
    from torchwire.api.storage import storage
    from torchwire.api.targets import targets

    return [v1_health, catalogue, pipelines, runs, outputs, datasets, storage, targets, pages]
