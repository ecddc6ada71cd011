"""Builds the OpenAPI 3.1 document from the declared routes and records.

``python -m torchwire.api.openapi`` prints it.
"""

from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from typing_extensions import is_typeddict

from torchwire import __version__
from torchwire.api import (
    dataset_records,
    event_records,
    preview_records,
    records,
    run_records,
    storage_records,
    target_records,
)
from torchwire.api.resource import ROUTES, Route
from torchwire.graph.document import Pipeline

REF = "#/components/schemas/{model}"
DOCUMENT_NAMES = {
    "Pipeline": "PipelineDocument",
    "Node": "DocumentNode",
    "Wire": "DocumentWire",
    "Resources": "NodeResources",
}
Usage = tuple[Any, JsonSchemaMode]


class Generator(GenerateJsonSchema):
    """Says of a document in an answer that it is complete: the server fills in every default."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        """Whether the field is always there."""
        if self.mode == "serialization" and field["type"] == "model-field":
            return True
        return super().field_is_required(field, total)


@functools.cache
def build() -> dict[str, Any]:
    """The whole OpenAPI document."""
    schemas, components = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for endpoint, route in ROUTES.items():
        paths.setdefault(_template(route.path), {})[route.method.lower()] = _operation(endpoint, route, schemas)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Torchwire",
            "version": __version__,
            "description": "Draw, submit and watch vision pipelines. Every error is an ErrorAnswer.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def pipeline_schema() -> dict[str, Any]:
    """The published JSON Schema of the pipeline document."""
    schema = Pipeline.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Torchwire pipeline"} | schema


def _usages() -> Iterator[Usage]:
    """Every record there is, whether a route or the socket carries it."""
    for source in (
        records,
        run_records,
        event_records,
        preview_records,
        dataset_records,
        storage_records,
        target_records,
    ):
        for record in vars(source).values():
            if is_typeddict(record) and record.__module__ == source.__name__:
                yield record, "validation" if hasattr(record, "__pydantic_config__") else "serialization"
    for route in ROUTES.values():
        for response in (route.response, *route.answers.values()):
            if response is not None:
                yield response, "serialization"


def _schemas() -> tuple[dict[Usage, Any], dict[str, Any]]:
    """The schema of each record in use, and the components that they refer to, under the names that clients see."""
    usages = list(dict.fromkeys(_usages()))
    made, whole = TypeAdapter.json_schemas(
        [(str(index), mode, TypeAdapter(record)) for index, (record, mode) in enumerate(usages)],
        ref_template=REF,
        schema_generator=Generator,
    )
    components = {_public_name(name): _clean(schema) for name, schema in whole.get("$defs", {}).items()}
    for name, schema in components.items():
        if schema.get("title", name) != name:
            schema["title"] = name
    keyed = {usage: _clean(made[str(index), usage[1]]) for index, usage in enumerate(usages)}
    return keyed, dict(sorted(components.items()))


def _operation(endpoint: str, route: Route, schemas: dict[Usage, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.replace(".", "_"),
        "summary": route.summary,
        "x-permission": route.permission,
        "parameters": list(_parameters(route)),
        "responses": dict(_responses(route, schemas)),
    }
    if route.body_type != "application/json":
        operation["requestBody"] = {
            "required": True,
            "content": {route.body_type: {"schema": {"type": "string", "format": "binary"}}},
        }
    elif route.request is not None:
        schema = schemas[route.request, "validation"]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if route.permission == "public":
        operation["security"] = []
    return operation


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"<(?:\w+:)?(\w+)>", route.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    for name, help in route.query.items():
        yield {"name": name, "in": "query", "description": help, "schema": {"type": "string"}}


def _responses(route: Route, schemas: dict[Usage, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    success: dict[str, Any] = {"description": "Success"}
    if route.response is not None:
        success["content"] = {"application/json": {"schema": schemas[route.response, "serialization"]}}
    elif route.status != 204:
        success["content"] = {route.media_type: {"schema": {"type": "string", "format": "binary"}}}
    yield str(route.status), success
    for status, record in route.answers.items():
        schema = schemas[record, "serialization"]
        yield str(status), {"description": record.__doc__ or "", "content": {"application/json": {"schema": schema}}}
    error = {"schema": {"$ref": REF.format(model="ErrorAnswer")}}
    yield "default", {"description": "An error, in words.", "content": {"application/json": error}}


def _template(path: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)


def _public_name(name: str) -> str:
    """``Pipeline-Input`` becomes ``PipelineDocumentInput``, ``Pipeline-Output`` ``PipelineDocument``."""
    base, _, mode = name.partition("-")
    return DOCUMENT_NAMES.get(base, base) + ("Input" if mode == "Input" else "")


def _clean(schema: Any) -> Any:
    """Put public names into references and drop the titles that only repeat a field's name."""
    if isinstance(schema, list):
        return [_clean(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    cleaned: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "$ref":
            prefix, _, name = value.rpartition("/")
            cleaned[key] = f"{prefix}/{_public_name(name)}"
        elif key == "mapping":
            cleaned[key] = {name: _clean({"$ref": target})["$ref"] for name, target in value.items()}
        elif key == "properties":
            cleaned[key] = {name: _without_title(_clean(field)) for name, field in value.items()}
        else:
            cleaned[key] = _clean(value)
    return cleaned


def _without_title(schema: Any) -> Any:
    return {key: value for key, value in schema.items() if key != "title"} if isinstance(schema, dict) else schema


def main() -> None:
    """Print the OpenAPI document, or with ``--pipeline-schema`` the JSON Schema of the pipeline document."""
    from torchwire.api import load_resources

    load_resources()
    document = pipeline_schema() if "--pipeline-schema" in sys.argv[1:] else build()
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
