"""What can be used: modules, samples, and this interface's own description."""

from __future__ import annotations

from typing import Any

from flask import Response, json, request

from torchwire.api.records import ModulesAnswer, SamplesAnswer
from torchwire.api.resource import Resource
from torchwire.data_types.catalog import CATALOG
from torchwire.extensions import services

catalogue = Resource("catalogue", __name__)


@catalogue.declare("GET", "/modules", summary="List the modules", permission="read", response=ModulesAnswer)
def modules() -> Any:
    """Every installed module's declaration, with the types of the ports and the categories in order."""
    specs = [spec.as_json() for spec in services().registry.specs()]
    return {
        "modules": specs,
        "types": [{"id": k.id, "title": k.title, "help": k.help, "hue": k.hue} for k in CATALOG.values()],
        "categories": list(dict.fromkeys(spec["category"] for spec in specs)),
    }


@catalogue.declare("GET", "/samples", summary="List the sample pipelines", permission="read", response=SamplesAnswer)
def samples() -> Any:
    """The pipelines that ship with Torchwire."""
    from torchwire.samples import samples as shipped

    return {"samples": [sample.as_json() for sample in shipped()]}


@catalogue.declare("GET", "/openapi.json", summary="Describe this interface", permission="read")
def openapi() -> Response:
    """The OpenAPI 3.1 document."""
    from torchwire.api.openapi import build

    answer = Response(json.dumps(build()), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
