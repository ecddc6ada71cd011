"""JSON shapes of the interface: errors, what can be used, and pipelines. Their neighbours hold the others.

These records are the one source of the OpenAPI document and of the TypeScript types. Times are seconds since 1970
(UTC), durations are seconds, sizes are bytes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, WrapValidator, with_config
from typing_extensions import TypeAliasType, TypedDict

from torchwire.graph.document import Pipeline

# Named aliases, so that they have a name in OpenAPI and TypeScript too.
ParameterKind = TypeAliasType("ParameterKind", Literal["integer", "number", "flag", "choice", "text", "dataset"])
ScalarValue = TypeAliasType("ScalarValue", bool | int | float | str | None)


# A document that a client sends: described as what it should be, checked later and in better words by the graph.
SentDocument = Annotated[Pipeline, WrapValidator(lambda value, _: value)]
Step = Annotated[str, Field(max_length=200)]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
sent = with_config(ConfigDict(extra="forbid", strict=True))


# Why a node failed, as far as that was found out.
FailureCause = TypeAliasType(
    "FailureCause",
    Literal["out-of-memory", "nan-loss", "disk-full", "killed", "time-out", "library-error", "crashed"],
)


class Remedy(TypedDict):
    """What to do about a failure. With ``node``, ``parameter`` and ``value`` it can be done with one click."""

    text: str
    node: NotRequired[str]
    parameter: NotRequired[str]
    value: NotRequired[ScalarValue]


class FailureReport(TypedDict):
    """How a node failed, in words for people and with what was seen of it.

    ``lines`` are the last that it printed, each ``[time, stream, text]``; ``memory`` is its curve of ``[seconds since
    its start, bytes]``, and ``memory_limit`` what it could have had at most. ``exit`` is how its process ended, when
    that was not by itself: ``signal 9``, ``exit 3``.
    """

    cause: FailureCause
    what: str
    remedy: Remedy
    lines: list[tuple[float, str, str]]
    memory: list[tuple[float, int]]
    memory_limit: int | None
    exit: str | None
    seconds: float | None


class ErrorRecord(TypedDict):
    """One error: what is wrong, where, and what to do next. ``report`` comes with nodes whose end needs explaining."""

    code: str
    name: str
    message: str
    node: NotRequired[str]
    port: NotRequired[str]
    parameter: NotRequired[str]
    hint: NotRequired[str]
    report: NotRequired[FailureReport]


class ErrorAnswer(TypedDict):
    """The body of every answer that isn't a success. ``faults`` comes with an invalid pipeline."""

    error: ErrorRecord
    faults: NotRequired[list[ErrorRecord]]


class Health(TypedDict):
    """Whether the server and its worker processes are up."""

    status: Literal["ok"]
    version: str
    workers: Literal["starting", "ready"]


class DirectoryTypeSpec(TypedDict):
    """A kind of folder that a wire can carry; ``hue`` is the angle (degrees) of its colour."""

    id: str
    title: str
    help: str
    hue: int


class InputPortSpec(TypedDict):
    """An input of a module: it takes one wire that carries any of ``types``."""

    id: str
    label: str
    help: str
    types: list[str]
    optional: bool


class OutputPortSpec(TypedDict):
    """An output of a module."""

    id: str
    label: str
    help: str
    type: str


class ParameterSpec(TypedDict):
    """A parameter of a module; ``shown_when`` maps other parameters to the value or values at which it applies."""

    id: str
    label: str
    kind: ParameterKind
    help: str
    required: bool
    default: ScalarValue
    minimum: float | None
    exclusive_minimum: bool
    maximum: float | None
    options: list[str]
    shown_when: dict[str, ScalarValue | list[ScalarValue]]
    group: str
    unit: str


class ModuleSpec(TypedDict):
    """A module's declaration."""

    id: str
    title: str
    category: str
    version: int
    help: str
    distributed: bool
    inputs: list[InputPortSpec]
    outputs: list[OutputPortSpec]
    parameters: list[ParameterSpec]


