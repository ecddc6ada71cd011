"""The pipeline document: JSON, versioned, strict. Nothing unknown is dropped in silence."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT = "torchwire/pipeline"
VERSION = 1
MAX_NODES = 20_000
MAX_WIRES = 100_000
MAX_ANNOTATIONS = 1_000

Identifier = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Scalar = bool | int | float | str | None


class Strict(BaseModel):
    """A record whose unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Resources(Strict):
    """Run settings of a node that can use several processes."""

    node_count: int = Field(default=1, ge=1, le=1000, description="How many machines.")
    process_count_per_node: int = Field(default=1, ge=1, le=256, description="How many processes on each machine.")
    timeout_seconds: float | None = Field(
        default=None, gt=0, le=31_536_000, description="End the node when it runs for longer than this. None: never."
    )


DEFAULT_RESOURCES = Resources()
"""One for all nodes that say nothing: it can't be changed."""


class Node(Strict):
    """One step: a module with its parameters and where it lies on the canvas."""

    id: Identifier
    module: str = Field(max_length=128, description="The module's id.")
    version: int = Field(default=1, ge=1, description="The module's version the node was made with.")
    label: str = Field(default="", max_length=200)
    comment: str = Field(default="", max_length=10_000)
    parameters: dict[str, Scalar] = Field(default_factory=dict, description="Only those that differ from the default.")
    compute_target: str | None = Field(default=None, max_length=128, description="None: the pipeline's default.")
    resources: Resources = DEFAULT_RESOURCES
    regenerate_output: bool = Field(default=False, description="Run even when an earlier output could be reused.")
    position: tuple[float, float] = Field(default=(0.0, 0.0), description="Canvas coordinates, in pixels.")


class Wire(Strict):
    """A connection from one node's output to another's input."""

    source: tuple[Identifier, Identifier] = Field(alias="from", description="[node id, output port id]")
    target: tuple[Identifier, Identifier] = Field(alias="to", description="[node id, input port id]")


class Annotation(Strict):
    """Something on the canvas for people alone: a note, or a titled section around nodes. It changes no result."""

    id: Identifier
    kind: Literal["note", "section"]
    text: str = Field(default="", max_length=10_000, description="The note, or the section's title.")
    position: tuple[float, float] = Field(default=(0.0, 0.0), description="Canvas coordinates, in pixels.")
    size: tuple[float, float] = Field(default=(240.0, 120.0), description="Width and height, in pixels.")
    color: Literal["grey", "orange", "yellow", "green", "blue", "purple"] = "grey"


class Pipeline(Strict):
    """A whole pipeline document."""

    format: Literal["torchwire/pipeline"] = "torchwire/pipeline"
    version: Literal[1] = 1
    name: str = Field(default="Untitled pipeline", min_length=1, max_length=200)
    description: str = Field(default="", max_length=10_000)
    default_compute_target: str = Field(default="local-cpu", max_length=128)
    nodes: tuple[Node, ...] = Field(default=(), max_length=MAX_NODES)
    wires: tuple[Wire, ...] = Field(default=(), max_length=MAX_WIRES)
    annotations: tuple[Annotation, ...] = Field(default=(), max_length=MAX_ANNOTATIONS)

    def as_json(self) -> dict[str, Any]:
        """The document as it is stored and exchanged."""
        return self.model_dump(mode="json", by_alias=True)