class ModulesAnswer(TypedDict):
    """The module library."""

    modules: list[ModuleSpec]
    types: list[DirectoryTypeSpec]
    categories: list[str]


class TargetBusy(TypedDict):
    """What is taken of a compute target now; ``memory_bytes`` is kept for its nodes, whether they use it or not."""

    nodes: int
    cores: int
    memory_bytes: int


class TargetMachine(TypedDict):
    """One machine of a target. ``free_*`` is what nobody has taken at the moment, here or elsewhere."""

    name: str
    alive: bool
    cores: float
    memory_bytes: int
    gpus: float
    gpu: str | None
    free_cores: float
    free_memory_bytes: int
    free_gpus: float


class Target(TypedDict):
    """A compute target. ``memory_bytes`` is what nodes may take, ``waiting`` how many nodes wait for it.

    ``why`` says what makes an unavailable one unavailable. What follows it is there for targets beyond this computer:
    ``machines`` and ``versions`` as they were when they were last looked at (``surveyed``, in ISO 8601), and how it is
    set up. ``reached`` says whether it answered when it was last looked at; null is not looked at yet. Only one whose
    ``origin`` is the page can be changed there; what may be secret in ``options`` is hidden.
    """

    id: str
    title: str
    kind: str
    cores: int
    memory_bytes: int | None
    gpu: NotRequired[str]
    busy: TargetBusy
    waiting: int
    available: bool
    why: NotRequired[str | None]
    remote: NotRequired[bool]
    machines: NotRequired[list[TargetMachine]]
    versions: NotRequired[dict[str, str]]
    surveyed: NotRequired[str | None]
    origin: NotRequired[Literal["file", "page"]]
    options: NotRequired[dict[str, Any]]
    has_token: NotRequired[bool]
    reached: NotRequired[bool | None]


class TargetsAnswer(TypedDict):
    """All compute targets."""

    targets: list[Target]


class PipelineSummary(TypedDict):
    """A draft in a list."""

    id: str
    name: str
    revision: int
    created: float
    updated: float
    node_count: int


class PipelineRecord(TypedDict):
    """A draft with its document."""

    id: str
    name: str
    revision: int
    created: float
    updated: float
    node_count: int
    document: Pipeline


class PipelinesAnswer(TypedDict):
    """All drafts, the one changed last first."""

    pipelines: list[PipelineSummary]


class PipelineAnswer(TypedDict):
    """One draft."""

    pipeline: PipelineRecord


class PipelineConflict(TypedDict):
    """A save was based on an old revision, or would have emptied the draft; ``pipeline`` is what stays."""

    error: ErrorRecord
    pipeline: PipelineRecord


@sent
class PipelineCreate(TypedDict):
    """A new draft."""

    document: SentDocument


@sent
class PipelineUpdate(TypedDict):
    """A change of a draft; ``revision`` is the one it was based on.

    ``emptied`` says that a person has removed every node; without it, an empty document never replaces a full one.
    ``step`` says what was done, for the journal.
    """

    document: SentDocument
    revision: Count
    emptied: NotRequired[bool]
    step: NotRequired[Step]


@sent
class PipelineRestore(TypedDict):
    """The revision whose document becomes the newest again."""

    revision: Count


class RevisionSummary(TypedDict):
    """One entry of a draft's journal; ``step`` is empty where nobody said what was done."""

    revision: int
    time: float
    step: str
    node_count: int


class RevisionsAnswer(TypedDict):
    """A draft's journal, newest first; ``next`` is the cursor of older ones, where there are any."""

    revisions: list[RevisionSummary]
    next: int | None


class DocumentAnswer(TypedDict):
    """A document of an earlier revision."""

    document: Pipeline


class Sample(TypedDict):
    """A pipeline that ships with Torchwire."""

    id: str
    name: str
    description: str
    node_count: int
    document: Pipeline


class SamplesAnswer(TypedDict):
    """All samples."""

    samples: list[Sample]


@sent
class PipelineQuestion(TypedDict):
    """A document to look at without running it. It may be anything: what is wrong comes back as faults.

    ``until`` and ``only`` are as in RunSubmit.
    """

    pipeline: SentDocument
    until: NotRequired[list[str]]
    only: NotRequired[list[str]]


class Validation(TypedDict):
    """All faults of a document at once."""

    valid: bool
    faults: list[ErrorRecord]


class ChangedField(TypedDict):
    """A part of a node's cache key that differs from the last time it ran."""

    field: str
    before: ScalarValue
    now: ScalarValue


class PlannedNode(TypedDict):
    """What Submit would do with a node, and why.

    ``continue`` means that it runs from a checkpoint or from a shorter run. ``seconds_expected`` is what it took the
    last time it ran.
    """

    action: Literal["reuse", "run", "continue"]
    why: str | None
    seconds_saved: float | None
    seconds_expected: float | None
    changed: list[ChangedField]


class PlanAnswer(TypedDict):
    """What Submit would do, by node, and the ``faults`` for which it would be refused.

    With faults, ``nodes`` has those that could run and ``seconds_expected`` is null.
    """

    nodes: dict[str, PlannedNode]
    seconds_saved: float
    seconds_expected: float | None
    faults: list[ErrorRecord]


@sent
class FactsQuestion(TypedDict):
    """A document, finished or not. What is wrong with it is no obstacle, as long as it can be read."""

    pipeline: SentDocument


class PortFacts(TypedDict):
    """What is known of an output; what isn't known is left out.

    ``text`` says it in one line and ``rows`` as names and values; both may be empty. ``exact`` facts were read from
    what is in the store, others are foreseen. ``fewest`` and ``most`` are categories with how many images they have.
    ``image_size`` is [height, width] after all transformations.
    """

    exact: bool
    text: str
    rows: list[tuple[str, str]]
    images: NotRequired[int]
    labelled: NotRequired[bool]
    categories: NotRequired[int]
    fewest: NotRequired[tuple[str, int]]
    most: NotRequired[tuple[str, int]]
    image_size: NotRequired[tuple[int, int]]
    model_name: NotRequired[str]
    parameters: NotRequired[int]
    memory_bytes: NotRequired[int]
    rows_of_table: NotRequired[int]


class RemarkChange(TypedDict):
    """A parameter of a node and the value to give it."""

    node: str
    parameter: str
    value: bool | int | float | str


class RemarkFix(TypedDict):
    """What can be done about a remark with one click: all changes together. ``text`` is an order."""

    text: str
    changes: list[RemarkChange]


class Remark(TypedDict):
    """Something to know before running, at a port or a parameter of a node.

    An ``error`` will make the node fail, a ``warning`` probably isn't meant, a ``note`` is worth knowing.
    """

    node: str
    code: str
    severity: Literal["error", "warning", "note"]
    text: str
    port: NotRequired[str]
    parameter: NotRequired[str]
    fix: NotRequired[RemarkFix]


class FactsAnswer(TypedDict):
    """Facts by node and output port, and all remarks, the worst first."""

    facts: dict[str, dict[str, PortFacts]]
    remarks: list[Remark]


class RehearsedNode(TypedDict):
    """How long a node would take and what memory, by a few steps of it; or ``why`` that can't be told, and by which
    input (``port``). ``elsewhere`` names the cluster that it will run on: what was found is of this computer.
    """

    elsewhere: NotRequired[str]
    seconds: NotRequired[float]
    seconds_per_epoch: NotRequired[float]
    memory_bytes: NotRequired[int]
    why: NotRequired[str]
    port: NotRequired[str]


class Rehearsal(TypedDict):
    """A rehearsal; ``waiting`` is how many nodes are not done. ``seconds`` is for the whole pipeline, once all are."""

    id: str
    status: Literal["running", "done", "failed", "cancelled"]
    target: str
    nodes: dict[str, RehearsedNode]
    waiting: int
    seconds: float | None
    memory_bytes: int | None
    error: str | None


class RehearsalAnswer(TypedDict):
    """One rehearsal."""

    rehearsal: Rehearsal
